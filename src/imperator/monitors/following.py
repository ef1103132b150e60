"""Listening to all monitors: what they tell is passed on, what goes wrong with one stays its own matter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Protocol

from imperator.monitors.interface import Gone, Listing, Monitor, News, Present, Unreachable, Unreadable
from imperator.monitors.standing import Standing, tell
from imperator.policy.vassal import VassalKey, VassalSpec

__all__ = ["Following"]

_log = logging.getLogger(__name__)

_SPECS_AT_ONCE = 200
"""How many specs of a listing are passed on before the loop may look at everything else."""

_RETRY_SECONDS = 1.0
_RETRY_MAX_SECONDS = 60.0


class Followed(Protocol):
    """What is known of a vassal already."""

    @property
    def wanted(self) -> VassalSpec | None: ...


class Following:
    """Follows monitors from its start to its stop.

    :param want: Told of each spec that is new or may have changed.
    :param unwant: Told of each vassal that is gone.
    :param known: Tells which vassals there are, to find those a listing does not hold.
    :ivar standings: How each source stands.
    """

    def __init__(
        self,
        monitors: Sequence[Monitor],
        want: Callable[[VassalSpec], None],
        unwant: Callable[[VassalKey], None],
        known: Callable[[], Mapping[VassalKey, Followed]],
    ) -> None:
        self.monitors = monitors
        self.unreadable: dict[VassalKey, str] = {}
        self.standings = {monitor.source: Standing(monitor.source) for monitor in monitors}
        self.settled = asyncio.Event()
        self._want = want
        self._unwant = unwant
        self._known = known
        self._unheard = {monitor.source for monitor in monitors}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen."""
        self._tasks = [asyncio.create_task(self._follow(monitor)) for monitor in self.monitors]

    def stop(self) -> None:
        """Hear nothing any more."""
        for task in self._tasks:
            task.cancel()

    async def stopped(self) -> None:
        """Return once every monitor has let go of its source."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def look_now(self) -> None:
        """Have every monitor compare with its source at once; a bug in one is told, and the others look."""
        for monitor in self.monitors:
            try:
                monitor.look_now()
            except Exception:  # noqa: BLE001
                _log.exception("the monitor of %s met a bug of ours; its vassals go on", monitor.source)

    def tell_standings(self) -> None:
        """Log how each source stands."""
        for standing in self.standings.values():
            tell(standing, self._now())

    async def _follow(self, monitor: Monitor) -> None:
        retry_seconds = _RETRY_SECONDS
        while True:
            try:
                async with aclosing(monitor.news()) as all_news:
                    async for news in all_news:
                        retry_seconds = _RETRY_SECONDS
                        await self._hear(monitor.source, news)
            except Exception:  # noqa: BLE001  what it meets is told, and must not end the others
                _log.exception("the monitor of %s met a bug of ours; its vassals go on", monitor.source)
                reason = "its monitor met a bug of ours: see the log, and report it"
                self.standings[monitor.source].lost(self._now(), reason, retry_seconds)
            await asyncio.sleep(retry_seconds)
            retry_seconds = min(2 * retry_seconds, _RETRY_MAX_SECONDS)

    async def _hear(self, source: str, news: News) -> None:
        standing, now = self.standings[source], self._now()
        if isinstance(news, Unreachable):
            standing.lost(now, news.reason, news.retry_seconds)
        else:
            if isinstance(news, Listing) and not news.is_remembered:
                standing.reached(now)
            if changes := await self._take(source, news):
                standing.changed(now, changes)
        self._unheard.discard(source)
        if not self._unheard:
            self.settled.set()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _take(self, source: str, news: Listing | Present | Gone | Unreadable) -> int:
        """Pass news on, and return how much of it was new."""
        match news:
            case Listing():
                return await self._take_listing(source, news)
            case Present(spec):
                self._present(spec)
            case Gone(name):
                self._gone((source, name, 0))
            case Unreadable(name, reason):
                self.refuse((source, name, 0), reason)
        return 1

    async def _take_listing(self, source: str, listing: Listing) -> int:
        changes = 0
        for count, spec in enumerate(listing.specs, 1):
            changes += self._is_new(spec)
            self._present(spec)
            if count % _SPECS_AT_ONCE == 0:
                await asyncio.sleep(0)
        for name, reason in listing.unreadable.items():
            changes += self.unreadable.get((source, name, 0)) != reason
            self.refuse((source, name, 0), reason)
        listed = {spec.name for spec in listing.specs}.union(listing.unreadable)
        for key in {*self._known(), *self.unreadable}:
            if key[0] == source and key[1] not in listed and not key[2]:
                self._gone(key)
                changes += 1
        return changes

    def _is_new(self, spec: VassalSpec) -> bool:
        known = self._known().get(spec.key)
        return known is None or known.wanted is None or known.wanted.version != spec.version

    def _present(self, spec: VassalSpec) -> None:
        self.unreadable.pop(spec.key, None)
        self._want(spec)

    def _gone(self, key: VassalKey) -> None:
        self.unreadable.pop(key, None)
        self._unwant(key)

    def refuse(self, key: VassalKey, reason: str) -> None:
        """Note that an entry cannot be taken, and say so once."""
        if self.unreadable.get(key) != reason:
            self.unreadable[key] = reason
            _log.warning("%s: %s", key[1], reason, extra={"vassal": key[1], "event": "unreadable"})
