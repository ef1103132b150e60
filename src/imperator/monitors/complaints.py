"""What nobody can make sense of: counted always, told at a limited rate."""

from __future__ import annotations

import time

from imperator.monitors.interface import Unreadable

__all__ = ["Complaints"]

_QUIET_SECONDS = 10.0
_NEWEST_LENGTH = 200


class Complaints:
    """Messages that name no vassal, so that each of them cannot be told by name.

    :param about: What stands in the name's place in log and stats.
    """

    def __init__(self, about: str) -> None:
        self._about = about
        self._count = 0
        self._newest = ""
        self._is_told = True
        self._quiet_until = 0.0

    def add(self, what: str) -> None:
        """Count one more.

        :param what: What is wrong with it, for people.
        """
        self._count += 1
        self._newest = what[:_NEWEST_LENGTH]
        self._is_told = False

    def due_seconds(self) -> float | None:
        """Return how long to wait before the next `tell`, or None: there is nothing to tell."""
        return None if self._is_told else max(0.0, self._quiet_until - time.monotonic())

    def tell(self) -> Unreadable:
        """Return the count and the newest of them, and be quiet for a while."""
        self._is_told = True
        self._quiet_until = time.monotonic() + _QUIET_SECONDS
        return Unreadable(self._about, f"{self._count} so far, the newest: {self._newest}")
