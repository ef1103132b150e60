"""The kernel's namespaces, by uWSGI's names, and the one that only a parent can give: of process numbers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["NAMESPACES", "NEW_PIDS", "new_pids"]

NEW_PIDS = 0x20000000
_MOUNTS = 0x00020000

NAMESPACES = {
    "fs": _MOUNTS,
    "ipc": 0x08000000,
    "mnt": _MOUNTS,
    "mount": _MOUNTS,
    "net": 0x40000000,
    "ns": _MOUNTS,
    "pid": NEW_PIDS,
    "uts": 0x04000000,
}
"""uWSGI's names and the kernel's flags."""


@contextmanager
def new_pids() -> Iterator[None]:
    """Make the next child the first process of a namespace of its own. What we are in ourselves stays as it is.

    A process cannot move into such a namespace, only be born there: nobody has to stand between it and its parent, so
    the child is the vassal itself.

    :raises OSError: The kernel has none, or we may not (CAP_SYS_ADMIN).
    """
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("unshare", NEW_PIDS)
        try:
            yield
        finally:
            _call("setns", own, NEW_PIDS)
    finally:
        os.close(own)


def _call(function: str, *arguments: int) -> None:
    import ctypes  # only who asks for this namespace needs it

    if getattr(ctypes.CDLL(None, use_errno=True), function)(*arguments) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
