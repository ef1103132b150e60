"""What monitors that keep a connection have in common: they connect, listen, and connect anew when that fails."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import ClassVar

from imperator.monitors.delays import Delays, rest
from imperator.monitors.interface import News, Unreachable

__all__ = ["ReconnectingMonitor"]


class ReconnectingMonitor(ABC):
    """A monitor of a server.

    :param source: The target as stats and log show it.
    :cvar failures: What its connection may fail with.
    """

    failures: ClassVar[tuple[type[Exception], ...]]

    def __init__(self, source: str) -> None:
        self.source = source
        self._woken = asyncio.Event()
        self._is_look_wanted = False

    def look_now(self) -> None:
        """Compare, or connect, at once."""
        self._is_look_wanted = True
        self._woken.set()

    def _take_wish(self) -> bool:
        """Tell whether somebody wants us to look now."""
        was_wanted, self._is_look_wanted = self._is_look_wanted, False
        return was_wanted

    async def news(self) -> AsyncGenerator[News, None]:
        """Yield what there is, then what changes; connect anew whenever that fails."""
        delays = Delays()
        while True:
            try:
                async with aclosing(self._follow(delays)) as followed:
                    async for news in followed:
                        yield news
            except self.failures as failure:
                self._woken = asyncio.Event()  # what the connection that is lost may yet set shortens no delay
                reason = self._take_failure(failure)
                retry_seconds = delays.take_seconds()
                if reason is not None:
                    yield Unreachable(reason, retry_seconds)
                await rest(retry_seconds, self._woken)

    @abstractmethod
    def _follow(self, delays: Delays) -> AsyncGenerator[News, None]:
        """Connect, and yield what there is and what changes until that fails.

        :param delays: Begun anew here as soon as the source has answered.
        """

    @abstractmethod
    def _take_failure(self, failure: Exception) -> str | None:
        """Return what failed and what to do, for people. None: the source can be reached, and is to be read anew."""
