"""What to do about the difference between what is wanted of one vassal and what is."""

from __future__ import annotations

from dataclasses import dataclass

from imperator.policy.discipline import Rules
from imperator.policy.phases import Phase
from imperator.policy.vassal import ProcessState, VassalSpec, VassalState

__all__ = ["Decision", "Forget", "Kill", "Launch", "Presume", "Reload", "Stop", "decide", "due_at"]


@dataclass(frozen=True, slots=True)
class Launch:
    """Make a process for it."""


@dataclass(frozen=True, slots=True)
class Reload:
    """Send it the reload byte."""


@dataclass(frozen=True, slots=True)
class Presume:
    """Take it that the reload it does not answer is done."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask it to stop.

    :param graceful: Let it finish its requests first.
    :param reason: Why, for people, where it is not that nobody wants it any more.
    """

    graceful: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Kill:
    """Send it SIGKILL.

    :param reason: Why, for people.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Strike it off."""


Decision = Launch | Reload | Presume | Stop | Kill | Forget


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
    if process.owner is not None and process.owner != (spec.uid, spec.gid):
        return Stop(rules.graceful_stop, "permissions of its configuration changed")
    if process.heartbeat_at is not None and now >= process.heartbeat_at + rules.heartbeat_seconds:
        return Kill(f"sent no heartbeat in the last {rules.heartbeat_seconds:g} seconds")
    if process.told_reload_at is not None:
        # uWSGI reads its configuration after it has taken the byte: whatever changes before it answers needs one more
        # byte at most, not one each.
        return Presume() if now >= process.told_reload_at + rules.silence_seconds else None
    if state.summoned or spec.version != process.version:
        return Reload()
    return None


def due_at(spec: VassalSpec | None, state: VassalState, rules: Rules) -> float | None:
    """Tell when `decide` may answer otherwise without anything having happened, in monotonic seconds.

    :returns: None: never, by the mere passing of time.
    """
    process = state.process
    if process is None:
        return _throttled_until(state) if spec is not None else None
    if process.killed_at is not None:
        return process.killed_at + rules.curse_seconds
    if process.cursed_at is not None:
        return process.cursed_at + rules.curse_seconds
    moments = []
    if process.heartbeat_at is not None:
        moments.append(process.heartbeat_at + rules.heartbeat_seconds)
    if process.told_reload_at is not None:
        moments.append(process.told_reload_at + rules.silence_seconds)
    return min(moments, default=None)


def _decide_start(spec: VassalSpec | None, state: VassalState, now: float) -> Decision | None:
    if spec is None:
        return Forget()
    if state.summoned or spec.version != state.tried_version:
        return Launch()
    if state.phase is Phase.EXILED:
        return None
    throttled_until = _throttled_until(state)
    return Launch() if throttled_until is None or now >= throttled_until else None


def _throttled_until(state: VassalState) -> float | None:
    if state.phase is Phase.THROTTLED and state.offence is not None:
        return state.offence.until
    return None


def _decide_curse(spec: VassalSpec | None, process: ProcessState, now: float, rules: Rules) -> Decision | None:
    since = process.killed_at if process.killed_at is not None else process.cursed_at
    if since is not None and now >= since + rules.curse_seconds:
        return Kill(f"still there after {rules.curse_seconds:g} seconds")
    if process.killed_at is None and (process.stop_unheard or (spec is None and not process.asked_to_stop)):
        return Stop(rules.graceful_stop)
    return None
