"""Reloading many vassals without all of them reloading at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from imperator.policy.vassal import VassalKey

__all__ = ["RollingReload"]


class RollingReload:
    """A queue of vassals to reload, so many of them side by side.

    :param at_once: How many may be busy with it, from 1.
    :param reload: Tells one vassal, and says whether it is busy from now on.
    """

    def __init__(self, at_once: int, reload: Callable[[VassalKey], bool]) -> None:
        self._at_once = at_once
        self._reload = reload
        self._waiting: dict[VassalKey, None] = {}
        self._busy: set[VassalKey] = set()
        self._advancing = False

    def add(self, keys: Iterable[VassalKey]) -> None:
        """Have these reload, each once, after those that already wait."""
        self._waiting.update(dict.fromkeys(keys))
        self._advance()

    def done(self, key: VassalKey) -> None:
        """One that may have been busy is not any more."""
        if key in self._busy:
            self._busy.discard(key)
            self._advance()

    def _advance(self) -> None:
        if self._advancing:  # telling one vassal can end another's reload
            return
        self._advancing = True
        try:
            while self._waiting and len(self._busy) < self._at_once:
                key = next(iter(self._waiting))
                del self._waiting[key]
                if self._reload(key):
                    self._busy.add(key)
        finally:
            self._advancing = False
