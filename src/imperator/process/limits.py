"""How many descriptors we may hold, and how many vassals get."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from functools import cache

__all__ = ["keep_descriptors", "lowered_descriptor_limit", "raise_descriptor_limit"]


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


@contextlib.contextmanager
def lowered_descriptor_limit(soft: int | None) -> Iterator[None]:
    """Give what is started meanwhile another soft limit than ours. None: the same."""
    if soft is None:
        yield
        return
    ours = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, ours[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, ours)


def keep_descriptors() -> None:
    """Pass on to vassals none of the descriptors that we were started with, standard input, output and error aside.

    Those three are opened if we were started without them: nothing of ours may take their places.
    """
    while (descriptor := os.open("/dev/null", os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > 2:
            with contextlib.suppress(OSError):  # the one that lists them
                os.set_inheritable(descriptor, False)
