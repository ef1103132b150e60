"""What the outage of one source costs the others of the same Emperor."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from benchmarks.arena import Arena
from benchmarks.contestants import MissingToolError
from benchmarks.feeds import Feed, postgres, zeromq
from benchmarks.plan import Plan
from benchmarks.results import Goal, Result, median
from benchmarks.rows.touched import LIMIT_SECONDS

__all__ = ["measure"]

SPACING_SECONDS = 0.2
AT_MOST_TIMES = 1.5
"""Two runs of one thing differ by less."""

Delays = dict[str, list[float]]


def measure(plan: Plan) -> list[Result]:
    """Touch files and send messages before PostgreSQL goes away and while it is: first frozen, then killed."""
    try:
        before, *outages = latencies(plan)
    except MissingToolError as error:
        print(f"not measured: {error}", file=sys.stderr)
        return []
    return [
        compare(kind, what, before[kind], during[kind])
        for what, during in zip(("hangs", "is down"), outages, strict=True)
        for kind in before
    ]


def compare(kind: str, what: str, before: list[float], during: list[float]) -> Result:
    was, became = median(before), median(during)
    text = f"{kind} → reload byte while PostgreSQL {what}, through before"
    note = f"median {was:.3g} ms before, {became:.3g} ms during; {len(during)} samples each"
    samples = {"before": before, "during": during}
    return Result("outage", text, "times", None, became / was, Goal(at_most=AT_MOST_TIMES), note, samples)


def latencies(plan: Plan) -> list[Delays]:
    """Return the milliseconds of each kind of source before, while the server hangs, and while it is down."""
    samples = plan.samples * plan.rounds
    names = [f"v{number:06}.ini" for number in range(2 * samples + 1)]
    messages, row = names[samples : 2 * samples], names[2 * samples :]
    with postgres(row) as database, zeromq(messages) as feed, Arena(plan.ours, plan.vassal, len(names)) as arena:
        for number in range(samples):
            arena.add(number)
        arena.start(str(arena.vassals), database.target, feed.target)
        arena.wait_loyal(len(names), LIMIT_SECONDS + len(names) / 50)
        delays = []
        for reloads, act in enumerate((lambda: None, database.freeze, database.kill), 1):
            act()
            delays.append(measure_both(arena, feed, samples, reloads=reloads, seed=plan.seed))
        return delays


def measure_both(arena: Arena, feed: Feed, samples: int, *, reloads: int, seed: int) -> Delays:
    """Touch every file and every message's vassal once, in turns."""
    chance, touched_ns = random.Random(seed), dict[int, int]()

    def touch(number: int, act: Callable[[], object]) -> None:
        time.sleep(chance.uniform(0, SPACING_SECONDS))
        touched_ns[number] = time.monotonic_ns()
        act()

    for number in range(samples):
        touch(number, lambda number=number: arena.touch(number))  # type: ignore[misc]
        touch(number + samples, lambda number=number: feed.touch(arena.name(number + samples).name))  # type: ignore[misc]
    arena.wait(
        lambda: all(arena.slate[number].reloads >= reloads for number in range(2 * samples)),
        "a reload byte in every touched vassal",
        LIMIT_SECONDS,
    )
    delays = [(arena.slate[number].reloaded_ns - touched_ns[number]) / 1e6 for number in range(2 * samples)]
    return {"a file": delays[:samples], "a message": delays[samples:]}
