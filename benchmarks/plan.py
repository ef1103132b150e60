"""How much is measured, and of whom."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contestants import Contestant

__all__ = ["Plan", "hard_descriptor_limit"]

DESCRIPTORS_PER_VASSAL = 2
"""A channel and a pidfd."""
DESCRIPTORS_BESIDES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the command line asked for.

    :param uwsgi: None: ours is measured alone.
    :param uwsgi_pg: A uWSGI with its PostgreSQL monitor. None: there is none.
    :param vassal: The minimal vassal's program.
    :param vassals: How many the cold start starts.
    :param resting: How many are at rest while CPU time is measured.
    :param rest_seconds: For how long.
    :param samples: How many touches, added files or pairs of edits each contestant gets.
    :param rounds: How many times contestants take turns: what the machine does besides hits all alike.
    :param seed: Of the random spacings.
    """

    uwsgi: Contestant | None
    uwsgi_pg: Contestant | None = None
    ours: Contestant
    vassal: Path
    vassals: int
    resting: int
    rest_seconds: float
    samples: int
    rounds: int
    seed: int = 1

    def contestants(self) -> tuple[Contestant, ...]:
        return (self.uwsgi, self.ours) if self.uwsgi else (self.ours,)

    def turns(self) -> Iterator[tuple[int, Contestant]]:
        """Yield round and contestant, interleaved."""
        for turn in range(self.rounds):
            for contestant in self.contestants():
                yield turn, contestant

    def descriptors_for(self, vassals: int) -> int:
        """Return a limit of open files that is enough for so many vassals, and no more than the machine gives."""
        return min(vassals * DESCRIPTORS_PER_VASSAL + DESCRIPTORS_BESIDES, hard_descriptor_limit())


def hard_descriptor_limit() -> int:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return 2**30 if hard == resource.RLIM_INFINITY else hard
