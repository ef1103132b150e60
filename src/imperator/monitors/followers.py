"""Which entries change when something elsewhere does: links, by every step on the way to what they lead to."""

from __future__ import annotations

import os

__all__ = ["Followers"]


class Followers:
    """The trails of all links of one source. An entry is the absolute path of a link."""

    def __init__(self) -> None:
        self._trails: dict[str, tuple[str, ...]] = {}
        self._entries: dict[str, set[str]] = {}

    def put(self, entry: str, trail: tuple[str, ...]) -> None:
        """Note the way an entry leads now."""
        if self._trails.get(entry) == trail:
            return
        self.drop(entry)
        self._trails[entry] = trail
        for step in set(trail):  # a loop of links meets itself
            self._entries.setdefault(step, set()).add(entry)

    def drop(self, entry: str) -> None:
        """Forget an entry; one that was never put is none."""
        for step in set(self._trails.pop(entry, ())):
            entries = self._entries[step]
            entries.discard(entry)
            if not entries:
                del self._entries[step]

    def of(self, path: str) -> tuple[str, ...]:
        """Return the entries that lead over a path."""
        return tuple(self._entries.get(path, ()))

    def through(self, directory: str) -> set[str]:
        """Return the entries that lead over anything in a directory."""
        return {
            entry for step, entries in self._entries.items() if os.path.dirname(step) == directory for entry in entries
        }

    def directories(self) -> set[str]:
        """Return the directories that have to be watched for all trails."""
        return {os.path.dirname(step) for step in self._entries}
