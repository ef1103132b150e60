"""The fields of cron: what uWSGI is told, and when the rest is."""

from __future__ import annotations

import time
from typing import Any

import pytest

from uwsgiconf.emulator import Emulator
from uwsgiconf.exceptions import RuntimeConfigurationError
from uwsgiconf.runtime.cron_fields import parse_cron
from uwsgiconf.runtime.scheduling import register_cron

NOTHING: dict[str, Any] = dict.fromkeys(["minute", "hour", "day", "month", "weekday"])

#: Minute, hour, day, month, weekday as uWSGI takes them.
CASES: list[tuple[dict[str, Any], list[tuple[int, ...]]]] = [
    ({}, [(-1, -1, -1, -1, -1)]),
    ({"minute": 0}, [(0, -1, -1, -1, -1)]),
    ({"hour": 0, "minute": "0"}, [(0, 0, -1, -1, -1)]),
    ({"weekday": 0}, [(-1, -1, -1, -1, 0)]),
    ({"weekday": 7}, [(-1, -1, -1, -1, 0)]),
    ({"hour": -3}, [(-1, -3, -1, -1, -1)]),
    ({"hour": "-3"}, [(-1, -3, -1, -1, -1)]),
    ({"minute": "*", "hour": "*/4"}, [(-1, -4, -1, -1, -1)]),
    ({"hour": "10-14/2", "day": -3}, [(-1, 10, -3, -1, -1), (-1, 12, -3, -1, -1), (-1, 14, -3, -1, -1)]),
    ({"minute": "1,30-31"}, [(1, -1, -1, -1, -1), (30, -1, -1, -1, -1), (31, -1, -1, -1, -1)]),
    ({"weekday": "7-7"}, [(-1, -1, -1, -1, 0)]),
    ({"weekday": "6-7"}, [(-1, -1, -1, -1, 0), (-1, -1, -1, -1, 6)]),
]


@pytest.mark.parametrize(("fields", "times"), CASES)
def test_what_uwsgi_is_told(fields: dict[str, Any], times: list[tuple[int, ...]]) -> None:
    """Numbers are taken as they are, zero included; small sets are told one by one, with no check of our own."""
    cron = parse_cron(NOTHING | fields)
    assert cron.times == times
    assert cron.checker is None


def runs(fields: dict[str, Any], start: str, hours: float) -> list[str]:
    """When a cron runs from a time on, by the emulator."""
    found: list[str] = []
    with Emulator(now=time.mktime(time.strptime(start, "%Y-%m-%d %H:%M"))) as uwsgi:
        register_cron(**fields)(lambda: found.append(time.strftime("%d %H:%M", time.localtime(uwsgi.now_seconds))))
        uwsgi.advance(hours * 3600)
    return found


@pytest.mark.parametrize(
    ("fields", "start", "hours", "expected"),
    [
        ({"minute": 0, "hour": "10-18/4"}, "2026-03-02 00:00", 24, ["02 10:00", "02 14:00", "02 18:00"]),
        ({"minute": 0, "hour": 0}, "2026-03-02 12:00", 48, ["03 00:00", "04 00:00"]),
        ({"minute": 30, "hour": -12}, "2026-03-02 00:00", 24, ["02 00:30", "02 12:30"]),
        # Too many to tell one by one: uWSGI is told every minute.
        ({"minute": "0-59/3", "hour": 5}, "2026-03-02 04:50", 0.3, ["02 05:00", "02 05:03", "02 05:06"]),
        # A day of the month and a day of the week are alternatives; 2 March 2026 is a Monday.
        ({"minute": 0, "hour": 6, "day": 4, "weekday": 1}, "2026-03-01 00:00", 120, ["02 06:00", "04 06:00"]),
        ({"minute": 0, "hour": 6, "day": "4-5", "weekday": 1}, "2026-03-02 07:00", 96, ["04 06:00", "05 06:00"]),
        ({"minute": 0, "hour": 0, "weekday": "7"}, "2026-03-02 00:00", 24 * 8, ["08 00:00"]),
    ],
)  # fmt: skip
def test_when_it_runs(fields: dict[str, Any], start: str, hours: float, expected: list[str]) -> None:
    """A cron runs at its times and at no others, whichever way they are written."""
    assert runs(fields, start, hours) == expected


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("minute", 60),
        ("hour", "24"),
        ("day", 0),
        ("month", "0-3"),
        ("weekday", 8),
        ("hour", "5-3"),
        ("hour", "1/0"),
        ("hour", "*/0"),
        ("hour", "*/-2"),
    ],
)
def test_times_that_are_none(name: str, field: Any) -> None:
    """A field that is no time is refused, with its name, its range and what was given."""
    with pytest.raises(RuntimeConfigurationError) as caught:
        parse_cron(NOTHING | {name: field})
    assert caught.value.thing == f"register_cron({name}=...)"
    assert caught.value.found == repr(field)
    assert "-N for every Nth" in caught.value.wanted
