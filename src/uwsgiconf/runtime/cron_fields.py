"""The fields of cron: which of them uWSGI understands, and the check for those that it does not."""

from __future__ import annotations

import time
from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from .. import uwsgi
from ..exceptions import RuntimeConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Field = str | int | None


class _Unit(NamedTuple):
    least: int
    greatest: int
    #: Where it is in `time.struct_time`.
    attribute: str


#: In the order in which uWSGI takes them.
_UNITS = {
    "minute": _Unit(0, 59, "tm_min"),
    "hour": _Unit(0, 23, "tm_hour"),
    "day": _Unit(1, 31, "tm_mday"),
    "month": _Unit(1, 12, "tm_mon"),
    "weekday": _Unit(0, 7, "tm_wday"),
}

_DAYS = frozenset({"day", "weekday"})

#: What uWSGI takes for: every.
_EVERY = -1


#: Minute, hour, day, month, weekday as uWSGI takes them.
Times = tuple[int, int, int, int, int]

#: uWSGI has room for 64 crons: no more than these are spent on one.
_MAX_CRONS = 16


class Cron(NamedTuple):
    """When something is to be done."""

    #: The crons to tell uWSGI of.
    times: list[Times]
    #: Whether now is such a time, where uWSGI cannot tell; None where it can.
    checker: Callable[[], bool] | None


def parse_cron(fields: Mapping[str, Field]) -> Cron:
    """Split what is wanted into what uWSGI understands, and a check for the rest.

    :param fields: By names: a number, -1 for every, -N for every Nth, or a text of those, `*`, `*/N`, and of what uWSGI
        has not: ranges `10-18`, with a step `10-18/2`, and lists `1,15,20-25`.
    :raises RuntimeConfigurationError: A field is no time.
    """
    numbers = {name: _parse_number(name, fields[name]) for name in _UNITS}
    sets = {name: _parse_set(name, str(fields[name])) for name in _UNITS if numbers[name] is None}
    # Days of the month and of the week are alternatives to uWSGI if both are given; so they are here.
    if all(_is_given(numbers[name]) for name in _DAYS) and _DAYS & set(sets):
        sets |= {name: {numbers[name] or 0} for name in _DAYS - set(sets)}
        numbers |= dict.fromkeys(_DAYS, _EVERY)
        return Cron(_each(numbers, {}), _checker(sets, _DAYS))
    if prod(len(values) for values in sets.values()) <= _MAX_CRONS:
        return Cron(_each(numbers, sets), None)
    return Cron(_each(numbers, {}), _checker(sets, frozenset()))


def _checker(sets: Mapping[str, set[int]], alternatives: frozenset[str]) -> Callable[[], bool]:
    """Whether now is in all sets; of alternatives, in one of them."""

    def is_time() -> bool:
        now = time.localtime(uwsgi.micros() // 1_000_000)
        matches = {name: _now(name, now) in values for name, values in sets.items()}
        one_of = [matches.pop(name) for name in alternatives]
        return all(matches.values()) and (any(one_of) or not alternatives)

    return is_time


def _each(numbers: Mapping[str, int | None], sets: Mapping[str, set[int]]) -> list[Times]:
    """All combinations of the times that sets have; every one of what else uWSGI cannot tell."""
    choices = [
        sorted(sets[name]) if name in sets else [_EVERY if (found := numbers[name]) is None else found]
        for name in _UNITS
    ]
    return [(minute, hour, day, month, weekday) for minute, hour, day, month, weekday in product(*choices)]


def _is_given(number: int | None) -> bool:
    """Whether a field is a time, or a set of them, and not every one or every Nth."""
    return number is None or number >= 0


def _now(name: str, now: time.struct_time) -> int:
    value: int = getattr(now, _UNITS[name].attribute)
    return (value + 1) % 7 if name == "weekday" else value  # Python's week begins on Monday


def _parse_number(name: str, field: Field) -> int | None:
    """The field as uWSGI takes it, None if it cannot."""
    if field is None or field == "*":
        return _EVERY
    text = str(field)
    is_step = text.startswith("*/")
    try:
        number = -int(text[2:]) if is_step else int(text)
    except ValueError:
        return None
    if is_step and number >= 0:
        raise _no_time(name, field)
    return _in_range(name, field, number) if number >= 0 else number


def _parse_set(name: str, field: str) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        times, slash, step = part.partition("/")
        first, dash, last = times.partition("-")
        try:
            start = _in_range(name, field, int(first), wraps=not dash)
            end = _in_range(name, field, int(last), wraps=False) if dash else start
            stride = int(step) if slash else 1
        except ValueError:
            raise _no_time(name, field) from None
        if end < start or stride < 1:
            raise _no_time(name, field)
        found.update(range(start, end + 1, stride))
    return {number % 7 for number in found} if name == "weekday" else found


def _in_range(name: str, field: Field, number: int, *, wraps: bool = True) -> int:
    unit = _UNITS[name]
    if not unit.least <= number <= unit.greatest:
        raise _no_time(name, field)
    # Sunday is 7 to cron, and only newer uWSGI knows.
    return 0 if name == "weekday" and number == unit.greatest and wraps else number


def _no_time(name: str, field: Field) -> RuntimeConfigurationError:
    unit = _UNITS[name]
    return RuntimeConfigurationError(
        f"register_cron({name}=...)",
        wanted=f"{unit.least} to {unit.greatest}, ranges `{unit.least}-{unit.greatest}/2`, lists, or -N for every Nth",
        found=repr(field),
        remedy="Leave it out for every one.",
    )
