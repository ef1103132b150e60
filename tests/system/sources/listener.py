"""A monitor in our own process, and what it has told, kept as the Emperor keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

from imperator.monitors import make_monitor
from imperator.monitors.interface import Gone, Listing, Monitor, News, Present, Unreachable, Unreadable
from imperator.policy.vassal import VassalSpec
from imperator.settings import Watching
from tests.system.waiting import LIMIT_SECONDS

__all__ = ["Listener", "listen"]


class Listener:
    """What is known from a monitor's news.

    :ivar news: All of them, in order.
    :ivar unreachable: Why the source cannot be reached, or None.
    """

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.news: list[News] = []
        self.specs: dict[str, VassalSpec] = {}
        self.unreadable: dict[str, str] = {}
        self.unreachable: str | None = None
        self._heard = asyncio.Event()

    def hear(self, news: News) -> None:
        self.news.append(news)
        match news:
            case Listing(specs, unreadable):
                self.specs = {spec.name: spec for spec in specs}
                self.unreadable, self.unreachable = dict(unreadable), None
            case Present(spec):
                self.specs[spec.name] = spec
                self.unreadable.pop(spec.name, None)
            case Gone(name):
                self.specs.pop(name, None)
                self.unreadable.pop(name, None)
            case Unreadable(name, reason):
                self.unreadable[name] = reason
            case Unreachable(reason):
                self.unreachable = reason
        self._heard.set()

    def configs(self) -> dict[str, str]:
        """Return the configurations of all that is wanted."""
        return {name: (spec.config or b"").decode() for name, spec in self.specs.items()}

    async def until(self, question: Callable[[], object], what: str) -> None:
        """Return once the answer is true."""
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                while not question():
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}\n{self.news}") from None

    async def until_configs(self, configs: dict[str, str]) -> None:
        """Return once exactly this is wanted and can be reached."""
        await self.until(lambda: self.unreachable is None and self.configs() == configs, f"exactly {configs}")


@asynccontextmanager
async def listen(target: str, directory: Path) -> AsyncIterator[Listener]:
    """Listen to a target until the block ends."""
    listener = Listener(make_monitor(target, Watching(), str(directory)))

    async def follow() -> None:
        async with aclosing(listener.monitor.news()) as all_news:
            async for news in all_news:
                listener.hear(news)

    task = asyncio.create_task(follow())
    try:
        yield listener
    finally:
        was_running = not task.done()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert was_running, "the monitor ended by itself"
