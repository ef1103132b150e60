"""Claims inside a real uWSGI whose time comes while other tests run, and those that end processes of it.

The name of this file puts it behind most others: the instance is up since the first claims were held.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.claims import loaded
from tests.system.claimed import hold
from tests.system.instance import Instance
from tests.system.waiting import wait_for

__all__ = ["loaded"]


@pytest.fixture
def instance(claims_instance: Instance) -> Instance:
    """Return the instance that the claims are held against."""
    return claims_instance


def test_cron_fires_at_its_minute(instance: Instance) -> None:
    """The claim about cron holds, at the minute after the instance was started."""
    hold("scheduling:cron_fires_at_its_minute", instance)


def test_harakiri_kills_what_it_should(instance: Instance) -> None:
    """A worker that takes longer than it may is killed and replaced, while another one goes on."""
    before = instance.log().count("HARAKIRI")
    assert instance.ask("/doom") is None
    wait_for(lambda: instance.log().count("HARAKIRI") > before, "a harakiri in the log", otherwise=instance.log)
    assert instance.answer("/").body == "ready"
    assert "survived" not in instance.log()


def test_a_lock_taken_twice(instance: Instance) -> None:
    """A worker that takes a lock it holds waits until it is killed, and then the lock is free again."""
    before = instance.log().count("HARAKIRI")
    assert instance.ask("/lock-twice") is None
    wait_for(lambda: instance.log().count("HARAKIRI") > before, "a harakiri in the log", otherwise=instance.log)
    assert instance.answer("/step/write_under_lock_zero").body == "written"


def test_tasks_survive_a_restart(instance: Instance) -> None:
    """After a reload a postponed task still waits until its time comes, and one that had failed is tried again."""
    assert instance.answer("/is-reload").body == "False"
    postponed = Path(instance.answer("/leave-tasks").body)
    instance.wait_for_log("not before a reload")
    assert instance.answer("/reload").body == "True"
    wait_for(
        lambda: (found := instance.ask("/is-reload")) and found.body == "True",
        "a reload",
        otherwise=instance.log,
    )
    wait_for(lambda: instance.answer("/read/tried-after-reload").body == "done", "what failed", otherwise=instance.log)
    assert instance.answer("/read/postponed-a-day").body == ""
    os.utime(postponed, (1, 1))  # the time of its file is what a task waits for
    wait_for(lambda: instance.answer("/read/postponed-a-day").body == "done", "what waited", otherwise=instance.log)
    wait_for(lambda: not postponed.exists(), "its file to go", otherwise=instance.log)


def test_stop_ends_it(instance: Instance) -> None:
    """An application can stop its instance."""
    instance.ask("/stop")  # the worker may be gone before it has answered
    assert instance.wait_for_end() == 0
