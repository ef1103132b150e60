"""The bytes of a connection to a server of LDAP: cut into messages, and sorted by the request that they answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

__all__ = ["Inbox", "LinkError", "Message", "Wire"]

_MAX_MESSAGE_BYTES = 4 << 20
"""Well over what an entry with a configuration has, and under what would hurt: a length may be nonsense."""

_ENVELOPE = 0x30
_LONG_LENGTH = 0x80
_MOST_LENGTH_BYTES = 4
_INTEGER = 0x02
_OPERATION = 0x1F
"""The bits of a kind that say which operation it is."""

_UNASKED = 0
"""The number of what a server says by itself: that it is going away."""

Message = tuple[int, bytes]
"""The number of the operation, and the whole message."""


class LinkError(Exception):
    """The connection is of no more use."""


class Inbox:
    """What answers one request, oldest first."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque()
        self.filled = asyncio.Event()

    def put(self, message: Message) -> None:
        self.messages.append(message)
        self.filled.set()


class Wire(asyncio.Protocol):
    """Our end of a connection.

    :param say_goodbye: Makes a reason, for people, of what the server says before it goes away.
    """

    def __init__(self, say_goodbye: Callable[[bytes], str]) -> None:
        self._say_goodbye = say_goodbye
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._inboxes: dict[int, Inbox] = {}
        self._has_strays = False
        self._loss: LinkError | None = None
        self._woken: asyncio.Event | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, failure: Exception | None) -> None:
        self._lose(f"the connection broke ({failure})" if failure is not None else "the server closed the connection")

    def data_received(self, data: bytes) -> None:
        if self._loss is not None:
            return
        self._buffer += data
        try:
            self._sort()
        except ValueError as failure:
            self._lose(f"it sends what is no LDAP ({failure})")

    def has_arrivals(self) -> bool:
        """Tell whether anything has arrived that nobody has taken, or asked for."""
        return self._has_strays or bool(self._buffer) or any(inbox.messages for inbox in self._inboxes.values())

    @property
    def transport(self) -> asyncio.Transport:
        """What carries the bytes.

        :raises LinkError: Nothing does any more.
        """
        if self._loss is not None or self._transport is None:
            raise self._loss or LinkError("it is not connected")
        return self._transport

    def send(self, data: bytes, message_id: int) -> Inbox:
        """Send a request, and return where its answers arrive until `forget`.

        :raises LinkError: The connection is lost.
        """
        self.transport.write(data)
        self._inboxes[message_id] = inbox = Inbox()
        return inbox

    def forget(self, message_id: int) -> None:
        """Let go of the answers to a request, and of those that are still to come."""
        self._inboxes.pop(message_id, None)

    async def take(self, inbox: Inbox) -> Message:
        """Wait for the next answer.

        :raises LinkError: There will be none.
        """
        while not inbox.messages:
            inbox.filled.clear()
            self.check()
            await inbox.filled.wait()
        return inbox.messages.popleft()

    def wake(self, woken: asyncio.Event | None) -> None:
        """Set an event whenever something arrives, or the connection is lost. None: no longer."""
        self._woken = woken
        if self._loss is not None or any(inbox.messages for inbox in self._inboxes.values()):
            self._wake()

    def check(self) -> None:
        """See that the connection stands.

        :raises LinkError: It is lost.
        """
        if self._loss is not None:
            raise self._loss

    def close(self, farewell: bytes) -> None:
        """Let go of the connection without waiting for anything."""
        if self._loss is None and self._transport is not None:
            self._transport.write(farewell)
        self._lose("it is closed")

    def _lose(self, reason: str) -> None:
        if self._transport is not None:
            self._transport.abort()
        if self._loss is None:
            self._loss = LinkError(reason)
        for inbox in self._inboxes.values():
            inbox.filled.set()
        self._wake()

    def _sort(self) -> None:
        start, end = 0, len(self._buffer)
        while (size := _message_size(self._buffer, start)) is not None and start + size <= end:
            message = bytes(self._buffer[start : start + size])
            start += size
            message_id, operation = _read_head(message, size)
            if message_id == _UNASKED:
                self._lose(self._say_goodbye(message))
                return
            if (inbox := self._inboxes.get(message_id)) is not None:
                inbox.put((operation, message))
            else:
                self._has_strays = True
        del self._buffer[:start]
        self._wake()

    def _wake(self) -> None:
        if self._woken is not None:
            self._woken.set()


def _read_head(message: bytes, size: int) -> tuple[int, int]:
    """Return the number of the request that a message answers, and that of its operation.

    By hand, for all that arrives at once is sorted before anybody else can go on.

    :raises ValueError: It has neither.
    """
    first = message[1]
    at = 2 if first < _LONG_LENGTH else 2 + first - _LONG_LENGTH
    if size < at + 2 or message[at] != _INTEGER or size <= at + 2 + message[at + 1]:
        raise ValueError("a message without a number or an operation")
    after = at + 2 + message[at + 1]
    return int.from_bytes(message[at + 2 : after], signed=True), message[after] & _OPERATION


def _message_size(buffer: bytearray, start: int) -> int | None:
    """Return how many bytes the message that starts there has, or None: that has not arrived yet.

    :raises ValueError: No message starts there, or a monstrous one.
    """
    if len(buffer) - start < 2:
        return None
    kind, first = buffer[start], buffer[start + 1]
    count = first - _LONG_LENGTH
    if kind != _ENVELOPE or count == 0 or count > _MOST_LENGTH_BYTES:
        raise ValueError("no message starts where one should")
    if count < 0:
        return 2 + first
    body = start + 2 + count
    if len(buffer) < body:
        return None
    size = int.from_bytes(buffer[start + 2 : body])
    if size > _MAX_MESSAGE_BYTES:
        raise ValueError(f"a message of {size:,} bytes")
    return 2 + count + size
