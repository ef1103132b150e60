"""A descriptor that is written to without ever waiting for whoever reads it."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["WAITING_BYTES", "Outlet"]

WAITING_BYTES = 1 << 20
"""How much is kept for a reader that does not read; what comes then is dropped and counted."""

_ATOMIC_BYTES = select.PIPE_BUF


class Outlet:
    """Writes whole lines to a pipe, terminal, socket or file that others may share.

    The descriptor itself is never made non-blocking: that would hold for everybody who shares it, our vassals and the
    shell we came from among them.

    :param descriptor: Where lines go; it stays open.
    :param tell_dropped: Makes the line that tells how many lines had to be dropped.
    """

    def __init__(self, descriptor: int, tell_dropped: Callable[[int], bytes]) -> None:
        self._descriptor = descriptor
        self._tell_dropped = tell_dropped
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._dropped = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._own: int | None = None
        self._connect()

    def write(self, line: bytes) -> None:
        """Write a line, or keep it until there is room. What the system refuses for good is counted as dropped."""
        if self._waiting or self._dropped:
            self.flush()
        rest = line if self._waiting else self._push(line)
        if not rest:
            return
        if self._waiting_bytes + len(rest) > WAITING_BYTES:
            self._dropped += 1
            return
        self._waiting.append(rest)
        self._waiting_bytes += len(rest)
        if self._loop is not None and len(self._waiting) == 1:
            self._loop.add_writer(self._writable, self.flush)

    def flush(self) -> None:
        """Write what waits, as far as there is room, and tell what was dropped once there is."""
        while self._waiting:
            line = self._waiting.popleft()
            self._waiting_bytes -= len(line)
            if rest := self._push(line):
                self._waiting.appendleft(rest)
                self._waiting_bytes += len(rest)
                return
        if self._loop is not None:
            self._loop.remove_writer(self._writable)
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self.write(self._tell_dropped(dropped))
            if self._dropped:  # that line itself was refused: keep the true count for later
                self._dropped = dropped

    def attend(self, loop: asyncio.AbstractEventLoop) -> None:
        """Flush as soon as there is room, while `loop` runs."""
        self._loop = loop
        if self._waiting:
            loop.add_writer(self._writable, self.flush)

    def leave(self) -> None:
        """Stop using the loop: it is about to end."""
        if self._loop is not None:
            self._loop.remove_writer(self._writable)
            self._loop = None

    def drain(self, seconds: float) -> None:
        """Wait, at most so long, for a reader to take what is left."""
        room = select.poll()
        room.register(self._writable, select.POLLOUT)
        while self._waiting and room.poll(seconds * 1000):
            before = self._waiting_bytes
            self.flush()
            if self._waiting_bytes == before:
                return

    def reopen(self) -> None:
        """Look again at what the descriptor is: it was pointed at another file. What waits is kept."""
        loop = self._loop
        self.leave()
        self._disconnect()
        self._connect()
        if loop is not None:
            self.attend(loop)

    def close(self) -> None:
        """Close what was opened here; the descriptor itself stays open."""
        self.leave()
        self._disconnect()

    @property
    def _writable(self) -> int:
        return self._descriptor if self._own is None else self._own

    def _connect(self) -> None:
        """Choose how to write: a file never makes one wait, a socket can be told not to, the rest is opened anew."""
        kind = os.fstat(self._descriptor).st_mode
        if stat.S_ISREG(kind):
            self._send: Callable[[bytes], int] = self._send_whole
        elif stat.S_ISSOCK(kind):
            self._send = self._send_to_socket
        else:
            self._send = self._send_if_room
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            with contextlib.suppress(OSError):  # no /proc, or a terminal of another user: ask before each write instead
                self._own = os.open(f"/proc/self/fd/{self._descriptor}", flags)
                self._send = self._send_to_file

    def _disconnect(self) -> None:
        if self._own is not None:
            os.close(self._own)
            self._own = None

    def _push(self, line: bytes) -> bytes:
        """Write what there is room for and return the rest."""
        try:
            return line[self._send(line) :]
        except BlockingIOError:
            return line
        except OSError:  # nobody reads any more, or the disk is full: a log must not end the Emperor
            self._dropped += 1
            return b""

    def _send_whole(self, line: bytes) -> int:
        """A file takes what there is room for and refuses the rest for good: there is nothing to wait for."""
        sent = 0
        while sent < len(line):
            sent += os.write(self._descriptor, line[sent:])
        return sent

    def _send_to_file(self, line: bytes) -> int:
        return os.write(self._writable, line)

    def _send_to_socket(self, line: bytes) -> int:
        borrowed = socket.socket(fileno=self._descriptor)
        try:
            return borrowed.send(line, socket.MSG_DONTWAIT)
        finally:
            borrowed.detach()

    def _send_if_room(self, line: bytes) -> int:
        room = select.poll()
        room.register(self._descriptor, select.POLLOUT)
        if not room.poll(0):
            return 0
        return os.write(self._descriptor, line[:_ATOMIC_BYTES])
