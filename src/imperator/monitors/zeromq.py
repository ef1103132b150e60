"""``zmq://``: a PULL socket that the Emperor binds; each message touches or destroys one vassal.

A socket keeps no list: what is wanted is what was said since the Emperor started.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import zmq
import zmq.asyncio

from imperator.errors import SettingsError
from imperator.monitors.complaints import Complaints
from imperator.monitors.credentials import read_address
from imperator.monitors.delays import Delays, rest
from imperator.monitors.entries import Entry, EntryReader, Refusal
from imperator.monitors.interface import News, Unreachable
from imperator.monitors.muster import Muster
from imperator.monitors.zeromq_door import Door, Doorman, read_door
from imperator.settings import Watching

__all__ = ["ZeroMQMonitor", "make_zeromq_monitor"]

_MAX_PART_BYTES = 1 << 20
"""libzmq drops the connection of whoever sends more: well over what a configuration may have, so that one that is a
little too long is still refused by name."""

_UNIX = "ipc://"
_LEAST_PARTS, _MOST_PARTS = 2, 6


def make_zeromq_monitor(rest_of_target: str, watching: Watching, directory: str) -> ZeroMQMonitor:
    """Make the monitor of a socket, which is bound when it is listened to.

    :param rest_of_target: An endpoint as ZeroMQ writes it: ``tcp://127.0.0.1:5252``, ``ipc:///run/emperor.zmq``; then,
        each behind a semicolon, what senders need: ``curve=@FILE;clients=@FILE`` or ``plain=@FILE``.
    :param directory: Where vassals start, and where those without a configuration of their own have their file.
    :raises SettingsError: It is no endpoint that others could connect to, or keys and passwords cannot be had.
    """
    endpoint, *options = read_address("zmq", rest_of_target).split(";")
    if not endpoint.startswith(("tcp://", _UNIX)):
        raise SettingsError(
            f"target 'zmq://{rest_of_target}'",
            wanted="an endpoint of ZeroMQ behind zmq://",
            found=endpoint or "nothing",
            remedy="Write it whole, as in zmq://tcp://127.0.0.1:5252 or zmq://ipc:///run/emperor.zmq.",
        )
    return ZeroMQMonitor(endpoint, read_door(f"zmq://{endpoint}", options), watching, directory)


class ZeroMQMonitor:
    """Hears the messages of one endpoint."""

    def __init__(self, endpoint: str, door: Door, watching: Watching, directory: str) -> None:
        self.source = f"zmq://{endpoint}"
        self._endpoint = endpoint
        self._door = door
        self._reader = EntryReader(self.source, directory, watching.extra_extensions)
        self._muster = Muster()
        self._touches = 0
        self._woken = asyncio.Event()

    def look_now(self) -> None:
        """Try to bind at once, if that is what is waited for: there is nothing else that could be compared."""
        self._woken.set()

    async def news(self) -> AsyncGenerator[News, None]:
        """Yield what is known, then what messages say. Before the first is taken nothing is bound."""
        yield replace(self._muster.listing(), is_remembered=True)
        delays = Delays()
        context = zmq.asyncio.Context()
        try:
            socket = context.socket(zmq.PULL)
            socket.setsockopt(zmq.MAXMSGSIZE, _MAX_PART_BYTES)
            doorman = Doorman(context, self._door)
            doorman.guard(socket)
            while (failure := self._bind(socket)) is not None:
                retry_seconds = delays.take_seconds()
                yield Unreachable(failure, retry_seconds)
                await rest(retry_seconds, self._woken)
            yield self._muster.listing()
            async with aclosing(self._hear(socket, doorman)) as heard:
                async for news in heard:
                    yield news
        finally:
            context.destroy(linger=0)

    async def _hear(self, socket: zmq.asyncio.Socket, doorman: Doorman) -> AsyncGenerator[News, None]:
        poller = zmq.asyncio.Poller()
        for each in (socket, doorman.socket):
            poller.register(each, zmq.POLLIN)
        while True:
            for complaints in (self._muster.complaints, doorman.refused):
                if complaints.due_seconds() == 0:
                    yield complaints.tell()
            # Waiting and taking are two steps: a wait that is cancelled takes no message with it.
            ready = dict(await poller.poll(_soonest_milliseconds(self._muster.complaints, doorman.refused)))
            if doorman.socket in ready:
                await doorman.answer()
            if socket in ready:
                if (news := self._understand(await socket.recv_multipart(zmq.NOBLOCK))) is not None:
                    yield news
                await asyncio.sleep(0)  # whoever sends without a pause does not stop the others

    def _bind(self, socket: zmq.asyncio.Socket) -> str | None:
        """Bind, or return why that cannot be done."""
        try:
            if _is_listened_on(self._endpoint):
                raise zmq.ZMQError(errno.EADDRINUSE)
            socket.bind(self._endpoint)
        except zmq.ZMQError as failure:
            reason = os.strerror(failure.errno or 0)
            return f"cannot be bound ({reason}): see who else uses it, and whether the address is ours"
        return None

    def _understand(self, parts: list[bytes]) -> News | None:
        if not _LEAST_PARTS <= len(parts) <= _MOST_PARTS:
            self._muster.complaints.add(f"{len(parts)} parts where 2 to 6 are wanted")
            return None
        command, name, *fields = parts
        match command:
            case b"touch":
                return self._touch(name, *fields)
            case b"destroy":
                return self._destroy(name)
        self._muster.complaints.add(f"the command {command[:50]!r}, which is neither touch nor destroy")
        return None

    def _touch(
        self, name: bytes, config: bytes = b"", uid: bytes = b"", gid: bytes = b"", socket: bytes = b""
    ) -> News | None:
        entry = Entry(name, config, time.time(), uid, gid, socket)
        read = self._reader.read(entry) if config else self._reader.read_file(entry)
        if isinstance(read, Refusal):
            return self._muster.refuse(read)
        self._touches += 1
        # Whoever touches wants a reload, be the text the same or not: no two touches are the same version.
        return self._muster.call(replace(read, version=self._touches))

    def _destroy(self, name: bytes) -> News | None:
        known = name.decode(errors="backslashreplace")
        news = self._muster.dismiss(known)
        if news is None:
            self._muster.complaints.add(f"destroy {known!r}, which is no vassal of this socket")
        return news


def _is_listened_on(endpoint: str) -> bool:
    """Tell whether a UNIX socket has somebody who listens: libzmq would put its own in the place of his."""
    if not endpoint.startswith(_UNIX):
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(endpoint.removeprefix(_UNIX))
        except BlockingIOError:  # so many wait for him already
            return True
        except OSError:
            return False
    return True


def _soonest_milliseconds(*all_complaints: Complaints) -> float | None:
    """Return how long nobody has anything to complain of, or None: for ever."""
    due = [seconds for complaints in all_complaints if (seconds := complaints.due_seconds()) is not None]
    return min(due) * 1000 if due else None
