"""News on their way to the Emperor: several about one vassal that were not fetched yet are one, the last."""

from __future__ import annotations

import asyncio

from imperator.monitors.interface import Gone, Listing, News, Present, Unreachable, Unreadable

__all__ = ["Outbox"]

# No vassal has such a name: one that ends in a slash names no file.
_LISTING = "listing/"
_UNREACHABLE = "unreachable/"


class Outbox:
    """What waits to be fetched, oldest first."""

    def __init__(self) -> None:
        self._news: dict[str, News] = {}
        self._failure: BaseException | None = None
        self._filled = asyncio.Event()

    def put(self, news: News) -> None:
        match news:
            case Present(spec):
                self._news[spec.name] = news
            case Gone(name) | Unreadable(name, _):
                self._news[name] = news
            case Listing():  # tells everything: what was said of single vassals before it is old
                told = self._news.get(_UNREACHABLE)
                self._news = {_LISTING: news} if told is None else {_UNREACHABLE: told, _LISTING: news}
            case Unreachable():
                self._news.pop(_UNREACHABLE, None)
                self._news[_UNREACHABLE] = news
        self._filled.set()

    def fail(self, failure: BaseException) -> None:
        """Let the next fetch raise: a bug of ours must not end in a monitor that is silent for ever."""
        self._failure = failure
        self._filled.set()

    async def fetch(self) -> tuple[News, ...]:
        """Wait until there is something, and take all of it."""
        await self._filled.wait()
        self._filled.clear()
        if self._failure is not None:
            raise self._failure
        news, self._news = tuple(self._news.values()), {}
        return news
