"""Two edits within one second: how many of them reach the vassal."""

from __future__ import annotations

import random
import time

from benchmarks.arena import Arena
from benchmarks.contestants import Contestant
from benchmarks.plan import Plan
from benchmarks.results import Goal, Result

__all__ = ["measure"]

LIMIT_SECONDS = 15.0
QUIET_SECONDS = 5.0
"""Longer than uWSGI's scans are apart: what it has not seen by then it never sees."""


def measure(plan: Plan) -> list[Result]:
    """Give each of many vassals one pair of edits; an edit is seen when a reload byte of its own follows it."""
    seen = {contestant.name: 0.0 for contestant in plan.contestants()}
    for turn, contestant in plan.turns():
        seen[contestant.name] += edits_seen(plan, contestant, plan.seed + turn)
    made = 2 * plan.samples * plan.rounds
    shares = {name: number / made * 100 for name, number in seen.items()}
    what = "two edits within one second: edits seen"
    note = f"of {made} edits, ours saw {seen['ours']:g}"
    return [Result("edits", what, "%", shares.get("uWSGI"), shares["ours"], Goal(at_least=100), note)]


def edits_seen(plan: Plan, contestant: Contestant, seed: int) -> int:
    """Return how many reload bytes arrived for two edits of each file, both in one and the same second."""
    chance = random.Random(seed)
    with Arena(contestant, plan.vassal, plan.samples) as arena:
        for number in range(plan.samples):
            arena.add(number)
        arena.start()
        arena.wait_loyal(plan.samples, LIMIT_SECONDS + plan.samples / 50)
        for number in range(plan.samples):
            edit_twice_within_one_second(arena, number, chance)
        deadline = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < deadline and reloads(arena, plan.samples) < 2 * plan.samples:
            time.sleep(0.02)
        return min(reloads(arena, plan.samples), 2 * plan.samples)


def edit_twice_within_one_second(arena: Arena, number: int, chance: random.Random) -> None:
    """Edit, wait 0.1 to 0.4 s, edit: within one whole second of the wall clock, as file times are compared."""
    gap_seconds = chance.uniform(0.1, 0.4)
    into_the_second = time.time() % 1
    if into_the_second + gap_seconds > 0.9:
        time.sleep(1 - into_the_second + 0.01)
    arena.edit(number, "first")
    time.sleep(gap_seconds)
    arena.edit(number, "second")


def reloads(arena: Arena, vassals: int) -> int:
    return sum(arena.slate[number].reloads for number in range(vassals))
