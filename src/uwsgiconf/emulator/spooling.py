"""Spoolers whose tasks wait in memory until they are looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

from .. import uwsgi_stub
from .part import MICROSECONDS, Instance, Part

#: What a message may take, and what is taken for the length of a key or a value in it.
_MESSAGE_BYTES = 0xFFFF
_LENGTH_BYTES = 2


@dataclass
class Task:
    """A task that waits."""

    path: str
    message: dict[bytes, bytes]
    body: bytes
    #: Not to be done before, in seconds since 1970.
    due_seconds: int

    @property
    def priority(self) -> bytes | None:
        """Its priority, if it has one."""
        return self.message.get(b"priority")

    def envelope(self) -> dict[Any, bytes]:
        """What the function for tasks is given."""
        found: dict[Any, bytes] = {"spooler_task_name": os.path.basename(self.path).encode(), **self.message}
        return found | {"body": self.body} if self.body else found


class Spooling(Part):
    """The spoolers of an instance."""

    provides: ClassVar[tuple[str, ...]] = (
        "i_am_the_spooler",
        "send_to_spooler",
        "set_spooler_frequency",
        "spool",
        "spooler_get_task",
        "spooler_jobs",
        "spooler_pid",
        "spooler_pids",
    )

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self.period_seconds = instance.settings.task_period_seconds
        self.tasks: list[Task] = []
        self._count = 0
        #: When the spooler looks next: at once when there is a new task, else after its period.
        self._look_micros = instance.now_micros

    def spool(self, message: dict[bytes, bytes] | None = None, **kwargs: Any) -> bytes:
        given: Any = message if message is not None else kwargs or None
        if not isinstance(given, dict):
            raise ValueError("The argument of spooler callable must be a dictionary")
        if not all(isinstance(part, bytes) for item in given.items() for part in item):
            raise ValueError("spooler callable dictionary must contains only bytes")
        written = dict(given)
        body = written.pop(b"body", b"")
        size = sum(len(key) + len(value) + 2 * _LENGTH_BYTES for key, value in written.items())
        directory = self._directory(written.get(b"spooler"))
        if directory is None or size > _MESSAGE_BYTES:
            raise ValueError("unable to spool job")
        self._count += 1
        name = f"uwsgi_spoolfile_on_emulator_{self._count}"
        path = os.path.join(directory, written.get(b"priority", b"").decode(), name)
        due_seconds = int(float(written.get(b"at", b"0")))
        self.tasks.append(Task(path, written, body, due_seconds))
        self._look_micros = self.instance.now_micros
        return path.encode()

    send_to_spooler = spool

    def i_am_the_spooler(self) -> bool | None:
        return True if self.instance.process.kind == "spooler" else None

    def set_spooler_frequency(self, seconds: int) -> bool:
        self.period_seconds = seconds
        return True

    def spooler_jobs(self) -> list[bytes]:
        first = self.instance.settings.spoolers[0]
        return [task.path.encode() for task in self.tasks if os.path.dirname(task.path) == first]

    def spooler_get_task(self, path: str) -> dict[Any, bytes] | None:
        found = [task for task in self.tasks if task.path == path]
        return found[0].envelope() | {"spooler_task_name": path.encode()} if found else None

    def spooler_pid(self) -> int:
        return os.getpid() if self.instance.settings.spoolers else 0

    def spooler_pids(self) -> list[int]:
        return [os.getpid()] * len(self.instance.settings.spoolers)

    def next_micros(self) -> int | None:
        """When the next look finds a task, none if there are no tasks that ever will be done."""
        dues = [task.due_seconds * MICROSECONDS for task in self.tasks if self._is_seen(task)]
        if not dues:
            return None
        look, earliest = self._look_micros, min(dues)
        if earliest > look:
            periods = -(-(earliest - look) // (self.period_seconds * MICROSECONDS))
            look += periods * self.period_seconds * MICROSECONDS
        return look

    def look(self) -> int:
        """Do each task once that may be done by now.

        :return: How many were tried.
        """
        self._look_micros = self.instance.now_micros + self.period_seconds * MICROSECONDS
        due = [task for task in self._in_order() if task.due_seconds <= self.instance.now_seconds]
        for task in due:
            with self.instance.running("spooler", 1):
                if uwsgi_stub.spooler(task.envelope()) == uwsgi_stub.SPOOL_OK:
                    self.tasks.remove(task)
        return len(due)

    def _in_order(self) -> list[Task]:
        """Those with a priority first, by number; directories of priorities are not looked into without order."""
        seen = [task for task in self.tasks if self._is_seen(task)]
        return sorted(seen, key=lambda task: (task.priority is None, int(task.priority or 0)))

    def _is_seen(self, task: Task) -> bool:
        return task.priority is None or (self.instance.settings.tasks_in_order and task.priority.isdigit())

    def _directory(self, wanted: bytes | None) -> str | None:
        directories = self.instance.settings.spoolers
        if wanted is None:
            return directories[0] if directories else None
        # Loaded before it was known where the directory is, the application has its name only.
        named = [directory for directory in directories if wanted.decode() in {directory, os.path.basename(directory)}]
        return named[0] if named else None
