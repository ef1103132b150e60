"""Who runs a task: a name for each run, by which others see whether its process is still there."""

from __future__ import annotations

import os
import re
import socket
from contextlib import suppress
from functools import cache
from uuid import uuid4

#: Machine, process and when that began, kernel, and what sets the run apart from others.
_OWNER = re.compile(r".*:(?P<pid>\d+):(?P<began>\d+)@(?P<kernel>\w+):\w+")

#: Where the kernel tells when a process began, and its state, counted from behind the name.
_BEGAN, _STATE = 19, 0


def new_owner() -> str:
    """A name for one run, that tells people and other processes where it is."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_began(pid) or 0}@{_kernel()}:{uuid4().hex[:8]}"


def is_gone(owner: str) -> bool:
    """Whether the process of a run has ended; only known on the same machine, in the same container.

    :param owner: What `new_owner` returned there.
    """
    told = _OWNER.fullmatch(owner)
    if not told or told["kernel"] != _kernel() or told["began"] == "0":
        return False
    pid = int(told["pid"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # of another user, whose processes may not be looked at
    return _began(pid) != int(told["began"])


def _began(pid: int) -> int | None:
    """When a process began, in ticks since the machine did; none if it has ended."""
    with suppress(OSError), open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
        return None if fields[_STATE] in {"Z", "X"} else int(fields[_BEGAN])
    return None


@cache
def _kernel() -> str:
    """This run of this machine's kernel, and the container whose process numbers count here."""
    with suppress(OSError), open("/proc/sys/kernel/random/boot_id") as file:
        return file.read(8) + format(os.stat("/proc/self/ns/pid").st_ino, "x")
    return uuid4().hex
