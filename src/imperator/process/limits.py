"""How many descriptors we may hold, and how many vassals get."""

from __future__ import annotations

import resource
from functools import cache

__all__ = ["raise_descriptor_limit"]


@cache
def raise_descriptor_limit() -> int:
    """Allow this process as many descriptors as the system lets it have: each vassal costs two or three.

    Only the soft limit moves. Vassals must get back the one we were started with: a program that walks through all
    the descriptors it might have takes minutes under a huge limit.

    :returns: The soft limit we were started with, however often this is called.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return soft
