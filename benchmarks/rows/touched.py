"""File touched → reload byte in the vassal."""

from __future__ import annotations

import random
import time

from benchmarks.arena import PLAIN, Arena, Setting
from benchmarks.contestants import Contestant
from benchmarks.plan import Plan
from benchmarks.results import Goal, Result, median, percentile

__all__ = ["delays_of", "measure", "touch_all"]

SPACING_SECONDS = 0.6
"""The longest time between two touches; random, so that every phase of a polling Emperor is met alike."""
LIMIT_SECONDS = 15.0


def measure(plan: Plan) -> list[Result]:
    """Touch each of many vassals' files once, at random moments."""
    delays: dict[str, list[float]] = {contestant.name: [] for contestant in plan.contestants()}
    for turn, contestant in plan.turns():
        delays[contestant.name] += touch_all(plan, contestant, plan.seed + turn)
    return delays_of("touched", "file touched → reload byte in the vassal", 5, delays)


def delays_of(row: str, what: str, goal_ms: float, delays: dict[str, list[float]]) -> list[Result]:
    """Return the median's row and the 95th percentile's, in milliseconds."""
    theirs, ours = delays.get("uWSGI"), delays["ours"]
    note = f"{len(ours)} samples"
    return [
        Result(
            row,
            f"{what}, median",
            "ms",
            median(theirs) if theirs else None,
            median(ours),
            Goal(at_most=goal_ms),
            note,
            dict(delays),
        ),
        Result(row, f"{what}, p95", "ms", percentile(theirs, 95) if theirs else None, percentile(ours, 95), None, note),
    ]


def touch_all(plan: Plan, contestant: Contestant, seed: int, setting: Setting = PLAIN) -> list[float]:
    """Return the milliseconds from each touch to its reload byte."""
    chance = random.Random(seed)
    with Arena(contestant, plan.vassal, plan.samples, setting=setting) as arena:
        for number in range(plan.samples):
            arena.add(number)
        arena.start()
        arena.wait_loyal(plan.samples, LIMIT_SECONDS + plan.samples / 50)
        touched_ns = []
        for number in range(plan.samples):
            time.sleep(chance.uniform(0, SPACING_SECONDS))
            touched_ns.append(arena.touch(number))
        arena.wait(
            lambda: all(arena.slate[number].reloads for number in range(plan.samples)),
            "a reload byte in every touched vassal",
            LIMIT_SECONDS,
        )
        return [(arena.slate[number].reloaded_ns - then) / 1e6 for number, then in enumerate(touched_ns)]
