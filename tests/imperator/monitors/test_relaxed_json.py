"""Filters as they are written at MongoDB's prompt."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Int64, MaxKey, ObjectId, Regex, Timestamp, json_util
from hypothesis import given
from hypothesis import strategies as some

from imperator.monitors.relaxed_json import RelaxedJSONError, parse_relaxed_json

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)

TEXTS: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    (" {} ", {}),
    ("{enabled:1}", {"enabled": 1}),
    ('{"enabled": 1}', {"enabled": 1}),
    ("{ 'enabled' : true , host:'web-1' }", {"enabled": True, "host": "web-1"}),
    ("{a:-1.5e3,b:.5,c:null,d:undefined,e:false}", {"a": -1500.0, "b": 0.5, "c": None, "d": None, "e": False}),
    ("{big:9007199254740993}", {"big": 9007199254740993}),
    ("{ts:{$gt:1,$lt:2}}", {"ts": {"$gt": 1, "$lt": 2}}),
    ("{$or:[{a:1},{'b.c':[1,[2]]}]}", {"$or": [{"a": 1}, {"b.c": [1, [2]]}]}),
    (r"""{a:"it's \"x\" \\ \u00e9 \n",b:'it\'s "y"'}""", {"a": 'it\'s "x" \\ é \n', "b": 'it\'s "y"'}),
    (r"{a:'\ud83d\ude00'}", {"a": "\U0001f600"}),
    ("{host:/^web[/]?\\/x/i}", {"host": Regex("^web[/]?\\/x", "i")}),
    ("{_id:ObjectId('507f1f77bcf86cd799439011')}", {"_id": ObjectId("507f1f77bcf86cd799439011")}),
    ('{_id:{"$oid":"507f1f77bcf86cd799439011"}}', {"_id": ObjectId("507f1f77bcf86cd799439011")}),
    ("{ts:{$gt:ISODate('2026-01-01T00:00:00Z')}}", {"ts": {"$gt": MOMENT}}),
    ("{ts:new Date(1767225600000)}", {"ts": MOMENT}),
    ('{ts:{"$date":"2026-01-01T00:00:00Z"}}', {"ts": MOMENT}),
    ("{n:NumberLong(5),m:NumberInt('6'),t:Timestamp(1,2)}", {"n": Int64(5), "m": 6, "t": Timestamp(1, 2)}),
    ('{a:{"$maxKey":1}}', {"a": MaxKey()}),
]


@pytest.mark.parametrize(("text", "document"), TEXTS)
def test_text_means_a_document(text: str, document: dict[str, Any]) -> None:
    """Names without quotes, both quotes, regular expressions and the prompt's functions are understood."""
    assert parse_relaxed_json(text) == document


BAD_TEXTS = [
    ("{enabled:1", 10, "a comma or }", "its end"),
    ("{enabled}", 8, "a colon", "'}'"),
    ("{enabled:yes}", 9, "a value; a text needs quotes", "'yes}'"),
    ("{a:}", 3, "a value", "'}'"),
    ("{a:1,}", 5, "the name of a field", "'}'"),
    ("{a:1 b:2}", 5, "a comma or }", "'b:2}'"),
    ("{a:[1 2]}", 6, "a comma or ]", "'2]}'"),
    ("{a:'x}", 3, "the quote that ends this text", '"\'x}"'),
    (r"{a:'\ud800'}", 3, "a text of whole characters", r'''"'\\ud800'}"'''),
    ("{a:/x}", 3, "a regular expression, /.../", "'/x}'"),
    ("{a:" + "9" * 5_000 + "}", 3, "a whole number of 64 bits", repr("9" * 20)),
    ("{a:1} and more", 6, "nothing more", "'and more'"),
    ("[1]", 0, "{", "'[1]'"),
    ("enabled:1", 0, "{", "'enabled:1'"),
    ("{_id:ObjectId('x')}", 5, "what ObjectId takes", "\"ObjectId('x')}\""),
    ("{a:Date('soon')}", 3, "what Date takes", "\"Date('soon')}\""),
    ('{a:{"$oid":1}}', 3, "what its $-word takes", "'{\"$oid\":1}}'"),
    ('{"$oid":"507f1f77bcf86cd799439011"}', 0, "a document of fields", '\'{"$oid":"507f1f77bcf\''),
    ("{a:" * 200, 303, "no more than 100 levels", "'{a:{a:{a:{a:{a:{a:{a'"),
]


@pytest.mark.parametrize(("text", "position", "wanted", "found"), BAD_TEXTS)
def test_bad_text_says_where_and_what(text: str, position: int, wanted: str, found: str) -> None:
    """What cannot be read tells where it is, what should be there and what is."""
    with pytest.raises(RelaxedJSONError) as caught:
        parse_relaxed_json(text)
    assert (caught.value.position, caught.value.wanted, caught.value.found) == (position, wanted, found)


values = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**63), 2**63 - 1) | some.floats(allow_nan=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(min_size=1), inner, max_size=3),
    max_leaves=10,
)


@given(some.dictionaries(some.text(min_size=1).filter(lambda name: "$" not in name), values, max_size=4))
def test_strict_json_means_the_same(document: dict[str, Any]) -> None:
    """Whatever is strict JSON is read as such."""
    text = json.dumps(document).replace("$", "")
    assert parse_relaxed_json(text) == json.loads(text)


@given(some.text(alphabet="{}[]():,'\"/\\$aeDt1.- \n", max_size=60))
def test_any_text_is_a_document_or_refused(text: str) -> None:
    """No text, however broken, makes anything but a document or the error that says what is wrong."""
    try:
        document = parse_relaxed_json(text)
    except RelaxedJSONError:
        return
    json_util.dumps(document)
