"""What was announced, kept on disk for sources that would not say it twice.

One line of JSON a change, after a first line that says what this is. So a change costs the same however many vassals
there are; the file is written anew, beside itself, when most of its lines are old.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from imperator.monitors.announcements import Announced, Kind
from imperator.monitors.threads import run_in_thread

__all__ = ["Recalled", "StateFile", "StateInUseError", "state_directory"]

_log = logging.getLogger(__name__)

_FORM = 1
_OLD_LINES = 1000
"""So many old lines may be in the file before it is written anew, or as many as there are vassals."""
_MOST_BYTES = 1 << 30


class StateInUseError(Exception):
    """Another Emperor keeps its state in this file."""


class _CorruptError(Exception):
    """What is wrong with the file."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the file held.

    :param queue: The name of our queue. None: the file says nothing of one.
    """

    queue: str | None
    announced: tuple[Announced, ...]


def state_directory() -> str:
    """Return where state files go if nothing else is said: systemd's ``StateDirectory=``, else the custom's."""
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return given
    if os.geteuid() == 0:
        return "/var/lib/imperator"
    home = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "imperator")


class StateFile:
    """One file, ours alone while the object lives.

    :param path: The file; its directory is made if need be.
    :param announced: What is announced at the moment, by name: read whenever the file is written.
    """

    def __init__(self, path: str, announced: Mapping[str, Announced]) -> None:
        self.path = path
        self._announced = announced
        self._queue = ""
        self._changed: dict[str, None] = {}
        self._lines = 0
        self._is_whole = False
        self._lock = -1
        self._failure = ""
        self._turn = asyncio.Lock()

    async def open(self) -> Recalled:
        """Take the file for us, and return what it holds. One that cannot be trusted is told and set aside.

        :raises StateInUseError: Another Emperor has it.
        :raises OSError: It cannot be made or read.
        """
        return await run_in_thread(self._open)

    def close(self) -> None:
        """Leave the file to whoever comes next."""
        if self._lock != -1:
            os.close(self._lock)
            self._lock = -1

    def name_queue(self, queue: str) -> None:
        """Keep the name of our queue, with the next `save`."""
        self._is_whole = self._is_whole and queue == self._queue
        self._queue = queue

    def note(self, name: str) -> None:
        """Have what is announced of a name written, with the next `save`."""
        self._changed[name] = None

    async def save(self) -> None:
        """Write what was noted. Where that fails it is told, and tried again with the next change."""
        async with self._turn:
            await self._save()

    async def _save(self) -> None:
        changed, self._changed = tuple(self._changed), {}
        if self._is_whole and not changed:
            return
        most_lines = len(self._announced) * 2 + _OLD_LINES
        is_addition = self._is_whole and self._lines + len(changed) <= most_lines
        names = changed if is_addition else tuple(self._announced)
        lines = [(name, self._announced.get(name)) for name in names]
        try:
            await run_in_thread(lambda: self._add(lines) if is_addition else self._write(lines))
        except OSError as failure:
            self._is_whole = False
            self._tell(failure)
        else:
            self._lines = len(lines) + (self._lines if is_addition else 0)
            self._is_whole = True
            self._failure = ""

    def _tell(self, failure: OSError) -> None:
        if self._failure != str(failure):
            self._failure = str(failure)
            remedy = "what is announced now is forgotten at the next start; free space, or let us write there"
            _log.error("%s cannot be written (%s): %s", self.path, failure.strerror, remedy)

    def _open(self) -> Recalled:
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            os.close(lock)
            if isinstance(failure, BlockingIOError):
                raise StateInUseError(self.path) from failure
            raise
        self._lock = lock
        try:
            recalled = _read(self.path)
        except FileNotFoundError:
            return Recalled(None, ())
        except _CorruptError as fault:
            aside = f"{self.path}.aside"
            os.replace(self.path, aside)
            _log.error("%s %s: it is %s now, and vassals have to be announced again", self.path, fault, aside)
            return Recalled(None, ())
        except OSError:
            self.close()
            raise
        self._queue = recalled.queue or ""
        return recalled

    def _add(self, lines: Iterable[tuple[str, Announced | None]]) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "wb") as file:
            file.writelines(_line(name, announced) for name, announced in lines)
            file.flush()
            os.fsync(descriptor)

    def _write(self, lines: Iterable[tuple[str, Announced | None]]) -> None:
        fresh = f"{self.path}.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(_encode({"imperator": _FORM, "queue": self._queue}))
            file.writelines(_line(name, announced) for name, announced in lines)
            file.flush()
            os.fsync(descriptor)
        os.replace(fresh, self.path)
        directory = os.open(os.path.dirname(self.path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _line(name: str, announced: Announced | None) -> bytes:
    if announced is None:
        return _encode({"name": name, "kind": None})
    text = None if announced.text is None else announced.text.decode()
    fields = {"name": name, "kind": announced.kind.value, "at": announced.moment, "text": text}
    owner = {"uid": announced.uid, "gid": announced.gid, "socket": announced.socket}
    return _encode({key: value for key, value in {**fields, **owner}.items() if value is not None})


def _encode(value: dict[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=_as_text).encode() + b"\n"


def _as_text(value: object) -> str:
    """Return what JSON has no form for as text, which is judged alike: a header may be of any kind."""
    return value.decode(errors="replace") if isinstance(value, bytes) else repr(value)


def _read(path: str) -> Recalled:
    """:raises _CorruptError: It is not what we wrote, or others may have written it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as failure:
        if os.path.islink(path):
            raise _CorruptError("is a link, which others may have put there") from failure
        raise
    with open(descriptor, "rb") as file:
        _check_owner(os.fstat(descriptor))
        # A last line without its end is one that we were killed over: its message was not acknowledged and comes again.
        lines = file.read().split(b"\n")[:-1]
    values = [_decode(number, line) for number, line in enumerate(lines, 1)]
    if not values or values[0].get("imperator") != _FORM:
        raise _CorruptError("does not begin as a state file does")
    announced: dict[str, Announced] = {}
    for number, value in enumerate(values[1:], 2):
        name, found = _read_announced(number, value)
        announced.pop(name, None)
        if found is not None:
            announced[name] = found
    queue = values[0].get("queue")
    return Recalled(queue if isinstance(queue, str) and queue else None, tuple(announced.values()))


def _check_owner(status: os.stat_result) -> None:
    """Trust only what nobody else may write: the file says which programs run, and as whom."""
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
        raise _CorruptError("is no file of ours")
    if status.st_uid not in (0, os.geteuid()):
        raise _CorruptError(f"belongs to user {status.st_uid}")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _CorruptError(f"may be written by others (mode is {stat.filemode(status.st_mode)})")


def _decode(number: int, line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as failure:
        raise _CorruptError(f"is damaged in line {number}") from failure
    if not isinstance(value, dict):
        raise _CorruptError(f"is damaged in line {number}")
    return value


def _read_announced(number: int, value: dict[str, Any]) -> tuple[str, Announced | None]:
    name, kind, text, moment = value.get("name"), value.get("kind"), value.get("text"), value.get("at")
    if not isinstance(name, str) or not isinstance(text, str | None):
        raise _CorruptError(f"is damaged in line {number}")
    if kind is None:
        return name, None
    owner = [value.get(key) for key in ("uid", "gid", "socket")]
    if not isinstance(moment, (int, float)) or not all(isinstance(each, str | int | float | None) for each in owner):
        raise _CorruptError(f"is damaged in line {number}")
    try:
        encoded = None if text is None else text.encode()
        return name, Announced(name, Kind(kind), encoded, moment, *owner)
    except ValueError as failure:  # no such kind, or half a pair of surrogates
        raise _CorruptError(f"is damaged in line {number}") from failure
