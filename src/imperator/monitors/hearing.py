"""What each event of the kernel means for the file it is about."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from asyncinotify import Mask

from imperator.monitors.files import Sight
from imperator.monitors.waits import Waits, Why

__all__ = ["CHANGED_ENTRIES", "GONE_SECONDS", "IS_DIRECTORY", "REMOVED", "WRITER_SECONDS", "FileEvents"]

GONE_SECONDS = 0.2
"""How long a file that disappeared may take to come back: editors rename it away or remove it, then write it anew."""
WRITER_SECONDS = 3.0
"""A file that is open for writing counts as it is when nothing was written to it for so long."""
LINKED_SECONDS = 0.05
"""A file that appears with content was either linked, or its first write is told next: within this time."""

REMOVED = int(Mask.DELETE | Mask.MOVED_FROM)
CHANGED_ENTRIES = REMOVED | int(Mask.CREATE | Mask.MOVED_TO | Mask.ATTRIB)
IS_DIRECTORY = int(Mask.ISDIR)

_MODIFY = int(Mask.MODIFY)
_CLOSE_WRITE = int(Mask.CLOSE_WRITE)
_MOVED_TO = int(Mask.MOVED_TO)
_CREATE = int(Mask.CREATE)
_ATTRIB = int(Mask.ATTRIB)


class FileEvents:
    """Decides whether a file is looked at now or waits for what belongs to the same change.

    :param look_now: Called with a name and whether its content was written or replaced, whatever its time says.
    :param see: Tells what a name is now.
    """

    def __init__(self, waits: Waits, look_now: Callable[[str, bool], None], see: Callable[[str], Sight]) -> None:
        self._waits = waits
        self._look_now = look_now
        self._see = see

    def hear(self, name: str, path: str, mask: int) -> None:
        """Take one event.

        :param name: The vassal that is concerned.
        :param path: What changed: its file, or a step on the way its link leads.
        """
        if mask & _MODIFY:
            self._waits.put(name, Why.BEING_WRITTEN, WRITER_SECONDS, rewritten=True)
        elif mask & _CLOSE_WRITE:
            # A write was told before, so it is in the wait. Without one this is the end of a touch, told already.
            self._look_now(name, False)
        elif mask & _MOVED_TO:
            self._look_now(name, True)
        elif mask & _CREATE:
            self._hear_creation(name, path)
        elif mask & REMOVED:
            self._waits.put(name, Why.GONE, GONE_SECONDS, rewritten=True)
        elif mask & _ATTRIB and name not in self._waits:
            self._look_now(name, False)

    def _hear_creation(self, name: str, path: str) -> None:
        try:
            status = os.lstat(path)
        except OSError:  # gone again, or out of reach: looking tells which
            self._look_now(name, True)
            return
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            self._look_now(name, True)
        elif status.st_size == 0:
            self._waits.put(name, Why.BEING_WRITTEN, WRITER_SECONDS, rewritten=True)
        else:
            self._waits.put(name, Why.SETTLING, LINKED_SECONDS, rewritten=True, seen=self._see(name))
