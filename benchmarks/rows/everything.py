"""The same with everything switched on: owners, hooks, heartbeat, throttle, sockets on demand, stats."""

from __future__ import annotations

import os

from benchmarks.arena import Setting
from benchmarks.contestants import compiler
from benchmarks.plan import Plan, hard_descriptor_limit
from benchmarks.results import Goal, Result, median
from benchmarks.rows.coldstart import cold_start
from benchmarks.rows.touched import delays_of, touch_all

__all__ = ["measure"]

_OWNER = 48_000
_OPTIONS = (
    *("--emperor-stats", "{root}/stats", "--emperor-on-demand-extension", ".socket"),
    *("--emperor-required-heartbeat", "60", "--emperor-throttle", "100", "--emperor-max-throttle", "1000"),
    *("--vassal-set", "colour=red", "--vassals-include-before", "/dev/null"),
)
_TYRANT = ("--emperor-tyrant",)
_HOOKS = ("--hook-as-vassal", "write:/dev/null x", "--exec-as-vassal", ":")


def measure(plan: Plan) -> list[Result]:
    """Start all with everything that needs no shell, then with hooks as well, and touch them."""
    # Only root can give files away, and only a program that everybody may run runs as somebody else.
    is_tyrant = os.geteuid() == 0 and compiler() is not None
    owner, options = (_OWNER, (*_OPTIONS, *_TYRANT)) if is_tyrant else (None, _OPTIONS)
    who = "Tyrant, stats, heartbeat, throttle, on demand" if is_tyrant else "stats, heartbeat, throttle, on demand"
    without_hooks, with_hooks = Setting(options, owner), Setting((*options, *_HOOKS), owner)
    return [
        _start_all(plan, without_hooks, who),
        _start_all(plan, with_hooks, f"{who}, two hooks, one of them a shell"),
        *_touch_all(plan, with_hooks),
    ]


def _start_all(plan: Plan, setting: Setting, how: str) -> Result:
    hard = hard_descriptor_limit()
    rates: dict[str, list[float]] = {contestant.name: [] for contestant in plan.contestants()}
    for _, contestant in plan.turns():
        rates[contestant.name].append(cold_start(plan, contestant, plan.vassals, hard, setting).per_second)
    theirs = median(rates["uWSGI"]) if plan.uwsgi else None
    what = f"cold start of {plan.vassals} minimal vassals with {how}"
    return Result("everything", what, "/s", theirs, median(rates["ours"]), Goal(times_uwsgi=4), samples=rates)


def _touch_all(plan: Plan, setting: Setting) -> list[Result]:
    delays: dict[str, list[float]] = {contestant.name: [] for contestant in plan.contestants()}
    for turn, contestant in plan.turns():
        delays[contestant.name] += touch_all(plan, contestant, plan.seed + turn, setting)
    return delays_of("everything", "file touched → reload byte in the vassal, everything on", 5, delays)
