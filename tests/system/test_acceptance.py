"""What the Emperor is bought for: reality ends where the files are, and after a stop nothing of it is left."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, is_listening, read_stats
from tests.system.waiting import wait_for

EDITS = 10
EDIT_SPACING_SECONDS = 0.05
OPERATIONS = 200
VASSALS = 50


def config(text: str) -> str:
    return f"[uwsgi]\n; {text}\n"


def test_last_of_ten_quick_edits_runs(emperor: Empire, vassals: Path) -> None:
    """Ten edits of one file 50 ms apart end with the same process running the last content."""
    file = vassals / "app.ini"
    file.write_text(config("first"))
    emperor.wait_for_running({"app.ini": config("first")})
    for number in range(EDITS):
        time.sleep(EDIT_SPACING_SECONDS)  # the spacing is the case, nothing is waited for
        file.write_text(config(f"edit {number}"))
    emperor.wait_for_running({"app.ini": config(f"edit {EDITS - 1}")})
    assert len(emperor.journal.starts("app.ini")) == 1


class Operator:
    """Somebody who changes files at random, and knows what should run in the end."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.directory = directory
        self.chance = random.Random(seed)
        self.wanted: dict[str, str] = {}
        self.names = [f"vassal-{number:02}.ini" for number in range(VASSALS)]

    def act(self, number: int) -> None:
        name = self.chance.choice(self.names)
        if name not in self.wanted:
            self.edit(name, number)
            return
        deeds: list[Callable[[str, int], None]] = [self.edit, self.replace, self.touch, self.remove, self.roll_back]
        self.chance.choice(deeds)(name, number)

    def edit(self, name: str, number: int) -> None:
        self.wanted[name] = config(f"operation {number}")
        (self.directory / name).write_text(self.wanted[name])

    def replace(self, name: str, number: int) -> None:
        """Write beside and rename over it, as careful editors and deployments do."""
        self.wanted[name] = config(f"replaced by operation {number}")
        beside = self.directory / f"{name}.new"
        beside.write_text(self.wanted[name])
        beside.rename(self.directory / name)

    def roll_back(self, name: str, number: int) -> None:
        """Put an older file in its place: its time goes backwards."""
        self.replace(name, number)
        an_hour_ago = time.time() - 3600 - number
        os.utime(self.directory / name, (an_hour_ago, an_hour_ago))

    def touch(self, name: str, number: int) -> None:
        os.utime(self.directory / name)

    def remove(self, name: str, number: int) -> None:
        del self.wanted[name]
        (self.directory / name).unlink()


@pytest.mark.parametrize("seed", [1, 2])
def test_random_operations_end_in_the_right_set(emperor: Empire, vassals: Path, seed: int) -> None:
    """200 random adds, edits, renames, touches, roll-backs and removals on 50 vassals end in exactly the right set."""
    operator = Operator(vassals, seed)
    for number in range(OPERATIONS):
        operator.act(number)
        time.sleep(operator.chance.choice([0, 0, 0.005, 0.02]))  # the spacing is the case, nothing is waited for
    emperor.wait_for_running(operator.wanted, limit_seconds=60)
    assert sorted(operator.wanted) == sorted(path.name for path in vassals.glob("*.ini"))


def test_one_touch_is_one_reload(emperor: Empire, vassals: Path) -> None:
    """A touch sends exactly one reload byte, and none comes after it."""
    (vassals / "app.ini").write_text(config("app"))
    emperor.wait_for_running({"app.ini": config("app")})
    os.utime(vassals / "app.ini")
    wait_for(lambda: emperor.journal.heard("app.ini"), "a reload byte", otherwise=emperor.log)
    # A second vassal that comes and goes shows that the Emperor has gone on: what was due before has been sent.
    (vassals / "later.ini").write_text(config("later"))
    wait_for(lambda: emperor.journal.starts("later.ini"), "the second vassal", otherwise=emperor.log)
    (vassals / "later.ini").unlink()
    wait_for(lambda: emperor.journal.heard("later.ini"), "its end", otherwise=emperor.log)
    assert emperor.journal.heard("app.ini") == [1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_a_stop_leaves_nothing(start_emperor: StartEmperor, vassals: Path, tmp_path: Path, number: int) -> None:
    """After INT, TERM or QUIT no process, no socket file and no pidfile of ours is left."""
    for name in ("one.ini", "two.ini"):
        (vassals / name).write_text(config(name))
    ours = {"pidfile": tmp_path / "emperor.pid", "socket": tmp_path / "stats.socket"}
    emperor = start_emperor(
        "--emperor", str(vassals), "--emperor-pidfile", str(ours["pidfile"]), "--emperor-stats", str(ours["socket"])
    )
    emperor.wait_for_running({name: config(name) for name in ("one.ini", "two.ini")})
    wait_for(lambda: is_listening(ours["socket"]), "the stats socket", otherwise=emperor.log)
    assert int(ours["pidfile"].read_text()) == emperor.pid
    assert {vassal["id"] for vassal in read_stats(ours["socket"])["vassals"]} == {"one.ini", "two.ini"}
    assert emperor.stop(number) == 0
    wait_for(lambda: not emperor.processes(), "no process left", otherwise=emperor.processes)
    assert [what for what, path in ours.items() if path.exists()] == []


def test_a_stop_waits_for_no_deaf_vassal(start_emperor: StartEmperor, vassals: Path) -> None:
    """A vassal that ignores the stop byte is killed when the mercy is over: it does not outlive its Emperor."""
    deaf = "[uwsgi]\nbehave = ignore-stop\n"
    (vassals / "deaf.ini").write_text(deaf)
    emperor = start_emperor("--emperor", str(vassals), "--reload-mercy", "1")
    emperor.wait_for_running({"deaf.ini": deaf})
    emperor.stop()
    wait_for(lambda: not emperor.processes(), "no process left", otherwise=emperor.processes)


def test_ctrl_c_in_a_terminal_leaves_nothing(start_emperor: StartEmperor, vassals: Path, uwsgi_binary: str) -> None:
    """A terminal sends INT to all of its foreground: real vassals that it reaches are not started again."""
    (vassals / "app.ini").write_text("[uwsgi]\nmaster = true\nsocket = app.socket\nvacuum = true\n")
    emperor = start_emperor("--emperor", str(vassals), fake_vassals=False)
    emperor.wait_for_log("vassal app.ini has been spawned")
    wait_for((vassals / "app.socket").exists, "the vassal's socket", otherwise=emperor.log)
    os.killpg(emperor.pid, signal.SIGINT)
    assert emperor.wait_for_exit() == 0
    wait_for(lambda: not emperor.processes(), "no process left", otherwise=emperor.processes)
    assert emperor.log().count("vassal app.ini has been spawned") == 1
    assert [path.name for path in vassals.iterdir()] == ["app.ini"]


def test_vassals_do_not_outlive_a_killed_emperor(emperor: Empire, vassals: Path) -> None:
    """When the Emperor is killed its vassals notice that their channel has closed: nobody else holds its other end."""
    for name in ("one.ini", "two.ini"):
        (vassals / name).write_text(config(name))
    emperor.wait_for_running({name: config(name) for name in ("one.ini", "two.ini")})
    emperor.send(signal.SIGKILL)
    wait_for(lambda: not emperor.processes(), "no process left", otherwise=emperor.processes)
    left = {entry.name: entry.facts["because"] for entry in emperor.journal.entries(event="left")}
    assert left == dict.fromkeys(("one.ini", "two.ini"), "the Emperor is gone")
