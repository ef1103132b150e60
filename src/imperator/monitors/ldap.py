"""``ldap://``, ``ldaps://`` and ``ldapi://``: each entry below another is a vassal.

Where the server tells of changes (RFC 4533, OpenLDAP's overlay syncprov) it is listened to. Else it is asked for the
stamps of its entries every few seconds, and for the entries once a stamp differs or where stamps are not exact.

*Not shown* is not *gone*: a directory hides what may not be read any more. A vassal whose entry is missing from what
the server lists is stopped only when the server proves that the entry is gone, see `Link.find`. What it says
by itself to be deleted is believed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, Container, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from imperator.monitors.credentials import read_address
from imperator.monitors.delays import Delays, rest
from imperator.monitors.entries import EntryReader
from imperator.monitors.interface import News, Unreadable
from imperator.monitors.ldap_fitness import UnfitError, check_fitness
from imperator.monitors.ldap_link import ANSWERING_SECONDS, AnswerError, Change, Link, StaleError, Whereabouts
from imperator.monitors.ldap_roll import STAMPS, Missing, Roll, is_exact, read_stamp
from imperator.monitors.ldap_url import Address, parse_url
from imperator.monitors.ldap_wire import LinkError
from imperator.monitors.reconnecting import ReconnectingMonitor
from imperator.settings import Watching

if TYPE_CHECKING:
    import ssl

__all__ = ["LdapMonitor", "make_ldap_monitor", "make_ldapi_monitor", "make_ldaps_monitor"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

_POLLING_SECONDS = 3.0
_HEARING_SECONDS = 120.0
"""How often to compare with a server that tells of changes by itself: it says nothing when access rules change."""
_SILENCE_SECONDS = 10.0
"""How long such a server may be silent before it is asked whether it still is there."""
_DOUBT_SECONDS = 10.0
"""How long a directory that has just come back may hold nothing before that is believed: it may be being restored."""

_THINGS_AT_ONCE = 100
"""How many entries are judged before the loop may look at everything else."""

_REFERENCES = "(references)"
_HIDDEN = "its entry is not shown any more, and nothing proves it gone: see the access rules"


def _make_monitor(scheme: str, rest_of_target: str, watching: Watching, directory: str) -> LdapMonitor:
    """Make the monitor of a part of a directory, which is first asked when it is listened to.

    :param rest_of_target: ``HOST:PORT/BASE?ATTRIBUTES?SCOPE?FILTER?EXTENSIONS``, or where that is kept.
    :param directory: Where vassals start.
    :raises SettingsError: It is no such URL, or names what cannot be read.
    """
    address = parse_url(scheme, read_address(scheme, rest_of_target), f"{scheme}://{rest_of_target}")
    if address.is_exposed:
        _log.warning("%s: the password crosses the network for all to read: use ldaps:// or x-starttls", address.source)
    tls = None
    if address.tls is not None:
        from imperator.monitors.ldap_tls import make_tls_context

        tls = make_tls_context(address.source, address.tls)
    return LdapMonitor(address, tls, watching, directory)


make_ldap_monitor = partial(_make_monitor, "ldap")
make_ldaps_monitor = partial(_make_monitor, "ldaps")
make_ldapi_monitor = partial(_make_monitor, "ldapi")


class LdapMonitor(ReconnectingMonitor):
    """Follows the entries below one.

    :param tls: The context of TLS. None: the address wants none.
    """

    failures = (StaleError, LinkError, AnswerError, UnfitError, OSError, UnicodeError)
    """The last: of impossible hosts."""

    def __init__(self, address: Address, tls: ssl.SSLContext | None, watching: Watching, directory: str) -> None:
        super().__init__(address.source)
        self._address = address
        self._tls = tls
        self._rescan_seconds = watching.rescan_seconds
        self._reader = EntryReader(address.source, directory, watching.extra_extensions)
        self._roll = Roll(self._reader, address.fields)
        self._has_doubted = False
        self._way_told = ""

    def _take_failure(self, failure: Exception) -> str | None:
        if isinstance(failure, StaleError):
            _log.info("%s: read anew", self.source)
            return None
        self._has_doubted = False
        return _describe(failure)

    async def _follow(self, delays: Delays) -> AsyncGenerator[News, None]:
        link = await Link.open(self._address, self._tls)
        try:
            await check_fitness(link, self._address)
            self._take_wish()
            roll = await self._read(link)
            if await self._is_doubtful(roll):
                return
            delays.begin_anew()
            self._tell_way(link)
            self._roll = roll
            yield roll.listing()
            async for news in self._hear(link) if link.tells_changes else self._ask(link):
                yield news
        finally:
            link.close()

    async def _read(self, link: Link) -> Roll:
        """Return what there is, and what may still be there of what there was."""
        roll = Roll(self._reader, self._address.fields)
        before = self._roll.by_place()
        changes = await link.read_all((*self._address.fields.values(), *STAMPS))
        async for change in _in_turns(changes):
            if change.entry is None:
                roll.drop(change.key)
            else:
                roll.put(change.key, change.entry, before.get(change.entry.object_name))
        if link.references:
            elsewhere = ", ".join(link.references)
            roll.note(_REFERENCES, f"what is at {elsewhere} is not read: name that server in a target of its own")
        places = roll.by_place()
        for missing in self._roll.missing_in(roll):
            found = await _find(link, missing, places)
            if found is Whereabouts.HIDDEN:
                roll.keep(missing, Unreadable(missing.name, _HIDDEN))
            elif found is Whereabouts.SHOWN:  # it came back after the listing: that will be told, or seen
                roll.keep(missing, self._roll.news_of(missing.name))
        return roll

    async def _is_doubtful(self, roll: Roll) -> bool:
        """Wait once before it is believed that nothing is left of what there was."""
        if self._has_doubted or self._roll.is_empty() or not roll.is_empty():
            self._has_doubted = False
            return False
        _log.warning("%s: it is back and holds no vassal: asked again in %g s", self.source, _DOUBT_SECONDS)
        self._has_doubted = True
        await rest(_DOUBT_SECONDS, self._woken)
        return True

    async def _hear(self, link: Link) -> AsyncGenerator[News, None]:
        """Yield what the server tells; now and then compare, for it does not tell everything."""
        look_at = time.monotonic() + self._look_seconds(_HEARING_SECONDS)
        while True:
            await self._idle(link, min(_SILENCE_SECONDS, look_at - time.monotonic()))
            changes = link.take_changes()
            for name in self._enter(changes):
                yield self._roll.news_of(name)
            await asyncio.sleep(0)  # whoever tells without a pause does not stop the others
            if self._take_wish() or time.monotonic() >= look_at:
                for news in await self._settle_missing(link):
                    yield news
                if await self._differs(link):
                    raise StaleError
                look_at = time.monotonic() + self._look_seconds(_HEARING_SECONDS)
            elif not changes:
                await link.ping()

    def _enter(self, changes: Iterable[Change]) -> Iterable[str]:
        """Keep the roll, and return the names of the vassals that this may change."""
        names: dict[str, None] = {}
        for key, entry in ((change.key, change.entry) for change in changes):
            touched = self._roll.drop(key) if entry is None else self._roll.put(key, entry)
            names |= dict.fromkeys(touched)
        return names

    async def _ask(self, link: Link) -> AsyncGenerator[News, None]:
        """Compare every few seconds, and yield what differs."""
        while True:
            await self._idle(link, self._look_seconds(_POLLING_SECONDS))
            self._take_wish()
            for news in await self._settle_missing(link):
                yield news
            if await self._differs(link):
                before, self._roll = self._roll, await self._read(link)
                for news in _compare(before, self._roll):
                    yield news

    async def _idle(self, link: Link, seconds: float) -> None:
        if self._is_look_wanted:
            return
        link.wake(self._woken)
        try:
            await rest(seconds, self._woken)
        finally:
            link.wake(None)

    def _look_seconds(self, default: float) -> float:
        return self._rescan_seconds or default

    async def _differs(self, link: Link) -> bool:
        """Tell whether entries may be others than those we know of: only exact stamps can say that they are not."""
        address = self._address
        entries = await link.search(address.base, address.scope, address.filter, STAMPS)
        stamps = {entry.object_name: read_stamp(entry) async for entry in _in_turns(entries)}
        may_tell = link.tells_changes or all(is_exact(stamp) for stamp in stamps.values())
        return not may_tell or stamps != self._roll.stamps()

    async def _settle_missing(self, link: Link) -> list[News]:
        """Return the news of missing entries that are proved to be gone by now."""
        news = []
        places = self._roll.by_place() if self._roll.kept() else {}
        for missing in self._roll.kept():
            if await _find(link, missing, places) is Whereabouts.GONE:
                self._roll.let_go(missing.name)
                news.append(self._roll.news_of(missing.name))
        return news

    def _tell_way(self, link: Link) -> None:
        seconds = self._look_seconds(_POLLING_SECONDS)
        way = "the server tells of changes" if link.tells_changes else f"the server is asked every {seconds:g} s"
        if way != self._way_told:
            _log.info("%s: %s", self.source, way)
            self._way_told = way


async def _in_turns(things: Iterable[T]) -> AsyncGenerator[T, None]:
    """Yield them, and let the loop look at everything else now and then."""
    for number, thing in enumerate(things, 1):
        yield thing
        if number % _THINGS_AT_ONCE == 0:
            await asyncio.sleep(0)


async def _find(link: Link, missing: Missing, places: Container[str]) -> Whereabouts:
    """Return what has become of a vassal: it is gone only if each of its entries is.

    :param places: Where there are entries now. One that is where an entry of this vassal was has another name.
    """
    found = {Whereabouts.GONE if place in places else await link.find(place) for place in missing.places}
    return next(one for one in (Whereabouts.SHOWN, Whereabouts.HIDDEN, Whereabouts.GONE) if one in found)


def _compare(before: Roll, after: Roll) -> Iterator[News]:
    for name in {**dict.fromkeys(before.names()), **dict.fromkeys(after.names())}:
        if before.news_of(name) != after.news_of(name):
            yield after.news_of(name)


_REMEDIES = {
    3: "see what slows the server down, or raise its time limit for the Emperor's user",
    4: "raise the server's size limit for the Emperor's user (olcLimits, size=unlimited)",
    7: "bind in a way that the server takes",
    8: "bind, or use TLS: the server wants more than this",
    10: "name the server that holds the entry",
    11: "raise the server's limits for the Emperor's user",
    13: "use ldaps:// or x-starttls",
    32: "create the entry that the URL names, or let the Emperor's user read it",
    48: "bind in a way that the server takes: bindname=... with a password, or x-sasl=external",
    49: "correct bindname and password",
    50: "let the Emperor's user read the entries",
}
"""By LDAP's result code: what to do."""


def _describe(failure: Exception) -> str:
    """Say what failed and what to do."""
    if isinstance(failure, TimeoutError):
        return f"does not answer within {ANSWERING_SECONDS:g} s: see whether it hangs, or what slows it down"
    if isinstance(failure, UnfitError):
        return str(failure)
    if isinstance(failure, AnswerError):
        if failure.operation == "StartTLS":
            return f"does not begin TLS ({failure}): give it a certificate; nothing was sent without TLS"
        return f"refuses ({failure}): {_REMEDIES.get(failure.code, 'see its log')}"
    if (text := getattr(failure, "verify_message", "")) != "":
        return f"is not trusted ({text}): name its authority (x-tls-ca=/FILE), and the host as its certificate does"
    if isinstance(failure, ConnectionError) and failure.errno:
        text = os.strerror(failure.errno)  # asyncio puts its own words there
    else:
        text = getattr(failure, "strerror", None) or str(failure) or type(failure).__name__
    return f"cannot be reached ({text}): see that it runs, and that the address is right"
