"""Waiting for something to become true, with a limit: the only way a system test waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["LIMIT_SECONDS", "wait_for"]

LIMIT_SECONDS = 60.0
"""Generous on purpose: it is only ever reached by a failure, and shared machines are slow at times."""

Answer = TypeVar("Answer")


def wait_for(
    question: Callable[[], Answer],
    what: str,
    limit_seconds: float = LIMIT_SECONDS,
    otherwise: Callable[[], object] = lambda: "nothing more is known",
    progress: Callable[[], object] = lambda: None,
) -> Answer:
    """Ask until the answer is true and return it.

    :param what: What is waited for, for the failure's text.
    :param limit_seconds: After this long without progress the test fails.
    :param otherwise: Called on failure: what is known then, for the failure's text.
    :param progress: What shows that the wait is not in vain: while it changes, the limit begins anew.
    :raises AssertionError: The limit was reached.
    """
    deadline, reached = time.monotonic() + limit_seconds, progress()
    while not (answer := question()):
        if (reaches := progress()) != reached:
            deadline, reached = time.monotonic() + limit_seconds, reaches
        if time.monotonic() > deadline:
            raise AssertionError(
                f"waited {limit_seconds} s in vain for: {what}\nlast answer: {answer!r}\n{otherwise()}"
            )
        time.sleep(0.01)  # between two looks, not instead of one
    return answer
