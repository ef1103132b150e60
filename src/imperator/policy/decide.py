"""What to do about the difference between what is wanted of one vassal and what is."""

from __future__ import annotations

from dataclasses import dataclass

from imperator.policy.discipline import Rules
from imperator.policy.phases import Phase
from imperator.policy.vassal import Order, ProcessState, VassalSpec, VassalState

__all__ = [
    "CloseSocket",
    "Decision",
    "Forget",
    "Hold",
    "Kill",
    "Launch",
    "Listen",
    "Presume",
    "Reload",
    "Stop",
    "TakeNote",
    "decide",
    "due_at",
]


@dataclass(frozen=True, slots=True)
class Launch:
    """Make a process for it."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Listen on its socket and wait for the first connection."""


@dataclass(frozen=True, slots=True)
class CloseSocket:
    """Listen for it no longer."""


@dataclass(frozen=True, slots=True)
class TakeNote:
    """Remember that it starts with a newer configuration when it starts."""


@dataclass(frozen=True, slots=True)
class Reload:
    """Send it the reload byte."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Leave it down until it is commanded to run."""


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


Decision = Launch | Listen | CloseSocket | TakeNote | Reload | Presume | Stop | Kill | Forget | Hold


def decide(spec: VassalSpec | None, state: VassalState, now: float, rules: Rules) -> Decision | None:
    """Say what is to be done about one vassal now. Changes nothing and touches nothing.

    Carrying the decision out and asking again at the same moment gives None.

    :param spec: What is wanted. None: the vassal is gone.
    :param now: Monotonic seconds.
    :returns: The one thing to do, or None: reality is in line, or something has to be waited for (see `due_at`).
    """
    process = state.process
    if process is None:
        return _decide_start(spec, state, now, rules)
    if process.cursed_at is not None or process.killed_at is not None:
        unwanted = spec is None or state.order is Order.STAY_DOWN
        return _decide_curse(process, now, rules, unwanted=unwanted)
    if spec is None or state.order is Order.STAY_DOWN:
        return Stop(rules.graceful_stop)
    if process.owner is not None and process.owner != (spec.uid, spec.gid):
        return Stop(rules.graceful_stop, "permissions of its configuration changed")
    if process.heartbeat_at is not None and now >= process.heartbeat_at + rules.heartbeat_seconds:
        return Kill(f"sent no heartbeat in the last {rules.heartbeat_seconds:g} seconds")
    if process.told_reload_at is not None:
        # uWSGI reads its configuration after it has taken the byte: whatever changes before it answers needs one more
        # byte at most, not one each.
        return Presume() if now >= _presumed_at(process.told_reload_at, process, rules) else None
    is_text = spec.config is not None
    if spec.directory != process.directory or spec.socket != state.socket or is_text != process.takes_text:
        return Stop(rules.graceful_stop)  # a reload would change none of these
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
        moments.append(_presumed_at(process.told_reload_at, process, rules))
    return min(moments, default=None)


def _decide_start(spec: VassalSpec | None, state: VassalState, now: float, rules: Rules) -> Decision | None:
    if spec is None:
        return Forget()
    is_held = _is_held(spec, state, rules)
    if state.socket is not None and (is_held or state.socket != spec.socket):
        return CloseSocket()
    if is_held:
        return None if state.phase is Phase.HELD else Hold()
    if state.phase is Phase.LISTENING:
        return _decide_listening(spec, state)
    if not _may_start(spec, state, now):
        return None
    return Launch() if spec.socket is None else Listen()


def _decide_listening(spec: VassalSpec, state: VassalState) -> Decision | None:
    if state.called:
        return Launch()
    return TakeNote() if spec.version != state.tried_version else None


def _may_start(spec: VassalSpec, state: VassalState, now: float) -> bool:
    if state.phase is Phase.HELD or state.summoned or spec.version != state.tried_version:
        return True
    if state.phase is Phase.EXILED:
        return False
    throttled_until = _throttled_until(state)
    return throttled_until is None or now >= throttled_until


def _is_held(spec: VassalSpec, state: VassalState, rules: Rules) -> bool:
    is_zerg = state.key[2] != 0  # zergs are their vassal's business
    if rules.waits_for_command(state.name) and not is_zerg:
        return state.order is not Order.RUN
    return state.order is Order.STAY_DOWN and spec.version == state.tried_version


def _throttled_until(state: VassalState) -> float | None:
    if state.phase is Phase.THROTTLED and state.offence is not None:
        return state.offence.until
    return None


def _decide_curse(process: ProcessState, now: float, rules: Rules, *, unwanted: bool) -> Decision | None:
    since = process.killed_at if process.killed_at is not None else process.cursed_at
    if since is not None and now >= since + rules.curse_seconds:
        return Kill(f"still there after {rules.curse_seconds:g} seconds")
    if process.killed_at is None and (process.stop_unheard or (unwanted and not process.asked_to_stop)):
        return Stop(rules.graceful_stop)
    return None


def _presumed_at(told_at: float, process: ProcessState, rules: Rules) -> float:
    return told_at + (rules.silence_seconds if process.answers else rules.mute_seconds)
