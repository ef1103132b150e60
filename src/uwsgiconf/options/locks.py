"""Locks: between processes of an instance, and between instances."""

from __future__ import annotations

from ..base import OptionsGroup, SectionT
from ..values import Path


class Locks(OptionsGroup[SectionT]):
    """Locks between the processes of an instance, and between instances."""

    def set_basic_params(
        self,
        *,
        count: int | None = None,
        thunder_lock: bool | None = None,
        lock_engine: str | None = None,
    ) -> SectionT:
        """Set how many locks there are, and how they work.

        :param count: How many locks applications can use, besides lock 0. Source: ``locks``.
        :param thunder_lock: Let one process at a time wait for connections, so that a connection does not wake all.
            Source: ``thunder-lock``.
        :param lock_engine: How locks are made, for example `ipcsem`. Default: the fastest of the system.
            Source: ``lock-engine``.
        """
        return self._set({"locks": count, "thunder-lock": thunder_lock, "lock-engine": lock_engine})

    def set_ipcsem_params(self, *, ftok: Path | None = None, persistent: bool | None = None) -> SectionT:
        """Set how locks of the engine `ipcsem` work.

        :param ftok: File whose identity makes the key, so that two instances do not take the same. Source: ``ftok``.
        :param persistent: Leave the semaphores when the instance ends. Source: ``persistent-ipcsem``.
        """
        return self._set({"ftok": ftok, "persistent-ipcsem": persistent})

    def lock_file(self, fpath: Path, *, after_setup: bool = False, wait: bool = False) -> SectionT:
        """Start only when a file could be locked, so that there is one such instance at a time.

        :param fpath: The file. Source: ``flock``.
        :param after_setup: Lock it after logging and daemonizing were set up, instead of first. Source: ``flock2``.
        :param wait: Wait until it can be locked, instead of ending. Source: ``flock-wait``, ``flock-wait2``.
        """
        name = "flock-wait" if wait else "flock"
        return self._set({f"{name}2" if after_setup else name: fpath})
