"""How long to wait before a source that cannot be reached is tried again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

__all__ = ["Delays", "rest"]

_FIRST_SECONDS = 0.5
_MOST_SECONDS = 30.0


class Delays:
    """Delays that double from half a second to half a minute, until something works again."""

    def __init__(self) -> None:
        self._next_seconds = _FIRST_SECONDS

    def take_seconds(self) -> float:
        """Return the next delay, in seconds."""
        seconds = self._next_seconds
        self._next_seconds = min(2 * seconds, _MOST_SECONDS)
        return seconds

    def begin_anew(self) -> None:
        """Start with the shortest again: the source has just answered."""
        self._next_seconds = _FIRST_SECONDS


async def rest(seconds: float | None, woken: asyncio.Event) -> bool:
    """Wait, and tell whether somebody woke us before the time was over.

    :param seconds: None: until woken.
    :param woken: Set by whoever wakes us; cleared here.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()
    was_woken = woken.is_set()
    woken.clear()
    return was_woken
