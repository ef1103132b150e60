"""The end of a vassal's process: killing it, and taking what is left."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass

from imperator.process.launch import Launched

__all__ = ["CHILD_SECONDS", "Death", "bury", "kill", "next_dead_child"]

CHILD_SECONDS = 0.05
"""How long another part of us may take to bury its own child."""


@dataclass(frozen=True, slots=True)
class Death:
    """How a process ended.

    :param exit_code: 0 to 255, or None where a signal ended it, or nobody can tell.
    :param how: The same for people.
    """

    exit_code: int | None
    how: str


def kill(process: Launched) -> bool:
    """Send SIGKILL to a vassal's process and to everything in its process group.

    :returns: False: it is another user's, and we are not allowed to.
    """
    _kill_group(process)
    with contextlib.suppress(ProcessLookupError):
        try:
            signal.pidfd_send_signal(process.pidfd, signal.SIGKILL)
        except PermissionError:
            return False
    return True


def bury(process: Launched, *, with_followers: bool) -> Death | None:
    """Take the exit status of a process.

    :param with_followers: Kill what is left of its process group: workers that outlive their master go on holding its
        sockets, and the next process could not bind them.
    :returns: None: it lives.
    """
    try:
        if os.waitid(os.P_PIDFD, process.pidfd, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        if with_followers:
            # While the dead leader is not yet reaped its number can be nobody else's.
            _kill_group(process)
        result = os.waitid(os.P_PIDFD, process.pidfd, os.WEXITED | os.WNOHANG)
    except ChildProcessError:
        result = None
    if result is None:
        return Death(None, "ended, and another part of this program took its exit status")
    if result.si_code == os.CLD_EXITED:
        return Death(result.si_status, f"exited with {result.si_status}")
    return Death(None, f"was killed by {_signal_name(result.si_status)}")


def next_dead_child() -> int | None:
    """Return the pid of a child that is dead and not reaped yet, whoever's it was before it became ours."""
    try:
        dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return None if dead is None else dead.si_pid


def _kill_group(process: Launched) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
