"""Monitors of different kinds in one Emperor: the trouble of one is its own."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.sources.mongod import FakeMongo
from tests.system.sources.mongodb import MongoSource
from tests.system.sources.postgres import PostgresServer, PostgresSource
from tests.system.sources.source import PIPE, Source, config
from tests.system.sources.zeromq import ZeroMQSource
from tests.system.waiting import wait_for

RELOAD = 1


class Quartet:
    """An Emperor of a directory, a database, a collection and messages, with one vassal each."""

    def __init__(self, emperor: Empire, vassals: Path, sources: dict[str, Source]) -> None:
        self.emperor = emperor
        self.vassals = vassals
        self.sources = sources
        self.turn = 0

    def change_all_but(self, *left_out: str) -> None:
        """Change each vassal's configuration, and return when each of them runs with it."""
        self.turn += 1
        changed = [kind for kind in ("file", *self.sources) if kind not in left_out]
        for kind in changed:
            if kind == "file":
                (self.vassals / "file.ini").write_text(config(f"turn {self.turn}"))
            else:
                self.sources[kind].put(f"{kind}.ini", config(f"turn {self.turn}"))
        names = ["file.ini" if kind == "file" else f"{PIPE}{kind}.ini" for kind in changed]

        def running() -> set[str]:
            configs = self.emperor.journal.running()
            return {name for name in names if configs.get(name) == config(f"turn {self.turn}")}

        wait_for(lambda: running() == set(names), f"turn {self.turn} in {names}", otherwise=self.emperor.log)


@pytest.fixture(autouse=True)
def _only_the_fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take no real MongoDB: it is not ours to kill."""
    monkeypatch.delenv("IMPERATOR_TEST_MONGODB", raising=False)


@pytest.fixture
def quartet(
    start_emperor: StartEmperor,
    vassals: Path,
    tmp_path: Path,
    postgres: PostgresSource,
    mongodb: MongoSource,
    zeromq: ZeroMQSource,
) -> Quartet:
    """Return an Emperor all of whose vassals run."""
    sources: dict[str, Source] = {"postgres": postgres, "mongodb": mongodb, "zeromq": zeromq}
    words = [word for source in sources.values() for word in ("--emperor", source.target)]
    emperor = start_emperor("--emperor", str(vassals), *words, "--emperor-stats", str(tmp_path / "stats"))
    together = Quartet(emperor, vassals, sources)
    together.change_all_but()
    return together


@pytest.fixture
def server(postgres_server: PostgresServer) -> PostgresServer:
    """Return the server that is stopped, and runs again afterwards."""
    return postgres_server


def connected(stats: Path) -> dict[str, int]:
    """Return which sources are connected, by their schemes."""
    return {one["monitor"].partition("://")[0]: one["connected"] for one in read_stats(stats)["sources"]}


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_others_work_while_a_database_is_away(
    quartet: Quartet, server: PostgresServer, tmp_path: Path, how: str
) -> None:
    """While PostgreSQL is down or hangs, changes of all others arrive; its own once it is back. No vassal stops."""
    if how == "killed":
        server.kill()
    else:
        server.freeze()
    try:
        for _ in range(3):
            quartet.change_all_but("postgres")
        if how == "killed":
            quartet.emperor.wait_for_log("Connection refused")
            assert connected(tmp_path / "stats") == {str(quartet.vassals): 1, "pg": 0, "mongodb": 1, "zmq": 1}
    finally:
        if how == "killed":
            server.start()
        else:
            server.freeze(signal.SIGCONT)
    quartet.change_all_but()
    assert quartet.emperor.journal.entries(event="left") == []
    assert quartet.emperor.journal.heard(PIPE + "postgres.ini") == [RELOAD]


def test_others_work_while_a_collection_is_away(quartet: Quartet, mongo: FakeMongo) -> None:
    """The same with MongoDB: killed, then hanging."""
    port = int(mongo.hosts[0].rpartition(":")[2])
    mongo.kill(port)
    quartet.change_all_but("mongodb")
    mongo.start(port)
    quartet.change_all_but()
    mongo.silent |= {"find", "getMore", "aggregate"}
    quartet.change_all_but("mongodb")
    mongo.behave()
    assert quartet.emperor.journal.entries(event="left") == []
