"""The Emperor: hear, decide, act."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

from imperator import journal
from imperator.control.report import Report, describe
from imperator.errors import HostingError, ImperatorError
from imperator.monitors import make_monitor
from imperator.monitors.following import Following
from imperator.policy.chronicle import Chronicle
from imperator.policy.decide import Decision, Forget, Kill, Launch, Presume, Reload, Stop, decide, due_at
from imperator.policy.phases import Event, Phase
from imperator.policy.vassal import ProcessState, VassalKey, VassalSpec, VassalState
from imperator.process.burial import bury, kill, next_dead_child
from imperator.process.channel import Channels, FromVassal, ToVassal, hear, send
from imperator.process.errands import Errands
from imperator.process.launch import Launched, Launcher, LaunchError, send_config
from imperator.process.ownership import OwnershipError
from imperator.rolling import RollingReload
from imperator.settings import Settings

__all__ = ["Emperor"]

_log = logging.getLogger(__name__)

_LAUNCHING_SECONDS = 0.005
"""How long the loop may make processes before it looks at everything else."""
_CENSUS_SECONDS = 0.1
"""How long the number of processes may change before that is told."""


@dataclass(slots=True)
class Vassal:
    """A vassal as the Emperor holds it: what is wanted, what is, and the process that stands for it."""

    wanted: VassalSpec | None
    state: VassalState
    process: Process | None = None
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Process:
    """One process of a vassal: what is known of it, and what we hold of it."""

    vassal: Vassal
    facts: ProcessState
    held: Launched


class Emperor:
    """Keeps vassals in line with their configuration for as long as its ``async with`` block lasts.

    Leaving the block stops all vassals and waits for them. The working directory of the program becomes that of the
    vassal started last, as it does under uWSGI's Emperor.

    :param settings: What it is told.
    :param environment: What vassals inherit.
    :param descriptor_limit: Soft limit of open files that vassals get, where ours was raised. None: ours.
    :ivar on_census: Called, soon and at most ten times a second, after the number of processes has changed.
    :raises ImperatorError: A target, the wrapper or the binary cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environment: Mapping[str, str] = os.environ,
        descriptor_limit: int | None = None,
    ) -> None:
        self.settings = settings
        self._rules = settings.rules
        extensions = settings.watching.extra_extensions
        self._launcher = Launcher(
            settings.launching,
            extensions,
            environment,
            descriptor_limit,
            owner_of_links=settings.watching.owner_of_links or not settings.watching.follow_links,
            hooks=settings.hooks,
        )
        self._errands = Errands(settings.hooks, environment, self._bury_if_done)
        directory = os.getcwd()
        self._monitors = [
            make_monitor(target, settings.watching, directory) for target in dict.fromkeys(settings.targets)
        ]
        self._chronicle = Chronicle(settings.rules, self._moved)
        self._rolling = RollingReload(settings.rules.reloads_at_once, self._reload_one)
        self._vassals: dict[VassalKey, Vassal] = {}
        self._to_launch: dict[VassalKey, Vassal] = {}
        self._refused: dict[VassalKey, str] = {}
        self._ragnarok_at: float | None = None
        self._running = 0
        self._census_due = False
        self.on_census: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._buried = asyncio.Event()
        if not await self._errands.before_all():
            raise HostingError(
                "hook-emperor-start",
                wanted="hooks that succeed before there are vassals",
                found="one that failed, see the log",
                remedy="Mend it, or leave it out.",
            )
        self._channels = Channels[Process](self._loop, self._hear_vassal)
        self._following = Following(self._monitors, self._want, self._unwant, lambda: self._vassals)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ragnarok_at is None:
            self.stop()
        await self._buried.wait()
        await self._following.stopped()
        self._channels.close()

    async def settled(self) -> None:
        """Return once every source has told what it holds, or that it cannot be reached."""
        await self._following.settled.wait()

    async def buried(self) -> None:
        """Return once the Emperor was stopped and every vassal is dead."""
        await self._buried.wait()

    def stop(self) -> None:
        """Stop everything, which takes as long as the vassals need but `Rules.mercy_seconds` at most."""
        now = self._loop.time()
        if self._ragnarok_at is not None:
            left_seconds = max(0.0, self._ragnarok_at + self._rules.mercy_seconds - now)
            _log.info("*** RAGNAROK ALREADY EVOKED (mercyless in %d seconds)***", left_seconds)
            return
        self._ragnarok_at = now
        _log.info("*** RAGNAROK EVOKED ***", extra={"event": "ragnarok"})
        self._following.stop()
        for key in list(self._vassals):
            self._unwant(key)
        self._loop.call_later(self._rules.mercy_seconds, self._end_mercy)
        self._bury_if_done()

    def reload(self, name: str) -> bool:
        """Reload the vassals of a name, or start them now if they are down.

        :returns: False: there is none.
        """
        found = [vassal for vassal in self._vassals.values() if vassal.state.name == name]
        for vassal in found:
            self._summon(vassal)
        return bool(found)

    def reload_all(self) -> None:
        """Reload every vassal, `Rules.reloads_at_once` of them side by side; those that are down are started now."""
        self._rolling.add(self._vassals)

    def look_now(self) -> None:
        """Have every monitor compare with its source at once."""
        for monitor in self._monitors:
            monitor.look_now()

    def clear_blacklist(self) -> None:
        """Forgive every vassal: those that wait for their next start are started now."""
        _log.info("cleaning up blacklist ...")
        for vassal in self._vassals.values():
            self._chronicle.pardoned(vassal.state)
            self._govern(vassal)

    def log_states(self) -> None:
        """Log a line for each vassal."""
        for vassal in self._vassals.values():
            journal.tell_state(vassal.wanted, vassal.state)

    def reap_orphans(self) -> None:
        """Bury every dead child, ours or adopted: the duty of the first process of a container, on SIGCHLD."""
        own = {vassal.process.held.pid: vassal.process for vassal in self._vassals.values() if vassal.process}
        while (pid := next_dead_child()) is not None:
            if pid in own:
                self._bury(own[pid])
            else:
                os.waitpid(pid, os.WNOHANG)

    def stats(self) -> dict[str, Any]:
        """Describe everything, with the keys of uWSGI's stats server and a few of our own."""
        return describe(
            Report(
                sources=[monitor.source for monitor in self._monitors],
                vassals=[(vassal.wanted, vassal.state) for vassal in self._vassals.values()],
                unreadable=self._following.unreadable | self._refused,
                unreachable=self._following.unreachable,
                epoch=time.time() - self._loop.time(),
                is_tyrant=self.settings.launching.tyrant,
            )
        )

    def status(self) -> str:
        """Say in one line how things are."""
        return f"The Emperor is governing {self._running} vassals"

    # ---- hear

    def _want(self, spec: VassalSpec) -> None:
        vassal = self._vassals.get(spec.key)
        if vassal is None:
            vassal = self._vassals[spec.key] = Vassal(spec, VassalState(spec.key))
        vassal.wanted = spec
        self._govern(vassal)

    def _unwant(self, key: VassalKey) -> None:
        vassal = self._vassals.get(key)
        if vassal is not None:
            vassal.wanted = None
            self._govern(vassal)

    def _hear_vassal(self, descriptor: int, process: Process) -> None:
        if descriptor == process.held.pidfd:
            self._bury(process)
            return
        said = hear(descriptor)
        if said is None:
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
                    self._stop(process, graceful=self._rules.graceful_stop)
                case FromVassal.CONFIG_WANTED:
                    self._send_config(process)
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
        vassal, held = process.vassal, process.held
        if held.channel != -1 and (last_words := hear(held.channel)):
            self._understand(process, last_words)
        death = bury(held, with_followers=not process.facts.asked_to_stop)
        if death is None:
            return False
        self._channels.forget(held.channel)
        self._channels.forget(held.pidfd)
        held.close()
        vassal.process = None
        self._count(-1)
        self._errands.after_death(vassal.state.key, held.directory)
        self._chronicle.died(vassal.state, process.facts, death.how, death.exit_code, self._loop.time())
        self._govern(vassal)
        return True

    # ---- decide

    def _govern(self, vassal: Vassal) -> None:
        decision = decide(vassal.wanted, vassal.state, self._loop.time(), self._rules)
        if decision is not None:
            self._carry_out(decision, vassal)
        self._set_timer(vassal)

    def _govern_again(self, key: VassalKey) -> None:
        vassal = self._vassals.get(key)
        if vassal is not None:
            self._govern(vassal)

    def _set_timer(self, vassal: Vassal) -> None:
        moment = due_at(vassal.wanted, vassal.state, self._rules)
        timer = vassal.timer
        if timer is not None:
            if moment is not None and timer.when() <= moment:
                return  # it looks again then: a heartbeat does not cost a timer each
            timer.cancel()
        vassal.timer = None if moment is None else self._loop.call_at(moment, self._timer_rang, vassal)

    def _timer_rang(self, vassal: Vassal) -> None:
        vassal.timer = None
        self._govern(vassal)

    # ---- act

    def _carry_out(self, decision: Decision, vassal: Vassal) -> None:
        match decision, vassal.process:
            case Launch(), _:
                self._queue_launch(vassal)
            case Forget(), _:
                self._forget(vassal)
            case Reload(), Process() as process:
                self._reload(process)
            case Presume(), Process() as process:
                self._chronicle.presumed_reloaded(vassal.state, process.facts)
                self._govern(vassal)
            case Stop(graceful, reason), Process() as process:
                if reason:
                    journal.tell_stopping(vassal.state, reason)
                self._stop(process, graceful=graceful)
            case Kill(reason), Process() as process:
                self._kill(process, reason)

    def _queue_launch(self, vassal: Vassal) -> None:
        if not self._to_launch:
            self._loop.call_soon(self._launch_some)
        self._to_launch[vassal.state.key] = vassal

    def _launch_some(self) -> None:
        until = self._loop.time() + _LAUNCHING_SECONDS
        try:
            while self._to_launch and self._loop.time() < until:
                vassal = self._to_launch.pop(next(iter(self._to_launch)))
                if decide(vassal.wanted, vassal.state, self._loop.time(), self._rules) == Launch():
                    self._launch(vassal)
        finally:
            if self._to_launch:
                self._loop.call_soon(self._launch_some)

    def _launch(self, vassal: Vassal) -> None:
        spec = vassal.wanted
        assert spec is not None, "nothing is launched that nobody wants"
        if self._errands.hold_back(spec, partial(self._govern_again, spec.key)):
            return
        try:
            held = self._launcher.launch(spec)
        except (LaunchError, OwnershipError) as failure:
            self._tell_failure(vassal, failure)
            self._chronicle.launch_failed(vassal.state, spec, self._loop.time())
        else:
            self._refused.pop(spec.key, None)
            facts = self._chronicle.launched(vassal.state, spec, held.pid, self._loop.time(), held.owner)
            vassal.process = Process(vassal, facts, held)
            self._count(+1)
            self._channels.watch(held.channel, vassal.process)
            self._channels.watch(held.pidfd, vassal.process)
            self._errands.after_launch(spec, held)
        self._set_timer(vassal)

    def _tell_failure(self, vassal: Vassal, failure: ImperatorError) -> None:
        journal.tell_launch_failure(vassal.state, failure)
        if isinstance(failure, OwnershipError):
            self._refused[vassal.state.key] = f"found {failure.found}, wanted {failure.wanted}. {failure.remedy}"

    def _count(self, change: int) -> None:
        self._running += change
        if not self._census_due:
            self._census_due = True
            self._loop.call_later(_CENSUS_SECONDS, self._take_census)

    def _take_census(self) -> None:
        self._census_due = False
        self.on_census()

    def _forget(self, vassal: Vassal) -> None:
        self._chronicle.forgotten(vassal.state)
        self._refused.pop(vassal.state.key, None)
        del self._vassals[vassal.state.key]
        self._bury_if_done()

    def _reload(self, process: Process) -> None:
        vassal, now = process.vassal, self._loop.time()
        assert vassal.wanted is not None, "nothing is reloaded that nobody wants"
        try:
            may_reload = self._launcher.prepare_reload(vassal.wanted, process.held)
        except OwnershipError as failure:
            self._tell_failure(vassal, failure)
            self._chronicle.reload_refused(vassal.state, vassal.wanted, process.facts)
            return
        self._refused.pop(vassal.state.key, None)
        if not may_reload:
            self._stop(process, graceful=self._rules.graceful_stop)
        elif send(process.held.channel, ToVassal.RELOAD):
            self._chronicle.told_to_reload(vassal.state, vassal.wanted, process.facts, now)
        else:
            self._chronicle.channel_lost(vassal.state, process.facts, now)

    def _stop(self, process: Process, *, graceful: bool) -> None:
        # Whether it takes the message or not, the curse sees to its end.
        send(process.held.channel, ToVassal.STOP_GRACEFULLY if graceful else ToVassal.STOP)
        self._chronicle.told_to_stop(process.vassal.state, process.facts, self._loop.time())

    def _kill(self, process: Process, reason: str) -> None:
        journal.tell_killing(process.vassal.state, process.held.pid, reason)
        if not kill(process.held):
            journal.tell_not_killed(process.vassal.state)
        self._chronicle.killed(process.vassal.state, process.facts, self._loop.time())

    def _send_config(self, process: Process) -> None:
        held = process.held
        if held.config is None or held.config_channel == -1:
            return
        try:
            send_config(held.config_channel, held.config)
        except (OSError, ValueError) as failure:
            _log.error("vassal %s did not get its configuration: %s", process.vassal.state.name, failure)

    def _summon(self, vassal: Vassal) -> None:
        self._chronicle.summoned(vassal.state)
        self._govern(vassal)

    def _reload_one(self, key: VassalKey) -> bool:
        vassal = self._vassals.get(key)
        if vassal is None:
            return False
        self._summon(vassal)
        return vassal.state.phase is Phase.RELOADING

    def _moved(self, state: VassalState, before: Phase, event: Event) -> None:
        journal.tell(state, before, event)
        if before is Phase.RELOADING and state.phase is not Phase.RELOADING:
            self._rolling.done(state.key)

    def _end_mercy(self) -> None:
        for vassal in self._vassals.values():
            if vassal.process is not None:
                self._kill(vassal.process, "gets no more mercy")

    def _bury_if_done(self) -> None:
        if self._ragnarok_at is not None and not self._vassals and not self._errands.are_under_way:
            _log.info("The Emperor is buried.", extra={"event": "buried"})
            self._buried.set()
