"""What the fake vassals wrote down: one line per thing that happened to one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Entry", "Journal"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal.

    :param event: ``started``, ``loaded``, ``heard`` (a byte) or ``left``.
    :param name: The vassal's name as its command line gave it.
    :param at: Monotonic seconds, comparable with those of any process of this machine.
    :param facts: The rest, as `tests.system.fake_vassal` writes it.
    """

    event: str
    pid: int
    name: str
    at: float
    facts: dict[str, Any] = field(default_factory=dict)


class Journal:
    """Reads the file again at each question: it is small, and never stale."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self, name: str | None = None, event: str | None = None) -> list[Entry]:
        """Return the lines in the order written, of one vassal or of one kind if given."""
        if not self.path.exists():
            return []
        whole_lines = self.path.read_text().rpartition("\n")[0]  # the last one may be half written yet
        lines = [json.loads(line) for line in whole_lines.splitlines()]
        found = [
            Entry(line.pop("event"), line.pop("pid"), line.pop("name"), line.pop("at"), facts=line) for line in lines
        ]
        return [entry for entry in found if name in (None, entry.name) and event in (None, entry.event)]

    def size_bytes(self) -> int:
        """Return how much is written."""
        return self.path.stat().st_size if self.path.exists() else 0

    def starts(self, name: str) -> list[Entry]:
        """Return one entry for each process the vassal has had."""
        return self.entries(name, "started")

    def heard(self, name: str) -> list[int]:
        """Return the bytes the vassal's processes got from the Emperor."""
        return [entry.facts["byte"] for entry in self.entries(name, "heard")]

    def running(self) -> dict[str, str]:
        """Return the vassals that have started and not left, each with the configuration it last loaded."""
        configs: dict[int, tuple[str, str]] = {}
        for entry in self.entries():
            if entry.event == "loaded":
                configs[entry.pid] = (entry.name, entry.facts["config"])
            elif entry.event == "left":
                configs.pop(entry.pid, None)
        return dict(configs.values())
