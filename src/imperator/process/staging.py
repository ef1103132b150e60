"""What has to be done between a new process and a vassal's program, and in which order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from imperator.policy.vassal import VassalSpec
from imperator.process import hooks as steps_of
from imperator.process.hooks import Act
from imperator.process.namespaces import NEW_PIDS
from imperator.settings import Hooks, Launching

__all__ = ["Identity", "Staging"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a vassal runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Staging:
    """Plans the way from a new process to a vassal's program.

    :param launching: What was told about it.
    :param gives_up_capabilities: The Emperor has some that its user has not, and vassals must not have.
    """

    launching: Launching
    hooks: Hooks
    gives_up_capabilities: bool = False

    @property
    def is_needed(self) -> bool:
        """Whether a vassal's program cannot be started straight away."""
        told = self.launching
        return told.tyrant or told.capabilities is not None or bool(told.namespaces) or self._has_hooks

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
