"""The trigger socket: whoever connects makes the Emperor look at all its sources now."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from imperator.control.accepting import Accepting

if TYPE_CHECKING:
    from imperator.control.address import Listener

__all__ = ["TriggerSocket"]

LOOK_SECONDS = 0.2
"""The least time between two looks, however many connect; a connection is never without one after it."""


class TriggerSocket:
    """Looks at each connection, and closes it.

    :param listener: Where to listen; it stays the caller's.
    :param look: Looks at all sources.
    """

    def __init__(self, listener: Listener, look: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._look = look
        self._next_look = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._accepting = Accepting(listener.socket, "trigger socket", self._triggered)
        self._accepting.go_on()

    def close(self) -> None:
        """Hear nobody any more."""
        self._accepting.end()
        if self._timer is not None:
            self._timer.cancel()

    def _triggered(self, client: socket.socket) -> None:
        client.close()
        if self._timer is None:
            self._timer = self._loop.call_at(max(self._next_look, self._loop.time()), self._look_now)

    def _look_now(self) -> None:
        self._timer = None
        self._next_look = self._loop.time() + LOOK_SECONDS
        self._look()
