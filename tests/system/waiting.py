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
) -> Answer:
    """Ask until the answer is true and return it.

    :param what: What is waited for, for the failure's text.
    :param limit_seconds: After this long the test fails.
    :param otherwise: Called on failure: what is known then, for the failure's text.
    :raises AssertionError: The limit was reached.
    """
    deadline = time.monotonic() + limit_seconds
    while not (answer := question()):
        if time.monotonic() > deadline:
            raise AssertionError(
                f"waited {limit_seconds} s in vain for: {what}\nlast answer: {answer!r}\n{otherwise()}"
            )
        time.sleep(0.01)  # between two looks, not instead of one
    return answer
