"""What to do about the difference between what is wanted of one vassal and what is."""

from __future__ import annotations

from dataclasses import dataclass

from imperator.policy.discipline import Rules
from imperator.policy.phases import Phase
from imperator.policy.vassal import ProcessState, VassalSpec, VassalState

__all__ = ["Decision", "Forget", "Kill", "Launch", "Reload", "Stop", "decide", "due_at"]


@dataclass(frozen=True, slots=True)
class Launch:
    """Make a process for it."""


@dataclass(frozen=True, slots=True)
class Reload:
    """Send it the reload byte."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask it to stop.

    :param graceful: Let it finish its requests first.
    """

    graceful: bool


@dataclass(frozen=True, slots=True)
class Kill:
    """Send it SIGKILL.

    :param reason: Why, for people.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Strike it off."""


Decision = Launch | Reload | Stop | Kill | Forget


def decide(spec: VassalSpec | None, state: VassalState, now: float, rules: Rules) -> Decision | None:
    """Say what is to be done about one vassal now. Changes nothing and touches nothing.

    Carrying the decision out and asking again at the same moment gives None.

    :param spec: What is wanted. None: the vassal is gone.
    :param now: Monotonic seconds.
    :returns: The one thing to do, or None: reality is in line, or something has to be waited for (see `due_at`).
    """
    process = state.process
    if process is None:
        return _decide_start(spec, state, now)
    if process.cursed_at is not None or process.killed_at is not None:
        return _decide_curse(spec, process, now, rules)
    if spec is None:
        return Stop(rules.graceful_stop)
    if process.heartbeat_at is not None and now >= process.heartbeat_at + rules.heartbeat_seconds:
        return Kill(f"sent no heartbeat in the last {rules.heartbeat_seconds:g} seconds")
    if _reload_wanted(spec, state, process) and now >= _reload_allowed_at(process, rules):
        return Reload()
    return None


def due_at(spec: VassalSpec | None, state: VassalState, rules: Rules) -> float | None:
    """Tell when `decide` may answer otherwise without anything having happened, in monotonic seconds.

    :returns: None: never, by the mere passing of time.
    """
    process = state.process
    if process is None:
        waits = spec is not None and state.phase is Phase.THROTTLED and state.offence is not None
        return state.offence.until if waits and state.offence is not None else None
    if process.killed_at is not None:
        return process.killed_at + rules.curse_seconds
    if process.cursed_at is not None:
        return process.cursed_at + rules.curse_seconds
    moments = []
    if process.heartbeat_at is not None:
        moments.append(process.heartbeat_at + rules.heartbeat_seconds)
    if spec is not None and _reload_wanted(spec, state, process):
        allowed_at = _reload_allowed_at(process, rules)
        if allowed_at != float("inf"):
            moments.append(allowed_at)
    return min(moments, default=None)


def _decide_start(spec: VassalSpec | None, state: VassalState, now: float) -> Decision | None:
    if spec is None:
        return Forget()
    if state.summoned or spec.version != state.tried_version:
        return Launch()
    if state.phase is Phase.EXILED:
        return None
    if state.offence is not None and now < state.offence.until:
        return None
    return Launch()


def _decide_curse(spec: VassalSpec | None, process: ProcessState, now: float, rules: Rules) -> Decision | None:
    since = process.killed_at if process.killed_at is not None else process.cursed_at
    if since is not None and now >= since + rules.curse_seconds:
        return Kill(f"still there after {rules.curse_seconds:g} seconds")
    if spec is None and not process.asked_to_stop and process.killed_at is None:
        return Stop(rules.graceful_stop)
    return None


def _reload_wanted(spec: VassalSpec, state: VassalState, process: ProcessState) -> bool:
    return state.summoned or spec.version != process.version


def _reload_allowed_at(process: ProcessState, rules: Rules) -> float:
    """Tell from when on another reload byte may be sent.

    uWSGI reads its configuration after it has taken the byte, so changes that come before it says "spawned" need one
    more byte at most, not one each. A vassal that has never said so might not speak at all: it gets its byte after a
    while.
    """
    if process.told_reload_at is None:
        return float("-inf")
    if process.answers:
        return float("inf")
    return process.told_reload_at + rules.silence_seconds
