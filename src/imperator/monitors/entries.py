"""Vassals as sources of text give them: what a database's row or a message says, judged field by field."""

from __future__ import annotations

import asyncio
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from imperator.monitors.files import ConfigurationFile, look
from imperator.monitors.interface import Gone, Listing, News, Present, Unreadable
from imperator.monitors.names import EXTENSIONS, is_configuration, read_name_fault
from imperator.policy.vassal import Attributes, VassalSpec, freeze_attributes
from imperator.process.launch import MAX_CONFIG_BYTES

__all__ = ["NAMELESS", "SEVERAL", "Entry", "EntryReader", "Foreign", "Refusal", "Value", "compare"]

NAMELESS = "(no name)"
"""What entries without a usable name are told under: no vassal can be called that, it has no extension."""

SEVERAL = "there are several entries of this name: keep one of them"
"""Why none of the entries that share a name can be taken."""

_HIGHEST_ID = 2**32 - 2
"""The kernel keeps the number above it for 'unchanged'."""

_MOST_SHOWN = 255
_ENTRIES_AT_ONCE = 500
"""How many are judged before the loop may look at everything else."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A value of a kind that no field takes.

    :param kind: What it is, for people: all that is told of it.
    """

    kind: str

    def __repr__(self) -> str:
        return self.kind


Value = bytes | str | int | float | Foreign | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, as its source gives it: nothing is known to be right.

    :param ts: When it was changed: seconds since the epoch, or a date in ISO's form.
    :param socket: Address of an on-demand vassal.
    :param attributes: What else is said of it. Whoever fills them lets the time or the text differ when they do, or the
        version of what is read.
    """

    name: Value
    config: Value
    ts: Value = None
    uid: Value = None
    gid: Value = None
    socket: Value = None
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that cannot be a vassal.

    :param name: Its name, or `NAMELESS`.
    :param reason: What is wrong with it and what to do, for people.
    """

    name: str
    reason: str


class _FaultError(Exception):
    """Why a field cannot be taken."""


class EntryReader:
    """Judges entries.

    :param source: The monitor's target without credentials.
    :param directory: Where vassals without a file start.
    :param extra_extensions: Endings of names besides uWSGI's own.
    """

    def __init__(self, source: str, directory: str, extra_extensions: tuple[str, ...]) -> None:
        self.source = source
        self.directory = directory
        self._extra_extensions = extra_extensions

    def read(self, entry: Entry) -> VassalSpec | Refusal:
        """Return what an entry wants, or why it cannot be had.

        An entry with another time or another text is another version, whichever way the time went.
        """
        try:
            name = self.read_name(entry.name)
        except _FaultError as fault:
            return Refusal(_shown_name(entry.name), str(fault))
        return self.read_named(name, entry)

    def read_named(self, name: str, entry: Entry) -> VassalSpec | Refusal:
        """Return what an entry wants whose name was judged already: it may be an address.

        :param name: Goes in the place of the entry's own.
        """
        try:
            config, modified = _read_config(entry.config), _read_moment(entry.ts)
            return VassalSpec(
                name=name,
                source=self.source,
                version=(modified, config),  # the bytes are shared with the field below
                modified=modified,
                directory=self.directory,
                uid=_read_id("uid", entry.uid),
                gid=_read_id("gid", entry.gid),
                config=config,
                socket=self._read_socket(entry.socket),
                attributes=_read_attributes(entry.attributes),
            )
        except _FaultError as fault:
            return Refusal(name, str(fault))

    def read_file(self, entry: Entry) -> VassalSpec | Refusal:
        """Return what an entry without a text wants: the file of its name in the directory, or why it cannot be had."""
        try:
            name = self.read_name(entry.name)
        except _FaultError as fault:
            return Refusal(_shown_name(entry.name), str(fault))
        file = look(os.path.join(self.directory, name))
        if not isinstance(file, ConfigurationFile):
            reason = file.reason if file is not None else f"there is no such file in {self.directory}: create it first"
            return Refusal(name, reason)
        return self.read_found(name, file, entry)

    def read_found(self, name: str, file: ConfigurationFile, entry: Entry) -> VassalSpec | Refusal:
        """Return what an entry wants whose file was looked at already.

        :param name: The file's path, or its name in the directory.
        """
        try:
            return VassalSpec(
                name=name,
                source=self.source,
                version=file.signature,
                modified=file.modified,
                directory=self.directory,
                uid=_read_id("uid", entry.uid) or file.uid,
                gid=_read_id("gid", entry.gid) or file.gid,
                socket=self._read_socket(entry.socket),
                attributes=_read_attributes(entry.attributes),
            )
        except _FaultError as fault:
            return Refusal(name, str(fault))

    async def read_all(self, entries: Iterable[Entry]) -> Listing:
        """Return a listing of entries; of those that share a name none can be taken."""
        specs: dict[str, VassalSpec] = {}
        refused: dict[str, str] = {}
        seen: set[str] = set()
        for count, entry in enumerate(entries, 1):
            if count % _ENTRIES_AT_ONCE == 0:
                await asyncio.sleep(0)
            read = self.read(entry)
            if read.name in seen and read.name != NAMELESS:
                specs.pop(read.name, None)
                refused[read.name] = SEVERAL
            elif isinstance(read, Refusal):
                refused[read.name] = read.reason
            else:
                specs[read.name] = read
            seen.add(read.name)
        return Listing(tuple(specs.values()), refused)

    def read_name(self, value: Value) -> str:
        """Return a vassal's name: like a file's, and never a path."""
        name = _read_text("name", value)
        if not name:
            raise _FaultError("it has no name: give it one")
        if "/" in name or ".." in name:
            raise _FaultError("its name has a slash or two dots, as a path has: rename it")
        if not is_configuration(name, self._extra_extensions):
            endings = ", ".join((*EXTENSIONS, *self._extra_extensions))
            raise _FaultError(
                f"its name ends in none of {endings}, which says how to read its configuration: rename it"
            )
        if (fault := read_name_fault(name)) is not None:
            raise _FaultError(fault)
        return name

    def _read_socket(self, value: Value) -> str | None:
        address = _read_text("socket", value)
        if not address:
            return None
        is_path = ":" not in address and not address.startswith("@")
        return os.path.join(self.directory, address) if is_path else address


def compare(before: Listing, after: Listing) -> Iterator[News]:
    """Yield what makes one listing of the other."""
    held = {spec.name: spec for spec in before.specs}
    wanted = {spec.name: spec for spec in after.specs}
    for name, spec in wanted.items():
        if held.get(name) != spec or name in before.unreadable:
            yield Present(spec)
    for name, reason in after.unreadable.items():
        if before.unreadable.get(name) != reason:
            yield Unreadable(name, reason)
    for name in {**held, **before.unreadable}:
        if name not in wanted and name not in after.unreadable:
            yield Gone(name)


def _shown_name(value: Value) -> str:
    return (isinstance(value, (str, bytes)) and _shown(value)) or NAMELESS


def _shown(value: Value) -> str:
    text = value if isinstance(value, bytes) else str(value).encode(errors="backslashreplace")
    return text.decode(errors="backslashreplace")[:_MOST_SHOWN]


def _read_text(field: str, value: Value) -> str:
    if value is None:
        return ""
    try:
        if isinstance(value, bytes):
            value = value.decode()
        elif isinstance(value, str):
            value.encode()  # half a pair of surrogates cannot be
    except (UnicodeDecodeError, UnicodeEncodeError) as failure:
        raise _FaultError(f"its {field} is no UTF-8 (at {failure.start}): store it as UTF-8") from failure
    if not isinstance(value, str):
        raise _FaultError(f"its {field} is {value!r} and has to be text: correct it")
    if "\0" in value:
        raise _FaultError(f"its {field} has a NUL, where uWSGI takes it to end: take that out")
    return value


def _read_config(value: Value) -> bytes:
    if isinstance(value, bytes):
        _check_size(value)  # before anything is done with it: whoever sends may send a hundred megabytes
    config = _read_text("configuration", value).encode()
    if not config:
        raise _FaultError("its configuration is empty: fill it, or remove the entry to stop the vassal")
    _check_size(config)
    return config


def _check_size(config: bytes) -> None:
    if len(config) > MAX_CONFIG_BYTES:
        raise _FaultError(
            f"its configuration has {len(config):,} bytes and uWSGI is sent at most {MAX_CONFIG_BYTES:,}: "
            "move parts of it to a file and include that"
        )


def _read_attributes(attributes: Mapping[str, Value]) -> Attributes:
    return freeze_attributes({name: _read_text(f"attribute {name}", value) for name, value in attributes.items()})


def _read_moment(value: Value) -> float:
    if value is None or value in ("", b""):
        raise _FaultError("it has no ts: give it the moment of its last change")
    if isinstance(value, (int, float)):
        moment: float | None = float(value)
    else:
        moment = None if isinstance(value, Foreign) else _parse_moment(_read_text("ts", value))
    if isinstance(value, bool) or moment is None or not math.isfinite(moment):
        raise _FaultError(f"its ts is {_shown(value)} and has to be seconds since the epoch or a date: correct it")
    return moment


def _parse_moment(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        date = datetime.fromisoformat(text)
        return (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _read_id(field: str, value: Value) -> int:
    if value is None or value in ("", b""):
        return 0
    text = _read_text(field, value) if isinstance(value, (str, bytes)) else repr(value)
    if re.fullmatch(r"[0-9]{1,10}", text) is None or int(text) > _HIGHEST_ID:
        raise _FaultError(f"its {field} is {text} and has to be a user's or group's number: correct it")
    return int(text)
