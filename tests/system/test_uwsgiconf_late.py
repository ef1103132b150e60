"""Claims inside a real uWSGI whose time comes while other tests run, and those that end processes of it.

The name of this file puts it behind most others: the instance is up since the first claims were held.
"""

from __future__ import annotations

import pytest

from tests.claims import scheduled
from tests.system.claimed import hold
from tests.system.instance import Instance
from tests.system.waiting import wait_for

__all__ = ["scheduled"]


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


def test_tasks_survive_a_restart(instance: Instance) -> None:
    """A postponed task is done after a reload of the instance, not before its time; the instance knows it reloaded."""
    assert instance.answer("/is-reload").body == "False"
    assert instance.answer("/postpone").status == 200
    assert instance.answer("/reload").body == "True"
    wait_for(
        lambda: (found := instance.ask("/is-reload")) and found.body == "True",
        "a reload",
        otherwise=instance.log,
    )
    wait_for(lambda: instance.answer("/read/postponed").body == "True", "the task", otherwise=instance.log)


def test_stop_ends_it(instance: Instance) -> None:
    """An application can stop its instance."""
    instance.ask("/stop")  # the worker may be gone before it has answered
    assert instance.wait_for_end() == 0
