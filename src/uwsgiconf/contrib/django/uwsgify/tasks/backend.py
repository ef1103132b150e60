"""Where the state of background tasks is kept: what all places have in common, and finding the one to use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

from uwsgiconf.exceptions import ConfigurationError

if TYPE_CHECKING:
    from datetime import datetime

#: The places that come with this package, by their short names.
_KNOWN = {
    "db": f"{__package__}.in_database.DatabaseBackend",
    "cache": f"{__package__}.in_cache.CacheBackend",
}

#: How much of a result is kept.
RESULT_CHARACTERS = 4000


@dataclass(frozen=True)
class Terms:
    """What a task asks for."""

    name: str
    #: How long it does not run on schedule after it ended.
    cooldown_seconds: float
    #: How long it is waited for where its process cannot be seen; then it is taken for lost, and may run again.
    limit_seconds: float


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    succeeded: bool
    #: What the function returned, or what it raised.
    result: str
    duration_seconds: float


@dataclass(frozen=True)
class TaskState:
    """What is known of a task."""

    name: str
    active: bool = True
    #: Who runs it now; empty if nobody does.
    owner: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    #: How the last run ended; None if there was none.
    last: Outcome | None = None
    runs: int = 0


class TaskBackend(ABC):
    """A place that all processes share, where it is decided who runs a task."""

    @abstractmethod
    def acquire(self, terms: Terms, *, forced: bool) -> str | None:
        """Claim a task to run it.

        :param terms: What the task asks for.
        :param forced: Whether it is to run although it is not active or cools down.
        :return: Who runs it now, to be given to `release`; None if it is not to run now.
        """

    @abstractmethod
    def release(self, terms: Terms, owner: str, outcome: Outcome) -> None:
        """Tell how a run ended. Changes nothing if the task was taken for lost meanwhile.

        :param terms: What the task asks for.
        :param owner: What `acquire` returned.
        :param outcome: How it ended.
        """

    @abstractmethod
    def request(self, name: str) -> None:
        """Ask for a task to be run at once."""

    @abstractmethod
    def take_request(self, name: str) -> bool:
        """Whether a task was asked for since the last time; only one of several who look at once is told so."""

    @abstractmethod
    def state(self, name: str) -> TaskState:
        """What is known of a task."""

    @abstractmethod
    def set_active(self, name: str, *, active: bool) -> None:
        """Set whether a task runs on schedule."""


def backend_named(name: str | None = None) -> TaskBackend:
    """The place to keep the state of tasks in.

    :param name: `db`, `cache`, or the path of a class of yours. Default: the setting UWSGIFY_TASK_BACKEND, or else
        `db`.
    :raises ConfigurationError: There is no such class, or it is none for tasks.
    """
    return _made(name or getattr(settings, "UWSGIFY_TASK_BACKEND", "db"))


@cache
def _made(name: str) -> TaskBackend:
    wanted = " or ".join(repr(known) for known in _KNOWN)
    try:
        found = import_string(_KNOWN.get(name, name))
    except ImportError as error:
        raise _no_backend(name, wanted, str(error)) from error
    if not (isinstance(found, type) and issubclass(found, TaskBackend)):
        raise _no_backend(name, wanted, repr(found))
    return found()


def _no_backend(name: str, wanted: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        f"backend {name!r} of background tasks",
        wanted=f"{wanted}, or the path of a class derived from TaskBackend",
        found=found,
        remedy="Correct @task(backend=...) or the setting UWSGIFY_TASK_BACKEND.",
    )
