"""Doing much without keeping the loop from everything else: launches a slice at a time, a census now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from imperator.policy.vassal import VassalKey

__all__ = ["Census", "LaunchQueue"]

_LAUNCHING_SECONDS = 0.005
"""How long the loop may make processes before it looks at everything else."""
_CENSUS_SECONDS = 0.1
"""How long the number of processes may change before that is told."""


class LaunchQueue:
    """Vassals that are to be launched, first come, first served; each waits there once.

    :param launch: Launches one, if it still is to be.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, launch: Callable[[VassalKey], None]) -> None:
        self._loop = loop
        self._launch = launch
        self._waiting: dict[VassalKey, None] = {}

    def add(self, key: VassalKey) -> None:
        """Have it launched soon."""
        if not self._waiting:
            self._loop.call_soon(self._launch_some)
        self._waiting[key] = None

    def _launch_some(self) -> None:
        until = self._loop.time() + _LAUNCHING_SECONDS
        try:
            while self._waiting and self._loop.time() < until:
                key = next(iter(self._waiting))
                del self._waiting[key]
                self._launch(key)
        finally:
            if self._waiting:
                self._loop.call_soon(self._launch_some)


class Census:
    """The number of processes, told soon after it has changed, however often it changes.

    :param changed: Called when there is something to tell.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, changed: Callable[[], None]) -> None:
        self.count = 0
        self._loop = loop
        self._changed = changed
        self._is_due = False

    def add(self, change: int) -> None:
        """Count so many more, or fewer."""
        self.count += change
        if not self._is_due:
            self._is_due = True
            self._loop.call_later(_CENSUS_SECONDS, self._tell)

    def _tell(self) -> None:
        self._is_due = False
        self._changed()
