"""What the Emperor does to vassals: each deed, and its entry in the chronicle."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from imperator import journal
from imperator.control.address import Listener, listen
from imperator.errors import ImperatorError
from imperator.policy.chronicle import Chronicle
from imperator.policy.vassal import ProcessState, VassalSpec, VassalState
from imperator.process.burial import Death, bury, kill
from imperator.process.channel import Channels, ToVassal, send
from imperator.process.launch import Launched, Launcher, LaunchError, send_config
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
    """One process of a vassal: what is known of it, and what we hold of it.

    :param config: The text of configuration that it got last. None: it reads a file.
    """

    vassal: Vassal
    facts: ProcessState
    held: Launched
    config: bytes | None = None


class Deeds:
    """Does what was decided.

    :param channels: Where descriptors are watched for the loop.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        launcher: Launcher,
        chronicle: Chronicle,
        channels: Channels[Process | Vassal],
        sockets: Sockets,
    ) -> None:
        self._loop = loop
        self._launcher = launcher
        self._chronicle = chronicle
        self._channels = channels
        self._sockets = sockets

    def launch(self, vassal: Vassal, spec: VassalSpec) -> bool:
        """Make a process for a vassal, and tell whether there is one now."""
        listener = vassal.listener.socket.fileno() if vassal.listener is not None else None
        try:
            held = self._launcher.launch(spec, listener)
        except LaunchError as failure:
            journal.tell_launch_failure(vassal.state, failure)
            self._chronicle.launch_failed(vassal.state, spec, self._loop.time())
            return False
        facts = self._chronicle.launched(vassal.state, spec, held.pid, self._loop.time())
        vassal.process = Process(vassal, facts, held, spec.config)
        self._channels.watch(held.channel, vassal.process)
        self._channels.watch(held.pidfd, vassal.process)
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
        return death

    def listen(self, vassal: Vassal, spec: VassalSpec) -> None:
        """Listen for an on-demand vassal, and watch for the first connection."""
        try:
            if vassal.listener is None and spec.socket is not None:
                sockets = self._sockets
                vassal.listener = listen(spec.socket, mode=sockets.mode, backlog=sockets.backlog)
        except ImperatorError as failure:
            journal.tell_launch_failure(vassal.state, failure)
            self._chronicle.socket_refused(vassal.state, spec, self._loop.time())
            return
        self._chronicle.socket_bound(vassal.state, spec)
        if vassal.listener is not None:
            self._channels.watch(vassal.listener.socket.fileno(), vassal)

    def close_socket(self, vassal: Vassal) -> None:
        """Listen for a vassal no longer."""
        if vassal.listener is not None:
            self._channels.forget(vassal.listener.socket.fileno())
            vassal.listener.close()
            vassal.listener = None

    def reload(self, process: Process, spec: VassalSpec) -> None:
        """Send the reload byte. A vassal that does not take it is dying, or lost to us."""
        state, now = process.vassal.state, self._loop.time()
        if send(process.held.channel, ToVassal.RELOAD):
            self._chronicle.told_to_reload(state, spec, process.facts, now)
        else:
            self._chronicle.channel_lost(state, process.facts, now)

    def stop(self, process: Process, *, graceful: bool) -> None:
        """Ask a vassal to stop. Whether it takes the message or not, the curse sees to its end."""
        send(process.held.channel, ToVassal.STOP_GRACEFULLY if graceful else ToVassal.STOP)
        self._chronicle.told_to_stop(process.vassal.state, process.facts, self._loop.time())

    def kill(self, process: Process, reason: str) -> None:
        """Send SIGKILL to a vassal and all its processes.

        :param reason: Why, for people.
        """
        journal.tell_killing(process.vassal.state, process.held.pid, reason)
        kill(process.held)
        self._chronicle.killed(process.vassal.state, process.facts, self._loop.time())

    def send_config(self, process: Process) -> None:
        """Send a vassal its configuration, which it asked for, where that is text."""
        spec = process.vassal.wanted
        if spec is not None and spec.config is not None:
            process.config = spec.config
        # One that is wanted no longer, or as a file now, gets the text it had: before that it hears nothing, no stop.
        if process.config is None or process.held.config_channel == -1:
            return
        try:
            send_config(process.held.config_channel, process.config)
        except OSError as failure:
            _log.error("vassal %s did not get its configuration: %s", process.vassal.state.name, failure.strerror)
