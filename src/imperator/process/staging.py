"""What has to be done between a new process and a vassal's program, and in which order."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from imperator.policy.vassal import VassalSpec
from imperator.process import hooks as steps_of
from imperator.process.hooks import Act
from imperator.process.namespaces import NEW_PIDS
from imperator.settings import Hooks, Launching

__all__ = ["Identity", "Staging"]

_CHAIN_LOADERS = ("/usr/sbin/chroot", "/usr/bin/chroot", "/sbin/chroot")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a vassal runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Staging:
    """Plans the way from a new process to a vassal's program.

    :param launching: What was told about it.
    :param chain_loader: coreutils' `chroot`, three times as quick as a stage of ours. None: it is not there, or we are
        not root, and it would not take away the rights we have then.
    :param gives_up_capabilities: The Emperor has some that its user has not, and vassals must not have.
    """

    launching: Launching
    hooks: Hooks
    chain_loader: str | None
    gives_up_capabilities: bool = False

    @classmethod
    def for_settings(cls, launching: Launching, hooks: Hooks, *, gives_up_capabilities: bool = False) -> Staging:
        """Look up what there is."""
        wants_one = launching.tyrant and not gives_up_capabilities
        return cls(launching, hooks, find_chain_loader() if wants_one else None, gives_up_capabilities)

    @property
    def is_needed(self) -> bool:
        """Whether a vassal's program cannot be started straight away."""
        told = self.launching
        # Where vassals choose their directory, they enter it themselves: its file system may not answer.
        is_changed = told.tyrant or told.capabilities is not None or told.directory_attribute is not None
        return is_changed or bool(told.namespaces) or self._has_hooks

    @property
    def _has_hooks(self) -> bool:
        """Whether a vassal's own process runs any."""
        told = self.hooks
        return bool(
            told.vassals_start
            or told.as_vassal_before_drop
            or told.as_vassal
            or told.mount_as_vassal
            or told.umount_as_vassal
            or told.exec_as_vassal
        )

    def wrap(self, programs: Sequence[str], command_line: Sequence[str], identity: Identity | None) -> list[str] | None:
        """Return the command line that drops privileges and goes on to a program, where nothing else is to be done.

        :param programs: What to try, one after the other.
        :param command_line: The vassal's own, argument 0 included.
        :returns: None: it takes a stage.
        """
        told = self.launching
        is_plain = len(programs) == 1 and told.capabilities is None and not (told.initgroups or told.namespaces)
        if identity is None or self.chain_loader is None or not is_plain or self._has_hooks:
            return None
        who = f"--userspec=+{identity.uid}:+{identity.gid}"
        return [self.chain_loader, who, "--groups=", "--skip-chdir", "/", *command_line]

    @property
    def born_with(self) -> int:
        """The namespaces that a process cannot leave for others, ``CLONE_NEW...`` flags."""
        return self.launching.namespaces & NEW_PIDS

    def steps(
        self,
        spec: VassalSpec,
        programs: Sequence[str],
        command_line: Sequence[str],
        identity: Identity | None,
        directory: str,
    ) -> list[Act]:
        """Return the steps of a stage that goes on to the first program that can be executed.

        :param directory: Where that starts: a directory that the user it runs as may enter.
        """
        told = self.launching
        # Another user's process has a session of its own, lest it types into ours.
        steps: list[Act] = [("session",) if told.tyrant else ("group",), ("enter", spec.directory)]
        if self._has_hooks:
            steps.append(("limit", int(self.hooks.limit_seconds)))
        if told.namespaces & ~NEW_PIDS:
            steps.append(("unshare", told.namespaces & ~NEW_PIDS))
        steps += steps_of.before_drop(self.hooks)
        if told.capabilities is not None:
            steps.append(("bound", told.capabilities))
        if identity is not None:
            steps.append(("drop", identity.uid, identity.gid, told.initgroups))
        elif self.gives_up_capabilities:
            steps.append(("drop_capabilities",))
        if directory != spec.directory:
            steps.append(("enter", directory))
        steps += steps_of.as_vassal(self.hooks, spec.name, spec.directory)
        if self._has_hooks:
            steps.append(("limit", 0))
        arguments = [os.fsencode(argument) for argument in command_line[1:]]
        steps.append(("run", [os.fsencode(program) for program in programs], arguments))
        return steps


def find_chain_loader() -> str | None:
    """Find a `chroot` that nobody but root can have put there, and that can change users (Busybox has another one)."""
    if os.geteuid() != 0 or _passes_on_capabilities():
        return None
    for path in _CHAIN_LOADERS:
        try:
            status = os.stat(path)
            with open(path, "rb") as program:
                is_the_right_one = b"userspec" in program.read()
        except OSError:
            continue
        if is_the_right_one and status.st_uid == 0 and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return path
    return None


def _passes_on_capabilities() -> bool:
    """Whether a program we become another user for could keep rights of ours: they have been made inheritable."""
    with open("/proc/self/status", "rb") as status:
        return any(line.startswith(b"CapInh:") and int(line.split()[1], 16) for line in status)
