"""Cold start of many minimal vassals, and what the machine itself can do at best."""

from __future__ import annotations

from benchmarks.arena import Arena, BrokenRunError
from benchmarks.contestants import BARE_LOOP, KERNEL_SPAWN, Contestant
from benchmarks.plan import Plan, hard_descriptor_limit
from benchmarks.results import Goal, Result, median

__all__ = ["measure", "vassals_per_second"]

SLOWEST_PER_SECOND = 30
"""An Emperor slower than this is stopped, and counted by what it has started until then."""


def measure(plan: Plan) -> list[Result]:
    """Start all under two limits of open files: uWSGI walks them at each spawn, so it is another with each."""
    hard, enough = hard_descriptor_limit(), plan.descriptors_for(plan.vassals)
    return [
        *start_all(plan, f"{hard:,} descriptors allowed, the hard limit", hard, Goal(times_uwsgi=4)),
        *start_all(plan, f"{enough:,} allowed, just enough", enough, None),
    ]


def start_all(plan: Plan, limit: str, descriptors: int, goal: Goal | None) -> list[Result]:
    """Let contestants and the bounds of the machine take turns."""
    everyone = (*plan.contestants(), BARE_LOOP, KERNEL_SPAWN)
    rates: dict[str, list[float]] = {contestant.name: [] for contestant in everyone}
    for _ in range(plan.rounds):
        for contestant in everyone:
            rates[contestant.name].append(vassals_per_second(plan, contestant, plan.vassals, descriptors))
    theirs = median(rates["uWSGI"]) if plan.uwsgi else None
    bounds = ", ".join(f"{bound.name} {median(rates[bound.name]):,.0f}/s" for bound in (BARE_LOOP, KERNEL_SPAWN))
    what = f"cold start of {plan.vassals} minimal vassals, {limit}"
    return [Result("coldstart", what, "/s", theirs, median(rates["ours"]), goal, f"bounds: {bounds}", rates)]


def vassals_per_second(plan: Plan, contestant: Contestant, vassals: int, descriptors: int) -> float:
    """Return how many vassals a second it starts, from the first vassal's first instruction to the last one's.

    Measured between vassals and not from the command's start, so that the start of an interpreter, which happens once,
    does not count as spawning.
    """
    with Arena(contestant, plan.vassal, vassals, descriptors) as arena:
        for number in range(vassals):
            arena.add(number)
        arena.start()
        try:
            arena.wait_loyal(vassals, 10 + vassals / SLOWEST_PER_SECOND)
        except BrokenRunError:
            if arena.slate.loyal() < vassals / 10:
                raise
        started_ns = sorted(stamp.started_ns for stamp in arena.slate.stamps())
    return (len(started_ns) - 1) / max((started_ns[-1] - started_ns[0]) / 1e9, 1e-9)
