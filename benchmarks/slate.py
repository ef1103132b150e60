"""A file in shared memory on which every vassal stamps what happened to it, at a slot of its own.

Nothing has to be received while an Emperor is measured: the vassals take the times, and we look afterwards.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Slate", "Stamp"]

SLOT = struct.Struct("<QQIIII")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What one vassal has told; times are monotonic nanoseconds, 0 before the first.

    :param started_ns: First instruction of its newest process.
    :param reloaded_ns: Newest reload byte.
    """

    started_ns: int
    reloaded_ns: int
    starts: int
    reloads: int
    pid: int
    loyal: int


class Slate:
    """The reader's side.

    :param path: The file, made here.
    :param size: How many vassals may stamp.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        path.write_bytes(bytes((size * SLOT.size // mmap.PAGESIZE + 1) * mmap.PAGESIZE))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)

    def __getitem__(self, number: int) -> Stamp:
        return Stamp(*SLOT.unpack_from(self._memory, number * SLOT.size))

    def stamps(self) -> list[Stamp]:
        """Return the stamp of every vassal that has started."""
        used = memoryview(self._memory)[: self.size * SLOT.size]
        try:
            return [stamp for fields in SLOT.iter_unpack(used) if (stamp := Stamp(*fields)).pid]
        finally:
            used.release()

    def loyal(self) -> int:
        """Return how many vassals are loyal. Asked often while others are measured: as cheap as can be."""
        used = memoryview(self._memory)[: self.size * SLOT.size]
        try:
            return sum(fields[-1] for fields in SLOT.iter_unpack(used))
        finally:
            used.release()

    def close(self) -> None:
        self._memory.close()
