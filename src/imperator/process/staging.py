"""What the Emperor starts where a vassal's program cannot be started straight away, and the orders it gives."""

from __future__ import annotations

import marshal
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imperator.policy.vassal import VassalSpec
from imperator.process import hooks as steps_of
from imperator.process.hooks import Act
from imperator.process.namespaces import NEW_PIDS
from imperator.settings import Hooks, Launching

__all__ = ["STAGE_COMMAND", "Identity", "Staging", "write_orders"]

STAGE_COMMAND = (
    # Isolated: neither the environment, nor the vassal's directory, nor a user's site-packages have a say.
    *(sys.executable, "-I", "-S", "-E", "-B"),
    *("-c", "import sys; sys.path.append(sys.argv[1]); import stage; stage.main()"),
    os.path.dirname(os.path.abspath(__file__)),
)

_CHAIN_LOADERS = ("/usr/bin/setpriv", "/bin/setpriv")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a vassal runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Staging:
    """Plans the way from a new process to a vassal's program.

    :param launching: What was told about it.
    :param chain_loader: util-linux' `setpriv`, ten times as quick as a Python. None: it is not there.
    """

    launching: Launching
    hooks: Hooks
    chain_loader: str | None

    @classmethod
    def for_settings(cls, launching: Launching, hooks: Hooks) -> Staging:
        """Look up what there is."""
        wants_one = launching.tyrant or launching.capabilities is not None
        return cls(launching, hooks, find_chain_loader() if wants_one else None)

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

    def wrap(self, programs: Sequence[str], command_line: Sequence[str], identity: Identity | None) -> list[str] | None:
        """Return the command line that drops privileges and goes on to a program, where nothing else is to be done.

        :param programs: What to try, one after the other.
        :param command_line: The vassal's own, argument 0 included.
        :returns: None: it takes a stage.
        """
        told = self.launching
        if self.chain_loader is None or len(programs) > 1 or told.namespaces & ~NEW_PIDS or self._has_hooks:
            return None
        flags = ["--inh-caps=-all", "--ambient-caps=-all"]
        if told.capabilities is not None:
            flags.append(",".join(["--bounding-set=-all", *(f"+cap_{number}" for number in told.capabilities)]))
        if identity is not None:
            flags += [f"--reuid={identity.uid}", f"--regid={identity.gid}"]
            flags.append("--init-groups" if told.initgroups else "--clear-groups")
        return [self.chain_loader, *flags, "--", *command_line]

    def steps(
        self, spec: VassalSpec, programs: Sequence[str], command_line: Sequence[str], identity: Identity | None
    ) -> list[Act]:
        """Return the steps of a stage that goes on to the first program that can be executed."""
        told = self.launching
        steps: list[Act] = [("limit", int(self.hooks.limit_seconds))] if self._has_hooks else []
        if told.namespaces & ~NEW_PIDS:
            steps.append(("unshare", told.namespaces & ~NEW_PIDS))
        steps += steps_of.before_drop(self.hooks)
        if told.capabilities is not None:
            steps.append(("bound", told.capabilities))
        if identity is not None:
            steps.append(("drop", identity.uid, identity.gid, told.initgroups))
        steps += steps_of.as_vassal(self.hooks, spec.name, spec.directory)
        if self._has_hooks:
            steps.append(("limit", 0))
        arguments = [os.fsencode(argument) for argument in command_line[1:]]
        steps.append(("run", [os.fsencode(program) for program in programs], arguments))
        return steps


def find_chain_loader() -> str | None:
    """Find a `setpriv` that nobody but root can have put there, and that is util-linux' (Busybox has another one)."""
    for path in _CHAIN_LOADERS:
        try:
            status = os.stat(path)
            with open(path, "rb") as program:
                is_the_right_one = b"init-groups" in program.read()
        except OSError:
            continue
        if is_the_right_one and status.st_uid == 0 and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return path
    return None


def write_orders(name: str, environment: Mapping[bytes, bytes], steps: Sequence[Act]) -> int:
    """Write the orders of one stage into a file in memory.

    :param name: The vassal's name, for the log.
    :param environment: What programs get.
    :returns: Its descriptor, to be passed on as `imperator.process.stage.ORDERS` and closed here.
    """
    descriptor = os.memfd_create("orders", os.MFD_CLOEXEC)
    os.write(descriptor, marshal.dumps((os.fsencode(name).decode("utf-8", "replace"), dict(environment), list(steps))))
    return descriptor
