"""The phases of a vassal's life, and the one table of legal transitions."""

from __future__ import annotations

from enum import Enum

__all__ = ["TRANSITIONS", "Event", "IllegalTransitionError", "Phase", "next_phase"]


class Phase(Enum):
    """Where a vassal stands. Each value is what people see in logs and stats."""

    WAITING = "waiting"
    """Nothing runs. It starts as soon as its turn comes."""
    THROTTLED = "throttled"
    """Nothing runs. It died before it was loyal, and its next start has to wait."""
    LISTENING = "listening"
    """Nothing runs. The Emperor listens on its socket, and the first connection starts it."""
    STARTING = "starting"
    """A process runs and has not said yet that it is spawned."""
    RUNNING = "running"
    """The process has said that it is spawned: configuration read, privileges dropped."""
    RELOADING = "reloading"
    """It was told to reload and has not answered yet."""
    STOPPING = "stopping"
    """It was asked to stop. The curse runs."""
    CURSED = "cursed"
    """It closed its channel without having been asked to stop. The curse runs."""
    DOOMED = "doomed"
    """It was sent SIGKILL and is not buried yet."""
    EXILED = "exiled"
    """It exited with 26: it stays down until its configuration changes or somebody asks for it."""
    HELD = "held"
    """Nothing runs. It was stopped by a command, or has to wait for one: it stays down until one comes."""
    GONE = "gone"
    """Nothing runs, nothing is wanted: forgotten."""


class Event(Enum):
    """What moves a vassal from phase to phase. Each value reads after "a vassal that"."""

    LAUNCHED = "got a process"
    LAUNCH_FAILED = "could not be given a process"
    SOCKET_BOUND = "got its socket"
    SOCKET_REFUSED = "could not be given its socket"
    SOCKET_CLOSED = "lost its socket"
    SPAWNED = "said that it is spawned"
    ACCEPTING = "said that it accepts requests"
    SILENT = "did not answer in time"
    TOLD_TO_RELOAD = "was told to reload"
    TOLD_TO_STOP = "was told to stop"
    CHANNEL_LOST = "closed its channel"
    KILLED = "was sent SIGKILL"
    DIED_AS_ASKED = "died because it was asked to"
    DIED_LOYAL = "died although it was loyal"
    DIED_DISLOYAL = "died before it was loyal"
    DIED_EXILED = "exited with the exile code"
    HELD_DOWN = "has to wait for a command"
    FORGOTTEN = "is wanted no longer"


def _table() -> dict[tuple[Phase, Event], Phase]:
    table: dict[tuple[Phase, Event], Phase] = {}
    for phase in (Phase.WAITING, Phase.THROTTLED, Phase.EXILED):
        table[phase, Event.HELD_DOWN] = Phase.HELD
    for phase in (Phase.WAITING, Phase.THROTTLED, Phase.EXILED, Phase.HELD, Phase.LISTENING):
        table[phase, Event.LAUNCHED] = Phase.STARTING
        table[phase, Event.LAUNCH_FAILED] = Phase.THROTTLED
        table[phase, Event.FORGOTTEN] = Phase.GONE
    for phase in (Phase.WAITING, Phase.THROTTLED, Phase.EXILED, Phase.LISTENING):
        table[phase, Event.SOCKET_CLOSED] = Phase.WAITING
    for phase in (Phase.WAITING, Phase.THROTTLED, Phase.EXILED, Phase.HELD):
        table[phase, Event.SOCKET_BOUND] = Phase.LISTENING
        table[phase, Event.SOCKET_REFUSED] = Phase.THROTTLED
    for phase in (Phase.STARTING, Phase.RUNNING, Phase.RELOADING):
        table[phase, Event.SPAWNED] = Phase.RUNNING
        table[phase, Event.ACCEPTING] = Phase.RUNNING
        table[phase, Event.TOLD_TO_STOP] = Phase.STOPPING
        table[phase, Event.CHANNEL_LOST] = Phase.CURSED
        table[phase, Event.KILLED] = Phase.DOOMED
        table[phase, Event.TOLD_TO_RELOAD] = Phase.RELOADING
    # uWSGI says "spawned" in its first life only, and "accepting" only where it has workers: a reloaded vassal that
    # has none never answers.
    table[Phase.RELOADING, Event.SILENT] = Phase.RUNNING
    # Bytes already on their way when the stop was sent.
    for phase in (Phase.STOPPING, Phase.CURSED, Phase.DOOMED):
        table[phase, Event.SPAWNED] = phase
        table[phase, Event.ACCEPTING] = phase
        table[phase, Event.CHANNEL_LOST] = phase
        table[phase, Event.KILLED] = Phase.DOOMED
    # Asked again, because it did not hear; or unwanted, or done by its own account, after all.
    table[Phase.STOPPING, Event.TOLD_TO_STOP] = Phase.STOPPING
    table[Phase.CURSED, Event.TOLD_TO_STOP] = Phase.STOPPING
    table[Phase.DOOMED, Event.TOLD_TO_STOP] = Phase.DOOMED
    for phase in (Phase.STARTING, Phase.RUNNING, Phase.RELOADING, Phase.STOPPING, Phase.CURSED, Phase.DOOMED):
        table[phase, Event.DIED_AS_ASKED] = Phase.WAITING
        table[phase, Event.DIED_LOYAL] = Phase.WAITING
        table[phase, Event.DIED_DISLOYAL] = Phase.THROTTLED
        table[phase, Event.DIED_EXILED] = Phase.EXILED
    return table


TRANSITIONS = _table()
"""Every move a vassal may make; what is not in here is refused."""


class IllegalTransitionError(RuntimeError):
    """Something happened to a vassal that its phase does not allow: a bug of the Emperor's, never of the vassal's."""

    def __init__(self, name: str, phase: Phase, event: Event) -> None:
        self.name = name
        self.phase = phase
        self.event = event
        super().__init__(f"vassal {name!r} is {phase.value}: it cannot be one that {event.value}; please report this")


def next_phase(name: str, phase: Phase, event: Event) -> Phase:
    """Tell where an event takes a vassal.

    :param name: The vassal's name, for the error.
    :raises IllegalTransitionError: The table does not allow the event in this phase.
    """
    try:
        return TRANSITIONS[phase, event]
    except KeyError:
        raise IllegalTransitionError(name, phase, event) from None
