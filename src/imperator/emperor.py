"""The Emperor: hear, decide, act."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Self

from imperator import journal
from imperator.broodlord import Broodlord
from imperator.control.reception import Reception
from imperator.control.report import Report, complete, describe
from imperator.deeds import Deeds, Process, Vassal
from imperator.monitors import make_monitor
from imperator.monitors.sources import Sources
from imperator.pacing import Census, LaunchQueue
from imperator.policy.chronicle import Chronicle
from imperator.policy.decide import (
    CloseSocket,
    Decision,
    Forget,
    Hold,
    Kill,
    Launch,
    Listen,
    Presume,
    Reload,
    Stop,
    TakeNote,
    decide,
)
from imperator.policy.phases import Event, Phase
from imperator.policy.vassal import VassalKey, VassalSpec, VassalState
from imperator.process.burial import CHILD_SECONDS, next_dead_child
from imperator.process.channel import Channels, FromVassal, ToVassal, hear
from imperator.process.errands import Errands
from imperator.process.judging import Judge, Judged, Judgements
from imperator.process.launch import Launcher
from imperator.rolling import RollingReload
from imperator.settings import Settings
from imperator.timers import Timers

__all__ = ["Emperor"]

_log = logging.getLogger(__name__)


class Emperor:
    """Keeps vassals in line with their configuration for as long as its ``async with`` block lasts.

    Leaving the block stops all vassals and waits for them. The working directory of the program becomes that of the
    vassal started last, as it does under uWSGI's Emperor.

    :param settings: What it is told.
    :param environment: What vassals inherit.
    :param descriptor_limit: Soft limit of open files that vassals get, where ours was raised. None: ours.
    :param reception: The sockets it is spoken to through, where they had to be bound earlier. None: they are bound, as
        the settings say, when the block is entered.
    :ivar on_census: Called, soon and at most ten times a second, after the number of processes has changed.
    :raises ImperatorError: A target, the wrapper or the binary cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environment: Mapping[str, str] = os.environ,
        descriptor_limit: int | None = None,
        reception: Reception | None = None,
    ) -> None:
        self.settings = settings
        self._reception = reception
        self._rules = settings.rules
        self._launcher = Launcher.for_settings(settings, environment, descriptor_limit)
        self._errands = Errands(settings, environment, self._bury_if_done, descriptor_limit)
        targets, directory = dict.fromkeys(settings.targets), os.getcwd()
        self._monitors = [make_monitor(target, settings.watching, directory) for target in targets]
        self._chronicle = Chronicle(settings.rules, self._moved)
        self._rolling = RollingReload(settings.rules.reloads_at_once, self._reload_one)
        self._vassals: dict[VassalKey, Vassal] = {}
        self._broodlord = Broodlord(settings.rules.zergs, self._vassals)
        self._ragnarok_at: float | None = None
        self.on_census: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        if self._reception is None:
            self._reception = Reception(self.settings)
        self._buried = asyncio.Event()
        self._timers = Timers(self._loop, self._govern)
        self._launches = LaunchQueue(self._loop, self._launch)
        self._census = Census(self._loop, lambda: self.on_census())
        self._channels = Channels[Process | Vassal](self._loop, self._hear_descriptor)
        sockets = self.settings.sockets
        self._deeds = Deeds(self._loop, self._launcher, self._chronicle, self._channels, sockets, self._errands)
        self._judgements = Judgements(Judge.for_settings(self.settings), self._judged)
        self._sources = Sources(self._monitors, self.settings, self._want, self._unwant, self._vassals)
        try:
            self._launcher.prepare()
            await self._errands.before_all()
            if self._ragnarok_at is None:  # hooks take their time, and somebody may have asked for the end meanwhile
                self._sources.start()
            await self._reception.open(self)
        except BaseException:
            self._sources.stop()
            self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ragnarok_at is None:
            self.stop()
        await self._buried.wait()
        await self._sources.stopped()
        self._close()
        if self._reception is not None:
            await self._reception.close()

    def _close(self) -> None:
        self._channels.close()
        self._launcher.close()
        self._errands.close()

    async def settled(self) -> None:
        """Return once every source has told what it holds, or that it cannot be reached."""
        await self._sources.settled()

    async def buried(self) -> None:
        """Return once the Emperor was stopped and every vassal is dead."""
        await self._buried.wait()

    def stop(self, *, graceful: bool | None = None) -> None:
        """Stop everything, which takes as long as the vassals need but `Rules.mercy_seconds` at most.

        :param graceful: Let vassals finish their requests. None: as `Rules.graceful_stop` says.
        """
        now = self._loop.time()
        if self._ragnarok_at is not None:
            left_seconds = max(0.0, self._ragnarok_at + self._rules.mercy_seconds - now)
            _log.info("*** RAGNAROK ALREADY EVOKED (mercyless in %d seconds)***", left_seconds)
            return
        self._ragnarok_at = now
        if graceful is not None:
            self._rules = replace(self._rules, graceful_stop=graceful)
        _log.info("*** RAGNAROK EVOKED ***", extra={"event": "ragnarok"})
        self._sources.stop()
        self._judgements.stop()
        for key in list(self._vassals):
            self._unwant(key)
        self._loop.call_later(self._rules.mercy_seconds, self._end_mercy)
        self._bury_if_done()

    def reload(self, name: str) -> bool:
        """Reload the vassals of a name, or start them now if they are down.

        :returns: False: there is none.
        """
        for vassal in (found := self._named(name)):
            self._chronicle.commanded_to_run(vassal.state)
            self._reload_one(vassal.state.key)
        return bool(found)

    def spawn(self, name: str) -> bool:
        """Start the vassals of a name now if they are down, whatever holds them back.

        :returns: False: there is none.
        """
        for vassal in (found := self._named(name)):
            self._chronicle.commanded_to_run(vassal.state)
            self._govern(vassal)
            if vassal.state.phase is Phase.LISTENING and vassal.listener is not None:
                self._hear_call(vassal.listener.socket.fileno(), vassal)  # it need not wait for a connection
        return bool(found)

    def hold(self, name: str) -> bool:
        """Stop the vassals of a name; they stay down until `spawn`, `reload` or a change of their configuration.

        :returns: False: there is none.
        """
        for vassal in (found := self._named(name)):
            self._chronicle.commanded_to_stop(vassal.state, vassal.wanted)
            for zerg in self._broodlord.zergs_of(vassal.state.key):
                self._unwant(zerg)
            self._govern(vassal)
        return bool(found)

    def reload_all(self) -> None:
        """Reload every vassal, `Rules.reloads_at_once` of them side by side; those that are down are started now."""
        self._rolling.add(self._vassals)

    def look_now(self) -> None:
        """Have every monitor compare with its source at once."""
        self._sources.look_now()

    def clear_blacklist(self) -> None:
        """Forgive every vassal: those that wait for their next start are started now."""
        _log.info("cleaning up blacklist ...")
        for vassal in self._vassals.values():
            self._chronicle.pardoned(vassal.state)
            self._govern(vassal)

    def run_parent_hooks(self, message: ToVassal | None) -> None:
        """Run the hooks for what our own Emperor says; None: it is gone."""
        self._errands.when_told(message)

    def log_states(self) -> None:
        """Log a line for each source and each vassal."""
        self._sources.tell_standings()
        for vassal in self._vassals.values():
            journal.tell_state(vassal.wanted, vassal.state)

    def reap_orphans(self) -> None:
        """Bury every dead child, ours or adopted: the duty of the first process of a container, on SIGCHLD."""
        own = {vassal.process.held.pid: vassal.process for vassal in self._vassals.values() if vassal.process}
        while (pid := next_dead_child()) is not None:
            if pid in own:
                self._bury(own[pid])
            elif self._sources.waits_for(pid):
                self._loop.call_later(CHILD_SECONDS, self.reap_orphans)  # it is buried by then, and another's turn
                return
            elif not self._errands.bury(pid):
                os.waitpid(pid, os.WNOHANG)

    def stats(self) -> dict[str, Any]:
        """Describe everything, with the keys of uWSGI's stats server and a few of our own."""
        return complete(self.report())

    def report(self) -> dict[str, Any]:
        """Describe the same with lists that are made while they are read, for whoever has other work in between."""
        return describe(
            Report(
                standings=list(self._sources.standings.values()),
                vassals=[(vassal.wanted, vassal.state) for vassal in self._vassals.values()],
                unreadable=self._sources.unreadable | self._deeds.refused,
                epoch=time.time() - self._loop.time(),
                is_tyrant=self.settings.launching.tyrant,
                refused_commands=(0, "") if self._reception is None else self._reception.refused_commands,
            )
        )

    def status(self) -> str:
        """Say in one line how things are."""
        return f"The Emperor is governing {self._census.count} vassals"

    # ---- hear

    def _want(self, spec: VassalSpec) -> None:
        vassal = self._vassals.get(spec.key)
        if vassal is None:
            vassal = self._vassals[spec.key] = Vassal(spec, VassalState(spec.key))
        vassal.wanted = spec
        self._govern(vassal)
        for zerg in self._broodlord.zergs_of(spec.key):
            if self._vassals[zerg].wanted is not None:
                self._want(spec.as_zerg(zerg[2]))

    def _unwant(self, key: VassalKey) -> None:
        if (vassal := self._vassals.get(key)) is not None:
            vassal.wanted = None
            for zerg in self._broodlord.zergs_of(key):
                self._unwant(zerg)
            self._govern(vassal)

    def _hear_descriptor(self, descriptor: int, owner: Process | Vassal) -> None:
        if isinstance(owner, Vassal):
            self._hear_call(descriptor, owner)
        elif descriptor == owner.held.pidfd:
            self._bury(owner)
        else:
            self._hear_channel(descriptor, owner)

    def _hear_call(self, listener: int, vassal: Vassal) -> None:
        # The connection is the vassal's to accept: until it has, this would be heard over and over.
        self._channels.forget(listener)
        self._chronicle.called(vassal.state)
        self._govern(vassal)

    def _hear_channel(self, channel: int, process: Process) -> None:
        if (said := hear(channel)) is None:
            self._lose_channel(process)
        elif said:
            self._understand(process, said)
            self._govern(process.vassal)

    def _understand(self, process: Process, said: bytes) -> None:
        state, facts, now = process.vassal.state, process.facts, self._loop.time()
        for message in said:
            match message:
                case FromVassal.SPAWNED:
                    self._chronicle.spawned(state, facts, now)
                case FromVassal.ACCEPTING:
                    self._chronicle.accepting(state, facts, now)
                case FromVassal.LOYAL:
                    self._chronicle.loyal(state, facts, now)
                    journal.tell_loyal(state)
                case FromVassal.HEARTBEAT:
                    self._chronicle.heartbeat(facts, now)
                case FromVassal.DONE if not facts.asked_to_stop:
                    self._let_go(process)
                case FromVassal.REINFORCEMENTS_WANTED:
                    self._reinforce(process.vassal)
                case FromVassal.CONFIG_WANTED:
                    self._deeds.send_config(process)
                case FromVassal.DONE:
                    pass  # it is stopping already
                case _:
                    journal.tell_unknown_message(state, message)

    def _lose_channel(self, process: Process) -> None:
        self._channels.forget(process.held.channel)
        process.held.close_channel()
        # Most vassals that close their channel are dying: those are buried without a curse.
        if not self._bury(process):
            self._chronicle.channel_lost(process.vassal.state, process.facts, self._loop.time())
            self._govern(process.vassal)

    def _bury(self, process: Process) -> bool:
        held = process.held
        if held.channel != -1 and (last_words := hear(held.channel)):
            self._understand(process, last_words)
        if self._deeds.bury(process) is None:
            return False
        self._census.add(-1)
        self._govern(process.vassal)
        return True

    def _govern(self, vassal: Vassal) -> None:
        """See to a vassal. A bug met with one must not keep others from what they wait for, nor us from our end."""
        try:
            self._see_to(vassal)
        except Exception as bug:  # noqa: BLE001
            self._loop.call_exception_handler({"message": f"{vassal.state.name} was not seen to", "exception": bug})

    def _see_to(self, vassal: Vassal) -> None:
        decision = decide(vassal.wanted, vassal.state, self._loop.time(), self._rules)
        if decision is not None and vassal.process is None:
            self._carry_out_at_rest(decision, vassal)
        elif decision is not None and vassal.process is not None:
            self._carry_out_on(vassal.process, decision)
        self._timers.set(vassal, self._rules)

    def _carry_out_at_rest(self, decision: Decision, vassal: Vassal) -> None:
        spec, state = vassal.wanted, vassal.state
        match decision:
            case Launch():
                self._launches.add(state.key)
            case Listen() if spec is not None:
                self._deeds.listen(vassal, spec)
            case TakeNote() if spec is not None:
                self._deeds.take_note(vassal, spec)
            case Hold() if spec is not None:
                self._chronicle.held_down(state, spec)
            case CloseSocket():
                self._deeds.close_socket(vassal)
                self._govern(vassal)
            case Forget():
                self._forget(vassal)

    def _carry_out_on(self, process: Process, decision: Decision) -> None:
        vassal = process.vassal
        match decision:
            case Reload() if vassal.wanted is not None and vassal.wanted not in self._judgements:
                self._judgements.ask(vassal.wanted)
            case Presume():
                self._chronicle.presumed_reloaded(vassal.state, process.facts)
                self._govern(vassal)
            case Stop(graceful, reason):
                self._deeds.stop(process, graceful=graceful, reason=reason)
            case Kill(reason):
                self._deeds.kill(process, reason)

    def _launch(self, key: VassalKey) -> None:
        vassal, now = self._vassals.get(key), self._loop.time()
        spec = None if vassal is None else vassal.wanted
        if vassal is None or spec is None or decide(spec, vassal.state, now, self._rules) != Launch():
            self._errands.start_nothing(key)
            return  # what was decided when it got into the queue holds no longer
        if spec not in self._judgements and not self._errands.hold_back(spec, partial(self._launches.add, key)):
            self._judgements.ask(spec)
        self._timers.set(vassal, self._rules)

    def _judged(self, spec: VassalSpec, judged: Judged) -> None:
        """Launch or reload what was looked at, if it is still what is to be done."""
        vassal = self._vassals.get(spec.key)
        if vassal is not None and vassal.wanted is spec:
            decision = decide(spec, vassal.state, self._loop.time(), self._rules)
            if decision == Launch() and self._deeds.launch(vassal, spec, judged):
                self._census.add(+1)
            elif decision == Reload() and vassal.process is not None:
                self._deeds.reload(vassal.process, spec, judged)
            self._timers.set(vassal, self._rules)
        elif vassal is not None:
            self._govern(vassal)
        if vassal is None or vassal.state.phase is not Phase.RELOADING:
            self._rolling.done(spec.key)

    def _let_go(self, process: Process) -> None:
        """Stop a vassal that wants to stop."""
        vassal = process.vassal
        if vassal.state.key[2]:
            vassal.wanted = None  # a zerg that has nothing to do is not wanted any more
        self._chronicle.satisfied(vassal.state)
        # Whoever connects in this very moment must be answered, by the vassal or by the one after it.
        self._deeds.stop(process, graceful=self._rules.graceful_stop or vassal.listener is not None)

    def _reinforce(self, vassal: Vassal) -> None:
        if (zerg := self._broodlord.reinforcement(vassal)) is not None:
            self._want(zerg)

    def _forget(self, vassal: Vassal) -> None:
        self._deeds.forget(vassal)
        del self._vassals[vassal.state.key]
        self._bury_if_done()

    def _named(self, name: str) -> list[Vassal]:
        sources = dict.fromkeys(monitor.source for monitor in self._monitors)
        return [self._vassals[source, name, 0] for source in sources if (source, name, 0) in self._vassals]

    def _reload_one(self, key: VassalKey) -> bool:
        if (vassal := self._vassals.get(key)) is None:
            return False
        self._chronicle.summoned(vassal.state)
        self._govern(vassal)
        return vassal.state.phase is Phase.RELOADING or vassal.wanted in self._judgements

    def _moved(self, state: VassalState, before: Phase, event: Event) -> None:
        journal.tell(state, before, event)
        if before is Phase.RELOADING and state.phase is not Phase.RELOADING:
            self._rolling.done(state.key)

    def _end_mercy(self) -> None:
        for vassal in self._vassals.values():
            if vassal.process is not None:
                self._deeds.kill(vassal.process, "gets no more mercy")

    def _bury_if_done(self) -> None:
        if self._ragnarok_at is None or self._vassals or self._errands.are_under_way or self._buried.is_set():
            return
        _log.info("The Emperor is buried.", extra={"event": "buried"})
        self._buried.set()
