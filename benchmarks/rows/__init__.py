"""The rows of the table, by the name they are selected with."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.plan import Plan
from benchmarks.results import Result
from benchmarks.rows import added, coldstart, descriptors, edits, everything, memory, outage, rest, sources, touched

__all__ = ["ROWS"]

ROWS: dict[str, Callable[[Plan], list[Result]]] = {
    "touched": touched.measure,
    "added": added.measure,
    "coldstart": coldstart.measure,
    "descriptors": descriptors.measure,
    "rest": rest.measure,
    "memory": memory.measure,
    "edits": edits.measure,
    "everything": everything.measure,
    "sources": sources.measure,
    "outage": outage.measure,
}
