"""Becoming the parent of what our descendants leave behind, as the first process of a machine is by birth."""

from __future__ import annotations

import os

from imperator.errors import HostingError

__all__ = ["adopt_orphans"]

_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Make orphaned descendants our children. Whoever does that has to bury them.

    :raises HostingError: The kernel refuses.
    Source: ``emperor-subreaper``.
    """
    import ctypes  # Python has no prctl(), and only who asks for this pays for it

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise HostingError(
            "emperor-subreaper",
            wanted="to adopt orphaned processes",
            found=os.strerror(ctypes.get_errno()),
            remedy="Leave it out, or run under a kernel that has PR_SET_CHILD_SUBREAPER.",
        )
