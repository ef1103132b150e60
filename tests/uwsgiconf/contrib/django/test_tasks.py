"""Background tasks: who runs them, when, and what is remembered. The same claims for both places of their state."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.checks import Tags, run_checks
from django.db import OperationalError
from django.test import override_settings
from django.utils import timezone

from uwsgiconf.contrib.django.uwsgify.admin.tasks import _is_running
from uwsgiconf.contrib.django.uwsgify.models import Task
from uwsgiconf.contrib.django.uwsgify.tasks import (
    BackgroundTask,
    TaskBackend,
    registered_tasks,
    requests,
    run_soon,
    task,
)
from uwsgiconf.contrib.django.uwsgify.tasks.backend import RESULT_CHARACTERS, Terms, backend_named
from uwsgiconf.contrib.django.uwsgify.tasks.owners import is_gone, new_owner
from uwsgiconf.contrib.django.uwsgify.tasks.requests import run_requested
from uwsgiconf.emulator import Emulator
from uwsgiconf.exceptions import ConfigurationError
from uwsgiconf.runtime.scheduling import register_timer_rb

pytestmark = pytest.mark.usefixtures("database", "no_tasks")

MakeTask = Callable[..., BackgroundTask]


@pytest.fixture(params=["db", "cache"])
def backend(request: pytest.FixtureRequest) -> TaskBackend:
    """Each place that comes with the package."""
    return backend_named(request.param)


@pytest.fixture
def make(backend: TaskBackend) -> MakeTask:
    """A function that makes a task with its state in that place."""
    name = "db" if type(backend).__module__.endswith("in_database") else "cache"

    def make_task(does: Callable[[], object] = lambda: "done", **terms: float) -> BackgroundTask:
        return task(name="sweep", backend=name, **terms)(does)

    return make_task


@pytest.fixture
def later() -> Iterator[Callable[[float], None]]:
    """A function that lets time pass."""
    passed = 0.0

    def now() -> object:
        return real_now() + timedelta(seconds=passed)

    def wait(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    real_now, real_time = timezone.now, time.time  # for the database, and for the cache
    with (
        mock.patch("django.utils.timezone.now", now),
        mock.patch("time.time", side_effect=lambda: real_time() + passed),
    ):
        yield wait


def test_what_came_of_it_is_remembered(make: MakeTask) -> None:
    """A run leaves what the function returned, when it was and how long it took."""
    before = timezone.now()
    swept = make(lambda: 7)
    outcome = swept()
    state = swept.backend.state("sweep")

    assert outcome is not None
    assert (outcome.succeeded, outcome.result) == (True, "7")
    assert state.last == outcome
    assert state.started_at is not None
    assert state.ended_at is not None
    assert before <= state.started_at <= state.ended_at
    assert (state.runs, state.owner) == (1, "")


def test_a_failure_is_remembered_and_not_raised(make: MakeTask, caplog: pytest.LogCaptureFixture) -> None:
    """What the function raises is logged with its traceback, remembered, and the task is free again."""
    failing = make(lambda: 1 / 0)
    outcome = failing()

    assert outcome is not None
    assert (outcome.succeeded, outcome.result) == (False, "ZeroDivisionError: division by zero")
    assert failing.backend.state("sweep").owner == ""
    assert "background task sweep failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_connection_lost_during_a_run_keeps_nothing_back(make: MakeTask, backend: TaskBackend) -> None:
    """What came of a run is told once more where the connection to the database was lost meanwhile."""
    release, told = backend.release, []

    def break_once(*arguments: Any) -> None:
        told.append(arguments)
        if len(told) == 1:
            raise OperationalError("terminating connection due to administrator command")
        release(*arguments)

    with mock.patch.object(backend, "release", break_once):
        assert make()() is not None
    assert (backend.state("sweep").runs, backend.state("sweep").owner) == (1, "")


def test_an_end_of_the_process_is_remembered(make: MakeTask) -> None:
    """A function that ends its process is not held to be running for ever, and its wish is granted."""

    def leave() -> None:
        raise SystemExit(3)

    leaving = make(leave)
    with pytest.raises(SystemExit):
        leaving()
    state = leaving.backend.state("sweep")

    assert state.owner == ""
    assert state.last is not None
    assert (state.last.succeeded, state.last.result) == (False, "ended with its process")


def test_it_never_runs_beside_itself(make: MakeTask) -> None:
    """While it runs, it runs nowhere else, not even when it is forced; afterwards it does."""
    inner: list[object] = []

    def again() -> None:
        inner.extend([running.run(), running.run(forced=True)])

    running = make(again)
    assert running() is not None
    assert inner == [None, None]
    assert running() is not None


def test_the_owner_is_told_while_it_runs(make: MakeTask, backend: TaskBackend) -> None:
    """Where it runs can be seen while it does."""
    owners: list[str] = []

    def look() -> None:
        owners.append(backend.state("sweep").owner)

    make(look)()

    assert str(os.getpid()) in owners[0]


def test_it_cools_down(make: MakeTask, later: Callable[[float], None]) -> None:
    """For so long after its end it does not run on schedule; forced, it does, which begins the time anew."""
    cooling = make(cooldown=60)
    assert cooling()
    later(50)
    assert cooling() is None
    assert cooling.run(forced=True)
    later(50)
    assert cooling() is None
    later(11)
    assert cooling()


def test_a_lost_run_blocks_it_for_the_limit_only(
    make: MakeTask, backend: TaskBackend, later: Callable[[float], None]
) -> None:
    """A run that does not end holds the task up to its limit; if it comes back after all, it changes nothing."""
    lost = make(limit=600)
    owner = backend.acquire(lost.terms, forced=False)
    assert owner is not None
    later(590)
    assert lost() is None
    later(11)
    outcome = lost()
    assert outcome is not None

    backend.release(lost.terms, owner, outcome)
    assert backend.state("sweep").runs == 1


@pytest.fixture
def left_by_a_process(database: None, backend: TaskBackend) -> str:
    """Have a task claimed by a process that ended meanwhile; return who that was."""
    with subprocess.Popen(["sleep", "60"]) as process, mock.patch("os.getpid", return_value=process.pid):
        owner = backend.acquire(Terms("sweep", 0, 600), forced=False)
        process.kill()
    assert owner is not None
    return owner


def test_a_task_whose_process_died_runs_again(make: MakeTask, backend: TaskBackend, left_by_a_process: str) -> None:
    """A run that its process took along holds nothing up, and is not shown as running."""
    assert backend.state("sweep").owner == left_by_a_process
    assert not _is_running(left_by_a_process)
    assert make(limit=600)() is not None
    assert (backend.state("sweep").runs, backend.state("sweep").owner) == (1, "")


@pytest.mark.usefixtures("left_by_a_process")
def test_only_one_takes_over(make: MakeTask, backend: TaskBackend) -> None:
    """Of two who see at once that a process died, one runs its task."""
    terms = make(limit=600).terms
    others: list[str | None] = []

    def is_gone_and_another_was_first(owner: str) -> bool:
        found = is_gone(owner)
        looking.stop()
        others.append(backend.acquire(terms, forced=False))
        return found

    looking = mock.patch(f"{type(backend).__module__}.is_gone", is_gone_and_another_was_first)
    looking.start()
    assert backend.acquire(terms, forced=False) is None
    assert others == [backend.state("sweep").owner]


@pytest.mark.parametrize(
    ("changed", "gone"),
    [
        ({}, False),
        ({"began": "1"}, True),  # another process has its number now
        ({"kernel": "elsewhere"}, False),
        ({"began": "0"}, False),
        ({"pid": "1"}, os.getuid() == 0),
    ],
)
def test_who_is_gone(changed: dict[str, str], gone: bool) -> None:
    """A process is known by its number and its beginning, and only where both can be seen."""
    host, pid, began, kernel, run = re.split("[:@]", new_owner())
    parts = {"pid": pid, "began": began, "kernel": kernel} | changed
    assert is_gone(f"{host}:{parts['pid']}:{parts['began']}@{parts['kernel']}:{run}") is gone
    assert not is_gone(f"{host}:{pid}:{run}")


def test_an_inactive_task_runs_only_by_hand(make: MakeTask, backend: TaskBackend) -> None:
    """What is not active does not run on schedule, but does when it is forced."""
    resting = make()
    backend.set_active("sweep", active=False)

    assert resting() is None
    assert resting.run(forced=True)
    backend.set_active("sweep", active=True)
    assert resting()


def test_a_request_is_taken_once(make: MakeTask, backend: TaskBackend) -> None:
    """What was asked for runs once, although several processes may look, and although it is not active."""
    wanted = make(cooldown=60)
    wanted()
    backend.request("sweep")
    run_requested()
    run_requested()

    assert backend.state("sweep").runs == 2
    assert backend.take_request("sweep") is False


def test_outside_uwsgi_it_runs_at_once(make: MakeTask, backend: TaskBackend) -> None:
    """Where there is no uWSGI to run it in the background, who asks runs it."""
    run_soon(make(cooldown=60))

    assert backend.state("sweep").runs == 1


def test_timers_run_it_in_an_emulated_uwsgi(make: MakeTask, uwsgi: Emulator) -> None:
    """An application's own tests have its timers ring: the task runs, and cools down."""
    rung = make(cooldown=3600)
    register_timer_rb(60)(rung)
    uwsgi.advance(59)
    assert rung.backend.state("sweep").runs == 0
    uwsgi.advance(1)
    assert rung.backend.state("sweep").runs == 1
    uwsgi.advance(600)
    assert rung.backend.state("sweep").runs == 1


def test_inside_uwsgi_another_process_runs_it(
    make: MakeTask, uwsgi: Emulator, monkeypatch: pytest.MonkeyPatch, django_commits: None
) -> None:
    """Who asks for a task does not wait for it: it runs when the signal for it is handled, and once."""
    monkeypatch.setattr(requests, "_signal", None)
    requests.listen_for_requests()
    asked = make(cooldown=3600)
    run_soon(asked)
    assert asked.backend.state("sweep").runs == 0
    uwsgi.run_pending()
    assert asked.backend.state("sweep").runs == 1
    uwsgi.run_pending()
    assert asked.backend.state("sweep").runs == 1


def test_long_results_are_cut(make: MakeTask, backend: TaskBackend) -> None:
    """A result does not fill the database or the cache."""
    make(lambda: "x" * 100_000)()
    last = backend.state("sweep").last

    assert last is not None
    assert len(last.result) == RESULT_CHARACTERS


def test_the_cooldown_can_be_changed_in_the_admin(later: Callable[[float], None]) -> None:
    """A cooldown that is set in the row counts, not that of the code; an empty one leaves it to the code."""
    cooling = task(name="sweep", cooldown=10)(lambda: None)
    cooling()
    Task.objects.filter(name="sweep").update(cooldown=100)
    later(50)
    assert cooling() is None
    Task.objects.filter(name="sweep").update(cooldown=None)
    assert cooling()


def test_the_settings_choose_the_place() -> None:
    """UWSGIFY_TASK_BACKEND is where tasks go that say nothing."""
    with override_settings(UWSGIFY_TASK_BACKEND="cache"):
        task(name="sweep")(lambda: None)()

    assert cache.get("uwsgify.task.sweep.state").runs == 1
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("backend", "task_cache", "warnings"),
    [("cache", "default", ["uwsgify.W001"]), ("cache", "shared", []), ("db", "default", [])],
)
def test_a_cache_that_is_not_shared_is_warned_of(backend: str, task_cache: str, warnings: list[str]) -> None:
    """`manage.py check` tells of tasks that would run in each process, each with a memory of its own."""
    caches = settings.CACHES | {"shared": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "c"}}
    task(name="sweep", backend=backend)(lambda: None)
    with override_settings(CACHES=caches, UWSGIFY_TASK_CACHE=task_cache):
        assert [warning.id for warning in run_checks(tags=[Tags.caches])] == warnings


def test_a_task_is_named_after_its_function() -> None:
    """Without a name it is called by its module and its own name, and is still a function with a docstring."""

    @task
    def sweep_up() -> None:
        """Sweep."""

    assert sweep_up.name.endswith("test_tasks.test_a_task_is_named_after_its_function.<locals>.sweep_up")
    assert registered_tasks() == {sweep_up.name: sweep_up}
    assert sweep_up.__doc__ == "Sweep."


@pytest.mark.parametrize("cooldown", [90, timedelta(seconds=90)])
def test_periods_are_seconds_or_timedeltas(cooldown: float | timedelta) -> None:
    """Both ways to write a period mean the same."""
    assert task(cooldown=cooldown)(lambda: None).terms.cooldown_seconds == 90


@pytest.mark.parametrize("terms", [{"cooldown": "60"}, {"cooldown": -1}, {"limit": True}])
def test_what_is_no_period_is_refused(terms: dict[str, object]) -> None:
    """A period that makes no sense is told at the line of the decorator."""
    with pytest.raises(ConfigurationError) as caught:
        task(name="sweep", **terms)(lambda: None)  # type: ignore[call-overload]

    ((parameter, value),) = terms.items()
    assert caught.value.thing == f"background task 'sweep': `{parameter}`"
    assert caught.value.found == repr(value)
    assert "timedelta" in caught.value.remedy


def test_two_tasks_of_one_name_are_refused() -> None:
    """Two functions under one name would stand for each other in turn; both are told."""

    def sweep() -> None: ...

    def mop() -> None: ...

    task(name="clean")(sweep)
    with pytest.raises(ConfigurationError) as caught:
        task(name="clean")(mop)

    assert caught.value.thing == "background task 'clean'"
    assert caught.value.found.endswith(".<locals>.mop")
    assert ".<locals>.sweep and " in caught.value.found


def test_names_may_be_words(backend: TaskBackend) -> None:
    """A name with spaces, slashes and letters of any script is a name like others, also as a key of a cache."""
    place = "db" if type(backend).__module__.endswith("in_database") else "cache"
    made = task(name="уборка / sweep up: 50 %", backend=place)(lambda: "swept")
    made()

    last = backend.state(made.name).last
    assert last is not None
    assert last.result == "swept"


def test_a_name_that_is_too_long_is_refused() -> None:
    """The database would cut it off, or raise when the task is due; the decorator tells it at once."""
    with pytest.raises(ConfigurationError) as caught:
        task(name="x" * 201)(lambda: None)

    assert (caught.value.wanted, caught.value.found) == ("a name of 1 to 200 characters", "201 characters")


@pytest.mark.parametrize("name", ["nowhere.at.All", "datetime.datetime", "collections.OrderedDict"])
def test_a_place_that_is_none_is_refused(name: str) -> None:
    """A backend that does not exist, or is none, is told with those there are."""
    with pytest.raises(ConfigurationError) as caught:
        backend_named(name)

    assert caught.value.thing == f"backend {name!r} of background tasks"
    assert "'db' or 'cache'" in caught.value.wanted
    assert "UWSGIFY_TASK_BACKEND" in caught.value.remedy
