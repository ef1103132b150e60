"""Follows a monitor as the Emperor does, and lets a test wait for what it says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from imperator.monitors import make_monitor
from imperator.monitors.interface import Gone, Listing, Monitor, News, Present, Unreachable, Unreadable
from imperator.policy.vassal import VassalSpec
from imperator.settings import Watching

LIMIT_SECONDS = 30.0
FENCE = "fence.ini"
MARKER = "marker.ini"


class Watcher:
    """What a monitor has said so far, and what holds by that.

    :ivar specs: What is wanted now, by name.
    :ivar unreadable: Reasons, by name.
    """

    def __init__(self, monitor: Monitor, directory: Path) -> None:
        self.monitor = monitor
        self.directory = directory
        self.news: list[News] = []
        self.specs: dict[str, VassalSpec] = {}
        self.unreadable: dict[str, str] = {}
        self._heard = asyncio.Condition()
        self._failure: BaseException | None = None

    async def follow(self) -> None:
        try:
            async for news in self.monitor.news():
                async with self._heard:
                    self._apply(news)
                    self._heard.notify_all()
        except Exception as failure:  # noqa: BLE001 - raised in the test that waits
            async with self._heard:
                self._failure = failure
                self._heard.notify_all()

    async def until(self, claim: Callable[[], bool]) -> None:
        """Wait until a claim about what was said holds."""

        def holds() -> bool:
            if self._failure is not None:
                raise self._failure
            return claim()

        async with self._heard:
            try:
                await asyncio.wait_for(self._heard.wait_for(holds), LIMIT_SECONDS)
            except TimeoutError:
                raise AssertionError(f"not told in {LIMIT_SECONDS} s; told: {self.news}") from None

    async def until_all_is_told(self) -> None:
        """Wait until everything that happened before has been told, what is held back for 0.2 s included.

        Events come in their order: a file that appears and disappears now is told of last.
        """
        fence = self.directory / FENCE
        fence.write_text("")
        await self.until(lambda: self.names_fence(fence))
        fence.unlink()
        await self.until(lambda: not self.names_fence(fence))

    async def until_all_is_heard(self) -> None:
        """Wait until every event so far has been taken in, without waiting for what is held back.

        Events come in their order: a touch of another file is told of at once, after all that came before it.
        """
        marker = self.directory / MARKER
        told = len(self.reports(MARKER))
        marker.open("a").close() if not marker.exists() else os.utime(marker, ns=(0, told))
        await self.until(lambda: len(self.reports(MARKER)) > told)

    def names_fence(self, fence: Path) -> bool:
        return any(os.path.join(spec.directory, name) == str(fence) for name, spec in self.specs.items())

    def reports(self, name: str) -> list[type[News]]:
        """Return the kinds of all single reports of one name."""
        return [type(news) for news in self.news if _read_name(news) == name]

    def said(self, kind: type[News]) -> list[News]:
        return [news for news in self.news if isinstance(news, kind)]

    def forget(self) -> None:
        """Start counting anew."""
        self.news.clear()

    def _apply(self, news: News) -> None:
        self.news.append(news)
        match news:
            case Listing(specs, unreadable):
                self.specs = {spec.name: spec for spec in specs}
                self.unreadable = dict(unreadable)
            case Present(spec):
                self.specs[spec.name] = spec
                self.unreadable.pop(spec.name, None)
            case Gone(name):
                self.specs.pop(name, None)
                self.unreadable.pop(name, None)
            case Unreadable(name, reason):
                self.unreadable[name] = reason
            case Unreachable():
                pass


def _read_name(news: News) -> str | None:
    match news:
        case Present(spec):
            return spec.name
        case Gone(name) | Unreadable(name, _):
            return name
    return None


@asynccontextmanager
async def watch(
    target: str | Path, watching: Watching | None = None, directory: Path | None = None, *, listed: bool = True
) -> AsyncIterator[Watcher]:
    """Watch a target until the block ends.

    :param directory: The Emperor's working directory, and where fences are put. None: the target.
    :param listed: Wait for the first listing before the block.
    """
    here = directory if directory is not None else Path(str(target).removeprefix("dir://"))
    watcher = Watcher(make_monitor(str(target), watching or Watching(), str(here)), here)
    task = asyncio.create_task(watcher.follow())
    try:
        if listed:
            await watcher.until(lambda: bool(watcher.said(Listing)))
        yield watcher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
