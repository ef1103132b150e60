"""Cold start of many minimal vassals, and what the machine itself can do at best."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.arena import PLAIN, Arena, BrokenRunError, Setting
from benchmarks.contestants import BARE_LOOP, KERNEL_SPAWN, Contestant
from benchmarks.plan import Plan, hard_descriptor_limit
from benchmarks.results import Goal, Result, median

__all__ = ["SLOWEST_PER_SECOND", "ColdStart", "cold_start", "measure"]

ROUNDS_FACTOR = 2
"""A cold start is over in a moment, and what else the machine does then counts in full: so there are more of them."""
LIMIT_SECONDS = 10.0
SLOWEST_PER_SECOND = 30
"""An Emperor slower than this is stopped, and counted by what it has started until then."""


def measure(plan: Plan) -> list[Result]:
    """Start all under two limits of open files: uWSGI walks them at each spawn, so it is another with each."""
    hard, enough = hard_descriptor_limit(), plan.descriptors_for(plan.vassals)
    return [
        *start_all(plan, f"{hard:,} descriptors allowed, the hard limit", hard, Goal(times_uwsgi=4)),
        *start_all(plan, f"{enough:,} allowed, just enough", enough, None),
    ]


@dataclass(frozen=True, slots=True)
class ColdStart:
    """One cold start.

    :param per_second: From the first vassal's first instruction to the last one's: what spawning costs.
    :param total_seconds: From the command to the last vassal's first instruction: with the Emperor's own start.
    """

    per_second: float
    total_seconds: float


def start_all(plan: Plan, limit: str, descriptors: int, goal: Goal | None) -> list[Result]:
    """Let contestants and the bounds of the machine take turns."""
    everyone = (*plan.contestants(), BARE_LOOP, KERNEL_SPAWN)
    starts: dict[str, list[ColdStart]] = {contestant.name: [] for contestant in everyone}
    for _ in range(plan.rounds * ROUNDS_FACTOR + 1):
        for contestant in everyone:
            starts[contestant.name].append(cold_start(plan, contestant, plan.vassals, descriptors))
    rates = {name: [start.per_second for start in those] for name, those in starts.items()}
    totals = {name: median([start.total_seconds for start in those]) for name, those in starts.items()}
    theirs = median(rates["uWSGI"]) if plan.uwsgi else None
    bounds = ", ".join(f"{bound.name} {median(rates[bound.name]):,.0f}/s" for bound in (BARE_LOOP, KERNEL_SPAWN))
    whole = ", ".join(f"{contestant.name} {totals[contestant.name]:.1f} s" for contestant in plan.contestants())
    what = f"cold start of {plan.vassals} minimal vassals, {limit}"
    note = f"command to last vassal: {whole}; bounds: {bounds}"
    return [Result("coldstart", what, "/s", theirs, median(rates["ours"]), goal, note, rates)]


def cold_start(
    plan: Plan, contestant: Contestant, vassals: int, descriptors: int, setting: Setting = PLAIN
) -> ColdStart:
    """Start so many vassals under a limit of open files."""
    with Arena(contestant, plan.vassal, vassals, descriptors, setting) as arena:
        for number in range(vassals):
            arena.add(number)
        commanded_ns = arena.start()
        try:
            arena.wait_loyal(vassals, LIMIT_SECONDS + vassals / SLOWEST_PER_SECOND)
        except BrokenRunError:
            if not arena.is_running():
                raise
        waited_seconds = (time.monotonic_ns() - commanded_ns) / 1e9
        started_ns = sorted(stamp.started_ns for stamp in arena.slate.stamps())
    if len(started_ns) < vassals:
        return ColdStart(len(started_ns) / waited_seconds, waited_seconds)
    spawning_seconds = max((started_ns[-1] - started_ns[0]) / 1e9, 1e-9)
    return ColdStart((vassals - 1) / spawning_seconds, (started_ns[-1] - commanded_ns) / 1e9)
