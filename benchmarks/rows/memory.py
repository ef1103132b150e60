"""Resident memory of the Emperor's process, and what each further vassal adds to it."""

from __future__ import annotations

import time

from benchmarks.arena import Arena
from benchmarks.contestants import BARE_LOOP, Contestant
from benchmarks.plan import Plan
from benchmarks.results import Goal, Result
from benchmarks.rows.coldstart import SLOWEST_PER_SECOND

__all__ = ["measure"]

FEW = 10
SETTLING_SECONDS = 1.0


def measure(plan: Plan) -> list[Result]:
    """Run each with ten vassals, then with many; the difference is what the others cost."""
    few = {contestant.name: resident_kib(plan, contestant, FEW) for contestant in plan.contestants()}
    many = {contestant.name: resident_kib(plan, contestant, plan.vassals) for contestant in plan.contestants()}
    each = {name: (many[name] - few[name]) / (plan.vassals - FEW) for name in few}
    bare = (resident_kib(plan, BARE_LOOP, plan.vassals) - resident_kib(plan, BARE_LOOP, FEW)) / (plan.vassals - FEW)
    theirs = few["uWSGI"] / 1024 if plan.uwsgi else None
    return [
        Result("memory", f"resident memory, {FEW} vassals", "MiB", theirs, few["ours"] / 1024, Goal(at_most=24)),
        Result(
            "memory",
            "each further vassal",
            "KiB",
            each.get("uWSGI"),
            each["ours"],
            Goal(at_most=4),
            f"up to {plan.vassals}; bare asyncio loop: {bare:.1f} KiB",
        ),
    ]


def resident_kib(plan: Plan, contestant: Contestant, vassals: int) -> int:
    with Arena(contestant, plan.vassal, vassals, plan.descriptors_for(vassals)) as arena:
        for number in range(vassals):
            arena.add(number)
        arena.start()
        arena.wait_loyal(vassals, 10 + vassals / SLOWEST_PER_SECOND)
        time.sleep(SETTLING_SECONDS)
        return arena.resident_kib()
