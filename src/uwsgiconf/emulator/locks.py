"""Locks between the processes of an emulated instance, and between the threads of a test."""

from __future__ import annotations

import threading
from typing import ClassVar

from .errors import WouldWaitForeverError
from .part import Instance, Part, Process

#: How long a thread waits for another one before that is taken for a deadlock.
_PATIENCE_SECONDS = 5

_Holder = tuple[Process, int]


class Locks(Part):
    """The locks of an instance: lock 0, and those that are configured."""

    provides: ClassVar[tuple[str, ...]] = ("is_locked", "lock", "unlock")

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self._holders: dict[int, _Holder] = {}
        self._changed = threading.Condition()

    def lock(self, lock_num: int = 0) -> None:
        self._check(lock_num)
        mine = self._me()
        with self._changed:
            holder = self._holders.get(lock_num)
            if holder and holder[1] == mine[1]:
                raise self._deadlock(lock_num, holder[0])
            if not self._changed.wait_for(lambda: lock_num not in self._holders, _PATIENCE_SECONDS):
                raise self._deadlock(lock_num, self._holders[lock_num][0])
            self._holders[lock_num] = mine

    def unlock(self, lock_num: int = 0) -> None:
        self._check(lock_num)
        with self._changed:
            # uWSGI's locks do not move for who does not hold them, and do not say so.
            if self._holders.get(lock_num) == self._me():
                del self._holders[lock_num]
                self._changed.notify_all()

    def is_locked(self, lock_num: int = 0) -> bool:
        self._check(lock_num)
        return lock_num in self._holders

    def _me(self) -> _Holder:
        return self.instance.process, threading.get_ident()

    def _check(self, lock_num: int) -> None:
        if self.instance.process.kind == "spooler":
            raise ValueError("The spooler cannot lock/unlock resources")
        if not 0 <= lock_num <= self.instance.settings.locks:
            raise ValueError("Invalid lock number")

    def _deadlock(self, lock_num: int, holder: Process) -> WouldWaitForeverError:
        return WouldWaitForeverError(
            f"lock {lock_num}",
            wanted=f"{self.instance.process} to take it",
            found=f"{holder} holds it, and nothing here would release it",
            remedy="Release it first; a process cannot take a lock twice.",
        )
