"""Blacklists and whitelists: options that a configuration forbids to what follows."""

from .entries import Entry
from .faults import Problem

#: The options that begin and end them.
RESTRICTING = frozenset(("blacklist", "end-blacklist", "whitelist", "end-whitelist"))


class Restrictions:
    """What may be set at this place of a configuration. Names are compared without their case, as uWSGI does."""

    def __init__(self) -> None:
        self._forbidden: list[str] = []
        self._allowed: list[str] | None = None

    def change(self, entry: Entry) -> None:
        """Begin or end a list."""
        if entry.name.endswith("blacklist"):
            self._forbidden = entry.value.lower().split(" ") if entry.name == "blacklist" else []
        else:
            self._allowed = entry.value.lower().split(" ") if entry.name == "whitelist" else None

    def problem(self, name: str) -> Problem | None:
        """What is wrong with setting this option here."""
        if name.lower() in self._forbidden:
            return Problem("an option not blacklisted above", repr(name), "Remove it, or end the blacklist before it.")
        if self._allowed is not None and name.lower() not in self._allowed:
            return Problem(f"one of {', '.join(self._allowed)}", repr(name), "Remove it, or put it on the whitelist.")
        return None
