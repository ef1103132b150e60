"""The queue shared by all processes of an instance."""

from __future__ import annotations

from ..base import OptionsGroup, SectionT
from ..values import Path


class Queue(OptionsGroup[SectionT]):
    """A shared array of blocks, which applications use as a queue or as a stack."""

    def enable(
        self,
        size: int,
        *,
        block_size: int | None = None,
        store: Path | None = None,
        store_sync_interval: int | None = None,
    ) -> SectionT:
        """Create the queue.

        :param size: How many blocks it has. Source: ``queue``.
        :param block_size: Size of a block in bytes. Default: 8192. Source: ``queue-blocksize``.
        :param store: File that keeps the queue when the instance is not running. Source: ``queue-store``.
        :param store_sync_interval: Cycles of the master, usually seconds, between two writes to that file.
            Source: ``queue-store-sync``.
        """
        return self._set(
            {
                "queue": size,
                "queue-blocksize": block_size,
                "queue-store": store,
                "queue-store-sync": store_sync_interval,
            }
        )
