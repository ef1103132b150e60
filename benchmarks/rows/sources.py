"""A change is committed, published or sent → reload byte in the vassal, for each source whose server is here."""

from __future__ import annotations

import random
import sys
import time

from benchmarks.arena import Arena
from benchmarks.contestants import Contestant, MissingToolError
from benchmarks.feeds import FEEDS, Feed, Make
from benchmarks.plan import Plan
from benchmarks.results import Result
from benchmarks.rows.touched import LIMIT_SECONDS, SPACING_SECONDS, delays_of

__all__ = ["measure", "touch_all"]

GOAL_MS = 50


def measure(plan: Plan) -> list[Result]:
    """Have each of many vassals of each source reload once, at random moments."""
    results: list[Result] = []
    for what, make in FEEDS.items():
        try:
            delays = delays_through(plan, make)
        except MissingToolError as error:
            print(f"not measured: {error}", file=sys.stderr)
            continue
        results += delays_of("sources", f"{what} → reload byte in the vassal", GOAL_MS, delays)
    return results


def delays_through(plan: Plan, make: Make) -> dict[str, list[float]]:
    """Return the milliseconds of each contestant that has a monitor for such a source."""
    names = [f"v{number:06}.ini" for number in range(plan.samples)]
    delays: dict[str, list[float]] = {}
    for turn in range(plan.rounds):
        with make(names) as feed:
            delays.setdefault(plan.ours.name, []).extend(
                touch_all(plan, plan.ours, feed, feed.target, plan.seed + turn)
            )
        theirs, target = plan.uwsgi_pg, feed.uwsgi_target
        if theirs is not None and target is not None:
            with make(names) as feed:
                target = str(feed.uwsgi_target)
                delays.setdefault(theirs.name, []).extend(touch_all(plan, theirs, feed, target, plan.seed + turn))
    return delays


def touch_all(plan: Plan, contestant: Contestant, feed: Feed, target: str, seed: int) -> list[float]:
    """Return the milliseconds from each change to its reload byte."""
    chance = random.Random(seed)
    with Arena(contestant, plan.vassal, plan.samples) as arena:
        arena.start(target)
        arena.wait_loyal(plan.samples, LIMIT_SECONDS + plan.samples / 50)
        touched_ns = []
        for number in range(plan.samples):
            time.sleep(chance.uniform(0, SPACING_SECONDS))
            touched_ns.append(time.monotonic_ns())
            feed.touch(arena.name(number).name)
        arena.wait(
            lambda: all(arena.slate[number].reloads for number in range(plan.samples)),
            "a reload byte in every touched vassal",
            LIMIT_SECONDS,
        )
        return [(arena.slate[number].reloaded_ns - then) / 1e6 for number, then in enumerate(touched_ns)]
