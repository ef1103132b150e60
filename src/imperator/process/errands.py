"""What the Emperor has done for a vassal in processes of their own, without ever waiting for one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial

from imperator.errors import HostingError, ImperatorError
from imperator.policy.vassal import VassalKey, VassalSpec
from imperator.process import hooks as steps_of
from imperator.process.burial import bury, kill
from imperator.process.channel import ToVassal
from imperator.process.hooks import Act
from imperator.process.judging import Judge, Judged, Judgements
from imperator.process.launch import Launched, open_pidfd
from imperator.process.stages import Stages
from imperator.settings import Settings

__all__ = ["Errands"]

_log = logging.getLogger(__name__)

_OF_VASSALS = {
    *("vassals_start", "as_vassal_before_drop", "as_vassal", "mount_as_vassal", "umount_as_vassal", "exec_as_vassal"),
    "limit_seconds",
}
"""What of the hooks vassals' own processes run, or nobody does."""
_GRACE_SECONDS = 1.0
"""How much longer than their limit errands may live: the kernel ends them, unless they are stopped."""
_PROCESS = 3
"""Where an errand in a vassal's namespaces has the descriptor of its process."""


class Errands:
    """Runs the Emperor's hooks. One vassal's errands may hold back that vassal, and nobody else.

    :param settings: What was told.
    :param environment: What they get.
    :param descriptor_limit: Soft limit of open files that they have. None: ours.
    :param idle: Called when the last one under way has ended.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        idle: Callable[[], None],
        descriptor_limit: int | None = None,
    ) -> None:
        self._hooks = settings.hooks
        self._launching = settings.launching
        self._environment = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
        self._stages = Stages(
            self._environment,
            descriptor_limit,
            capabilities=settings.hosting.capabilities or (),
            speaks_json=settings.logging.as_json,
        )
        judge = Judge.for_settings(settings)
        self._waiting = {is_news: Judgements(judge, partial(self._judged, is_news)) for is_news in (False, True)}
        self._idle = idle
        self._under_way: dict[int, Callable[[], None]] = {}
        self._held_back: dict[VassalKey, Callable[[], None] | None] = {}
        self._prepared: set[VassalKey] = set()

    @property
    def are_under_way(self) -> bool:
        """Whether any errand has not ended yet."""
        return bool(self._under_way)

    async def before_all(self) -> None:
        """Run what has to succeed before there are vassals.

        :raises HostingError: It did not.
        """
        if any(getattr(self._hooks, hook.name) for hook in fields(self._hooks) if hook.name not in _OF_VASSALS):
            with contextlib.suppress(OSError):  # whatever needs it then tells why it cannot be run
                self._stages.start()
        steps = steps_of.emperor_start(self._hooks)
        if not steps:
            return
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._run("(all)", steps, done.set_result)
        if not await done:
            raise HostingError(
                "hook-emperor-start",
                wanted="hooks that succeed before there are vassals",
                found="one that failed, see the log",
                remedy="Mend it, or leave it out.",
            )

    def hold_back(self, spec: VassalSpec, go_on: Callable[[], None]) -> bool:
        """Do what a vassal's start has to wait for.

        :param go_on: Called when it need not wait any longer.
        :returns: Whether it has to wait: nothing is to be started yet.
        """
        key = spec.key
        if key in self._held_back:
            self._held_back[key] = go_on
            return True
        steps = steps_of.before_launch(self._hooks)
        if not steps or key in self._prepared:
            self._prepared.discard(key)
            return False
        self._held_back[key] = go_on

        def prepared(_: bool) -> None:
            self._prepared.add(key)
            self._let_go(key)

        self._run(spec.name, steps, prepared)
        return True

    def start_nothing(self, key: VassalKey) -> None:
        """What a vassal's start had to wait for was done in vain: the next start waits for it anew."""
        self._prepared.discard(key)

    def after_launch(self, spec: VassalSpec, held: Launched) -> None:
        """Do what follows a vassal's start."""
        steps = steps_of.after_launch(self._hooks, spec.name, held.pid, spec.uid, spec.gid)
        if steps:
            self._run(spec.name, steps, lambda _: None)
        steps = steps_of.in_namespaces(self._hooks, spec.name, held.pid, spec.uid, spec.gid)
        if steps:
            namespaces = self._launching.namespaces
            joining = [("join", held.pid, _PROCESS, namespaces)] if namespaces else []
            self._run(spec.name, [*joining, *steps], lambda _: None, ((held.pidfd, _PROCESS),))

    def as_waiting(self, spec: VassalSpec, *, is_news: bool) -> None:
        """Do what a vassal that waits for a connection has done, as the user it would run as.

        :param is_news: Its configuration has changed; else it just begins to wait.
        """
        if steps_of.as_waiting(self._hooks, spec, is_news=is_news):
            self._waiting[is_news].ask(spec)

    def _judged(self, is_news: bool, spec: VassalSpec, judged: Judged) -> None:
        if isinstance(judged, ImperatorError):
            _log.error("%s", judged, extra={"vassal": spec.name, "event": "hooks_refused"})
            return
        steps: list[Act] = [("enter", spec.directory)]
        if self._launching.tyrant:
            steps.append(("drop", judged.uid, judged.gid, self._launching.initgroups))
        steps += steps_of.as_waiting(self._hooks, judged, is_news=is_news)
        self._run(spec.name, steps, lambda _: None)

    def when_told(self, message: ToVassal | None) -> None:
        """Do what is to be done when our own Emperor says something; None: it is gone."""
        if message is None:
            steps = steps_of.emperor_lost(self._hooks)
        elif message is ToVassal.RELOAD:
            steps = steps_of.emperor_reload(self._hooks)
        else:
            steps = steps_of.emperor_stop(self._hooks)
        if steps:
            self._run("(all)", steps, lambda _: None)

    def after_death(self, key: VassalKey, directory: str) -> None:
        """Do what follows the end of a vassal's process; its next one waits for that."""
        steps = steps_of.stop(self._hooks, key[1], directory)
        if steps and key not in self._held_back:
            self._held_back[key] = None
            self._run(key[1], steps, lambda _: self._let_go(key))

    def bury(self, pid: int) -> bool:
        """Take a dead errand's exit status now, and tell whether it was one."""
        ended = self._under_way.get(pid)
        if ended is not None:
            ended()
        return ended is not None

    def close(self) -> None:
        """Keep nothing ready any longer."""
        self._stages.close()
        for judgements in self._waiting.values():
            judgements.stop()

    def _let_go(self, key: VassalKey) -> None:
        go_on = self._held_back.pop(key, None)
        if go_on is not None:
            go_on()

    def _run(
        self,
        name: str,
        steps: Sequence[Act],
        done: Callable[[bool], None],
        descriptors: Sequence[tuple[int, int]] = (),
    ) -> None:
        loop = asyncio.get_running_loop()
        # In a session of its own, for who asks at a terminal of ours would be stopped, and never answered.
        limited = [("session",), ("limit", int(self._hooks.limit_seconds)), *steps]
        try:
            pid = self._stages.make(name, self._environment, limited, descriptors)
            pidfd = open_pidfd(pid)
        except OSError as failure:
            _log.error("vassal %s: its hooks cannot be run: %s", name, failure.strerror)
            loop.call_soon(done, False)
            return
        errand = Launched(pid, channel=-1, pidfd=pidfd)
        limit = loop.call_later(self._hooks.limit_seconds + _GRACE_SECONDS, kill, errand)
        ended = partial(self._ended, name, errand, limit, done)
        self._under_way[pid] = ended
        loop.add_reader(pidfd, ended)

    def _ended(self, name: str, errand: Launched, limit: asyncio.TimerHandle, done: Callable[[bool], None]) -> None:
        asyncio.get_running_loop().remove_reader(errand.pidfd)
        limit.cancel()
        took_too_long = _was_ended_by_its_limit(errand.pidfd)
        # What a hook leaves running on purpose stays; what hangs goes with it.
        death = bury(errand, with_followers=took_too_long)
        errand.close()
        succeeded = death is not None and death.exit_code == 0
        if took_too_long:
            _log.error("vassal %s: hooks took longer than %g s: ended", name, self._hooks.limit_seconds)
        elif death is not None and not succeeded:
            _log.error("vassal %s: the process of its hooks %s", name, death.how)
        del self._under_way[errand.pid]
        try:
            done(succeeded)
        finally:
            if not self._under_way:
                self._idle()


def _was_ended_by_its_limit(pidfd: int) -> bool:
    try:
        dead = os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # another part of this program took it
        return False
    return dead is not None and dead.si_code == os.CLD_KILLED and dead.si_status == signal.SIGALRM
