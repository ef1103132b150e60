"""What an Emperor costs while nothing happens."""

from __future__ import annotations

import time

from benchmarks.arena import Arena
from benchmarks.contestants import Contestant
from benchmarks.plan import Plan
from benchmarks.results import Goal, Result
from benchmarks.rows.coldstart import SLOWEST_PER_SECOND

__all__ = ["measure"]

SETTLING_SECONDS = 4.0
"""After the last vassal is loyal: long enough for uWSGI's start to be over (its scan comes every 3 s)."""


def measure(plan: Plan) -> list[Result]:
    """Take the CPU time of each Emperor's process from /proc, before and after a while of rest."""
    shares = {contestant.name: percent_of_a_core(plan, contestant) for contestant in plan.contestants()}
    what = f"CPU at rest, {plan.resting} vassals"
    note = f"over {plan.rest_seconds:g} s; the kernel counts in steps of 10 ms"
    return [Result("rest", what, "% of a core", shares.get("uWSGI"), shares["ours"], Goal(at_most=0.5), note)]


def percent_of_a_core(plan: Plan, contestant: Contestant) -> float:
    with Arena(contestant, plan.vassal, plan.resting, plan.descriptors_for(plan.resting)) as arena:
        for number in range(plan.resting):
            arena.add(number)
        arena.start()
        arena.wait_loyal(plan.resting, 10 + plan.resting / SLOWEST_PER_SECOND)
        time.sleep(SETTLING_SECONDS)
        before, began = arena.processor_seconds(), time.monotonic()
        time.sleep(plan.rest_seconds)
        return (arena.processor_seconds() - before) / (time.monotonic() - began) * 100
