"""Listening to all monitors: what they tell is passed on, what goes wrong with one stays its own matter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing

from imperator.monitors.interface import Gone, Listing, Monitor, News, Present, Unreachable, Unreadable
from imperator.policy.vassal import VassalKey, VassalSpec

__all__ = ["Following"]

_log = logging.getLogger(__name__)

_SPECS_AT_ONCE = 200
"""How many specs of a listing are passed on before the loop may look at everything else."""

_RETRY_SECONDS = 1.0
_RETRY_MAX_SECONDS = 60.0


class Following:
    """Follows monitors from its start to its stop.

    :param want: Told of each spec that is new or may have changed.
    :param unwant: Told of each vassal that is gone.
    :param known: Tells which vassals there are, to find those a listing does not hold.
    """

    def __init__(
        self,
        monitors: Sequence[Monitor],
        want: Callable[[VassalSpec], None],
        unwant: Callable[[VassalKey], None],
        known: Callable[[], Iterable[VassalKey]],
    ) -> None:
        self.monitors = monitors
        self.unreadable: dict[VassalKey, str] = {}
        self.unreachable: dict[str, str] = {}
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
            await asyncio.sleep(retry_seconds)
            retry_seconds = min(2 * retry_seconds, _RETRY_MAX_SECONDS)

    async def _hear(self, source: str, news: News) -> None:
        match news:
            case Unreachable(reason, retry_seconds):
                if self.unreachable.get(source) != reason:
                    _log.error("%s: %s; trying again every %g s at most", source, reason, retry_seconds)
                self.unreachable[source] = reason
            case Listing():
                self.unreachable.pop(source, None)
                await self._hear_listing(source, news)
            case Present(spec):
                self._present(spec)
            case Gone(name):
                self._gone((source, name, 0))
            case Unreadable(name, reason):
                self.refuse((source, name, 0), reason)
        self._unheard.discard(source)
        if not self._unheard:
            self.settled.set()

    async def _hear_listing(self, source: str, listing: Listing) -> None:
        for count, spec in enumerate(listing.specs, 1):
            self._present(spec)
            if count % _SPECS_AT_ONCE == 0:
                await asyncio.sleep(0)
        for name, reason in listing.unreadable.items():
            self.refuse((source, name, 0), reason)
        listed = {spec.name for spec in listing.specs}.union(listing.unreadable)
        for key in {*self._known(), *self.unreadable}:
            if key[0] == source and key[1] not in listed and not key[2]:
                self._gone(key)

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
