"""Writing down what happens to a vassal: the one door through which its state changes."""

from __future__ import annotations

from collections.abc import Callable

from imperator.policy.discipline import Rules, punished
from imperator.policy.phases import Event, Phase, next_phase
from imperator.policy.vassal import Order, ProcessState, VassalSpec, VassalState

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
        state.process = process = ProcessState(
            pid, spec.version, spec.directory, now, owner, takes_text=spec.config is not None
        )
        state.called = False
        _tried(state, spec)
        self._move(state, Event.LAUNCHED)
        return process

    def launch_failed(self, state: VassalState, spec: VassalSpec, now: float) -> None:
        """No process could be made. That counts like a disloyal death: trying again at once would fail again."""
        _tried(state, spec)
        state.offence = punished(state.offence, now, self._rules, always=True)
        self._move(state, Event.LAUNCH_FAILED)

    def socket_bound(self, state: VassalState, spec: VassalSpec) -> None:
        """The Emperor listens for it, and watches for the first connection."""
        state.socket = spec.socket
        state.called = False
        _tried(state, spec)
        self._move(state, Event.SOCKET_BOUND)

    def socket_refused(self, state: VassalState, spec: VassalSpec, now: float) -> None:
        """The Emperor cannot listen there. Trying again at once would fail again."""
        _tried(state, spec)
        state.offence = punished(state.offence, now, self._rules, always=True)
        self._move(state, Event.SOCKET_REFUSED)

    def socket_closed(self, state: VassalState) -> None:
        """The Emperor does not listen for it any more."""
        state.socket = None
        state.called = False
        self._move(state, Event.SOCKET_CLOSED)

    def called(self, state: VassalState) -> None:
        """A connection waits for it."""
        state.called = True

    def updated_at_rest(self, state: VassalState, spec: VassalSpec) -> None:
        """Its configuration changed while nothing ran: it will be started with the new one."""
        state.tried_version = spec.version

    def spawned(self, state: VassalState, process: ProcessState, now: float) -> None:
        """It said that it is spawned: its configuration is read."""
        process.ready_at = now
        process.told_reload_at = None
        process.stop_unheard = process.asked_to_stop
        self._move(state, Event.SPAWNED)

    def accepting(self, state: VassalState, process: ProcessState, now: float) -> None:
        """Its first worker accepts requests, which is also how uWSGI answers a reload."""
        process.accepting_at = now
        process.answers = True
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
        """Somebody asked for it: reload if it runs, start now if it does not, unless it waits for a connection."""
        state.summoned = state.phase is not Phase.LISTENING

    def commanded_to_run(self, state: VassalState) -> None:
        """Somebody commanded it to run: it starts now if it is down, and goes on if it runs."""
        state.order = Order.RUN
        process = state.process
        if process is None or process.cursed_at is not None or process.killed_at is not None:
            state.summoned = True

    def commanded_to_stop(self, state: VassalState, spec: VassalSpec | None) -> None:
        """Somebody commanded it to stop, and to stay so."""
        state.order = Order.STAY_DOWN
        state.summoned = False
        if spec is not None:
            state.tried_version = spec.version

    def held_down(self, state: VassalState, spec: VassalSpec) -> None:
        """It may not start before it is commanded to."""
        state.tried_version = spec.version
        self._move(state, Event.HELD_DOWN)

    def satisfied(self, state: VassalState) -> None:
        """It wants to stop: it ran as commanded, and the next run takes the next command, or a connection."""
        if state.order is Order.RUN and state.socket is None:
            state.order = None

    def forgotten(self, state: VassalState) -> None:
        """Nothing is wanted of it any more and nothing of it is left."""
        self._move(state, Event.FORGOTTEN)


def _tried(state: VassalState, spec: VassalSpec) -> None:
    """Note that a start was tried: whoever asked for it got it, and a stop that a change has overcome is over."""
    state.tried_version = spec.version
    state.summoned = False
    if state.order is Order.STAY_DOWN:
        state.order = None
