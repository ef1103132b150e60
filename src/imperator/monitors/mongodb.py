"""``mongodb://``: each document of a collection that a filter lets through is a vassal."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from typing import Any

from bson.errors import BSONError
from pymongo.errors import ConfigurationError, NetworkTimeout, OperationFailure, PyMongoError

from imperator.monitors.delays import Delays, rest
from imperator.monitors.entries import EntryReader, compare
from imperator.monitors.interface import News
from imperator.monitors.mongodb_documents import Documents
from imperator.monitors.mongodb_link import (
    ANSWERING_SECONDS,
    AUTHENTICATION_FAILED,
    CollectionLostError,
    Identities,
    Link,
    SilenceError,
    read_refusal,
)
from imperator.monitors.mongodb_target import MongoTarget, read_mongo_target
from imperator.monitors.reconnecting import ReconnectingMonitor
from imperator.settings import Watching

__all__ = ["MongoDBMonitor", "make_mongodb_monitor", "make_mongodb_srv_monitor"]

_log = logging.getLogger(__name__)

_POLLING_SECONDS = 3.0
_TRYING_TO_HEAR_SECONDS = 60.0
"""How often a server that does not tell of changes is asked whether it does now."""
_DOUBT_SECONDS = 10.0
"""How long a collection that held vassals may be empty before that is believed: it may be being restored."""


def make_mongodb_monitor(rest_of_target: str, watching: Watching, directory: str) -> MongoDBMonitor:
    """Make the monitor of a collection, which is first read when it is listened to.

    :param rest_of_target: ``ADDRESS,DATABASE.COLLECTION,{filter}``; all but the address may be left out.
    :param directory: Where vassals start.
    :raises SettingsError: It cannot be understood.
    """
    return MongoDBMonitor(read_mongo_target("mongodb", rest_of_target), watching, directory)


def make_mongodb_srv_monitor(rest_of_target: str, watching: Watching, directory: str) -> MongoDBMonitor:
    """Make the same of an address whose servers the DNS knows."""
    return MongoDBMonitor(read_mongo_target("mongodb+srv", rest_of_target), watching, directory)


class MongoDBMonitor(ReconnectingMonitor):
    """Reads a collection once, then what is told to have changed in it; where nothing is told, all of it every time."""

    failures = (CollectionLostError, PyMongoError, BSONError, SilenceError, OSError, UnicodeError)
    """The last: of impossible hosts."""

    def __init__(self, target: MongoTarget, watching: Watching, directory: str) -> None:
        super().__init__(target.source)
        self._target = target
        self._rescan_seconds = watching.rescan_seconds
        self._documents = Documents(EntryReader(target.source, directory, watching.extra_extensions))
        self._changed: Identities = {}  # what was told of and is not read yet
        self._resume_token: Any = None  # what is in _documents and _changed is all up to here
        self._try_to_hear_at = 0.0
        self._told_reason = ""

    def _take_failure(self, failure: Exception) -> str | None:
        if isinstance(failure, CollectionLostError | OperationFailure):
            self._resume_token = None  # it may be what is refused
        return None if isinstance(failure, CollectionLostError) else _describe(failure, self._target)

    async def _follow(self, delays: Delays) -> AsyncGenerator[News, None]:
        link = await Link.open(self._target)
        try:
            if not await link.follow(self._resume_token):
                self._changed.clear()  # it is read with everything
                await self._read_all(link)
            link.hear(self._changed, self._woken)
            delays.begin_anew()
            self._tell_way(link)
            yield self._documents.listing()
            while True:
                async for news in self._turn(link):
                    yield news
        finally:
            self._resume_token = link.resume_token
            await link.close()

    async def _turn(self, link: Link) -> AsyncGenerator[News, None]:
        """Wait until something may have changed, and yield what has."""
        seconds = self._rescan_seconds or (None if link.hears_changes else _POLLING_SECONDS)
        is_time = not (self._changed or self._is_look_wanted) and not await rest(seconds, self._woken)
        link.check()
        if link.hears_changes and not is_time and not self._is_look_wanted:
            for news in await self._read_changed(link):
                yield news
            return
        before = self._documents.listing()
        begins_to_hear = await self._may_hear(link)
        await self._read_all(link)
        if begins_to_hear:  # only now: up to here nothing is known but by reading
            link.hear(self._changed, self._woken)
        for news in compare(before, self._documents.listing()):
            yield news

    async def _may_hear(self, link: Link) -> bool:
        """Ask a server that does not tell of changes whether it does now."""
        if link.hears_changes or asyncio.get_running_loop().time() < self._try_to_hear_at:
            return False
        await link.follow(None)
        self._tell_way(link)
        return link.hears_changes

    def _tell_way(self, link: Link) -> None:
        self._try_to_hear_at = asyncio.get_running_loop().time() + _TRYING_TO_HEAR_SECONDS
        if not link.hears_changes and link.no_stream_reason != self._told_reason:
            _log.info(
                "%s: it is asked every few seconds, for it has no change streams: %s",
                self.source,
                link.no_stream_reason,
            )
        self._told_reason = link.no_stream_reason

    async def _read_all(self, link: Link) -> None:
        """Know what the collection holds now."""
        self._is_look_wanted = False
        documents = await link.find()
        if len(self._documents) and not documents:
            _log.warning("%s: it holds no vassal any more: asked again in %g s", self.source, _DOUBT_SECONDS)
            await rest(_DOUBT_SECONDS, self._woken)
            documents = await link.find()
        # A document that is changed while others are read may be passed over: only what is asked for in vain is gone.
        if missing := self._documents.missing_from(documents):
            documents += await link.find(missing)
        await self._documents.replace(documents)

    async def _read_changed(self, link: Link) -> list[News]:
        reading = dict(self._changed)
        self._changed.clear()  # what is told from here on has to be read again
        try:
            documents = await link.find(list(reading.values()))
        except BaseException:
            self._changed.update(reading)
            raise
        return list(self._documents.update(reading, documents))


_REMEDIES = {
    13: "grant the user the role read on {database}",
    AUTHENTICATION_FAILED: "see that user, password and authSource are right",
    50: "see what slows the server down",
    8000: "see that user, password and authSource are right",
}
"""By MongoDB's code: what to do."""


def _describe(failure: Exception, target: MongoTarget) -> str:
    """Say what failed and what to do."""
    if isinstance(failure, SilenceError | NetworkTimeout):
        seconds = failure.seconds if isinstance(failure, SilenceError) else ANSWERING_SECONDS
        return f"does not answer within {seconds:g} s: see whether it hangs, or what slows it down"
    if isinstance(failure, OperationFailure):
        remedy = _REMEDIES.get(failure.code or 0, "see that filter and collection are right").format(
            database=target.database
        )
        return f"it refuses ({read_refusal(failure)}): {remedy}"
    if isinstance(failure, BSONError):
        return f"its answer cannot be read ({failure}): see that it is a MongoDB"
    if isinstance(failure, ConfigurationError):
        return f"cannot be reached ({failure}): see that its name is right and the DNS knows it"
    # The driver goes on to describe all servers it knows, with numbers that differ each time.
    text = re.sub(r" ?\(configured timeouts:[^)]*\)", "", str(failure).partition(", Timeout:")[0])
    return f"cannot be reached ({text}): see that it runs, and that the address is right"
