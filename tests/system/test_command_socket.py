"""Commands to a running Emperor: what they do to real vassals."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path

import pytest

from tests.imperator.control.packets import packet
from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.test_protocol_vassals import RELOAD, STOP, config, touch_later, wait_for_heard, wait_for_starts
from tests.system.waiting import wait_for


class Court:
    """An Emperor that takes commands, and tells its stats."""

    def __init__(self, start_emperor: StartEmperor, tmp_path: Path, *arguments: str) -> None:
        self.path = str(tmp_path / "commands")
        self.stats_path = tmp_path / "stats"
        self.emperor: Empire = start_emperor(
            *("--emperor-command-socket", self.path, "--emperor-stats", str(self.stats_path), *arguments)
        )
        self.emperor.wait_for_log(f"*** Emperor command socket enabled on {self.path} ***")

    def command(self, **pairs: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.sendto(packet(**pairs), self.path)

    def phases(self) -> dict[str, str]:
        return {vassal["id"]: vassal["phase"] for vassal in read_stats(self.stats_path)["vassals"]}

    def wait_for_phase(self, name: str, phase: str) -> None:
        wait_for(lambda: self.phases().get(name) == phase, f"{name} to be {phase}", otherwise=self.emperor.log)


def test_stop_and_spawn(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """A vassal stopped by command stays down, visibly, through touches of others and a reload of all, until spawned."""
    for name in ("app.ini", "other.ini"):
        (vassals / name).write_text(config())
    court = Court(start_emperor, tmp_path, "--emperor", str(vassals))
    court.emperor.wait_for_log("vassal app.ini is now loyal")
    court.emperor.wait_for_log("vassal other.ini is now loyal")
    court.command(cmd="stop", vassal="app.ini")
    court.wait_for_phase("app.ini", "held")
    court.command(cmd="respawn", vassal="other.ini")
    wait_for_heard(court.emperor, "other.ini", [RELOAD])
    assert court.emperor.journal.heard("app.ini") == [STOP]
    assert len(court.emperor.journal.starts("app.ini")) == 1
    court.command(cmd="spawn", vassal="app.ini")
    wait_for_starts(court.emperor, "app.ini", 2)
    court.wait_for_phase("app.ini", "running")


def test_change_of_configuration_ends_a_stop(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """Whoever changes the file of a stopped vassal gets it back."""
    (vassals / "app.ini").write_text(config())
    court = Court(start_emperor, tmp_path, "--emperor", str(vassals))
    court.emperor.wait_for_log("vassal app.ini is now loyal")
    court.command(cmd="stop", vassal="app.ini")
    court.wait_for_phase("app.ini", "held")
    (vassals / "app.ini").write_text(config(text="new"))
    court.emperor.wait_for_running({"app.ini": config(text="new")})


def test_spawn_starts_what_is_throttled_or_exiled(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """spawn tries now, whatever the blacklist says; respawn does too."""
    (vassals / "throttled.ini").write_text(config("exit 1"))
    (vassals / "exiled.ini").write_text(config("exit 26"))
    court = Court(start_emperor, tmp_path, "--emperor", str(vassals), "--emperor-throttle", "1000000")
    court.wait_for_phase("throttled.ini", "throttled")
    court.wait_for_phase("exiled.ini", "exiled")
    court.command(cmd="spawn", vassal="throttled.ini")
    court.command(command="respawn", vassal="exiled.ini")
    wait_for_starts(court.emperor, "throttled.ini", 2)
    wait_for_starts(court.emperor, "exiled.ini", 2)


def test_commands_reach_all_vassals_of_a_name(start_emperor: StartEmperor, tmp_path: Path) -> None:
    """A name that two sources have means both vassals."""
    for directory in (tmp_path / "one", tmp_path / "two"):
        directory.mkdir()
        (directory / "app.ini").write_text(config())
    court = Court(start_emperor, tmp_path, "--emperor", str(tmp_path / "one"), "--emperor", str(tmp_path / "two"))
    wait_for_starts(court.emperor, "app.ini", 2)
    court.command(cmd="stop", vassal="app.ini")
    wait_for(
        lambda: [vassal["phase"] for vassal in read_stats(court.stats_path)["vassals"]] == ["held", "held"], "both held"
    )


def test_message_for_the_log(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """log writes a line, and cannot forge another one."""
    court = Court(start_emperor, tmp_path, "--emperor", str(vassals))
    court.command(cmd="log", msg="deployed 1.2\n[emperor] forged")
    court.emperor.wait_for_log("[emperor] told: deployed 1.2\\n[emperor] forged\n")


def test_junk_is_told_and_harmless(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """Malformed packets, unknown commands and unknown vassals are told, in stats too; the next command works."""
    (vassals / "app.ini").write_text(config())
    court = Court(start_emperor, tmp_path, "--emperor", str(vassals))
    court.emperor.wait_for_log("vassal app.ini is now loyal")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(b"", court.path)
        for junk in (b"x" * 5000, packet(cmd="spawn", vassal="../../etc/passwd"), packet(cmd="rm", vassal="app.ini")):
            client.sendto(junk, court.path)
    court.emperor.wait_for_log("the command socket got something that is no command: 0 bytes are no packet")
    court.command(cmd="respawn", vassal="app.ini")
    wait_for_heard(court.emperor, "app.ini", [RELOAD])
    stats = read_stats(court.stats_path)
    assert stats["refused_commands"] == 4
    assert stats["last_refused_command"].startswith("got something that is no command: its cmd is 'rm', not one of")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_commands_over_udp(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, free_port: int, host: str
) -> None:
    """An address with a port takes commands over UDP, IPv4 and IPv6, and the log tells who gave them."""
    (vassals / "app.ini").write_text(config())
    address = f"{host}:{free_port}"
    emperor = start_emperor("--emperor", str(vassals), "--emperor-command-socket", address)
    emperor.wait_for_log("vassal app.ini is now loyal")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.sendto(packet(cmd="stop", vassal="app.ini"), (host.strip("[]"), free_port))
    emperor.wait_for_log(f"commanded from {host.strip('[]')} to stop vassal app.ini")
    wait_for_heard(emperor, "app.ini", [STOP])


def test_vassals_wait_for_a_command(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """`emperor-wait-for-command`: nothing but a command starts a vassal, which then runs its newest configuration."""
    for name in ("app.ini", "never.ini", "ignored.ini", "also.ini"):
        (vassals / name).write_text(config())
    court = Court(
        start_emperor,
        tmp_path,
        *("--emperor", str(vassals), "--emperor-wait-for-command"),
        *("--emperor-wait-for-command-ignore", "ignored.ini", "--emperor-wait-for-command-ignore", "also.ini"),
    )
    ignored = {"ignored.ini": config(), "also.ini": config()}
    court.emperor.wait_for_running(ignored)
    court.wait_for_phase("app.ini", "held")
    (vassals / "app.ini").write_text(config(text="newer"))
    touch_later(vassals / "ignored.ini")  # it comes after the change: once it is heard, the change was, too
    wait_for_heard(court.emperor, "ignored.ini", [RELOAD])
    assert court.phases()["app.ini"] == court.phases()["never.ini"] == "held"
    assert court.emperor.journal.starts("app.ini") == []
    court.command(cmd="spawn", vassal="app.ini")
    court.emperor.wait_for_running({**ignored, "app.ini": config(text="newer")})
    touch_later(vassals / "app.ini")
    wait_for_heard(court.emperor, "app.ini", [RELOAD])


def test_commands_to_on_demand_vassals(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """spawn needs no connection, time after time; a stopped vassal has no socket; respawn has it listen again."""
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    (vassals / "app.ini").write_text(config("say 22"))  # it wants to stop as soon as it has started
    court = Court(start_emperor, tmp_path, *("--emperor", str(vassals), "--emperor-on-demand-directory", str(sockets)))
    court.wait_for_phase("app.ini", "listening")
    for count in (1, 2):
        court.command(cmd="spawn", vassal="app.ini")
        wait_for_starts(court.emperor, "app.ini", count)
        court.wait_for_phase("app.ini", "listening")
    court.command(cmd="stop", vassal="app.ini")
    court.wait_for_phase("app.ini", "held")
    assert list(sockets.iterdir()) == []
    court.command(cmd="respawn", vassal="app.ini")
    court.wait_for_phase("app.ini", "listening")
    assert len(court.emperor.journal.starts("app.ini")) == 2
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(next(sockets.iterdir())))
        wait_for_starts(court.emperor, "app.ini", 3)


def test_trigger_and_stats_over_http(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, free_port: int
) -> None:
    """A connection to the trigger socket is heard and ends; `stats-http` makes the stats a page."""
    (vassals / "app.ini").write_text(config())
    trigger = tmp_path / "trigger"
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-trigger-socket", str(trigger)),
        *("--emperor-stats", f"127.0.0.1:{free_port}", "--stats-http"),
    )
    emperor.wait_for_log("vassal app.ini is now loyal")
    assert trigger.stat().st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(trigger))
        assert client.recv(1) == b""
    with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/", timeout=30) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        assert b'"id":"app.ini"' in answer.read()
