"""Timers, cron and file monitors, by a clock that a test moves."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from .part import MICROSECONDS, Instance, Part

if TYPE_CHECKING:
    from .signals import Signals

#: As many of each kind uWSGI has room for.
_ROOM = 64
_PATH_BYTES = 254

#: How far ahead cron is looked at in one go, in minutes.
_CRON_HORIZON_MINUTES = 60 * 24


class _Source(Protocol):
    """Something that raises a signal at times."""

    signal: int

    def next_micros(self) -> int | None: ...

    def fired(self, now_micros: int) -> None: ...


@dataclass
class _Timer:
    signal: int
    period_micros: int
    due_micros: int
    #: How often it is still to fire; none: without end.
    left: int | None = None

    def next_micros(self) -> int | None:
        return self.due_micros if self.left is None or self.left > 0 else None

    def fired(self, now_micros: int) -> None:
        self.due_micros = now_micros + self.period_micros
        if self.left is not None:
            self.left -= 1


class _Field(NamedTuple):
    wanted: int
    actual: int

    @property
    def matches(self) -> bool:
        return self.actual % -self.wanted == 0 if self.wanted < 0 else self.actual == self.wanted


@dataclass
class _Cron:
    """uWSGI looks at it each second, and lets a minute pass between two times."""

    signal: int
    fields: tuple[int, int, int, int, int]
    earliest_seconds: int

    def next_micros(self) -> int | None:
        moment = self.earliest_seconds
        for _ in range(_CRON_HORIZON_MINUTES):
            if self._matches(time.localtime(moment)):
                self.earliest_seconds = moment
                return moment * MICROSECONDS
            moment += 60 - moment % 60
        # Nothing so far: to be asked again from there.
        self.earliest_seconds = moment
        return None

    def fired(self, now_micros: int) -> None:
        self.earliest_seconds = now_micros // MICROSECONDS + 60

    def _matches(self, now: time.struct_time) -> bool:
        actual = (now.tm_min, now.tm_hour, now.tm_mday, now.tm_mon, (now.tm_wday + 1) % 7)
        minute, hour, day, month, weekday = map(_Field, (*self.fields[:4], self.fields[4] % 7), actual)
        if self.fields[4] < 0:
            weekday = _Field(self.fields[4], weekday.actual)
        days = [day.matches, weekday.matches]
        of_both = any(days) if day.wanted >= 0 and weekday.wanted >= 0 else all(days)
        return minute.matches and hour.matches and month.matches and of_both


class Schedule(Part):
    """What raises signals in an instance.

    :param instance: What all parts share.
    :param signals: Take what is raised.
    """

    provides: ClassVar[tuple[str, ...]] = (
        "add_cron",
        "add_file_monitor",
        "add_ms_timer",
        "add_rb_timer",
        "add_timer",
    )

    def __init__(self, instance: Instance, signals: Signals) -> None:
        super().__init__(instance)
        self._signals = signals
        self._sources: dict[str, list[_Source]] = {}
        self._files: list[tuple[int, str]] = []

    def add_timer(self, signal: int, period: int) -> None:
        self._add("timer", self._timer(signal, period * MICROSECONDS))

    def add_ms_timer(self, signal: int, period: int) -> None:
        self._add("ms_timer", self._timer(signal, period * 1000))

    def add_rb_timer(self, signal: int, period: int, repeat: int = 0) -> None:
        timer = self._timer(signal, period * MICROSECONDS)
        timer.left = repeat or None
        self._add("rb_timer", timer)

    def add_cron(self, signal: int, minute: int, hour: int, day: int, month: int, weekday: int) -> bool:
        self._add("cron", _Cron(signal, (minute, hour, day, month, weekday), self.instance.now_seconds))
        return True

    def add_file_monitor(self, signal: int, filename: str) -> None:
        if len(self._files) >= _ROOM or len(os.fsencode(filename)) > _PATH_BYTES:
            raise ValueError("unable to add file monitor")
        self._files.append((signal, filename))

    def touch(self, filename: str) -> int:
        """Raise the signals of those who watch a file, and return how many there are."""
        watching = [signal for signal, watched in self._files if watched == filename]
        for signal in watching:
            self._signals.signal(signal)
        return len(watching)

    def next_micros(self, until_micros: int) -> int | None:
        """When the next signal is due, none if that is not until a time."""
        dues = [due for source in self._all() if (due := _due(source, until_micros)) is not None]
        return min(dues, default=None)

    def raise_due(self) -> None:
        """Raise the signals that are due by now."""
        now = self.instance.now_micros
        for source in self._all():
            due = _due(source, now)
            if due is not None and due <= now:
                source.fired(now)
                self._signals.signal(source.signal)

    def _timer(self, signal: int, period_micros: int) -> _Timer:
        return _Timer(signal, period_micros, self.instance.now_micros + period_micros)

    def _add(self, kind: str, source: _Source) -> None:
        table = self._sources.setdefault(kind, [])
        if len(table) >= _ROOM:
            raise ValueError(f"unable to add {kind}")
        table.append(source)

    def _all(self) -> list[_Source]:
        return [source for table in self._sources.values() for source in table]


def _due(source: _Source, until_micros: int) -> int | None:
    found = source.next_micros()
    while found is None and isinstance(source, _Cron) and source.earliest_seconds * MICROSECONDS <= until_micros:
        found = source.next_micros()
    return found if found is not None and found <= until_micros else None
