"""Reinforcements: which zergs a vassal has, and whether it may have one more."""

from __future__ import annotations

from collections.abc import Mapping

from imperator import journal
from imperator.deeds import Vassal
from imperator.policy.vassal import ZERG_SUFFIX, Order, VassalKey, VassalSpec

__all__ = ["Broodlord"]


class Broodlord:
    """Counts zergs.

    :param limit: How many zergs all vassals together may have. Source: ``emperor-broodlord``.
    :param vassals: Everyone there is, zergs included, as it changes.
    """

    def __init__(self, limit: int, vassals: Mapping[VassalKey, object]) -> None:
        self._limit = limit
        self._vassals = vassals

    def zergs_of(self, key: VassalKey) -> list[VassalKey]:
        """Return the zergs of a vassal; a zerg has none."""
        source, name, number = key
        if number:
            return []
        zergs = ((source, name + ZERG_SUFFIX, number) for number in range(1, self._limit + 1))
        return [zerg for zerg in zergs if zerg in self._vassals]

    def reinforcement(self, vassal: Vassal) -> VassalSpec | None:
        """Return what is wanted of one more zerg of a vassal that calls for help, or None where it gets none."""
        spec = vassal.wanted
        if spec is None or spec.zerg or vassal.state.order is Order.STAY_DOWN:
            return None
        number = self.next_number(spec.key)
        if number is None:
            return None
        journal.tell_reinforcement(vassal.state, number)
        return spec.as_zerg(number)

    def next_number(self, key: VassalKey) -> int | None:
        """Return the number of a vassal's next zerg, or None where no vassal may have one more."""
        if sum(number != 0 for _, _, number in self._vassals) >= self._limit:
            return None
        taken = {number for _, _, number in self.zergs_of(key)}
        return next(number for number in range(1, self._limit + 1) if number not in taken)
