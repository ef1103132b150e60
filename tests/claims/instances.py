"""Claims about the instance: what is known of it, what it is told, and what it logs."""

from __future__ import annotations

import os

import pytest

from tests.claims import seen
from tests.claims.table import World, claim
from uwsgiconf import uwsgi as raw_uwsgi
from uwsgiconf.runtime.alarms import trigger_alarm
from uwsgiconf.runtime.asynced import get_loop_name, suspend
from uwsgiconf.runtime.control import harakiri_imposed
from uwsgiconf.runtime.logging import log_message, variable_get, variable_set
from uwsgiconf.runtime.platform import uwsgi


@uwsgi.postfork_hooks.add()
def fails() -> None:
    """Fail, which keeps no other hook from being called."""
    raise LookupError("a hook that fails")


@uwsgi.postfork_hooks.add()
def after_fork() -> None:
    """Count."""
    seen.note("forked")


def _all_forked() -> bool:
    processes = {f"worker{number}" for number in range(1, 5)} | {f"mule{number}" for number in range(1, 4)}
    return seen.by("forked") >= processes | {"spooler"}


@claim("platform", check=_all_forked)
def hooks_are_called_after_forks(world: World) -> None:
    """Hooks are called in each worker, mule and spooler; one that fails keeps none from being called."""
    world.fork()


@claim("platform")
def the_instance_is_known(world: World) -> None:
    """Workers, threads, options, time, version and memory are what they are."""
    assert uwsgi.workers_count == 4
    assert uwsgi.threads_enabled is True
    assert uwsgi.worker_id in {1, 2, 3, 4}
    assert [worker["id"] for worker in uwsgi.workers_info] == [1, 2, 3, 4]
    assert uwsgi.config["mules"] == "3"
    assert uwsgi.config["master"] == "true"
    assert uwsgi.ready_for_requests
    assert uwsgi.master_pid in {os.getpid(), os.getppid()}
    assert uwsgi.clock > 1_700_000_000_000_000
    rss, address_space = uwsgi.memory
    assert address_space >= rss >= 0
    version = uwsgi.get_version(as_tuple=True)
    assert len(version) == 5
    assert str(uwsgi.get_version()).startswith(f"{version[0]}.{version[1]}.")
    assert uwsgi.get_listen_queue() == 0
    assert isinstance(uwsgi.hostname, str)
    assert all(isinstance(letter, str) for letter in uwsgi.config_variables)
    assert raw_uwsgi.is_stub is not world.is_real


@claim("request")
def the_request_is_known(world: World) -> None:
    """Numbers of the request are numbers, its environment is a dictionary, and variables can be added."""
    request = uwsgi.request
    assert isinstance(request.env, dict)
    assert min(request.id, request.total_count, request.fd, request.content_length) >= 0
    assert request.add_var("CLAIMED", "yes")
    request.log()


@claim("logging")
def variables_of_the_log(world: World) -> None:
    """A variable for the log's line about the request is read as it was set."""
    assert variable_get("not-set") is None
    variable_set("claimed", "välue")
    assert variable_get("claimed") == "välue"
    raw_uwsgi.set_logvar(b"claimed", b"as bytes")
    assert raw_uwsgi.get_logvar(b"claimed") == b"as bytes"
    variable_set("claimed", "x" + "ä" * 200)
    assert variable_get("claimed") == "x" + "ä" * 127


@claim("logging", check=lambda: seen.read("logged") == "yes")
def lines_of_the_log(world: World) -> None:
    """A line is in the log."""
    log_message("a line of a claim")
    world.wait_for_log("a line of a claim")
    seen.write("logged", "yes")


@claim("alarms")
def alarms_are_raised(world: World) -> None:
    """An alarm reaches a command and a log; one that is not configured is ignored."""
    trigger_alarm("to-log", "told to the log")
    trigger_alarm("to-command", "told to a command")
    trigger_alarm("nowhere", "told to nobody")
    raw_uwsgi.alarm("to-log", b"told as bytes")
    trigger_alarm("to-command", "cut off" + "x" * 8192)
    world.wait_for_alarm("to-log", "told to the log")
    world.wait_for_alarm("to-log", "told as bytes")
    world.wait_for_alarm("to-command", "cut off" + "x" * (8192 - len("cut off")))
    world.wait_for_alarm("to-command", "told to a command")


@claim("asynced")
def without_an_event_loop(world: World) -> None:
    """Without an event loop there is no name of one, and suspending goes on at once."""
    assert get_loop_name() is None
    assert suspend() is True


@claim("control")
def in_time_nothing_is_killed(world: World) -> None:
    """Code within its limit, and within an inner one, goes on; after it there is no limit."""
    with harakiri_imposed(30):
        with harakiri_imposed(timeout=20):
            world.pass_time(0.01)
        world.pass_time(0.01)

    with harakiri_imposed(0.5), harakiri_imposed(0):
        world.pass_time(2.5)

    @harakiri_imposed(30)
    def decorated() -> str:
        return "in time"

    assert decorated() == "in time"
    with pytest.raises(LookupError), harakiri_imposed(1):
        raise LookupError
    world.pass_time(2.5)


def take_too_long(world: World) -> None:
    """Take a minute for what may take a second: nobody gets to the end of this."""
    with harakiri_imposed(1):
        world.pass_time(60)
