"""Making a function a background task."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, overload

from django.db import InterfaceError, OperationalError, close_old_connections

from uwsgiconf.exceptions import ConfigurationError

from .backend import Outcome, TaskBackend, Terms, backend_named

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[[], Any]
    Period = float | timedelta

logger = logging.getLogger("uwsgify.tasks")

_HOUR_SECONDS = 3600

#: What the database has room for.
_NAME_CHARACTERS = 200

_registered: dict[str, BackgroundTask] = {}


class BackgroundTask:
    """A function that only one process runs at a time, and whose last run is remembered.

    Call it without arguments, or have it called by a timer or cron of `uwsgiconf.runtime.scheduling`: it runs, unless
    it runs already, cools down or is not active. Made by `task`.
    """

    def __init__(self, function: Function, terms: Terms, backend: str | None) -> None:
        self.function = function
        self.terms = terms
        self.backend_name = backend
        update_wrapper(self, function)

    def __repr__(self) -> str:
        return f"<BackgroundTask {self.name}>"

    def __call__(self) -> Outcome | None:
        """Run it if it is to run now."""
        return self.run()

    @property
    def name(self) -> str:
        """Its name."""
        return self.terms.name

    @property
    def backend(self) -> TaskBackend:
        """Where its state is kept."""
        return backend_named(self.backend_name)

    def run(self, *, forced: bool = False) -> Outcome | None:
        """Run it in this process, unless another one does.

        What the function raises is logged and remembered, not raised: nobody waits for a background task.

        :param forced: Run it although it is not active or cools down.
        :return: How it ended; None if it did not run.
        """
        close_old_connections()  # no request begins and ends here, which would do so
        try:
            owner = self.backend.acquire(self.terms, forced=forced)
            if owner is None:
                return None
            return self._run_as(owner)
        finally:
            close_old_connections()

    def _run_as(self, owner: str) -> Outcome:
        began = time.monotonic()
        succeeded, result = False, "ended with its process"
        try:
            returned = self.function()
            succeeded, result = True, "" if returned is None else str(returned)
        except Exception as error:
            logger.exception("background task %s failed", self.name)
            result = f"{type(error).__name__}: {error}"
        finally:
            outcome = Outcome(succeeded, result, time.monotonic() - began)
            self._tell(owner, outcome)
        return outcome

    def _tell(self, owner: str, outcome: Outcome) -> None:
        close_old_connections()  # what the function did to them is no reason not to tell how it went
        try:
            self.backend.release(self.terms, owner, outcome)
        except (InterfaceError, OperationalError):
            close_old_connections()  # a persistent one may have been lost during the run, which is only seen now
            self.backend.release(self.terms, owner, outcome)


@overload
def task(function: Function) -> BackgroundTask: ...


@overload
def task(
    *, name: str | None = None, cooldown: Period = 0, limit: Period = _HOUR_SECONDS, backend: str | None = None
) -> Callable[[Function], BackgroundTask]: ...


def task(
    function: Function | None = None,
    *,
    name: str | None = None,
    cooldown: Period = 0,
    limit: Period = _HOUR_SECONDS,
    backend: str | None = None,
) -> BackgroundTask | Callable[[Function], BackgroundTask]:
    """Make a function a background task; put it below what schedules it.

    :param function: The function, which takes no arguments. What it returns is shown in the admin.
    :param name: Its name. Default: its module and its own name.
    :param cooldown: Seconds, or a timedelta, that it does not run on schedule after it ended. Default: 0.
    :param limit: Seconds, or a timedelta, until a run whose process cannot be seen from here, on another machine or in
        another container, is taken for lost, and the task may run again. Default: one hour.
    :param backend: Where its state is kept: `db`, `cache`, or the path of a class. Default: UWSGIFY_TASK_BACKEND, or
        else `db`.
    :raises ConfigurationError: Another function has that name, or a time is not a period.
    """

    def make(function: Function) -> BackgroundTask:
        named = name or f"{function.__module__}.{function.__qualname__}"
        terms = Terms(named, _seconds(named, "cooldown", cooldown), _seconds(named, "limit", limit))
        return _register(BackgroundTask(function, terms, backend))

    return make if function is None else make(function)


def registered_tasks() -> dict[str, BackgroundTask]:
    """All background tasks by their names."""
    return dict(sorted(_registered.items()))


def _register(made: BackgroundTask) -> BackgroundTask:
    if not 0 < len(made.name) <= _NAME_CHARACTERS:
        raise ConfigurationError(
            f"background task {made.name!r}",
            wanted=f"a name of 1 to {_NAME_CHARACTERS} characters",
            found=f"{len(made.name)} characters",
            remedy="Name it: @task(name=...).",
        )
    other = _registered.setdefault(made.name, made)
    if other is not made and _place(other) != _place(made):
        raise ConfigurationError(
            f"background task {made.name!r}",
            wanted="a name that no other task has",
            found=f"{_place(other)} and {_place(made)}",
            remedy="Name one of them: @task(name=...).",
        )
    _registered[made.name] = made
    return made


def _place(task: BackgroundTask) -> str:
    return f"{task.function.__module__}.{task.function.__qualname__}"


def _seconds(name: str, parameter: str, period: Period) -> float:
    seconds = period.total_seconds() if isinstance(period, timedelta) else period
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise ConfigurationError(
            f"background task {name!r}: `{parameter}`",
            wanted="seconds, or a timedelta, not below 0",
            found=repr(period),
            remedy=f"Write {parameter}=60, or {parameter}=timedelta(minutes=1).",
        )
    return seconds
