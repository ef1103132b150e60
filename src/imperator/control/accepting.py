"""Accepting connections without ever being kept busy by what cannot be accepted."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

__all__ = ["Accepting"]

_log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""How long to wait where the system has no descriptor left: the client still waits, so asking again would never end."""


class Accepting:
    """Accepts connections on a listening socket while it is told to.

    :param sock: The listening socket; it stays the caller's.
    :param what: Whose it is, for the log.
    :param accepted: Takes each connection.
    """

    def __init__(self, sock: socket.socket, what: str, accepted: Callable[[socket.socket], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._what = what
        self._accepted = accepted
        self._retry: asyncio.TimerHandle | None = None
        self._has_ended = False
        sock.setblocking(False)

    def go_on(self) -> None:
        """Accept from now on; a pause after a refusal of the system's is waited for."""
        if self._retry is None and not self._has_ended:
            self._loop.add_reader(self._socket, self._accept)

    def pause(self) -> None:
        """Accept nothing until told to go on: connections wait in the kernel's queue."""
        self._loop.remove_reader(self._socket)

    def end(self) -> None:
        """Accept nothing any more, whoever tells it to go on."""
        self._has_ended = True
        self.pause()
        if self._retry is not None:
            self._retry.cancel()

    def _accept(self) -> None:
        try:
            client, _ = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            _log.warning("%s: cannot accept a connection: %s", self._what, error.strerror)
            self.pause()
            self._retry = self._loop.call_later(RETRY_SECONDS, self._try_again)
            return
        self._accepted(client)

    def _try_again(self) -> None:
        self._retry = None
        self.go_on()
