"""Entries of a directory, and the vassals that they make."""

from __future__ import annotations

import pytest
from sansldap import PartialAttribute, SearchResultEntry

from imperator.monitors.entries import NAMELESS, EntryReader
from imperator.monitors.interface import Gone, Present, Unreadable
from imperator.monitors.ldap_roll import Missing, Roll, read_stamp
from imperator.monitors.ldap_url import DEFAULT_FIELDS

CSN = "20260102030405.000006Z#000000#000#000000"
SECONDS = 1767323045.000006


def entry(name: str = "a.ini", place: str = "cn=a,dc=x", **values: str) -> SearchResultEntry:
    """Return an entry as a server sends it."""
    shown = {"imperatorName": name, "imperatorConfig": "text", "entryCSN": CSN} | values
    attributes = [PartialAttribute(attribute, [value.encode()]) for attribute, value in shown.items() if value]
    return SearchResultEntry(1, [], place, attributes)


@pytest.fixture
def roll() -> Roll:
    """Return one without entries."""
    return Roll(EntryReader("ldap://h/dc=x", "/srv", ()), DEFAULT_FIELDS)


MOMENTS = [
    ({}, SECONDS),
    ({"entryCSN": "", "modifyTimestamp": "20260102030405Z"}, SECONDS - 0.000006),
    ({"imperatorTime": "20260102030405.000006Z", "entryCSN": "20200102030405Z"}, SECONDS),
    ({"imperatorTime": "202601020404+0100"}, SECONDS - 65.000006 + 60),
    ({"imperatorTime": "2026010203Z"}, SECONDS - 245.000006),
    ({"imperatorTime": "1767323045.000006"}, SECONDS),
    ({"imperatorTime": "2026-01-02T03:04:05.000006+00:00"}, SECONDS),
]


@pytest.mark.parametrize(("values", "seconds"), MOMENTS)
def test_time_is_the_entrys_own_or_its_stamp(roll: Roll, values: dict[str, str], seconds: float) -> None:
    """LDAP's times with fractions and zones, seconds and dates are understood; without one the stamp counts."""
    roll.put(1, entry(**values))
    told = roll.news_of("a.ini")
    assert isinstance(told, Present)
    assert told.spec.modified == pytest.approx(seconds, abs=1e-6)


def test_stamps_that_differ_in_the_last_digit_are_two_versions(roll: Roll) -> None:
    """Two changes within a microsecond, which no number of seconds tells apart, are two."""
    versions = []
    for count in ("000000", "000001"):
        roll.put(1, entry(entryCSN=CSN.replace("#000000#000#", f"#{count}#000#")))
        told = roll.news_of("a.ini")
        assert isinstance(told, Present)
        versions.append(told.spec.version)
    assert versions[0] != versions[1]


BAD_TIMES = ["yesterday", "20261302030405Z", "00000102030405Z"]


@pytest.mark.parametrize("time", BAD_TIMES)
def test_time_that_is_none_is_refused(roll: Roll, time: str) -> None:
    """A time that cannot be read costs its entry, with what was found."""
    roll.put(1, entry(imperatorTime=time))
    told = roll.news_of("a.ini")
    assert isinstance(told, Unreadable)
    assert f"its ts is {time} and has to be" in told.reason


def test_names_of_attributes_have_no_case(roll: Roll) -> None:
    """Servers write attributes as they like."""
    attributes = [
        PartialAttribute(name.upper(), values)
        for name, values in ((one.name, one.values) for one in entry().attributes)
    ]
    roll.put(1, SearchResultEntry(1, [], "cn=a,dc=x", attributes))
    assert isinstance(roll.news_of("a.ini"), Present)


def test_entry_that_shows_its_name_no_more_keeps_it(roll: Roll) -> None:
    """What may not be read any more is unreadable under the name it had; without an earlier name it is nameless."""
    roll.put(1, entry())
    assert roll.put(1, entry(name="")) == ("a.ini",)
    told = roll.news_of("a.ini")
    assert isinstance(told, Unreadable)
    assert told.reason == "it shows no imperatorName any more: let the Emperor's user read it"
    assert roll.put(2, entry(name="", place="cn=b,dc=x")) == (NAMELESS,)
    assert roll.put(1, entry()) == ("a.ini",)
    assert isinstance(roll.news_of("a.ini"), Present)


LESS = [
    ({"imperatorUid": "7"}, {}, "it shows no imperatorUid any more, though nobody changed it"),
    ({"imperatorConfig": "text"}, {"imperatorConfig": ""}, "it shows no imperatorConfig any more, though nobody"),
    ({"imperatorUid": "7"}, {"entryCSN": CSN.replace("#000000#000#", "#000001#000#")}, None),
    ({"imperatorUid": "7", "entryCSN": "20260102030405Z"}, {"entryCSN": "20260102030405Z"}, None),
    ({}, {"imperatorUid": "7"}, None),
]


@pytest.mark.parametrize("is_read_anew", [True, False])
@pytest.mark.parametrize(("first", "then", "reason"), LESS)
def test_entry_that_shows_less_under_the_same_stamp_is_unreadable(
    roll: Roll, first: dict[str, str], then: dict[str, str], reason: str | None, is_read_anew: bool
) -> None:
    """Whoever changes an entry gives it another stamp; with the same, exact one, what is missing is only hidden."""
    roll.put(1, entry(**first))
    before = roll.by_place()["cn=a,dc=x"]
    later = Roll(EntryReader("ldap://h/dc=x", "/srv", ()), DEFAULT_FIELDS) if is_read_anew else roll
    for _ in range(2):
        later.put(1, entry(**then), before)
        told = later.news_of("a.ini")
        assert isinstance(told, Present if reason is None else Unreadable)
        assert reason is None or (isinstance(told, Unreadable) and reason in told.reason)
    later.put(1, entry(**{"imperatorUid": "7"} | first))
    assert isinstance(later.news_of("a.ini"), Present)


def test_entry_with_another_name_is_another_vassal(roll: Roll) -> None:
    """A change of name touches the old and the new one."""
    roll.put(1, entry())
    assert roll.put(1, entry(name="b.ini")) == ("a.ini", "b.ini")
    assert roll.news_of("a.ini") == Gone("a.ini")
    assert isinstance(roll.news_of("b.ini"), Present)


def test_missing_vassal_is_kept_until_it_is_let_go(roll: Roll) -> None:
    """A kept vassal is told as decided, found again by its entry, and gone when it is let go."""
    roll.put(1, entry())
    later = Roll(EntryReader("ldap://h/dc=x", "/srv", ()), DEFAULT_FIELDS)
    (missing,) = roll.missing_in(later)
    assert missing == Missing("a.ini", ("cn=a,dc=x",))
    later.keep(missing, Unreadable("a.ini", "hidden"))
    assert (later.listing().unreadable, later.is_empty()) == ({"a.ini": "hidden"}, False)
    assert later.missing_in(Roll(EntryReader("", "", ()), DEFAULT_FIELDS)) == [missing]
    later.let_go("a.ini")
    assert (later.news_of("a.ini"), later.is_empty()) == (Gone("a.ini"), True)
    later.keep(missing, Unreadable("a.ini", "hidden"))
    later.put(2, entry())
    assert (isinstance(later.news_of("a.ini"), Present), later.kept()) == (True, [])


def test_nameless_entries_are_never_missed(roll: Roll) -> None:
    """What never was a vassal need not be proved to be gone."""
    roll.put(1, entry(name=""))
    assert roll.missing_in(Roll(EntryReader("", "", ()), DEFAULT_FIELDS)) == []


def test_stamps_compare_with_what_is_held(roll: Roll) -> None:
    """The stamps of entries as they were read are those that are held, whichever of both stamps a server has."""
    entries = [entry(), entry("b.ini", "cn=b,dc=x", entryCSN="", modifyTimestamp="20260102030405Z")]
    for key, one in enumerate(entries):
        roll.put(key, one)
    assert (
        roll.stamps()
        == {one.object_name: read_stamp(one) for one in entries}
        == {"cn=a,dc=x": CSN.encode(), "cn=b,dc=x": b"20260102030405Z"}
    )
    roll.drop(0)
    assert roll.stamps() == {"cn=b,dc=x": b"20260102030405Z"}
