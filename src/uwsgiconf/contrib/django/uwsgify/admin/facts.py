"""What the pages tell of the uWSGI that they run in."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from uwsgiconf import uwsgi
from uwsgiconf.catalogue import find
from uwsgiconf.contrib.django.uwsgify.cache import known_caches
from uwsgiconf.dialects import DialectError, evaluate
from uwsgiconf.setters import setters_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECRET = re.compile("api|token|key|secret|pass|pwd|credential|signature", re.IGNORECASE)
_HIDDEN = "********"

# Passwords in values, behind what stays.
_PASSWORDS = [
    re.compile(r"((?:pass|password|secret|token)=)[^;,\s]+"),
    re.compile(r"(://[^/@:]*:)[^/@]*(?=@)"),
    re.compile(r"(basicauth[\w-]*:[^,]*,[^:]*:).*"),
    re.compile(r"(xmpp:[^;]*;)[^;]*"),
]
_PASSWORD_OF_LEGION = re.compile(r"(.*:).*")
_LEGIONS = {"legion", "legion-mcast"}

_MIB = 1024 * 1024


class Fact(NamedTuple):
    """A line of the summary."""

    label: str
    value: object


class Group(NamedTuple):
    """Facts that belong together."""

    title: str
    facts: list[Fact]


class Option(NamedTuple):
    """An option of uWSGI, as this instance was given it."""

    name: str
    values: list[str]
    #: The call of uwsgiconf that sets it, empty if there is none.
    setter: str


@dataclass(frozen=True)
class Worker:
    """A worker, as the master counts it."""

    id: int
    pid: int
    #: idle, busy, cheap, pause, or the number of a signal it handles as `sig1`.
    status: str
    requests: int
    exceptions: int
    signals: int
    #: Of its last requests.
    average_ms: float
    memory_mib: float | None
    sent_mib: float
    respawns: int
    since: datetime
    #: Whether it made the page.
    is_this: bool


def summary() -> list[Group]:
    """What there is to know of the instance at a glance."""
    workers = [worker for worker in read_workers() if worker.pid]
    busy = sum(worker.status == "busy" for worker in workers)
    memory = sum(worker.memory_mib or 0 for worker in workers)
    return [
        Group(
            _("Instance"),
            [
                Fact(_("uWSGI"), _text(uwsgi.version)),
                Fact(_("Host"), _text(uwsgi.hostname)),
                Fact(_("Started"), _when(uwsgi.started_on)),
                Fact(_("Master process"), uwsgi.masterpid()),
            ],
        ),
        Group(
            _("Work"),
            [
                Fact(_("Requests answered"), number_format(uwsgi.total_requests(), force_grouping=True)),
                Fact(_("Waiting for a worker"), uwsgi.listen_queue()),
                Fact(_("Workers busy"), _("%(busy)d of %(all)d") % {"busy": busy, "all": len(workers)}),
                Fact(_("Memory of all workers"), f"{number_format(memory, 1)} MiB"),
            ],
        ),
        Group(
            _("Made of"),
            [
                Fact(_("Workers"), uwsgi.numproc),
                Fact(_("Requests at once in each"), uwsgi.cores),
                Fact(_("Threads of the application"), _("yes") if uwsgi.has_threads else _("no")),
                Fact(_("Mules"), _count("mule", "mules")),
                Fact(_("Caches"), ", ".join(known_caches()) or _("none")),
            ],
        ),
    ]


def read_options() -> list[Option]:
    """The options of this instance, by their names; what looks like a secret is hidden."""
    return [
        Option(name, [_shown(name, value) for value in values], str(next(iter(setters_of(name)), "")))
        for name, values in sorted(_options())
    ]


def read_workers() -> list[Worker]:
    """The workers of this instance."""
    return [_worker(told) for told in uwsgi.workers() or ()]


def _worker(told: dict[str, Any]) -> Worker:
    return Worker(
        id=told["id"],
        pid=told["pid"],
        status=_text(told["status"]),
        requests=told["requests"],
        exceptions=told["exceptions"],
        signals=told["signals"],
        average_ms=told["avg_rt"] / 1000,
        memory_mib=_resident_mib(told["pid"]),
        sent_mib=told["tx"] / _MIB,
        respawns=told["respawn_count"],
        since=_when(told["last_spawn"]),
        is_this=told["id"] == uwsgi.worker_id(),
    )


def _resident_mib(pid: int) -> float | None:
    """Asked of the kernel: uWSGI only knows it where `memory-report` is on, and then only of past requests."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MIB
    except (OSError, IndexError):
        return None  # it ended just now, or was never started


def _options() -> Iterator[tuple[str, list[str]]]:
    """The options that uWSGI holds, with all values of those that were given several times.

    Of these it only tells the last one, so the others are read where it read them, unless that was changed since.
    """
    written = _as_written()
    for name, value in uwsgi.opt.items():
        held = ["true" if item is True else _text(item) for item in (value if isinstance(value, list) else [value])]
        found = written.get(_text(name), [])
        yield _text(name), found if found[-1:] == held[-1:] else held


def _as_written() -> dict[str, list[str]]:
    """The options in the file that uWSGI was started with; none if it cannot be read any more."""
    found: dict[str, list[str]] = {}
    file = uwsgi.opt.get("ini")
    if file:
        with suppress(DialectError):
            for entry in evaluate(_text(file)):
                found.setdefault(entry.name, []).append(entry.value)
    return found


def _shown(option: str, value: str) -> str:
    if option == "env":
        name, _equals, _value = value.partition("=")
        return f"{name}={_HIDDEN}" if _SECRET.search(name) else _without(_PASSWORDS, value)
    # What is no option of uWSGI is a placeholder, whatever it is called.
    if option == "snmp-community" or (find(option) is None and _SECRET.search(option)):
        return _HIDDEN
    return _without([_PASSWORD_OF_LEGION] if option in _LEGIONS else _PASSWORDS, value)


def _without(secrets: list[re.Pattern[str]], value: str) -> str:
    for secret in secrets:
        value = secret.sub(rf"\g<1>{_HIDDEN}", value)
    return value


def _count(single: str, several: str) -> int:
    options = dict(_options())
    return len(options.get(single, [])) + sum(int(number) for number in options.get(several, []))


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.get_current_timezone())


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
