"""What is looked at later: one due time for each name, one timer for all."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from imperator.monitors.files import Sight

__all__ = ["Wait", "Waits", "Why"]

_BATCH_NAMES = 200
"""How many are looked at before the loop sees to others."""


class Why(Enum):
    """What a name waits for."""

    BEING_WRITTEN = auto()
    GONE = auto()
    EMPTY = auto()
    SETTLING = auto()
    TOLD = auto()
    """It does not wait: an event told that its change is complete."""


@dataclass(slots=True)
class Wait:
    """One name that is looked at later.

    :param due: When, on the loop's clock. May be moved later in place; a timer that fires too early sets itself anew.
    :param rewritten: Its content was replaced or written, so it counts as changed even if its signature is the same.
    :param seen: What it was when last looked at. Two equal looks mean that nobody is writing.
    """

    why: Why
    due: float
    rewritten: bool = False
    seen: Sight = None


class Waits:
    """The names that wait, and the timer.

    :param is_due: Called on the loop with each name whose time has come; the wait is over by then.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, is_due: Callable[[str, Wait], None]) -> None:
        self._loop = loop
        self._is_due = is_due
        self._waits: dict[str, Wait] = {}
        self._queue: list[tuple[float, str]] = []  # may hold names that wait no longer, or longer than it says
        self._timer: asyncio.TimerHandle | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._waits

    def get(self, name: str) -> Wait | None:
        return self._waits.get(name)

    def put(self, name: str, why: Why, after_seconds: float, *, rewritten: bool = False, seen: Sight = None) -> None:
        """Let a name wait. That it was rewritten stays true until it is looked at."""
        due = self._loop.time() + after_seconds
        wait = self._waits.get(name)
        if wait is not None and wait.why is why and wait.due <= due:
            wait.due, wait.seen = due, seen
            wait.rewritten |= rewritten
            return
        self._waits[name] = Wait(why, due, rewritten or (wait is not None and wait.rewritten), seen)
        heapq.heappush(self._queue, (due, name))
        self._arm()

    def take(self, name: str) -> Wait | None:
        """End a wait and return it."""
        return self._waits.pop(name, None)

    def clear(self) -> None:
        self._waits.clear()
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        due = self._queue[0][0]
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = self._loop.time()
        for _ in range(_BATCH_NAMES):
            if not self._queue or self._queue[0][0] > now:
                break
            _, name = heapq.heappop(self._queue)
            wait = self._waits.get(name)
            if wait is None:
                continue
            if wait.due > now:
                heapq.heappush(self._queue, (wait.due, name))
                continue
            del self._waits[name]
            self._is_due(name, wait)
        if self._queue:
            self._arm()
