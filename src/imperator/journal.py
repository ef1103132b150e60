"""What the log says of a vassal's moves, in uWSGI's words where it has some."""

from __future__ import annotations

import logging

from imperator.errors import ImperatorError
from imperator.policy.phases import Event, Phase
from imperator.policy.vassal import VassalSpec, VassalState

__all__ = [
    "tell",
    "tell_killing",
    "tell_launch_failure",
    "tell_loyal",
    "tell_reinforcement",
    "tell_socket_failure",
    "tell_state",
    "tell_stopping",
    "tell_unknown_message",
    "tell_update_at_rest",
]

_log = logging.getLogger(__name__)

_LINES: dict[Event, tuple[int, str]] = {
    Event.LAUNCHED: (logging.DEBUG, "vassal %s has got process {pid}"),
    Event.SOCKET_BOUND: (logging.INFO, '%s -> "on demand" instance, waiting for connections on socket "{socket}" ...'),
    Event.SPAWNED: (logging.INFO, "vassal %s has been spawned"),
    Event.ACCEPTING: (logging.INFO, "vassal %s is ready to accept requests"),
    Event.SILENT: (logging.DEBUG, "vassal %s did not answer the reload; it is taken to be done"),
    Event.TOLD_TO_RELOAD: (logging.INFO, "reload the uwsgi instance %s"),
    Event.TOLD_TO_STOP: (logging.INFO, "stop the uwsgi instance %s"),
    Event.CHANNEL_LOST: (logging.INFO, "curse the uwsgi instance %s (pid: {pid})"),
    Event.DIED_AS_ASKED: (logging.INFO, "removed uwsgi instance %s ({death})"),
    Event.DIED_LOYAL: (logging.WARNING, "vassal %s {death} although it was loyal: it starts again"),
    Event.DIED_DISLOYAL: (logging.WARNING, "unloyal bad behaving vassal found: %s {death}: {throttle}"),
    Event.HELD_DOWN: (logging.INFO, "vassal %s stays down until it is commanded to run"),
    Event.DIED_EXILED: (logging.WARNING, "vassal %s went into exile: it stays down until its configuration changes"),
}


def tell(state: VassalState, before: Phase, event: Event) -> None:
    """Log one move of a vassal.

    :param before: The phase it left. Where it left none, nothing new is told.
    """
    line = _LINES.get(event)
    if line is None or (before is state.phase and event in (Event.CHANNEL_LOST, Event.TOLD_TO_STOP)):
        return
    level, text = line
    if not _log.isEnabledFor(level):
        return
    if "{" in text:
        process = state.process
        text = text.format(
            pid=process.pid if process is not None else -1,
            socket=(state.socket or "").replace("%", "%%"),
            death=state.last_death,
            throttle=_throttle(state),
        )
    _log.log(level, text, state.name, extra={"vassal": state.name, "event": event.name.lower()})


def _throttle(state: VassalState) -> str:
    if state.offence is None:
        return "starting it again"
    return f"throttling it, next try in {state.offence.wait_seconds:g} s"


def tell_loyal(state: VassalState) -> None:
    """Log that a vassal proved itself."""
    _log.info("vassal %s is now loyal", state.name, extra={"vassal": state.name, "event": "loyal"})


def tell_reinforcement(state: VassalState, number: int) -> None:
    """Log that a vassal gets a zerg."""
    _log.info(
        "going in broodlord mode: launching zerg %d for %s",
        number,
        state.name,
        extra={"vassal": state.name, "event": "reinforced"},
    )


def tell_update_at_rest(state: VassalState) -> None:
    """Log that a vassal that waits for a connection will start with a newer configuration."""
    _log.info(
        'updated configuration for "on demand" instance %s',
        state.name,
        extra={"vassal": state.name, "event": "updated_at_rest"},
    )


def tell_killing(state: VassalState, pid: int, reason: str) -> None:
    """Log that a vassal is sent SIGKILL, and why."""
    _log.warning(
        "vassal %s (pid: %d) %s: killing it", state.name, pid, reason, extra={"vassal": state.name, "event": "killed"}
    )


def tell_not_killed(state: VassalState) -> None:
    """Log that a vassal cannot be killed."""
    _log.error(
        "vassal %s runs as another user and may not be killed by ours: give the Emperor CAP_KILL",
        state.name,
        extra={"vassal": state.name, "event": "not_killed"},
    )


def tell_stopping(state: VassalState, reason: str) -> None:
    """Log that a vassal is stopped although it is wanted, and why."""
    _log.warning(
        "vassal %s: %s: stopping the instance", state.name, reason, extra={"vassal": state.name, "event": "stopped"}
    )


def tell_launch_failure(state: VassalState, failure: ImperatorError) -> None:
    """Log that a vassal could not be given a process."""
    _log.error("%s", failure, extra={"vassal": state.name, "event": "launch_failed"})


def tell_socket_failure(state: VassalState, failure: ImperatorError) -> None:
    """Log that nobody can listen for a vassal."""
    _log.error("%s: %s", state.name, failure, extra={"vassal": state.name, "event": "launch_failed"})


def tell_unknown_message(state: VassalState, message: int) -> None:
    """Log that a vassal said something the protocol does not know."""
    _log.debug("vassal %s said %d, which means nothing to me", state.name, message)


def tell_state(spec: VassalSpec | None, state: VassalState) -> None:
    """Log how a vassal stands, for SIGUSR1."""
    process = state.process
    _log.info(
        "vassal instance %s (last modified %d) status %s pid %d loyal %d",
        state.name,
        spec.modified if spec is not None else 0,
        state.phase.value,
        process.pid if process is not None else -1,
        process is not None and process.loyal_at is not None,
        extra={"vassal": state.name, "event": "state"},
    )
