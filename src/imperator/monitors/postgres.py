"""``pg://``: each row of a query's answer is a vassal."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator

import psycopg
from psycopg.conninfo import conninfo_to_dict

from imperator.errors import SettingsError
from imperator.monitors.credentials import hide_passwords, read_address
from imperator.monitors.delays import Delays, rest
from imperator.monitors.entries import Entry, EntryReader, compare
from imperator.monitors.interface import Listing, News
from imperator.monitors.postgres_link import ANSWERING_SECONDS, Answer, AnswerError, Link
from imperator.monitors.reconnecting import ReconnectingMonitor
from imperator.settings import Watching

__all__ = ["PostgresMonitor", "make_postgres_monitor"]

_log = logging.getLogger(__name__)

_DEFAULT_QUERY = "SELECT * FROM vassals"
_FIELDS = ("name", "config", "ts", "uid", "gid", "socket")
_LEAST_FIELDS = 3

_POLLING_SECONDS = 3.0
_HEARING_SECONDS = 60.0
"""How often to ask a database that tells of changes by itself: it may hang, or a notice may have got lost."""
_DOUBT_SECONDS = 10.0
"""How long a database that has just come back may hold nothing before that is believed: it may be being restored."""

_KEYWORDS = re.compile(r"\s*(\w+\s*=|$)")
_URL = re.compile(r"postgres(ql)?://")
_SLASH_IN_PASSWORD = re.compile(r"postgres(ql)?://[^/?]*/[^?]*@")


def make_postgres_monitor(rest_of_target: str, watching: Watching, directory: str) -> PostgresMonitor:
    """Make the monitor of a query, which is first asked when it is listened to.

    :param rest_of_target: ``CONNINFO;QUERY``: libpq's keywords or URL, and a query of 3 to 6 columns or none.
    :param directory: Where vassals start.
    :raises SettingsError: libpq cannot read it.
    """
    conninfo, _, query = read_address("pg", rest_of_target).partition(";")
    if not _KEYWORDS.match(conninfo) and not _URL.match(conninfo):
        conninfo = f"postgresql://{conninfo}"
    # Each by itself: a query may hold colons, slashes and an @, too.
    source = ";".join(hide_passwords(part) for part in f"pg://{rest_of_target}".split(";", 1))
    try:
        conninfo_to_dict(conninfo)
        if _SLASH_IN_PASSWORD.match(conninfo):  # libpq takes what is before it for a host and a port
            raise psycopg.ProgrammingError("an @ behind a slash")
    except psycopg.ProgrammingError:
        # libpq quotes what it cannot read, which may be half a password: nothing of that is told, nor kept as a cause.
        raise SettingsError(
            "target 'pg://...'",
            wanted="what libpq can read: keywords such as host=db dbname=emperor, or a postgresql:// URL",
            found="something else",
            remedy="Correct what stands between pg:// and the semicolon; quote values with spaces or quotes; in the "
            "password of a URL write %2F for a slash.",
        ) from None
    return PostgresMonitor(source, conninfo, query.strip(), watching, directory)


class PostgresMonitor(ReconnectingMonitor):
    """Keeps one connection and asks its query whenever something may have changed.

    :param source: The target without its password.
    :param query: Empty: the table ``vassals`` is read, its columns known by their names.
    """

    failures = (psycopg.Error, AnswerError, OSError, UnicodeError)
    """The last: of impossible hosts."""

    def __init__(self, source: str, conninfo: str, query: str, watching: Watching, directory: str) -> None:
        super().__init__(source)
        self._conninfo = conninfo
        self._query = query
        self._rescan_seconds = watching.rescan_seconds
        self._reader = EntryReader(source, directory, watching.extra_extensions)
        self._told = Listing(())

    async def _follow(self, delays: Delays) -> AsyncGenerator[News, None]:
        link = await Link.open(self._conninfo)
        try:
            listing = await self._read(link)
            if self._told.specs and not listing.specs and not listing.unreadable:
                _log.warning("%s: it is back and holds no vassal: asked again in %g s", self.source, _DOUBT_SECONDS)
                await rest(_DOUBT_SECONDS, self._woken)
                listing = await self._read(link)
            delays.begin_anew()
            self._told = listing
            yield listing
            while True:
                await self._idle(link)
                listing = await self._read(link)
                for news in compare(self._told, listing):
                    yield news
                self._told = listing
        finally:
            link.close()

    def _take_failure(self, failure: Exception) -> str:
        return _describe(failure)

    async def _idle(self, link: Link) -> None:
        """Wait until it is time to ask again. A notice that came during the last query counts."""
        seconds = self._rescan_seconds or (_HEARING_SECONDS if link.hears_changes else _POLLING_SECONDS)
        if link.was_notified():
            return
        link.wake(self._woken)
        try:
            await rest(seconds, self._woken)
        finally:
            link.sleep_on()
        link.was_notified()  # it is asked now in any case: all notices up to here are answered by that

    async def _read(self, link: Link) -> Listing:
        answer = await link.ask(self._query or _DEFAULT_QUERY)
        return await self._reader.read_all(_entries(answer, by_name=not self._query))


def _entries(answer: Answer, *, by_name: bool) -> list[Entry]:
    """Return rows as entries.

    :param by_name: Columns are known by their names, and others may be among them; else by their order.
    :raises AnswerError: These are not the columns of vassals.
    """
    names, rows = answer
    places = {field: names.index(field) for field in _FIELDS if field in names}
    if not by_name:
        places = dict(zip(_FIELDS, range(len(names)), strict=False))
        if not _LEAST_FIELDS <= len(names) <= len(_FIELDS):
            raise AnswerError(f"the answer has {len(names)} columns where 3 to 6 are wanted: {', '.join(_FIELDS)}")
    elif missing := [field for field in _FIELDS[:_LEAST_FIELDS] if field not in places]:
        raise AnswerError(f"the table vassals has no column {' and none called '.join(missing)}")
    return [Entry(attributes={}, **{field: row[place] for field, place in places.items()}) for row in rows]


_REMEDIES = {
    "42P01": "create the table (imperator schema pg prints one), or correct the query",
    "42501": "grant SELECT to the user that the Emperor connects as",
    "42703": "correct the query, or add the column",
    "42601": "correct the query",
    "57014": "see what slows the query down",
}
"""By PostgreSQL's code: what to do."""


def _describe(failure: Exception) -> str:
    """Say what failed and what to do."""
    if isinstance(failure, TimeoutError):
        return f"does not answer within {ANSWERING_SECONDS:g} s: see whether it hangs, or what slows the query down"
    if isinstance(failure, AnswerError):
        remedy = _REMEDIES.get(failure.sqlstate, "correct the query or what it reads")
        return f"the query fails ({failure}): {remedy}"
    text = next(iter(str(failure).strip().splitlines()), "no reason given")
    return f"cannot be reached ({text}): see that it runs, and that address, user and password are right"
