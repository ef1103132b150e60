"""One client of a MongoDB, used in a way that can be left at any moment.

The driver has limits of its own, but tidies up politely when a call is cancelled, by asking the server once more, and a
server that hangs does not answer. So each call is a task of its own that is cancelled until it ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self, TypeVar

from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.asynchronous.change_stream import AsyncCollectionChangeStream
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from imperator.monitors.mongodb_documents import FIELDS, key_of
from imperator.monitors.mongodb_target import MongoTarget

__all__ = [
    "ANSWERING_SECONDS",
    "AUTHENTICATION_FAILED",
    "CollectionLostError",
    "Identities",
    "Link",
    "SilenceError",
    "read_refusal",
]

ANSWERING_SECONDS = 10.0
_SELECTING_SECONDS = 2.0
"""How long to look for a server that can be asked: not finding one is told, and tried again."""
_LISTING_SECONDS = 60.0
"""How long all parts of one listing may take together."""
_HEARING_SECONDS = 5.0
"""How long the server waits for changes before it says that there are none."""
_CLOSING_SECONDS = 0.5
_CLOSING_TRIES = 4
_CANCELLING_SECONDS = 0.2
_CANCELLING_TRIES = 20

_BATCH_DOCUMENTS = 200
_IDENTITIES_AT_ONCE = 500

_OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_MS,  # a date beyond the year 9999 costs its own document only
    unicode_decode_error_handler="surrogateescape",  # and so does a text that is no UTF-8
)
_PIPELINE = [{"$project": {"operationType": 1, "documentKey": 1}}]
_OF_DOCUMENTS = ("insert", "update", "replace", "delete")
AUTHENTICATION_FAILED = 18

Result = TypeVar("Result")
Identities = dict[str, Any]
"""Values of ``_id`` by their keys."""


class CollectionLostError(Exception):
    """The collection was dropped or renamed: what there is now has to be asked anew."""


class SilenceError(Exception):
    """The server does not answer.

    :ivar seconds: For how long.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s")
        self.seconds = seconds


class Link:
    """A client that has reached its server.

    :param client: Ours to close.
    :ivar hears_changes: The server tells of changes by itself.
    :ivar no_stream_reason: Why it does not.
    :ivar resume_token: Up to where all that it told of has been noted. None: nothing is noted.
    """

    def __init__(self, client: AsyncMongoClient[dict[str, Any]], target: MongoTarget) -> None:
        self._client = client
        self._target = target
        self._stream: AsyncCollectionChangeStream[dict[str, Any]] | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._heard: AsyncClientSession | None = None
        self._asked: AsyncClientSession | None = None
        self.no_stream_reason = ""
        self.resume_token: Any = None

    @classmethod
    async def open(cls, target: MongoTarget) -> Self:
        """Reach the server and be let in.

        :raises PyMongoError: It cannot be reached, or refuses.
        :raises SilenceError: It does not answer.
        """
        link = cls(
            AsyncMongoClient(
                target.uri,
                appname="imperator",
                serverSelectionTimeoutMS=_SELECTING_SECONDS * 1000,
                connectTimeoutMS=ANSWERING_SECONDS * 1000,
                socketTimeoutMS=ANSWERING_SECONDS * 1000,
            ),
            target,
        )
        try:
            await _within(_SELECTING_SECONDS + ANSWERING_SECONDS, link._client.admin.command("ping"))
        except BaseException:
            await link.close()
            raise
        return link

    @property
    def hears_changes(self) -> bool:
        return self._stream is not None

    async def follow(self, token: Any) -> bool:
        """Have the server tell of changes from now on, or from where a token says.

        :returns: Whether it tells of them from the token on. Else see `hears_changes`.
        :raises PyMongoError: The connection is lost, or nobody is let in.
        :raises SilenceError: It does not answer.
        """
        if self._heard is None:
            self._heard, self._asked = self._client.start_session(), self._client.start_session()
        watching = self._collection(newest=True).watch(
            _PIPELINE, resume_after=token, max_await_time_ms=int(_HEARING_SECONDS * 1000), session=self._heard
        )
        try:
            self._stream = await _within(ANSWERING_SECONDS, watching)
        except OperationFailure as refusal:
            if refusal.code == AUTHENTICATION_FAILED:
                raise
            if token is not None:  # it is too old, or of another server
                await self.follow(None)
                return False
            self.no_stream_reason = read_refusal(refusal)
            return False
        self.no_stream_reason = ""
        return token is not None

    def hear(self, changed: Identities, woken: asyncio.Event) -> None:
        """Begin to note which documents change: once everything was read that the token does not tell of.

        :param changed: Where their ``_id``s are put.
        :param woken: Set after that, and when hearing has failed, which `check` tells.
        """
        if self._stream is not None:
            self.resume_token = self._stream.resume_token
            self._hearing = asyncio.create_task(self._hear(self._stream, changed, woken))
            self._hearing.add_done_callback(lambda _: woken.set())

    async def _hear(
        self, stream: AsyncCollectionChangeStream[dict[str, Any]], changed: Identities, woken: asyncio.Event
    ) -> None:
        while True:
            change = await _within(_HEARING_SECONDS + 3 * ANSWERING_SECONDS, stream.try_next())
            if change is not None and change["operationType"] in _OF_DOCUMENTS:
                identity = change["documentKey"]["_id"]
                changed[key_of(identity)] = identity
                woken.set()
            elif change is not None or not stream.alive:
                raise CollectionLostError
            self.resume_token = stream.resume_token  # only now: the stream's own is ahead of what is noted

    def check(self) -> None:
        """Raise what ended the hearing, if anything has."""
        if self._hearing is not None and self._hearing.done():
            self._hearing.result()

    async def find(self, identities: list[Any] | None = None) -> list[dict[str, Any]]:
        """Return the documents that are vassals, whole or not at all.

        :param identities: Only those among these.
        :raises PyMongoError: It could not be asked to the end.
        :raises SilenceError: It does not answer.
        """
        if identities is None:
            return await _within(_LISTING_SECONDS, self._find(self._target.filter))
        found = []
        for start in range(0, len(identities), _IDENTITIES_AT_ONCE):
            some = {"_id": {"$in": identities[start : start + _IDENTITIES_AT_ONCE]}}
            found += await _within(_LISTING_SECONDS, self._find({"$and": [self._target.filter, some]}))
        return found

    async def _find(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        cursor = self._collection(newest=self.hears_changes).find(
            wanted,
            dict.fromkeys(FIELDS, 1),
            batch_size=_BATCH_DOCUMENTS,
            max_time_ms=int(ANSWERING_SECONDS * 1000),
            session=self._catch_up(),
        )
        async with cursor:
            return [document async for document in cursor]

    def _collection(self, *, newest: bool) -> AsyncCollection[dict[str, Any]]:
        """Return the collection.

        :param newest: Have it read where what was told is in it, and not where the address prefers to.
        """
        collection = self._client[self._target.database].get_collection(self._target.collection, _OPTIONS)
        if not newest:
            return collection
        return collection.with_options(read_preference=ReadPreference.PRIMARY, read_concern=ReadConcern("majority"))

    def _catch_up(self) -> AsyncClientSession | None:
        """Return a session whose answers are no older than what was heard, whichever server gives them."""
        if self._heard is None or self._asked is None or self._stream is None:
            return None
        if self._heard.cluster_time is not None:
            self._asked.advance_cluster_time(self._heard.cluster_time)
        if self._heard.operation_time is not None:
            self._asked.advance_operation_time(self._heard.operation_time)
        return self._asked

    async def close(self) -> None:
        """Let go of everything, whether the server answers or not."""
        if self._hearing is not None:
            await _end(self._hearing)
        for _ in range(_CLOSING_TRIES):  # each goes on where the last one was stuck
            with suppress(PyMongoError, SilenceError):
                await _within(_CLOSING_SECONDS, self._client.close())
                break


def read_refusal(refusal: OperationFailure) -> str:
    """Return what the server says it refuses for."""
    return str((refusal.details or {}).get("errmsg") or str(refusal).partition(", full error")[0])


async def _within(seconds: float, call: Coroutine[Any, Any, Result]) -> Result:
    """Return what a call of the driver does.

    :raises SilenceError: It takes longer.
    """
    task = asyncio.create_task(call)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise SilenceError(seconds)
        return task.result()
    finally:
        await _end(task)


async def _end(task: asyncio.Task[Any]) -> None:
    """Cancel a task until it has ended: each time it may begin to tidy up, and wait for the server again."""
    for _ in range(_CANCELLING_TRIES):
        if task.done():
            break
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCELLING_SECONDS)
    if task.done() and not task.cancelled():
        task.exception()  # looked at: else it would be told as forgotten
