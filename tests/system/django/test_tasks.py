"""Background tasks on schedule, inside real uWSGI with two workers."""

from __future__ import annotations

import pytest

from tests.system.waiting import wait_for

from .site import Site


@pytest.mark.parametrize("place", ["db", "cache"])
def test_tasks_run_on_schedule_and_cool_down(served: Site, place: str) -> None:
    """A task runs at every tick of its timer; one that cools down was there at every tick too, and ran once."""
    served.wait_for_lines(f"counted-{place}", 4)

    assert len(served.lines(f"cooling-{place}")) == 1


def test_a_task_runs_alone(served: Site) -> None:
    """A timer that rings in all workers at once runs a task in one of them at a time."""
    notes = served.wait_for_lines("alone", 3)

    assert "not alone" not in notes


@pytest.mark.parametrize("place", ["db", "cache"])
def test_a_task_whose_process_was_killed_runs_again(served: Site, place: str) -> None:
    """A task that its process took along runs at the next tick, in another process, and not an hour later."""
    order = served.directory / f"mortal-{place}.kill"
    order.touch()
    wait_for(lambda: not order.exists(), "the process to be killed", otherwise=served.log)
    before = len(served.lines(f"mortal-{place}"))

    served.wait_for_lines(f"mortal-{place}", before + 1)
