"""The background tasks of the project. Each leaves a line in a file for each of its runs."""

import os
import signal
import time
from pathlib import Path

from django.conf import settings

from uwsgiconf.contrib.django.uwsgify.tasks import task
from uwsgiconf.runtime.scheduling import register_timer_rb


def _note(name: str, line: str = "ran") -> None:
    with Path(settings.BASE_DIR, name).open("a") as notes:
        notes.write(f"{line}\n")


@register_timer_rb(1)
@task(name="counted-db", backend="db")
def counted_in_database() -> str:
    """Count."""
    _note("counted-db")
    return f"run by {os.getpid()}"


@register_timer_rb(1)
@task(name="counted-cache", backend="cache")
def counted_in_cache() -> None:
    """Count."""
    _note("counted-cache")


@register_timer_rb(1)
@task(name="cooling-db", backend="db", cooldown=3600)
def cooling_in_database() -> None:
    """Count once an hour."""
    _note("cooling-db")


@register_timer_rb(1)
@task(name="cooling-cache", backend="cache", cooldown=3600)
def cooling_in_cache() -> None:
    """Count once an hour."""
    _note("cooling-cache")


@register_timer_rb(1, target="workers")
@task(name="alone")
def alone() -> None:
    """Tell who is there, stay a while, and tell of others who are there at the same time."""
    here = Path(settings.BASE_DIR, "alone.here")
    try:
        here.touch(exist_ok=False)
    except FileExistsError:
        _note("alone", "not alone")
        raise
    time.sleep(0.1)
    here.unlink()
    _note("alone", str(os.getpid()))


@task(name="by-hand", cooldown=3600)
def by_hand() -> str:
    """Run when it is asked for."""
    _note("by-hand")
    return "3 rooms swept"


@task(name="by-hand-cache", backend="cache")
def by_hand_in_cache() -> None:
    """Fail when it is asked for."""
    _note("by-hand-cache")
    raise LookupError("no broom")


def _mortal(place: str) -> None:
    """Be killed if a file says so."""
    order = Path(settings.BASE_DIR, f"mortal-{place}.kill")
    if order.exists():
        order.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    _note(f"mortal-{place}")


@register_timer_rb(1)
@task(name="mortal-db", backend="db")
def mortal_in_database() -> None:
    """Live, or not."""
    _mortal("db")


@register_timer_rb(1)
@task(name="mortal-cache", backend="cache")
def mortal_in_cache() -> None:
    """Live, or not."""
    _mortal("cache")
