"""Entries of a directory, and the vassals that they make."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sansldap import SearchResultEntry

from imperator.monitors.entries import NAMELESS, Entry, EntryReader, Refusal, Value
from imperator.monitors.interface import Gone, Listing, News, Present, Unreadable
from imperator.policy.vassal import Attributes, VassalSpec, freeze_attributes

__all__ = ["STAMPS", "Roll", "Stamps", "read_stamps"]

STAMPS = ("entryCSN", "modifyTimestamp")
"""What a server notes at each change of an entry, the most exact first."""

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


class _FaultError(Exception):
    """Why an entry cannot be taken."""


@dataclass(frozen=True, slots=True)
class _Held:
    """An entry, and what it makes.

    :param place: Its distinguished name.
    """

    place: str
    stamp: bytes | None
    read: VassalSpec | Refusal


class Roll:
    """Which entries there are, and which vassals that makes.

    :param fields: By field of a vassal: the attribute that holds it.
    """

    def __init__(self, reader: EntryReader, fields: Mapping[str, str]) -> None:
        self._reader = reader
        self._fields = fields
        self._held: dict[Hashable, _Held] = {}
        self._keys: dict[str, dict[Hashable, None]] = {}
        self._hidden: dict[str, tuple[str, ...]] = {}
        self._notes: dict[str, str] = {}

    def put(self, key: Hashable, entry: SearchResultEntry) -> tuple[str, ...]:
        """Take an entry that is new or has changed, and return the names of the vassals that this may change."""
        values = _values_of(entry)
        read = self._read(values)
        before = self._held.get(key)
        if read.name == NAMELESS and isinstance(read, Refusal):
            read = replace(read, reason=f"{read.reason} ({entry.object_name})")
            if before is not None and not self._find("name", values):  # what may not be read any more is not gone
                read = replace(read, name=before.read.name)
        touched = self.drop(key)
        self._held[key] = _Held(entry.object_name, _stamp_of(values), read)
        self._keys.setdefault(read.name, {})[key] = None
        self._hidden.pop(read.name, None)
        return tuple(dict.fromkeys((*touched, read.name)))

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

    def hide(self, name: str, places: tuple[str, ...]) -> None:
        """Keep a vassal whose entry is not shown any more, though nothing proves that it is gone."""
        self._hidden[name] = places

    def unhide(self, name: str) -> None:
        """Let go of a hidden vassal: its entry is gone."""
        self._hidden.pop(name, None)

    @property
    def hidden(self) -> Mapping[str, tuple[str, ...]]:
        """By vassal's name: where the entries were that are no longer shown."""
        return dict(self._hidden)

    def missing_in(self, other: Roll) -> Mapping[str, tuple[str, ...]]:
        """Return the vassals that have an entry here and none there, each with where its entries were."""
        places = {name: tuple(self._held[key].place for key in keys) for name, keys in self._keys.items()}
        places |= self._hidden
        return {name: at for name, at in places.items() if name not in other._keys and name != NAMELESS}

    def names(self) -> Iterable[str]:
        """Return what there is anything to tell of."""
        return dict.fromkeys((*self._keys, *self._hidden, *self._notes))

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

    def is_empty(self) -> bool:
        """Tell whether there is no entry, nor any that is hidden."""
        return not self._held and not self._hidden

    def stamps(self) -> Stamps:
        """Return what the entries were stamped with at their last change."""
        return {held.place: held.stamp for held in self._held.values()}

    def _news_without_entry(self, name: str) -> News:
        if name in self._notes:
            return Unreadable(name, self._notes[name])
        if name in self._hidden:
            return Unreadable(name, "its entry is not shown any more, and nothing proves it gone: see the access rules")
        return Gone(name)

    def _read(self, values: Mapping[str, list[bytes]]) -> VassalSpec | Refusal:
        single = {field: self._find(field, values) for field in _SINGLE}
        moment = next((found[0] for found in (single["ts"], *map(values.get, _LOWER_STAMPS)) if found), None)
        given: dict[str, Value] = {field: next(iter(found), None) for field, found in single.items()}
        read = self._reader.read(Entry(**given | {"ts": _read_moment(moment)}))
        if isinstance(read, Refusal):
            config = self._fields["config"]
            return read if single["config"] else replace(read, reason=f"{read.reason} (the entry shows no {config})")
        try:
            _check_single({self._fields[field]: found for field, found in single.items() if found})
            attributes = _read_attributes(self._find("attributes", values))
        except _FaultError as fault:
            return Refusal(read.name, str(fault))
        # The stamp as it is written: a number of seconds cannot hold all of its digits.
        return replace(read, version=(moment, read.config, attributes), attributes=attributes)

    def _find(self, field: str, values: Mapping[str, list[bytes]]) -> list[bytes]:
        return values.get(self._fields.get(field, "").lower(), [])


def read_stamps(entries: Iterable[SearchResultEntry]) -> Stamps:
    """Return what entries were stamped with at their last change."""
    return {entry.object_name: _stamp_of(_values_of(entry)) for entry in entries}


def _values_of(entry: SearchResultEntry) -> dict[str, list[bytes]]:
    return {attribute.name.lower(): attribute.values for attribute in entry.attributes}


def _stamp_of(values: Mapping[str, list[bytes]]) -> bytes | None:
    return next((found[0] for found in map(values.get, _LOWER_STAMPS) if found), None)


def _check_single(found: Mapping[str, list[bytes]]) -> None:
    for attribute, values in found.items():
        if len(values) > 1:
            raise _FaultError(f"its {attribute} has {len(values)} values: leave one")


def _read_attributes(values: Iterable[bytes]) -> Attributes:
    attributes: dict[str, str] = {}
    for value in values:
        text = value.decode(errors="backslashreplace")
        name, has_value, content = text.partition("=")
        if not name or not has_value:
            raise _FaultError(f"its attribute {text[:_MOST_SHOWN]!r} has to be name=value: correct it")
        if name in attributes:
            raise _FaultError(f"its attribute {name[:_MOST_SHOWN]} has several values: leave one")
        attributes[name] = content
    return freeze_attributes(attributes)


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
