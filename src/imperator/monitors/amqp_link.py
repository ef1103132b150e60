"""One connection to a broker, from its making to its loss."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity, InvalidFrameError
from pamqp.common import FieldTable

from imperator.monitors.amqp_failures import (
    CONNECTING_SECONDS,
    FAILURES,
    LinkLostError,
    UndecodableError,
    driver_failures,
)
from imperator.monitors.amqp_target import AMQPTarget

__all__ = ["Link", "Message"]

_CLOSING_SECONDS = 1.0
_MESSAGES_AT_ONCE = 100

# The driver tells of every failure by itself, before we do. Without a handler that would go to standard error in a form
# of its own; a program that we are part of may still listen to it.
for _name in ("aio_pika", "aiormq"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Message:
    """What was published.

    :param again: It was sent to us before, and we may have taken it then.
    :param tag: The broker's number for it on this connection.
    """

    routing_key: str
    body: bytes
    headers: Mapping[str, Any]
    again: bool
    tag: int


class Link:
    """An open connection with our queue, bound and consumed.

    :ivar made_queue: The queue was not there and had to be made.
    """

    def __init__(self, target: AMQPTarget, queue: str, connection: AbstractConnection) -> None:
        self._target = target
        self._queue_name = queue
        self._connection = connection
        self._channel: AbstractChannel | None = None
        self._messages: deque[AbstractIncomingMessage] = deque()
        self._failure: BaseException | None = None
        self._stirred = asyncio.Event()
        self.made_queue = False

    @classmethod
    async def open(cls, target: AMQPTarget, queue: str, *, one_by_one: bool = False) -> Self:
        """Connect, see that exchange and queue are there and bound, and consume.

        :param one_by_one: The broker sends no message before the one before it was acknowledged.
        :raises AMQPError: The broker refuses something.
        :raises OSError: It cannot be connected to.
        :raises TimeoutError: It does not answer.
        """
        link = await cls._connect(target, queue)
        try:
            async with link._answer():
                await link._see_to_exchange()
                await link._see_to_queue()
                await link._consume(1 if one_by_one else _MESSAGES_AT_ONCE)
        except BaseException:
            await link.close()
            raise
        return link

    @classmethod
    async def drop_first_message(cls, target: AMQPTarget, queue: str) -> None:
        """Have the broker forget the oldest message of the queue, whether it can be read or not.

        :raises AMQPError, OSError, TimeoutError: As `open` does.
        """
        link = await cls._connect(target, queue)
        try:
            # The broker has forgotten it when it sends it: the failure of reading it comes too late.
            with suppress(UndecodableError):
                async with link._answer():
                    channel = await link._connection.channel(publisher_confirms=False)
                    await (await channel.get_queue(queue, ensure=False)).get(no_ack=True, fail=False)
        finally:
            await link.close()

    @classmethod
    async def _connect(cls, target: AMQPTarget, queue: str) -> Self:
        with driver_failures():
            async with asyncio.timeout(CONNECTING_SECONDS):
                link = cls(target, queue, await aio_pika.connect(target.url))
        link._connection.close_callbacks.add(link._hear_loss)
        return link

    async def take(self, limit_seconds: float) -> list[Message]:
        """Wait for messages and take all that are here; none when the time is over.

        :raises LinkLostError: The connection is lost.
        :raises UndecodableError: The connection is lost, since a message cannot be read.
        """
        if not self._messages:
            with suppress(TimeoutError):
                async with asyncio.timeout(limit_seconds):
                    await self._stirred.wait()
        self._stirred.clear()
        if self._failure is not None:
            raise self._failure  # what waits here was never acknowledged: it comes again
        taken, self._messages = self._messages, deque()
        return [
            Message(message.routing_key or "", message.body, message.headers, bool(message.redelivered), tag)
            for message in taken
            if (tag := message.delivery_tag) is not None
        ]

    def stir(self) -> None:
        """Let `take` return now."""
        self._stirred.set()

    async def acknowledge(self, message: Message) -> None:
        """Let the broker forget a message and all before it.

        :raises LinkLostError: The connection is lost.
        """
        async with self._answer():
            if self._failure is not None or self._channel is None:
                raise LinkLostError("the connection was lost before a message could be acknowledged")
            underlay = await self._channel.get_underlay_channel()
            await underlay.basic_ack(message.tag, multiple=True)

    async def refresh(self) -> None:
        """See that exchange, queue and binding are still there: an exchange that was made anew is bound to nothing.

        :raises AMQPError, TimeoutError: As `open` does.
        :raises LinkLostError: The queue was removed.
        """
        async with self._answer():
            await self._see_to_exchange()
            await self._see_to_queue()
        if self.made_queue:
            raise LinkLostError("somebody removed its queue")

    async def remove_queue(self) -> None:
        """Remove the queue, for nobody will ever ask for it again; failing that, it expires."""
        with suppress(*FAILURES), driver_failures():
            async with asyncio.timeout(_CLOSING_SECONDS), self._channel_for_once() as channel:
                await channel.queue_delete(self._queue_name)

    async def close(self) -> None:
        """Let go of the connection, hardly waiting for anything."""
        self._failure = self._failure or LinkLostError("it was closed")
        with suppress(*FAILURES), driver_failures():
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self._connection.close()

    async def _see_to_exchange(self) -> None:
        """Take the exchange as it is, whatever its type; make one where there is none."""
        name = self._target.exchange
        try:
            async with self._channel_for_once() as channel:
                await channel.get_exchange(name, ensure=True)
        except ChannelNotFoundEntity:
            async with self._channel_for_once() as channel:
                await channel.declare_exchange(name, aio_pika.ExchangeType.FANOUT, durable=self._target.durable)

    async def _see_to_queue(self) -> None:
        name = self._queue_name
        try:
            async with self._channel_for_once() as channel:
                await self._bind(await channel.get_queue(name, ensure=True))
                self.made_queue = False
        except ChannelNotFoundEntity:
            async with self._channel_for_once() as channel:
                expires: FieldTable = {"x-expires": self._target.expires_seconds * 1000}
                await self._bind(await channel.declare_queue(name, durable=True, arguments=expires))
                self.made_queue = True

    async def _bind(self, queue: AbstractQueue) -> None:
        for routing_key in self._target.bindings:
            await queue.bind(self._target.exchange, routing_key)

    async def _consume(self, messages_at_once: int) -> None:
        channel = await self._connection.channel(publisher_confirms=False)
        channel.close_callbacks.add(self._hear_loss)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(self._hear_removal)
        await channel.set_qos(prefetch_count=messages_at_once)
        queue = await channel.get_queue(self._queue_name, ensure=False)
        await queue.consume(self._hear, exclusive=True)
        self._channel = channel

    @asynccontextmanager
    async def _answer(self) -> AsyncIterator[None]:
        """Wait for the broker no longer than is reasonable, and tell the reason where the connection is lost."""
        try:
            with driver_failures():
                async with asyncio.timeout(CONNECTING_SECONDS):
                    yield
        except InvalidFrameError as failure:
            raise UndecodableError(str(failure)) from failure
        except LinkLostError as failure:
            await asyncio.sleep(0)  # whoever waits is told that it broke before we are told why
            raise self._failure or failure from failure

    @asynccontextmanager
    async def _channel_for_once(self) -> AsyncIterator[AbstractChannel]:
        """A broker that refuses something closes the channel it was asked on."""
        channel = await self._connection.channel(publisher_confirms=False)
        try:
            yield channel
        finally:
            if not channel.is_closed:
                with suppress(*FAILURES), driver_failures():
                    await channel.close()

    async def _hear(self, message: AbstractIncomingMessage) -> None:
        self._messages.append(message)
        self._stirred.set()

    def _hear_removal(self, *_: object) -> None:
        self._fail(LinkLostError("somebody removed its queue"))

    def _hear_loss(self, _: object, cause: BaseException | None) -> None:
        if isinstance(cause, InvalidFrameError):
            self._fail(UndecodableError(str(cause)))
        else:
            self._fail(LinkLostError(str(cause or "") or "it broke off, or was silent for too long"))

    def _fail(self, failure: BaseException) -> None:
        self._failure = self._failure or failure
        self._stirred.set()
