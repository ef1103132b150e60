"""Entries of a directory, and the vassals that they make."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sansldap import SearchResultEntry

from imperator.monitors.entries import NAMELESS, Entry, EntryReader, Refusal, Value
from imperator.monitors.interface import Gone, Listing, News, Present, Unreadable
from imperator.policy.vassal import VassalSpec

__all__ = ["STAMPS", "Held", "Missing", "Roll", "Stamps", "is_exact", "read_stamp"]

STAMPS = ("entryCSN", "modifyTimestamp")
"""What a server notes at each change of an entry, the most exact first."""

_SERIAL = b"#"
"""What exact stamps have in them."""

_LOWER_STAMPS = tuple(stamp.lower() for stamp in STAMPS)

_SINGLE = ("name", "config", "ts", "uid", "gid", "socket")
"""The fields that are one value."""

_MOST_SHOWN = 50

_TIME = re.compile(
    r"(?P<date>\d{8})(?P<hour>\d\d)(?P<minute>\d\d)?(?P<second>\d\d)?(?:[.,](?P<fraction>\d+))?"
    r"(?P<zone>Z|[+-]\d{2}(?:\d{2})?)(?:#.*)?"
)
"""LDAP's generalized time, and the serial numbers of changes that begin with one."""

Stamps = Mapping[str, bytes | None]
"""By an entry's name: what it was stamped with at its last change."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A vassal whose entry is not listed any more.

    :param places: The distinguished names that its entries had.
    """

    name: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """An entry, and what it makes.

    :param place: Its distinguished name.
    :param stamp: What it was stamped with at its last change.
    :param shown: Which of the attributes that are fields we have seen.
    """

    place: str
    stamp: bytes | None
    shown: frozenset[str]
    read: VassalSpec | Refusal


class Roll:
    """Which entries there are, and which vassals that makes.

    :param fields: By field of a vassal: the attribute that holds it.
    """

    def __init__(self, reader: EntryReader, fields: Mapping[str, str]) -> None:
        self._reader = reader
        self._fields = fields
        self._held: dict[Hashable, Held] = {}
        self._keys: dict[str, dict[Hashable, None]] = {}
        self._kept: dict[str, tuple[Missing, News]] = {}
        self._notes: dict[str, str] = {}

    def put(self, key: Hashable, entry: SearchResultEntry, before: Held | None = None) -> tuple[str, ...]:
        """Take an entry that is new or has changed, and return the names of the vassals that this may change.

        :param before: What was last known of the entry, where that is not held here under the same key.
        """
        values = _values_of(entry)
        shown = frozenset(name for name in self._fields.values() if name.lower() in values)
        held = Held(entry.object_name, _stamp_of(values), shown, self._read(values))
        if held.read.name == NAMELESS and isinstance(held.read, Refusal):
            held = replace(held, read=replace(held.read, reason=f"{held.read.reason} ({entry.object_name})"))
        if (before := self._held.get(key, before)) is not None:
            held = self._doubt(held, before)
        touched = self.drop(key)
        self._held[key] = held
        self._keys.setdefault(held.read.name, {})[key] = None
        self._kept.pop(held.read.name, None)
        return tuple(dict.fromkeys((*touched, held.read.name)))

    def _doubt(self, held: Held, before: Held) -> Held:
        """Return an entry as unreadable where it only shows less of itself than before: nobody has taken that away."""
        lost = sorted(before.shown - held.shown)
        name = self._fields["name"]
        if name in lost and before.read.name != NAMELESS:
            refusal = Refusal(before.read.name, f"it shows no {name} any more: let the Emperor's user read it")
        elif lost and held.stamp == before.stamp and is_exact(held.stamp):
            words = (
                f"it shows no {', '.join(lost)} any more, though nobody changed it: let the Emperor's user read that"
            )
            refusal = Refusal(held.read.name, words)
        else:
            return held
        return replace(held, shown=held.shown | before.shown, read=refusal)

    def drop(self, key: Hashable) -> tuple[str, ...]:
        """Forget an entry, and return the names of the vassals that this may change."""
        held = self._held.pop(key, None)
        if held is None:
            return ()
        keys = self._keys[held.read.name]
        del keys[key]
        if not keys:
            del self._keys[held.read.name]
        return (held.read.name,)

    def note(self, about: str, reason: str) -> None:
        """Let something be told that is no entry."""
        self._notes[about] = reason

    def keep(self, missing: Missing, news: News) -> None:
        """Keep a vassal whose entry is missing, though nothing proves that it is gone.

        :param news: What is told of it until its entry is here again.
        """
        self._kept[missing.name] = (missing, news)

    def let_go(self, name: str) -> None:
        """Let go of a vassal that was kept: its entry is gone."""
        self._kept.pop(name, None)

    def kept(self) -> list[Missing]:
        """Return the vassals whose entries are missing."""
        return [missing for missing, _ in self._kept.values()]

    def missing_in(self, other: Roll) -> list[Missing]:
        """Return the vassals that have an entry here, or are kept, and have none there."""
        held = [Missing(name, tuple(self._held[key].place for key in keys)) for name, keys in self._keys.items()]
        return [one for one in (*held, *self.kept()) if one.name not in other._keys and one.name != NAMELESS]

    def names(self) -> Iterable[str]:
        """Return what there is anything to tell of."""
        return dict.fromkeys((*self._keys, *self._kept, *self._notes))

    def news_of(self, name: str) -> News:
        """Return what there is to tell of a vassal."""
        keys = self._keys.get(name, {})
        if not keys:
            return self._news_without_entry(name)
        read = self._held[next(reversed(keys))].read
        if isinstance(read, Refusal):
            return Unreadable(name, read.reason)
        if len(keys) > 1:
            return Unreadable(name, "there are several entries of this name: keep one of them")
        return Present(read)

    def listing(self) -> Listing:
        """Return all there is to tell."""
        news = [self.news_of(name) for name in self.names()]
        specs = tuple(told.spec for told in news if isinstance(told, Present))
        return Listing(specs, {told.name: told.reason for told in news if isinstance(told, Unreadable)})

    def by_place(self) -> dict[str, Held]:
        """Return the entries by their distinguished names."""
        return {held.place: held for held in self._held.values()}

    def is_empty(self) -> bool:
        """Tell whether there is no entry, nor any that is missing and kept."""
        return not self._held and not self._kept

    def stamps(self) -> Stamps:
        """Return what the entries were stamped with at their last change."""
        return {held.place: held.stamp for held in self._held.values()}

    def _news_without_entry(self, name: str) -> News:
        if name in self._notes:
            return Unreadable(name, self._notes[name])
        return self._kept[name][1] if name in self._kept else Gone(name)

    def _read(self, values: Mapping[str, list[bytes]]) -> VassalSpec | Refusal:
        single = {field: self._find(field, values) for field in _SINGLE}
        moment = next((found[0] for found in (single["ts"], *map(values.get, _LOWER_STAMPS)) if found), None)
        name, config, _, uid, gid, socket = (next(iter(found), None) for found in single.values())
        pairs = [_split(value) for value in self._find("attributes", values)]
        read = self._reader.read(Entry(name, config, _read_moment(moment), uid, gid, socket, dict(pairs)))
        if isinstance(read, Refusal):
            shown = "" if config is not None else f" (the entry shows no {self._fields['config']})"
            return replace(read, reason=read.reason + shown)
        if (fault := self._find_fault(single, pairs)) is not None:
            return Refusal(read.name, fault)
        # The stamp as it is written: a number of seconds cannot hold all of its digits.
        return replace(read, version=(moment, read.config, read.attributes))

    def _find_fault(self, single: Mapping[str, list[bytes]], pairs: list[tuple[str, bytes]]) -> str | None:
        for field, found in single.items():
            if len(found) > 1:
                return f"its {self._fields[field]} has {len(found)} values: leave one"
        names = [name for name, _ in pairs]
        for name in names:
            if not name:
                return f"its {self._fields['attributes']} has a value that is not name=value: correct it"
            if names.count(name) > 1:
                return f"its attribute {name[:_MOST_SHOWN]} has several values: leave one"
        return None

    def _find(self, field: str, values: Mapping[str, list[bytes]]) -> list[bytes]:
        return values.get(self._fields.get(field, "").lower(), [])


def read_stamp(entry: SearchResultEntry) -> bytes | None:
    """Return what an entry was stamped with at its last change."""
    return _stamp_of(_values_of(entry))


def is_exact(stamp: bytes | None) -> bool:
    """Tell whether a stamp is never the same for two changes; others count seconds."""
    return stamp is not None and _SERIAL in stamp


def _values_of(entry: SearchResultEntry) -> dict[str, list[bytes]]:
    return {attribute.name.lower(): attribute.values for attribute in entry.attributes}


def _stamp_of(values: Mapping[str, list[bytes]]) -> bytes | None:
    return next((found[0] for found in map(values.get, _LOWER_STAMPS) if found), None)


def _split(value: bytes) -> tuple[str, bytes]:
    """Return the name and the value of an attribute; no name where it is not written as both."""
    name, has_value, content = value.partition(b"=")
    return (name.decode(errors="backslashreplace"), content) if has_value else ("", value)


def _read_moment(value: bytes | None) -> Value:
    """Return LDAP's kind of time as seconds since the epoch; any other is left to whoever reads entries."""
    matched = _TIME.fullmatch(value.decode(errors="replace")) if value is not None else None
    if matched is None:
        return value
    date, clock = matched["date"], f"{matched['hour']}:{matched['minute'] or '00'}:{matched['second'] or '00'}"
    zone = matched["zone"] if matched["zone"] == "Z" else f"{matched['zone']:0<5}"
    try:
        seconds = datetime.fromisoformat(f"{date}T{clock}{zone}").timestamp()
    except (ValueError, OverflowError):
        return value
    return seconds + float(f"0.{matched['fraction'] or 0}")
