"""Writing down what happens to a vassal: the one door through which its state changes."""

from __future__ import annotations

from collections.abc import Callable

from imperator.policy.discipline import Rules, punished
from imperator.policy.phases import Event, Phase, next_phase
from imperator.policy.vassal import ProcessState, VassalSpec, VassalState

__all__ = ["EXILE_CODE", "Chronicle"]

EXILE_CODE = 26
"""Exit code of a vassal that does not want to be started again."""

Announce = Callable[[VassalState, Phase, Event], None]
"""Called after each move with the vassal, the phase it left, and what happened."""


class Chronicle:
    """Records happenings. Each method states a fact; what follows from it is `decide`'s matter.

    Every moment is an argument, in monotonic seconds.

    :param announce: Told of every move.
    """

    def __init__(self, rules: Rules, announce: Announce) -> None:
        self._rules = rules
        self._announce = announce

    def _move(self, state: VassalState, event: Event) -> None:
        before = state.phase
        state.phase = next_phase(state.name, before, event)
        self._announce(state, before, event)

    def launched(
        self, state: VassalState, spec: VassalSpec, pid: int, now: float, owner: tuple[int, int] | None = None
    ) -> ProcessState:
        """A process was made for it.

        :param owner: User and group it runs as, where those of its configuration count.

        :returns: What is known of that process.
        """
        if state.first_run_at is None:
            state.first_run_at = now
        else:
            state.respawns += 1
        state.process = process = ProcessState(pid, spec.version, now, owner)
        state.tried_version = spec.version
        state.summoned = False
        self._move(state, Event.LAUNCHED)
        return process

    def launch_failed(self, state: VassalState, spec: VassalSpec, now: float) -> None:
        """No process could be made. That counts like a disloyal death: trying again at once would fail again."""
        state.tried_version = spec.version
        state.summoned = False
        state.offence = punished(state.offence, now, self._rules, always=True)
        self._move(state, Event.LAUNCH_FAILED)

    def spawned(self, state: VassalState, process: ProcessState, now: float) -> None:
        """It said that it is spawned: its configuration is read."""
        process.ready_at = now
        process.told_reload_at = None
        process.stop_unheard = process.asked_to_stop
        self._move(state, Event.SPAWNED)

    def accepting(self, state: VassalState, process: ProcessState, now: float) -> None:
        """Its first worker accepts requests, which is also how uWSGI answers a reload."""
        process.accepting_at = now
        process.told_reload_at = None
        process.stop_unheard = process.asked_to_stop
        if process.ready_at is None:
            process.ready_at = now
        self._move(state, Event.ACCEPTING)

    def presumed_reloaded(self, state: VassalState, process: ProcessState) -> None:
        """It was given time enough to answer the reload byte."""
        process.told_reload_at = None
        self._move(state, Event.SILENT)

    def loyal(self, state: VassalState, process: ProcessState, now: float) -> None:
        """It proved itself: it served a request. That takes it off the blacklist."""
        process.loyal_at = now
        state.offence = None

    def heartbeat(self, process: ProcessState, now: float) -> None:
        """It is alive, and promises to say so again and again."""
        process.heartbeat_at = now

    def told_to_reload(self, state: VassalState, spec: VassalSpec, process: ProcessState, now: float) -> None:
        """The reload byte is on its way."""
        process.version = state.tried_version = spec.version
        process.told_reload_at = now
        process.ready_at = process.accepting_at = None
        state.summoned = False
        state.respawns += 1
        self._move(state, Event.TOLD_TO_RELOAD)

    def reload_refused(self, state: VassalState, spec: VassalSpec, process: ProcessState) -> None:
        """What is wanted of it cannot be had: it goes on with what it has, until something else is wanted."""
        process.version = state.tried_version = spec.version
        state.summoned = False

    def told_to_stop(self, state: VassalState, process: ProcessState, now: float) -> None:
        """It was asked to stop, or asked for it itself."""
        process.asked_to_stop = True
        process.stop_unheard = False
        if process.cursed_at is None:
            process.cursed_at = now
        self._move(state, Event.TOLD_TO_STOP)

    def channel_lost(self, state: VassalState, process: ProcessState, now: float) -> None:
        """It closed its end of the channel: most likely it is dying."""
        if process.cursed_at is None:
            process.cursed_at = now
        self._move(state, Event.CHANNEL_LOST)

    def killed(self, state: VassalState, process: ProcessState, now: float) -> None:
        """It was sent SIGKILL."""
        process.killed_at = now
        self._move(state, Event.KILLED)

    def died(self, state: VassalState, process: ProcessState, how: str, exit_code: int | None, now: float) -> None:
        """Its process is buried.

        :param how: What ended it, for people.
        :param exit_code: 0 to 255, or None where a signal ended it.
        """
        state.process = None
        state.last_death = how
        if process.asked_to_stop:
            self._move(state, Event.DIED_AS_ASKED)
        elif exit_code == EXILE_CODE:
            self._move(state, Event.DIED_EXILED)
        elif process.loyal_at is not None:
            self._move(state, Event.DIED_LOYAL)
        else:
            state.offence = punished(state.offence, now, self._rules)
            self._move(state, Event.DIED_DISLOYAL)

    def pardoned(self, state: VassalState) -> None:
        """Its entry in the blacklist was struck out (SIGURG)."""
        state.offence = None

    def summoned(self, state: VassalState) -> None:
        """Somebody asked for it: reload if it runs, start now if it does not."""
        state.summoned = True

    def forgotten(self, state: VassalState) -> None:
        """Nothing is wanted of it any more and nothing of it is left."""
        self._move(state, Event.FORGOTTEN)
