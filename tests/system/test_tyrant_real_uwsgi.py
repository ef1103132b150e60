"""Tyrant with real uWSGI vassals, which read their configuration by its name and from the pipe."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.open_uwsgi import APPLICATION, PLUGINS, ask, find_open_uwsgi, free_ports
from tests.system.test_protocol_vassals import touch_later
from tests.system.waiting import wait_for

ALICE, BOB, STAFF = 1001, 1002, 1500

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")

CONFIG = """[uwsgi]
{plugins}master = true
http-socket = 127.0.0.1:{port}
wsgi-file = {root}/app.py
set-placeholder = word={word}
worker-reload-mercy = 1
disable-logging = true
"""


class Town:
    """Vassals of two users, and a real uWSGI that runs as either."""

    def __init__(self, root: Path, start_emperor: StartEmperor, mode: int) -> None:
        self.root = root
        self._start = start_emperor
        self.vassals = root / "vassals"
        self.vassals.mkdir()
        self.vassals.chmod(mode)
        (root / "app.py").write_text(APPLICATION)
        self.ports = free_ports("alice", "bob")

    def write(self, name: str, owner: int, word: str) -> None:
        """Write an owner's configuration."""
        fresh = self.root / "fresh"
        fresh.write_text(CONFIG.format(plugins=PLUGINS, port=self.ports[name], root=self.root, word=word))
        os.chown(fresh, owner, STAFF)
        fresh.rename(self.vassals / f"{name}.ini")
        touch_later(self.vassals / f"{name}.ini")

    def start(self, *arguments: str) -> Empire:
        """Start the Emperor."""
        self.emperor = self._start(
            *("--emperor", str(self.vassals), "--emperor-tyrant", "--emperor-stats", str(self.root / "stats")),
            *("--binary-path", find_open_uwsgi(), "--emperor-throttle", "100", *arguments),
            fake_vassals=False,
        )
        return self.emperor

    def wait_for_answer(self, name: str, wanted: str) -> None:
        """Wait until a vassal's application answers so."""
        port = self.ports[name]
        wait_for(lambda: ask(port) == wanted, f"{wanted!r} of {name}", otherwise=lambda: ask(port) + self.emperor.log())

    def pid(self, name: str) -> int:
        """Return the master's pid, from stats."""
        vassals = read_stats(self.root / "stats")["vassals"]
        return next(int(vassal["pid"]) for vassal in vassals if vassal["id"] == f"{name}.ini")


@pytest.fixture
def place() -> Iterator[Path]:
    """Yield a directory that everybody may enter."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.parametrize("hooks", [(), ("--exec-as-vassal", ":")], ids=["no-hooks", "hooks"])
@pytest.mark.parametrize("mode", [0o755, 0o777], ids=["by-name", "by-pipe"])
def test_applications_run_as_owners_through_edits(
    place: Path, start_emperor: StartEmperor, mode: int, hooks: tuple[str, ...]
) -> None:
    """Each application is its owner's, a reload in the same master takes the new text, and a new owner a new master."""
    town = Town(place, start_emperor, mode)
    town.write("alice", ALICE, "one")
    town.write("bob", BOB, "two")
    emperor = town.start(*hooks)
    town.wait_for_answer("alice", f"{ALICE} {STAFF} one")
    town.wait_for_answer("bob", f"{BOB} {STAFF} two")
    assert ("through the pipe" in emperor.log()) is (mode == 0o777)
    masters = {name: town.pid(name) for name in ("alice", "bob")}
    wait_for(lambda: "vassal alice.ini is now loyal" in emperor.log(), "loyalty", otherwise=emperor.log)
    town.write("alice", ALICE, "edited")
    town.wait_for_answer("alice", f"{ALICE} {STAFF} edited")
    assert {name: town.pid(name) for name in ("alice", "bob")} == masters
    town.write("alice", BOB, "sold")
    town.wait_for_answer("alice", f"{BOB} {STAFF} sold")
    assert town.pid("alice") != masters["alice"]
    assert town.pid("bob") == masters["bob"]
    assert emperor.stop() == 0
    assert emperor.processes() == []
