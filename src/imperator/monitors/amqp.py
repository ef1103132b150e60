"""``amqp://``: messages of an exchange announce vassals by text, by path or by URL.

A broker keeps no list: what was announced is kept in a state file, and what is announced while we are away in a queue.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import socket
import time
import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from enum import Enum, auto

from imperator.monitors.amqp_failures import FAILURES, UndecodableError, describe
from imperator.monitors.amqp_link import Link, Message
from imperator.monitors.amqp_target import NO_STATE, AMQPTarget, read_target
from imperator.monitors.announcements import read_message
from imperator.monitors.delays import Delays, rest
from imperator.monitors.interface import News, Unreachable
from imperator.monitors.outbox import Outbox
from imperator.monitors.register import Register, import_pages
from imperator.monitors.repeats import Repeats
from imperator.monitors.state_file import StateFile, StateInUseError, state_directory
from imperator.settings import Watching

__all__ = ["AMQPMonitor", "make_amqp_monitor", "make_amqps_monitor"]

_log = logging.getLogger(__name__)

_REFRESHING_SECONDS = 60.0
_MESSAGES_IN_A_ROW = 20
"""So many are judged before the loop may look at everything else."""


class _Care(Enum):
    """How messages are taken, since the driver cannot read each that a broker may send."""

    NONE = auto()
    ONE_BY_ONE = auto()
    """One could not be read: which one is known when they come one after the other."""
    DROP_FIRST = auto()
    """It is the first that waits."""


def make_amqp_monitor(rest_of_target: str, watching: Watching, directory: str) -> AMQPMonitor:
    """Make the monitor of an exchange, whose broker is connected to when it is listened to.

    :param rest_of_target: See `read_target`.
    :param directory: Where vassals start.
    :raises SettingsError: It names no broker.
    """
    return _make("amqp", rest_of_target, watching, directory)


def make_amqps_monitor(rest_of_target: str, watching: Watching, directory: str) -> AMQPMonitor:
    """Make the same over TLS."""
    return _make("amqps", rest_of_target, watching, directory)


def _make(scheme: str, rest_of_target: str, watching: Watching, directory: str) -> AMQPMonitor:
    target = read_target(scheme, rest_of_target, directory)
    if target.hosts:
        import_pages()  # whoever says which hosts may be asked wants to ask them
    return AMQPMonitor(target, watching, directory)


class AMQPMonitor:
    """Follows one exchange with a queue of its own."""

    def __init__(self, target: AMQPTarget, watching: Watching, directory: str) -> None:
        self.source = target.source
        self._target = target
        self._watching = watching
        self._register = Register(target.source, directory, watching.extra_extensions, target.hosts)
        self._state: StateFile | None = None
        self._queue = target.queue or ""
        self._had_queue = False
        self._repeats = Repeats()
        self._care = _Care.NONE
        self._link: Link | None = None
        self._woken = asyncio.Event()

    def look_now(self) -> None:
        """Try at once what is waited for, and look whether files, queue and binding are still there."""
        self._woken.set()
        if self._link is not None:
            self._link.stir()
        self._register.look_now()

    async def news(self) -> AsyncGenerator[News, None]:
        """Yield what is known, then what messages say. Before the first is taken nothing is written or connected to."""
        outbox = Outbox()
        try:
            async for unreachable in self._recall():
                yield unreachable
            yield replace(self._register.listing(), is_remembered=True)
            self._register.open(self._watching, outbox)
            self._register.run(self._receive(outbox))
            while True:
                for news in await outbox.fetch():
                    yield news
        finally:
            await self._register.close()
            if self._state is not None:
                self._state.close()

    async def _recall(self) -> AsyncGenerator[Unreachable, None]:
        """Learn from the state file what was announced before, once it is ours alone."""
        if self._target.state == NO_STATE:
            return
        state = StateFile(self._target.state or _default_path(self._target), self._register.announced)
        delays = Delays()
        while True:
            try:
                recalled = await state.open()
            except StateInUseError:
                retry_seconds = delays.take_seconds()
                reason = f"another Emperor keeps its state in {state.path}: give this one a file of its own with state="
                yield Unreachable(reason, retry_seconds)
                await rest(retry_seconds, self._woken)
            except OSError as failure:
                remedy = "what is announced is forgotten when we end; let us write there, or name another with state="
                _log.error("%s cannot be used (%s): %s", state.path, failure.strerror, remedy)
                self._state = None
                return
            else:
                self._state = state
                self._had_queue = recalled.queue is not None
                self._queue = self._target.queue or recalled.queue or self._queue
                self._register.keep_in(state, recalled.announced)
                return

    async def _receive(self, outbox: Outbox) -> None:
        self._queue = self._queue or f"imperator.{socket.gethostname()}.{uuid.uuid4().hex[:12]}"
        if self._state is not None:
            self._state.name_queue(self._queue)
            await self._state.save()
        self._register.resume()
        delays = Delays()
        while True:
            try:
                await self._follow(outbox, delays)
            except UndecodableError as failure:
                # Found by taking one after the other, then dropped: else it would come again for ever.
                self._care = _Care.DROP_FIRST if self._care is _Care.ONE_BY_ONE else _Care.ONE_BY_ONE
                _log.debug("%s: %s", self.source, failure)
            except FAILURES as failure:
                retry_seconds = delays.take_seconds()
                outbox.put(Unreachable(describe(failure, self._target, self._queue), retry_seconds))
                await rest(retry_seconds, self._woken)

    async def _follow(self, outbox: Outbox, delays: Delays) -> None:
        """Connect, and take messages until the connection is lost."""
        if self._care is _Care.DROP_FIRST:
            await Link.drop_first_message(self._target, self._queue)
            self._care = _Care.NONE
            self._register.hear("one with a routing key or a header that is no UTF-8, which was dropped")
        link = await Link.open(self._target, self._queue, one_by_one=self._care is _Care.ONE_BY_ONE)
        try:
            if link.made_queue and self._had_queue:
                lost = "what was announced since it went is lost"
                _log.warning("%s: the queue %s had expired or was removed: %s", self.source, self._queue, lost)
            self._had_queue = True
            delays.begin_anew()
            self._repeats.begin()
            outbox.put(self._register.listing())
            count = len(self._register.announced)
            _log.info("%s: listens to the queue %s; %d vassals", self.source, self._queue, count)
            self._link = link
            await self._take_all(link)
        finally:
            self._link = None
            if self._state is None and not self._target.queue and _is_ending():
                await link.remove_queue()  # its name is known to nobody else
            await link.close()

    async def _take_all(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        refresh_at = loop.time() + _REFRESHING_SECONDS
        while True:
            messages = await link.take(max(0.0, refresh_at - loop.time()))
            for count, message in enumerate(messages, 1):
                self._hear(message)
                if count % _MESSAGES_IN_A_ROW == 0:
                    await asyncio.sleep(0)
            if messages:
                await self._register.save()  # first: what the broker forgets is known here
                await link.acknowledge(messages[-1])
            if self._woken.is_set() or loop.time() >= refresh_at:
                self._woken.clear()
                await link.refresh()
                refresh_at = loop.time() + _REFRESHING_SECONDS

    def _hear(self, message: Message) -> None:
        if not self._repeats.is_repeat(message):
            self._register.hear(read_message(message.routing_key, message.body, message.headers, time.time()))


def _is_ending() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _default_path(target: AMQPTarget) -> str:
    """Return the path of a state file that no other exchange's is the same as."""
    place = f"{target.host}:{target.port}/{target.vhost} {target.exchange}"
    shown = re.sub(r"[^A-Za-z0-9.-]", "_", target.host)
    return os.path.join(state_directory(), f"amqp-{shown}-{hashlib.sha256(place.encode()).hexdigest()[:8]}.state")
