"""A collection's documents as vassals: what is known of each, and what a change of some of them means."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bson import Code, Decimal128
from bson.datetime_ms import DatetimeMS

from imperator.monitors.entries import NAMELESS, SEVERAL, Entry, EntryReader, Foreign, Refusal, Value
from imperator.monitors.interface import Gone, Listing, News, Present, Unreadable
from imperator.policy.vassal import VassalSpec

__all__ = ["FIELDS", "Documents", "key_of"]

FIELDS = ("name", "config", "ts", "uid", "gid", "socket")
_DOCUMENTS_AT_ONCE = 500
"""How many are judged before the loop may look at everything else."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    identity: Any
    read: VassalSpec | Refusal


class Documents:
    """The documents that the filter lets through, by their ``_id``.

    :param reader: Judges each of them.
    """

    def __init__(self, reader: EntryReader) -> None:
        self._reader = reader
        self._known: dict[str, _Known] = {}
        self._named: dict[str, dict[str, None]] = {}  # the keys of the documents of each name, in order

    def __len__(self) -> int:
        return len(self._known)

    def listing(self) -> Listing:
        """Return all of it; of documents that share a name none can be taken."""
        news = [self._tell(name) for name in self._named]
        specs = tuple(one.spec for one in news if isinstance(one, Present))
        return Listing(specs, {one.name: one.reason for one in news if isinstance(one, Unreadable)})

    def missing_from(self, documents: Iterable[Document]) -> list[Any]:
        """Return the ``_id`` of each document that is known and not among these."""
        listed = {key_of(document["_id"]) for document in documents}
        return [known.identity for key, known in self._known.items() if key not in listed]

    async def replace(self, documents: Iterable[Document]) -> None:
        """Know these documents and no others."""
        fresh = Documents(self._reader)
        for count, document in enumerate(documents, 1):
            fresh._put(key_of(document["_id"]), fresh._judge(document))
            if count % _DOCUMENTS_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._known, self._named = fresh._known, fresh._named

    def update(self, keys: Iterable[str], documents: Iterable[Document]) -> Iterator[News]:
        """Yield what changes.

        :param keys: Of the documents that may have changed or gone.
        :param documents: What there is of them.
        """
        fresh = {key_of(document["_id"]): self._judge(document) for document in documents}
        stale = {key: self._known[key] for key in keys if key in self._known}
        names = dict.fromkeys(known.read.name for known in (*stale.values(), *fresh.values()))
        before = {name: self._tell(name) for name in names}
        for key in stale:
            self._drop(key)
        for key, known in fresh.items():
            self._drop(key)
            self._put(key, known)
        for name in names:
            if (news := self._tell(name)) != before[name]:
                yield news

    def _judge(self, document: Document) -> _Known:
        name, config, ts, uid, gid, socket = (_as_value(document.get(field)) for field in FIELDS)
        return _Known(document["_id"], self._reader.read(Entry(name, config, ts, uid, gid, socket)))

    def _put(self, key: str, known: _Known) -> None:
        self._known[key] = known
        self._named.setdefault(known.read.name, {})[key] = None

    def _drop(self, key: str) -> None:
        known = self._known.pop(key, None)
        if known is None:
            return
        keys = self._named[known.read.name]
        del keys[key]
        if not keys:
            del self._named[known.read.name]

    def _tell(self, name: str) -> Present | Gone | Unreadable:
        keys = self._named.get(name)
        if not keys:
            return Gone(name)
        read = self._known[next(iter(keys))].read
        if len(keys) > 1 and name != NAMELESS:
            return Unreadable(name, SEVERAL)
        return Unreadable(name, read.reason) if isinstance(read, Refusal) else Present(read)


def key_of(identity: object) -> str:
    """Return an ``_id`` as something that can be looked up: it may be a document itself."""
    return repr(identity)


def _as_value(value: object) -> Value:
    """Return a field's value as text, number or moment, whichever of BSON's kinds says that."""
    match value:
        case DatetimeMS():
            return int(value) / 1000
        case bool():
            return Foreign("true" if value else "false")
        case Code() | Decimal128():
            return Foreign(f"of BSON's kind {type(value).__name__}")
        case int():
            return int(value)
        case float():  # numbers of MongoDB's prompt are floats unless told otherwise
            return int(value) if value.is_integer() else value
        case str() | bytes() | None:
            return value
    return Foreign(_KINDS.get(type(value).__name__, f"of BSON's kind {type(value).__name__}"))


_KINDS = {"dict": "a document", "list": "an array"}
