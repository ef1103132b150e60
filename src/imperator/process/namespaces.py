"""The kernel's namespaces, by uWSGI's names."""

from __future__ import annotations

__all__ = ["NAMESPACES", "NEW_PIDS"]

NEW_PIDS = 0x20000000
"""A process cannot move into such a namespace, only be born there, as its first one."""
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
