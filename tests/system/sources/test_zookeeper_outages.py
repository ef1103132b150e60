"""`zoo://`: servers that are down, hang, forget us, lag behind or have lost the others."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from imperator.monitors import zookeeper as monitor
from imperator.monitors import zookeeper_tree
from imperator.monitors.interface import Gone
from tests.system.conftest import StartEmperor
from tests.system.empire import read_stats
from tests.system.sources.listener import listen
from tests.system.sources.source import PIPE, config, wait_for_configs
from tests.system.sources.zookeeper import ZooKeeperServer, ZooKeeperSource, free_ports
from tests.system.waiting import wait_for

RELOAD = 1


@pytest.fixture
def server(zookeeper_server: ZooKeeperServer) -> Iterator[ZooKeeperServer]:
    """Return the server for a test that kills it; afterwards it runs again."""
    yield zookeeper_server
    zookeeper_server.freeze(signal.SIGCONT)
    if zookeeper_server.process.poll() is not None:
        zookeeper_server.start()


def test_server_that_is_down_at_the_start_is_waited_for(
    start_emperor: StartEmperor, zookeeper: ZooKeeperSource, server: ZooKeeperServer, vassals: Path, tmp_path: Path
) -> None:
    """The Emperor runs, its other monitors work, the stats say why, and it connects when it can."""
    (vassals / "file.ini").write_text(config("file"))
    zookeeper.put("a.ini", config("a"))
    server.kill()
    stats = str(tmp_path / "stats")
    emperor = start_emperor("--emperor", zookeeper.target, "--emperor", str(vassals), "--emperor-stats", stats)
    emperor.wait_for_running({"file.ini": config("file")})
    emperor.wait_for_log(
        f"{zookeeper.target}: cannot be reached (Connection dropped: socket connection error: Connection"
    )
    (told,) = read_stats(stats)["unreachable"]
    assert "see that it runs, and that address, user and password are right" in told["reason"]
    server.start()
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})


def test_five_kills_lose_no_change_and_stop_no_vassal(
    start_emperor: StartEmperor, zookeeper: ZooKeeperSource, server: ZooKeeperServer
) -> None:
    """Killed in the midst of changes, time and again: vassals go on, and each ends with what was written last."""
    emperor = start_emperor("--emperor", zookeeper.target)
    zookeeper.put_all({"steady.ini": config(), "changing.ini": config("0")})
    wait_for_configs(emperor, {"steady.ini": config(), "changing.ini": config("0")})
    wanted = {"steady.ini": config()}
    for number in range(1, 6):
        for text in range(10):
            zookeeper.put("changing.ini", config(f"before {number}.{text}"))
        server.kill()
        server.start()
        zookeeper.put(f"new-{number}.ini", config())
        zookeeper.put("changing.ini", config(str(number)))
        wanted |= {f"new-{number}.ini": config(), "changing.ini": config(str(number))}
        wait_for_configs(emperor, wanted)
    assert emperor.journal.heard(PIPE + "steady.ini") == []
    assert len(emperor.journal.entries(event="started")) == len(wanted)


def test_server_that_hangs_is_left_and_found_again(
    start_emperor: StartEmperor, zookeeper: ZooKeeperSource, server: ZooKeeperServer, vassals: Path
) -> None:
    """A server that stands still is told within the session's time, delays nobody, and is heard when it goes on."""
    zookeeper.put("a.ini", config("a"))
    emperor = start_emperor("--emperor", f"{zookeeper.target}?timeout=2", "--emperor", str(vassals))
    wait_for_configs(emperor, {"a.ini": config("a")})
    server.freeze()
    (vassals / "file.ini").write_text(config("file"))
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})
    emperor.wait_for_log("cannot be reached (Connection dropped: outstanding heartbeat ping not received)")
    emperor.wait_for_log("cannot be reached (Connection time-out: socket time-out during read)")
    server.freeze(signal.SIGCONT)
    zookeeper.put("a.ini", config("b"))
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("b")})
    assert emperor.journal.heard(PIPE + "a.ini") == [RELOAD]


@pytest.mark.parametrize("moment", ["listening", "connecting"])
def test_emperor_stops_at_once_while_the_server_hangs(
    start_emperor: StartEmperor, zookeeper: ZooKeeperSource, server: ZooKeeperServer, moment: str
) -> None:
    """SIGTERM ends the Emperor, whatever kazoo's thread is waiting for."""
    if moment == "connecting":
        server.freeze()
    emperor = start_emperor("--emperor", zookeeper.target)
    if moment == "listening":
        emperor.wait_for_log("connected")
        server.freeze()
    else:
        wait_for(lambda: len(list(Path(f"/proc/{emperor.pid}/task").iterdir())) > 1, "kazoo's thread")
    assert emperor.stop(limit_seconds=5) == 0


def test_session_that_has_expired_is_followed_by_another(
    start_emperor: StartEmperor, zookeeper: ZooKeeperSource
) -> None:
    """An Emperor that stood still until the server has forgotten it learns all that changed, and stops nothing."""
    zookeeper.put_all({"steady.ini": config(), "changed.ini": config("old")})
    others = sessions(zookeeper)
    emperor = start_emperor("--emperor", f"{zookeeper.target}?timeout=0.5")
    wait_for_configs(emperor, {"steady.ini": config(), "changed.ini": config("old")})
    own = sessions(zookeeper) - others
    assert own
    emperor.send(signal.SIGSTOP)
    wait_for(lambda: not own & sessions(zookeeper), "the session's end")
    zookeeper.put("changed.ini", config("new"))
    zookeeper.put("added.ini", config())
    emperor.send(signal.SIGCONT)
    wait_for_configs(emperor, {"steady.ini": config(), "changed.ini": config("new"), "added.ini": config()})
    assert emperor.journal.heard(PIPE + "steady.ini") == []
    assert emperor.journal.heard(PIPE + "changed.ini") == [RELOAD]


def sessions(source: ZooKeeperSource) -> set[str]:
    """Return the ids of the sessions that the server knows."""
    lines = source.server.ask("dump").partition("ephemeral nodes dump")[0].splitlines()
    return {line.strip() for line in lines if line.strip().startswith("0x")}


async def test_member_that_is_behind_is_not_believed(
    zookeeper: ZooKeeperSource, server: ZooKeeperServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that does not know what was seen is not listened to; after a minute it is, and stops nothing at once."""
    zookeeper.put("a.ini", config("a"))
    server.kill()
    shutil.copytree(server.data, tmp_path / "backup")
    server.start()
    zookeeper.put("b.ini", config("b"))
    for _ in range(50):  # the end of a session counts as a change, too: the backup must not catch up by those
        zookeeper.touch("b.ini")
    (port,) = free_ports(1)
    target = f"zoo://127.0.0.1:{port},{server.hosts}{zookeeper.path}"
    async with listen(target, tmp_path) as listener:
        await listener.until_configs({"a.ini": config("a"), "b.ini": config("b")})
        behind = ZooKeeperServer(data=tmp_path / "backup", port=port)
        with ExitStack() as at_end:
            at_end.callback(behind.remove)
            behind.wait_until_up()
            server.kill()
            await listener.until(lambda: "Refusing session" in behind.log() and len(listener.news) > 3, "a refusal")
            assert set(listener.specs) == {"a.ini", "b.ini"}
            monkeypatch.setattr(monitor, "_BEHIND_SECONDS", 0.0)
            monkeypatch.setattr(zookeeper_tree, "_DOUBT_SECONDS", 0.5)
            listener.monitor.look_now()
            await listener.until(lambda: listener.unreachable is None, "a member that is believed")
            assert set(listener.specs) == {"a.ini", "b.ini"}
            await listener.until(lambda: Gone("b.ini") in listener.news, "what the backup lacks")


@pytest.fixture
def ensemble(zookeeper_server: ZooKeeperServer) -> Iterator[list[ZooKeeperServer]]:
    """Return three servers that form one ensemble and serve."""
    ports = iter(free_ports(6))
    settings = {f"server.{number}": f"127.0.0.1:{next(ports)}:{next(ports)}" for number in (1, 2, 3)}
    settings |= {"initLimit": "100", "syncLimit": "50", "localSessionsEnabled": "true"}
    members: list[ZooKeeperServer] = []
    with ExitStack() as at_end:
        for number in (1, 2, 3):
            members.append(ZooKeeperServer(settings, ["-Dreadonlymode.enabled=true"], number=number))
            at_end.callback(members[-1].remove)
        for member in members:
            member.wait_until_up()
        yield members


def test_ensemble_loses_its_members(start_emperor: StartEmperor, ensemble: list[ZooKeeperServer]) -> None:
    """The next member is gone on with; the last one is good for those only who take one that can but be read."""
    target = f"zoo://{','.join(member.hosts for member in ensemble)}/emperor"
    source = ZooKeeperSource(ensemble[0], "/emperor")
    source.put_all({"steady.ini": config(), "changing.ini": config("0")})
    reads, insists = start_emperor("--emperor", f"{target}?read-only=yes"), start_emperor("--emperor", target)
    for emperor in (reads, insists):
        wait_for_configs(emperor, {"steady.ini": config(), "changing.ini": config("0")})
    ensemble[2].kill()
    source.put("changing.ini", config("1"))
    for emperor in (reads, insists):
        wait_for_configs(emperor, {"steady.ini": config(), "changing.ini": config("1")})
    source.close()
    ensemble[1].kill()
    insists.wait_for_log("cannot be reached")
    reads.wait_for_log("this member has lost the others")
    late = start_emperor("--emperor", f"{target}?read-only=yes")
    wait_for_configs(late, {"steady.ini": config(), "changing.ini": config("1")})
    ensemble[2].start()
    wait_for(lambda: ensemble[0].ask("isro") == "rw", "a quorum", otherwise=ensemble[0].log)
    again = ZooKeeperSource(ensemble[0], "/emperor")
    again.put("changing.ini", config("2"))
    again.close()
    for emperor in (reads, insists, late):
        emperor.send(signal.SIGWINCH)  # connect now
        wait_for_configs(emperor, {"steady.ini": config(), "changing.ini": config("2")})
        assert emperor.journal.heard(PIPE + "steady.ini") == []
