"""File added → the vassal's first instruction."""

from __future__ import annotations

import random
import time

from benchmarks.arena import Arena
from benchmarks.contestants import Contestant
from benchmarks.plan import Plan
from benchmarks.results import Result
from benchmarks.rows.touched import LIMIT_SECONDS, SPACING_SECONDS, delays_of

__all__ = ["measure"]


def measure(plan: Plan) -> list[Result]:
    """Rename one whole file after the other into the directory, at random moments."""
    delays: dict[str, list[float]] = {contestant.name: [] for contestant in plan.contestants()}
    for turn, contestant in plan.turns():
        delays[contestant.name] += add_all(plan, contestant, plan.seed + turn)
    return delays_of("added", "file added → vassal's first instruction", 10, delays)


def add_all(plan: Plan, contestant: Contestant, seed: int) -> list[float]:
    """Return the milliseconds from each rename to the first instruction of its vassal."""
    chance = random.Random(seed)
    with Arena(contestant, plan.vassal, plan.samples + 1) as arena:
        arena.add(plan.samples)  # one that shows that the Emperor is up
        arena.start()
        arena.wait_loyal(1, LIMIT_SECONDS)
        added_ns = []
        for number in range(plan.samples):
            time.sleep(chance.uniform(0, SPACING_SECONDS))
            added_ns.append(arena.add(number))
        arena.wait_loyal(plan.samples + 1, LIMIT_SECONDS)
        return [(arena.slate[number].started_ns - then) / 1e6 for number, then in enumerate(added_ns)]
