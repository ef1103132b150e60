"""What a database's row or a message may say of a vassal, field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from imperator.monitors.entries import NAMELESS, Entry, EntryReader, Refusal, compare
from imperator.monitors.interface import Gone, Listing, Present, Unreadable
from imperator.policy.vassal import VassalSpec

GOOD = Entry("app.ini", "[uwsgi]\n", 1_700_000_000)
READER = EntryReader("pg://host=db", "/emperor", (".conf",))


def spec(entry: Entry) -> VassalSpec:
    """Return what an entry wants."""
    read = READER.read(entry)
    assert isinstance(read, VassalSpec)
    return read


def test_good_entry_is_what_it_says() -> None:
    """Every field of an entry ends up in what is wanted of the vassal."""
    read = spec(Entry(b"app.conf", b"text", b"12.5", b"1000", 33, b"run/app.socket"))
    assert (read.name, read.config, read.modified, read.uid, read.gid) == ("app.conf", b"text", 12.5, 1000, 33)
    assert (read.source, read.directory, read.socket) == ("pg://host=db", "/emperor", "/emperor/run/app.socket")


def test_attributes_are_text() -> None:
    """What else is said of a vassal is kept by name, bytes as text; what is no text refuses the entry."""
    assert spec(replace(GOOD, attributes={"tier": "gold", "node": b"a1"})).attributes == (
        ("node", "a1"),
        ("tier", "gold"),
    )
    read = READER.read(replace(GOOD, attributes={"tier": b"\xff"}))
    assert read == Refusal("app.ini", "its attribute tier is no UTF-8 (at 0): store it as UTF-8")


BAD = [
    ({"name": None}, NAMELESS, "it has no name: give it one"),
    ({"name": b""}, NAMELESS, "it has no name: give it one"),
    ({"name": 7}, NAMELESS, "its name is 7 and has to be text: correct it"),
    ({"name": b"\xff.ini"}, "\\xff.ini", "its name is no UTF-8 (at 0): store it as UTF-8"),
    ({"name": "\udc80.ini"}, "\\udc80.ini", "its name is no UTF-8 (at 0): store it as UTF-8"),
    ({"name": "a\0.ini"}, "a\0.ini", "its name has a NUL, where uWSGI takes it to end: take that out"),
    ({"name": "app"}, "app", "its name ends in none of"),
    ({"name": "/etc/app.ini"}, "/etc/app.ini", "its name has a slash or two dots, as a path has: rename it"),
    ({"name": "..ini"}, "..ini", "its name has a slash or two dots, as a path has: rename it"),
    ({"name": "a:b.ini"}, "a:b.ini", "its name has a colon"),
    ({"name": "x" * 300 + ".ini"}, "x" * 255, "its name is 304 bytes long and uWSGI takes at most 254"),
    ({"config": None}, "app.ini", "its configuration is empty: fill it, or remove the entry to stop the vassal"),
    ({"config": b"caf\xe9"}, "app.ini", "its configuration is no UTF-8 (at 3): store it as UTF-8"),
    ({"config": "#" * 65_536}, "app.ini", "its configuration has 65,536 bytes and uWSGI is sent at most 65,535"),
    ({"config": 1.5}, "app.ini", "its configuration is 1.5 and has to be text: correct it"),
    ({"ts": None}, "app.ini", "it has no ts: give it the moment of its last change"),
    ({"ts": "soon"}, "app.ini", "its ts is soon and has to be seconds since the epoch or a date: correct it"),
    ({"ts": b"infinity"}, "app.ini", "its ts is infinity and has to be"),
    ({"ts": float("nan")}, "app.ini", "its ts is nan and has to be"),
    ({"ts": True}, "app.ini", "its ts is True and has to be"),
    ({"ts": "0044-03-15 00:00:00 BC"}, "app.ini", "its ts is 0044-03-15 00:00:00 BC and has to be"),
    ({"uid": -1}, "app.ini", "its uid is -1 and has to be a user's or group's number: correct it"),
    ({"uid": True}, "app.ini", "its uid is True and has to be"),
    ({"uid": "root"}, "app.ini", "its uid is root and has to be"),
    ({"gid": 4_294_967_295}, "app.ini", "its gid is 4294967295 and has to be"),
    ({"gid": 1.5}, "app.ini", "its gid is 1.5 and has to be"),
    ({"socket": 8080}, "app.ini", "its socket is 8080 and has to be text: correct it"),
]


@pytest.mark.parametrize(("change", "name", "reason"), BAD)
def test_bad_entry_says_what_is_wrong(change: dict[str, Any], name: str, reason: str) -> None:
    """An entry that can be no vassal is refused under its name, with what is wrong and what to do."""
    read = READER.read(replace(GOOD, **change))
    assert isinstance(read, Refusal)
    assert read.name == name
    assert read.reason.startswith(reason)
    assert ": " in read.reason


MOMENTS = [
    (1_700_000_000, 1_700_000_000.0),
    ("1700000000.25", 1_700_000_000.25),
    ("2023-11-14 22:13:20.25+00", 1_700_000_000.25),
    ("2023-11-15 03:43:20+05:30", 1_700_000_000.0),
    ("2023-11-14 22:13:20", 1_700_000_000.0),
    (str(datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)), 1_700_000_000.0),
]


@pytest.mark.parametrize(("ts", "seconds"), MOMENTS)
def test_moment_may_be_written_as_number_or_date(ts: float | str, seconds: float) -> None:
    """Seconds since the epoch and dates with or without an offset all mean the moment they name."""
    assert spec(replace(GOOD, ts=ts)).modified == seconds


NEW_VERSIONS = [
    ({"ts": 1_700_000_001}, True),
    ({"ts": 1_699_999_999}, True),
    ({"ts": 1_700_000_000.5}, True),
    ({"config": "[uwsgi]\nmaster = true\n"}, True),
    ({"config": "[uwsgi]\nmaster = true\n", "ts": 1}, True),
    ({"ts": "1700000000"}, False),
    ({"uid": 33, "gid": 33}, False),
]


@pytest.mark.parametrize(("change", "is_new"), NEW_VERSIONS)
def test_another_time_or_text_is_another_version(change: dict[str, Any], is_new: bool) -> None:
    """A vassal reloads for another text or time, in either direction, and for nothing else."""
    changed = spec(replace(GOOD, **change))
    assert (changed.version != spec(GOOD).version) is is_new


async def test_entries_that_share_a_name_are_refused() -> None:
    """Nobody can say which of two entries counts, so neither does; others are not touched."""
    other = replace(GOOD, name="other.ini")
    listing = await READER.read_all([GOOD, replace(GOOD, config="x"), other, Entry("", ""), Entry("", "")])
    assert listing.specs == (spec(other),)
    assert listing.unreadable == {
        "app.ini": "there are several entries of this name: keep one of them",
        NAMELESS: "it has no name: give it one",
    }


def test_comparing_tells_each_difference_once() -> None:
    """What is new, changed, readable again, newly refused or gone is told; what is the same is not."""
    same, old, changed = (spec(replace(GOOD, name=f"{name}.ini")) for name in ("same", "old", "changed"))
    newer, back = replace(changed, version=1), spec(replace(GOOD, name="back.ini"))
    before = Listing(
        (same, old, changed, back), {"back.ini": "?", "bad.ini": "?", "worse.ini": "?", "removed.ini": "?"}
    )
    after = Listing((same, newer, back), {"bad.ini": "?", "worse.ini": "!"})
    assert list(compare(before, after)) == [
        Present(newer),
        Present(back),
        Unreadable("worse.ini", "!"),
        Gone("old.ini"),
        Gone("removed.ini"),
    ]
    assert list(compare(after, after)) == []


def test_entry_without_text_means_the_file_of_its_name(tmp_path: Path) -> None:
    """It is wanted in the Emperor's directory, as its owner; without the file it is refused, and never a path."""
    reader = EntryReader("zmq://x", str(tmp_path), ())
    missing = reader.read_file(Entry("app.ini", None))
    assert missing == Refusal("app.ini", f"there is no such file in {tmp_path}: create it first")
    (tmp_path / "app.ini").write_text("[uwsgi]\n")
    found = reader.read_file(Entry("app.ini", None, gid=b"33"))
    assert isinstance(found, VassalSpec)
    assert (found.config, found.directory, found.uid, found.gid) == (
        None,
        str(tmp_path),
        (tmp_path / "app.ini").stat().st_uid,
        33,
    )
    assert isinstance(reader.read_file(Entry("../app.ini", None)), Refusal)
