"""What a row says: both values, their ratio, the goal, and whether it is reached."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Goal", "Result", "median", "percentile"]


@dataclass(frozen=True, slots=True)
class Goal:
    """What ours has to reach. All that are given count.

    :param at_most: In the row's unit.
    :param at_least: In the row's unit.
    :param times_uwsgi: At least so many times uWSGI's value of the same run.
    """

    at_most: float | None = None
    at_least: float | None = None
    times_uwsgi: float | None = None

    def text(self) -> str:
        parts = [
            f"≤ {self.at_most:g}" if self.at_most is not None else "",
            f"≥ {self.at_least:g}" if self.at_least is not None else "",
            f"≥ {self.times_uwsgi:g} times uWSGI" if self.times_uwsgi is not None else "",
        ]
        return " and ".join(part for part in parts if part)

    def reached(self, ours: float, uwsgi: float | None) -> bool | None:
        """Tell whether it is reached; None where uWSGI's value is needed and was not measured."""
        if self.times_uwsgi is not None and uwsgi is None:
            return None
        return (
            (self.at_most is None or ours <= self.at_most)
            and (self.at_least is None or ours >= self.at_least)
            and (self.times_uwsgi is None or uwsgi is None or ours >= self.times_uwsgi * uwsgi)
        )


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table.

    :param row: The name it is selected by.
    :param what: What was measured, for people.
    :param ours: None for a bound of the machine.
    :param note: What a reader has to know: sample sizes, bounds, a caveat.
    """

    row: str
    what: str
    unit: str
    uwsgi: float | None
    ours: float | None
    goal: Goal | None = None
    note: str = ""
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Ours through uWSGI's."""
        if self.ours is None or not self.uwsgi:
            return None
        return self.ours / self.uwsgi

    @property
    def reached(self) -> bool | None:
        if self.goal is None or self.ours is None:
            return None
        return self.goal.reached(self.ours, self.uwsgi)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "reached": self.reached}


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of all do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * percent / 100) - 1, 0)]
