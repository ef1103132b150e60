"""What the parts of an emulated instance have in common: the clock, who is running, and the functions they provide."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .settings import Settings

MICROSECONDS = 1_000_000


class Process(NamedTuple):
    """A process of the instance."""

    kind: str
    number: int = 0

    def __str__(self) -> str:
        return f"{self.kind} {self.number}" if self.number else self.kind


class Instance:
    """What all parts of an emulated instance share.

    :param settings: What it has.
    :param now_micros: The time it begins at, in microseconds since 1970.
    """

    def __init__(self, settings: Settings, now_micros: int) -> None:
        self.settings = settings
        #: The time in microseconds since 1970; only `Emulator.advance` changes it.
        self.now_micros = now_micros
        # Each thread of a test can be a process of its own.
        self._processes = threading.local()
        #: What uWSGI would have logged.
        self.log: list[str] = []

    @property
    def process(self) -> Process:
        """Which process this thread is."""
        found: Process = getattr(self._processes, "current", Process("worker", 1))
        return found

    @property
    def now_seconds(self) -> int:
        """The time as uWSGI compares it: in whole seconds."""
        return self.now_micros // MICROSECONDS

    @contextmanager
    def running(self, kind: str, number: int = 0) -> Iterator[None]:
        """Be another process for a while."""
        former, self._processes.current = self.process, Process(kind, number)
        try:
            yield
        finally:
            self._processes.current = former

    def number_of(self, kind: str) -> int:
        """The number of the running process if it is of a kind, else 0."""
        return self.process.number if self.process.kind == kind else 0


class Part:
    """A part of an emulated instance; its methods have the names of uWSGI's functions.

    :param instance: What all parts share.
    """

    #: The functions of uWSGI that this part provides.
    provides: ClassVar[tuple[str, ...]] = ()

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
