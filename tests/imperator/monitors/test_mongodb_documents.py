"""Documents as vassals."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from bson import Code, Decimal128, Int64, ObjectId
from bson.datetime_ms import DatetimeMS

from imperator.monitors.entries import SEVERAL, EntryReader
from imperator.monitors.interface import Gone, Listing, News, Present, Unreadable
from imperator.monitors.mongodb_documents import Documents, key_of

DOCUMENT: dict[str, Any] = {"_id": 1, "name": "a.ini", "config": "[uwsgi]", "ts": DatetimeMS(1_500)}


def documents() -> Documents:
    return Documents(EntryReader("mongodb://db", "/srv", ()))


async def read(document: dict[str, Any]) -> Present | Unreadable:
    """Return what one document is taken for."""
    held = documents()
    await held.replace([document])
    (news,) = _all(held.listing())
    return news


def _all(listing: Listing) -> list[Present | Unreadable]:
    return [*map(Present, listing.specs), *(Unreadable(name, why) for name, why in listing.unreadable.items())]


FIELDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"modified": 1.5, "uid": 0, "gid": 0, "socket": None, "config": b"[uwsgi]"}),
    ({"uid": 1000.0, "gid": Int64(1001)}, {"uid": 1000, "gid": 1001}),
    ({"uid": None, "gid": "33", "socket": ""}, {"uid": 0, "gid": 33, "socket": None}),
    ({"config": b"[uwsgi]\n"}, {"config": b"[uwsgi]\n"}),
    ({"ts": 7.25}, {"modified": 7.25}),
    ({"ts": DatetimeMS(2**60)}, {"modified": 2**60 / 1000}),  # long after the year 9999
    ({"socket": "a.socket"}, {"socket": "/srv/a.socket"}),
]


@pytest.mark.parametrize(("fields", "wanted"), FIELDS)
async def test_fields_of_mongodb_kinds_are_understood(fields: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Dates, the prompt's floats, long numbers, text and bytes are what they mean."""
    news = await read({**DOCUMENT, **fields})
    assert isinstance(news, Present)
    assert {name: getattr(news.spec, name) for name in wanted} == wanted


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": 5}, "(no name)", "its name is 5 and has to be text"),
    ({"name": {"a": 1}}, "(no name)", "its name is a document and has to be text"),
    ({"config": ["x"]}, "a.ini", "its configuration is an array and has to be text"),
    ({"config": None}, "a.ini", "its configuration is empty"),
    ({"config": "\udcff"}, "a.ini", "its configuration is no UTF-8"),
    ({"config": Code("x")}, "a.ini", "its configuration is of BSON's kind Code and has to be text"),
    ({"ts": None}, "a.ini", "it has no ts"),
    ({"ts": True}, "a.ini", "its ts is true and has to be seconds since the epoch or a date"),
    ({"ts": ObjectId()}, "a.ini", "its ts is of BSON's kind ObjectId and has to be seconds"),
    ({"ts": float("nan")}, "a.ini", "its ts is nan and has to be seconds"),
    ({"uid": 1.5}, "a.ini", "its uid is 1.5 and has to be a user's or group's number"),
    ({"uid": True}, "a.ini", "its uid is true and has to be"),
    ({"gid": Decimal128("1")}, "a.ini", "its gid is of BSON's kind Decimal128 and has to be"),
    ({"socket": 1}, "a.ini", "its socket is 1 and has to be text"),
]


@pytest.mark.parametrize(("fields", "name", "reason"), REFUSED)
async def test_field_of_another_kind_costs_its_document(fields: dict[str, Any], name: str, reason: str) -> None:
    """A value that a field cannot be is refused by name, and a document is not quoted whole."""
    news = await read({**DOCUMENT, **fields})
    assert isinstance(news, Unreadable)
    assert news.name == name
    assert news.reason.startswith(reason)


async def test_documents_of_one_name_take_turns() -> None:
    """Of two documents of one name none is taken, and when one goes or is renamed the other is."""
    held, first, second = documents(), DOCUMENT, {**DOCUMENT, "_id": 2, "config": "second"}
    await held.replace([first])
    assert list(held.update([key_of(2)], [second])) == [Unreadable("a.ini", SEVERAL)]
    renamed = {**first, "name": "b.ini"}
    taken, other = held.update([key_of(1)], [renamed])
    assert isinstance(taken, Present)
    assert isinstance(other, Present)
    assert (taken.spec.config, other.spec.name) == (b"second", "b.ini")
    assert list(held.update([key_of(2)], [])) == [Gone("a.ini")]


async def test_unchanged_document_is_no_news() -> None:
    """A document that was told to have changed and is the same says nothing."""
    held = documents()
    await held.replace([DOCUMENT])
    assert list(held.update([key_of(1)], [DOCUMENT])) == []


@pytest.mark.parametrize("seed", range(5))
async def test_single_changes_add_up_to_a_listing(seed: int) -> None:
    """After any changes, the news of them lead to what a listing of the same documents says."""
    chance = random.Random(seed)
    held, stored, told = documents(), dict[int, dict[str, Any]](), dict[str, News]()
    for _ in range(300):
        some = chance.sample(range(12), chance.randint(1, 4))
        for identity in some:
            if chance.random() < 0.3:
                stored.pop(identity, None)
            else:
                name, ts = chance.choice(["", "a.ini", "b.ini", "c.ini", "d.txt"]), chance.choice([1, 2, None])
                stored[identity] = {"_id": identity, "name": name, "config": "x", "ts": ts}
        for news in held.update(map(key_of, some), [stored[one] for one in some if one in stored]):
            told[news.spec.name if isinstance(news, Present) else getattr(news, "name", "")] = news
        whole = documents()
        await whole.replace(stored.values())
        wanted = {one.spec.name if isinstance(one, Present) else one.name: one for one in _all(whole.listing())}
        alive = {name: news for name, news in told.items() if not isinstance(news, Gone)}
        assert set(alive) == set(wanted)
        assert presents(alive) == presents(wanted)  # of several bad ones, which is told of may differ


def presents(news: Mapping[str, News]) -> dict[str, Present]:
    return {name: one for name, one in news.items() if isinstance(one, Present)}
