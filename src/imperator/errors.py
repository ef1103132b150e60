"""What is told when something cannot be done: always which thing, what was wanted, what was found, what to do."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["HostingError", "ImperatorError", "SettingsError", "UsageError"]


class ImperatorError(Exception):
    """Something was wanted that cannot be done.

    :param thing: What it is about: a vassal, a source, an option, a ``file:line``.
    :param wanted: What would have been right.
    :param found: What there is instead.
    :param remedy: What the reader can do now: one sentence.
    """

    def __init__(self, thing: str, *, wanted: str, found: str, remedy: str) -> None:
        super().__init__(thing, wanted, found, remedy)
        self.thing = thing
        self.wanted = wanted
        self.found = found
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.thing}: wanted {self.wanted}, found {self.found}. {self.remedy}"


class SettingsError(ImperatorError):
    """One thing the Emperor was told is wrong: a flag, a line of a file, a target."""


class HostingError(ImperatorError):
    """The system refuses what a process of our kind needs: a pidfile, a log, a socket, a user."""


class UsageError(Exception):
    """All that is wrong with a command line and the files it names, told at once.

    :param faults: Each of them, in the order it was found; at least one.
    """

    def __init__(self, faults: Sequence[ImperatorError]) -> None:
        super().__init__(tuple(faults))
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)
