"""Spawning with `ulimit -n` at its hard maximum beside spawning at 1,024: it should cost the same."""

from __future__ import annotations

from benchmarks.contestants import Contestant
from benchmarks.plan import DESCRIPTORS_BESIDES, DESCRIPTORS_PER_VASSAL, Plan, hard_descriptor_limit
from benchmarks.results import Goal, Result, median
from benchmarks.rows.coldstart import cold_start

__all__ = ["measure"]

USUAL_LIMIT = 1024
SAME = 0.85
"""What counts as the same rate: two runs of one thing differ by about a tenth on a machine that does other things."""


def measure(plan: Plan) -> list[Result]:
    """Start as many vassals as 1,024 descriptors are enough for, under either limit, in turns."""
    vassals = min(plan.vassals, (USUAL_LIMIT - DESCRIPTORS_BESIDES) // DESCRIPTORS_PER_VASSAL)
    hard = hard_descriptor_limit()
    rates: dict[tuple[str, int], list[float]] = {}
    for _ in range(plan.rounds + 1):
        for contestant in plan.contestants():
            for limit in (USUAL_LIMIT, hard):
                rate = cold_start(plan, contestant, vassals, limit).per_second
                rates.setdefault((contestant.name, limit), []).append(rate)

    def slowdown(contestant: Contestant | None) -> float | None:
        if contestant is None:
            return None
        return median(rates[contestant.name, hard]) / median(rates[contestant.name, USUAL_LIMIT])

    note = (
        f"{vassals} vassals; ours {median(rates['ours', USUAL_LIMIT]):,.0f}/s and {median(rates['ours', hard]):,.0f}/s"
    )
    what = f"spawn rate at {hard:,} descriptors through that at {USUAL_LIMIT:,}"
    samples = {f"{name} at {limit}": values for (name, limit), values in rates.items()}
    return [
        Result(
            "descriptors", what, "ratio", slowdown(plan.uwsgi), slowdown(plan.ours), Goal(at_least=SAME), note, samples
        )
    ]
