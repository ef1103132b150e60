"""What the Emperor does to vassals: each deed, and its entry in the chronicle."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from imperator import journal
from imperator.control.address import Listener, listen
from imperator.errors import ImperatorError
from imperator.policy.chronicle import Chronicle
from imperator.policy.vassal import ProcessState, VassalKey, VassalSpec, VassalState
from imperator.process.burial import Death, bury, kill
from imperator.process.channel import Channels, ToVassal, send
from imperator.process.errands import Errands
from imperator.process.judging import Judged
from imperator.process.launch import Launched, Launcher, send_config
from imperator.process.ownership import OwnershipError
from imperator.settings import Sockets

__all__ = ["Deeds", "Process", "Vassal"]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Vassal:
    """A vassal as the Emperor holds it: what is wanted, what is, and what stands for it.

    :param process: Its process, if it has one.
    :param listener: Where the Emperor listens for it, if it is on demand.
    :param timer: When it has to be looked at again though nothing happens.
    """

    wanted: VassalSpec | None
    state: VassalState
    process: Process | None = None
    listener: Listener | None = None
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Process:
    """One process of a vassal: what is known of it, and what we hold of it."""

    vassal: Vassal
    facts: ProcessState
    held: Launched


class Deeds:
    """Does what was decided.

    :param channels: Where descriptors are watched for the loop.
    :param errands: What is done around launches and deaths.
    :ivar refused: Why configurations cannot be run as their owners, or listened for.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        launcher: Launcher,
        chronicle: Chronicle,
        channels: Channels[Process | Vassal],
        sockets: Sockets,
        errands: Errands,
    ) -> None:
        self._loop = loop
        self._launcher = launcher
        self._chronicle = chronicle
        self._channels = channels
        self._sockets = sockets
        self._errands = errands
        self.refused: dict[VassalKey, str] = {}

    def launch(self, vassal: Vassal, spec: VassalSpec, judged: Judged) -> bool:
        """Make a process for a vassal, and tell whether there is one now.

        :param spec: What is wanted.
        :param judged: What that came to when it was looked at.
        """
        listener = vassal.listener.socket.fileno() if vassal.listener is not None else None
        try:
            held = self._launcher.launch(_unless_refused(judged), listener)
        except ImperatorError as failure:
            self._tell_failure(vassal, failure)
            self._chronicle.launch_failed(vassal.state, spec, self._loop.time())
            return False
        facts = self._chronicle.launched(vassal.state, spec, held.pid, self._loop.time(), held.owner)
        self.refused.pop(spec.key, None)
        vassal.process = Process(vassal, facts, held)
        self._channels.watch(held.channel, vassal.process)
        self._channels.watch(held.pidfd, vassal.process)
        self._errands.after_launch(spec, held)
        return True

    def bury(self, process: Process) -> Death | None:
        """Take a dead process off our hands. None: it lives."""
        held = process.held
        death = bury(held, with_followers=not process.facts.asked_to_stop)
        if death is not None:
            self._channels.forget(held.channel)
            self._channels.forget(held.pidfd)
            held.close()
            process.vassal.process = None
            now = self._loop.time()
            self._chronicle.died(process.vassal.state, process.facts, death.how, death.exit_code, now)
            self._errands.after_death(process.vassal.state.key, process.facts.directory)
        return death

    def listen(self, vassal: Vassal, spec: VassalSpec) -> None:
        """Listen for an on-demand vassal, and watch for the first connection."""
        try:
            if vassal.listener is None and spec.socket is not None:
                sockets = self._sockets
                vassal.listener = listen(spec.socket, mode=sockets.mode, backlog=sockets.backlog)
        except ImperatorError as failure:
            journal.tell_socket_failure(vassal.state, failure)
            self.refused[spec.key] = str(failure)
            self._chronicle.socket_refused(vassal.state, spec, self._loop.time())
            return
        self.refused.pop(spec.key, None)
        self._chronicle.socket_bound(vassal.state, spec)
        if vassal.listener is not None:
            self._channels.watch(vassal.listener.socket.fileno(), vassal)
        self._errands.as_waiting(spec, is_news=False)

    def take_note(self, vassal: Vassal, spec: VassalSpec) -> None:
        """Start a vassal that waits with a newer configuration when it starts."""
        self._chronicle.updated_at_rest(vassal.state, spec)
        journal.tell_update_at_rest(vassal.state)
        self._errands.as_waiting(spec, is_news=True)

    def close_socket(self, vassal: Vassal) -> None:
        """Listen for a vassal no longer."""
        self._close_listener(vassal)
        self._chronicle.socket_closed(vassal.state)

    def _close_listener(self, vassal: Vassal) -> None:
        if vassal.listener is not None:
            self._channels.forget(vassal.listener.socket.fileno())
            vassal.listener.close()
            vassal.listener = None

    def reload(self, process: Process, spec: VassalSpec, judged: Judged) -> None:
        """Send the reload byte. A vassal that does not take it is dying, or lost to us."""
        state, now = process.vassal.state, self._loop.time()
        try:
            may_reload = self._launcher.prepare_reload(_unless_refused(judged), process.held)
        except ImperatorError as failure:
            self._tell_failure(process.vassal, failure)
            self._chronicle.reload_refused(state, spec, process.facts)
            return
        self.refused.pop(spec.key, None)
        if not may_reload:
            self.stop(process, graceful=True)
        elif send(process.held.channel, ToVassal.RELOAD):
            self._chronicle.told_to_reload(state, spec, process.facts, now)
        else:
            self._chronicle.channel_lost(state, process.facts, now)

    def forget(self, vassal: Vassal) -> None:
        """Let go of a vassal that nobody wants and nothing is left of."""
        self._close_listener(vassal)
        self._chronicle.forgotten(vassal.state)
        self.refused.pop(vassal.state.key, None)

    def stop(self, process: Process, *, graceful: bool, reason: str = "") -> None:
        """Ask a vassal to stop. Whether it takes the message or not, the curse sees to its end.

        :param reason: Why, for people, where it is wanted all the same.
        """
        if reason:
            journal.tell_stopping(process.vassal.state, reason)
        send(process.held.channel, ToVassal.STOP_GRACEFULLY if graceful else ToVassal.STOP)
        self._chronicle.told_to_stop(process.vassal.state, process.facts, self._loop.time())

    def kill(self, process: Process, reason: str) -> None:
        """Send SIGKILL to a vassal and all its processes.

        :param reason: Why, for people.
        """
        journal.tell_killing(process.vassal.state, process.held.pid, reason)
        if not kill(process.held):
            journal.tell_not_killed(process.vassal.state)
        self._chronicle.killed(process.vassal.state, process.facts, self._loop.time())

    def send_config(self, process: Process) -> None:
        """Send a vassal its configuration, which it asked for, where that is text."""
        held = process.held
        if held.config is None or held.config_channel == -1:
            return
        try:
            send_config(held.config_channel, held.config)
        except OSError as failure:
            _log.error("vassal %s did not get its configuration: %s", process.vassal.state.name, failure.strerror)

    def _tell_failure(self, vassal: Vassal, failure: ImperatorError) -> None:
        journal.tell_launch_failure(vassal.state, failure)
        if isinstance(failure, OwnershipError):
            self.refused[vassal.state.key] = f"found {failure.found}, wanted {failure.wanted}. {failure.remedy}"


def _unless_refused(judged: Judged) -> VassalSpec:
    if isinstance(judged, ImperatorError):
        raise judged
    return judged
