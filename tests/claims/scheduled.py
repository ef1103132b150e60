"""Claims about what is done again and again: timers, cron, files that change."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from tests.claims import seen
from tests.claims.table import World, claim
from uwsgiconf import uwsgi
from uwsgiconf.runtime.monitoring import register_file_monitor
from uwsgiconf.runtime.scheduling import register_cron, register_timer, register_timer_ms, register_timer_rb
from uwsgiconf.runtime.signals import Signal


@register_timer(1)
def on_timer() -> None:
    """Count."""
    seen.note("timer")


@claim("scheduling", check=lambda: seen.count("timer") >= 2 and all(who.startswith("mule") for who in seen.by("timer")))
def timers_fire(world: World) -> None:
    """A timer fires again and again, in a mule where nothing else is said and there are mules."""


@register_timer(1, target="spooler")
def on_timer_in_spooler() -> None:
    """Count."""
    seen.note("timer-in-spooler")


@claim("scheduling", check=lambda: seen.by("timer-in-spooler") == {"spooler"})
def timers_have_targets(world: World) -> None:
    """A timer fires where it is told to."""


@register_timer_rb(1, repeat=2, target="worker3")
def on_timer_rb() -> None:
    """Count."""
    seen.note("timer-rb")


@register_timer_rb(1, target="worker3")
def on_endless_timer_rb() -> None:
    """Count."""
    seen.note("timer-rb-endless")


@claim("scheduling", check=lambda: (seen.count("timer-rb"), seen.count("timer-rb-endless") >= 4) == (2, True))
def red_black_timers_end(world: World) -> None:
    """A red-black timer fires as often as it is told to, when one without an end has fired more often."""


@register_timer_ms(20, target="mule1")
def on_timer_ms() -> None:
    """Count."""
    seen.note("timer-ms")


@claim("scheduling", check=lambda: seen.count("timer-ms") >= 20 and seen.by("timer-ms") == {"mule1"})
def millisecond_timers_fire(world: World) -> None:
    """A timer of milliseconds fires many times a second."""


EXISTING = Signal()


@EXISTING.register_handler(target="mule2")
def on_existing() -> None:
    """Count."""
    seen.note("existing")


assert register_timer(1, target=EXISTING) is True
assert register_timer_rb(1, target=EXISTING.num) is True


@claim("scheduling", check=lambda: seen.count("existing") >= 4 and seen.by("existing") == {"mule2"})
def existing_signals_are_raised(world: World) -> None:
    """A timer can raise a signal that has a handler already."""


GUARDED = Signal()


@GUARDED.register_handler(target="mule1")
def on_guarded() -> None:
    """Count."""
    seen.note("guarded")


def _every_other() -> bool:
    seen.note("asked")
    return seen.count("asked") % 2 == 0


register_timer(1, target=GUARDED, checker=_every_other)


@register_timer(1, checker=lambda: False)
def never() -> None:
    """Count."""
    seen.note("never")


@claim("scheduling", check=lambda: seen.count("guarded") >= 1 and not seen.count("never"))
def checkers_are_asked(world: World) -> None:
    """Where a checker says no, nothing is done; for an existing signal too."""


LOADED_AT = time.time()
_SOON = time.localtime(LOADED_AT + 60)
_LATER = time.localtime(LOADED_AT + 180)
_OTHER_HOUR = (_SOON.tm_hour + 12) % 24


@register_cron(minute=_SOON.tm_min, hour=_SOON.tm_hour, target="mule1")
def on_minute() -> None:
    """Count."""
    seen.note("cron-minute")


@register_cron(minute=f"{_SOON.tm_min}-{_SOON.tm_min}/2", target="mule1")
def on_range() -> None:
    """Count."""
    seen.note("cron-range")


@register_cron(minute=f"{_LATER.tm_min},{_LATER.tm_min}", target="mule1")
def on_list() -> None:
    """Count."""
    seen.note("cron-list")


@register_cron(minute=_SOON.tm_min, hour=_OTHER_HOUR, target="mule1")
def in_other_hour() -> None:
    """Count."""
    seen.note("cron-never")


@register_cron(minute=_SOON.tm_min, hour=f"{_OTHER_HOUR}-{_OTHER_HOUR}", target="mule1")
def in_other_range() -> None:
    """Count."""
    seen.note("cron-never")


def _crons_fired() -> bool:
    assert not seen.count("cron-never")
    assert not seen.count("cron-list")
    return (seen.count("cron-minute"), seen.count("cron-range")) == (1, 1)


@claim("scheduling", check=_crons_fired)
def cron_fires_at_its_minute(world: World) -> None:
    """A cron, plain or with a range, fires once when its minute begins, and not in other minutes or hours."""


@claim("scheduling")
def times_that_are_none(world: World) -> None:
    """Fields of cron that are no times are refused."""
    for field in (60, "70", "5-3", "1-5/0", "x", "1-99"):
        with pytest.raises(ValueError, match=r"register_cron\(minute=\.\.\.\): wanted 0 to 59, ranges"):
            register_cron(minute=field)
    with pytest.raises(ValueError, match="day"):
        register_cron(day=0)


WATCHED = Path(os.environ.get("CLAIMS_DIRECTORY") or tempfile.gettempdir()) / "watched"
if uwsgi.opt.get("claims"):
    WATCHED = Path(uwsgi.opt["claims"].decode()) / "watched"
    WATCHED.touch()


@register_file_monitor(str(WATCHED), target="mule1")
def on_change() -> None:
    """Count."""
    seen.note("file-changed")


@claim("monitoring", check=lambda: seen.by("file-changed") == {"mule1"})
def files_are_watched(world: World) -> None:
    """A file that changes raises a signal."""
    with pytest.raises(ValueError, match="uWSGI has room for 64 monitors, of paths below 255 bytes"):
        register_file_monitor("x" * 255, target=EXISTING)
    world.touch(str(WATCHED))
