"""Random changes for a while, and then the end compared entry by entry.

`IMPERATOR_SOAK_SECONDS` says for how long; `make soak` takes two minutes for each source.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import read_stats
from tests.system.sources.source import PIPE, Source, config, wait_for_configs
from tests.system.waiting import wait_for

SOAK_SECONDS = float(os.environ.get("IMPERATOR_SOAK_SECONDS", "3"))
FEWEST_CHANGES = 100
"""However slow a source is."""
LONGEST_PAUSE_SECONDS = 0.03
SITES, BAD_SITES = 20, 8
TOO_LONG = "#" * 65_536


@dataclass
class Writer:
    """Changes a source at random, and knows what has to come of it.

    :ivar wanted: The vassals that run in the end, each with its configuration.
    :ivar bad: The entries that are refused in the end.
    """

    source: Source
    chance: random.Random
    wanted: dict[str, str] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    changes: int = 0

    def change(self) -> None:
        """Do one thing: add, change, touch, remove, or the same with an entry that cannot be a vassal."""
        self.changes += 1
        if self.chance.random() < 0.15:
            self._change_bad(f"bad-{self.chance.randrange(BAD_SITES)}.ini")
        else:
            self._change_good(f"site-{self.chance.randrange(SITES)}.ini")

    def _change_good(self, name: str) -> None:
        kind = self.chance.random() if name in self.wanted else 1.0
        if kind < 0.25:
            self.source.remove(name)
            del self.wanted[name]
        elif kind < 0.5:
            self.source.touch(name)
        else:
            self.wanted[name] = config(f"change {self.changes}")
            self.source.put(name, self.wanted[name])

    def _change_bad(self, name: str) -> None:
        """An entry is bad first, then put right, then removed: what was good and turns bad would run on."""
        if name in self.bad:
            self.bad.remove(name)
            self.wanted[name] = config(f"put right by change {self.changes}")
            self.source.put(name, self.wanted[name])
        elif name in self.wanted:
            self.source.remove(name)
            del self.wanted[name]
        else:
            self.source.put(name, TOO_LONG)
            self.bad.add(name)


@pytest.mark.timeout(SOAK_SECONDS + 120)
def test_soak(start_emperor: StartEmperor, source: Source, tmp_path: Path) -> None:
    """After any changes, however long they go on, what runs is what was last told, and what is bad is told as that."""
    stats = tmp_path / "stats"
    emperor = start_emperor("--emperor", source.target, "--emperor-stats", str(stats))
    emperor.wait_for_log(": connected")
    writer = Writer(source, random.Random(time.time_ns() if SOAK_SECONDS > 10 else 5))
    until = time.monotonic() + SOAK_SECONDS
    while time.monotonic() < until or writer.changes < FEWEST_CHANGES:
        writer.change()
        time.sleep(writer.chance.uniform(0, LONGEST_PAUSE_SECONDS))  # the load's pace, not a wait
    wait_for_configs(emperor, writer.wanted)
    wait_for(lambda: refused(stats) == writer.bad, "what is bad to be told", otherwise=lambda: f"{refused(stats)}")
    wait_for(lambda: set(held(stats)) == set(writer.wanted), "what was removed to be gone", otherwise=emperor.log)
    running = {entry.pid for entry in emperor.journal.entries(event="started")} - {
        entry.pid for entry in emperor.journal.entries(event="left")
    }
    assert running == set(held(stats).values())
    assert "Traceback" not in emperor.log()
    for name in writer.wanted:  # one process each, from its start to now
        assert len([start for start in emperor.journal.starts(PIPE + name) if start.pid in running]) == 1


def held(stats: Path) -> dict[str, int]:
    """Return the vassals that the stats tell of, each with its pid."""
    return {vassal["id"]: vassal["pid"] for vassal in read_stats(stats)["vassals"]}


def refused(stats: Path) -> set[str]:
    """Return the entries that the stats tell to be refused."""
    return {entry["id"] for entry in read_stats(stats)["unreadable"]}
