"""On-demand vassals with real uWSGI: started by the first connection, back to waiting when idle, nobody turned away."""

from __future__ import annotations

import os
import signal
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, is_listening, read_stats
from tests.system.test_protocol_vassals import config, touch_later, wait_for_starts
from tests.system.waiting import LIMIT_SECONDS, wait_for

APPLICATION = """
import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getppid()]
"""


def idle_site(directory: Path, idle_seconds: int) -> str:
    """Return the configuration of a site on the Emperor's socket that goes when nobody asks for a while."""
    return (
        f"[uwsgi]\nmaster = true\nprotocol = http\nchdir = {directory}\nwsgi-file = app.py\nprocesses = 2\n"
        f"idle = {idle_seconds}\ndie-on-idle = true\ndisable-logging = true\n"
    )


def ask(family: int, address: str | tuple[str, int]) -> str:
    """Return the answer to one request, the master's pid."""
    with socket.socket(family) as client:
        client.settimeout(LIMIT_SECONDS)
        client.connect(address)
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[:2] == [b"HTTP/1.1", b"200"] or head.split()[:2] == [b"HTTP/1.0", b"200"], answer
    return body.decode()


def phase_of(stats: Path) -> str:
    """Return where the only vassal stands."""
    (vassal,) = read_stats(stats)["vassals"]
    return str(vassal["phase"])


Place = tuple[int, str, str | tuple[str, int]]

FAMILIES: dict[str, Callable[[Path, int], Place]] = {
    "unix": lambda path, port: (socket.AF_UNIX, f"{path}/s", f"{path}/s"),
    "abstract": lambda path, port: (socket.AF_UNIX, f"@imperator-{port}", f"\0imperator-{port}"),
    "IPv4": lambda path, port: (socket.AF_INET, f"127.0.0.1:{port}", ("127.0.0.1", port)),
    "IPv6": lambda path, port: (socket.AF_INET6, f"[::1]:{port}", ("::1", port)),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_site_is_started_by_a_request_and_goes_when_idle(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, uwsgi_binary: str, free_port: int, family: str
) -> None:
    """The first request waits and is answered; idle brings the site back to waiting; the next starts it anew."""
    kind, address, place = FAMILIES[family](tmp_path, free_port)
    (tmp_path / "app.py").write_text(APPLICATION)
    (vassals / "site.ini").write_text(idle_site(tmp_path, 1))
    (vassals / "site.ini.socket").write_text(address + "\n")
    stats = tmp_path / "stats"
    emperor = start_emperor(
        *("--emperor", str(vassals), "--binary-path", uwsgi_binary, "--emperor-stats", str(stats)),
        *("--emperor-on-demand-extension", ".socket"),
        fake_vassals=False,
    )
    emperor.wait_for_log(f'site.ini -> "on demand" instance, waiting for connections on socket "{address}"')
    assert phase_of(stats) == "listening"
    masters = []
    for _ in range(2):
        masters.append(ask(kind, place))
        wait_for(lambda: phase_of(stats) == "listening", "the site to be idle", otherwise=emperor.log)
    assert len(set(masters)) == 2
    assert emperor.stop() == 0
    assert not (tmp_path / "s").exists()


def test_nobody_is_turned_away_in_the_change_over(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, uwsgi_binary: str
) -> None:
    """Requests that come exactly while the site goes idle are answered, each once, by the site or by its next life."""
    (tmp_path / "app.py").write_text(APPLICATION)
    (vassals / "site.ini").write_text(idle_site(tmp_path, 1))
    sockets, stats = tmp_path / "sockets", tmp_path / "stats"
    sockets.mkdir()
    emperor = start_emperor(
        *("--emperor", str(vassals), "--binary-path", uwsgi_binary, "--emperor-stats", str(stats)),
        *("--emperor-on-demand-directory", str(sockets)),
        fake_vassals=False,
    )
    emperor.wait_for_log("waiting for connections")
    answers: list[str] = []
    for _ in range(3):
        answers.append(ask(socket.AF_UNIX, f"{sockets}/site.socket"))
        wait_for(lambda: phase_of(stats) == "stopping", "the site to go", otherwise=emperor.log)
        crowd = [
            threading.Thread(target=lambda: answers.append(ask(socket.AF_UNIX, f"{sockets}/site.socket")))
            for _ in range(5)
        ]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
    assert len(answers) == 18
    assert len(set(answers)) > 3, "each crowd was served by a new life"


def start_waiting(start_emperor: StartEmperor, vassals: Path, *options: str) -> Empire:
    """Start an Emperor whose only vassal, a fake one, waits for connections on ``vassals/app.socket``."""
    (vassals / "app.ini").write_text(config(text="first"))
    emperor = start_emperor("--emperor", str(vassals), "--emperor-on-demand-directory", str(vassals), *options)
    emperor.wait_for_log("waiting for connections")
    return emperor


def call(path: Path) -> None:
    """Connect, and go away again."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(LIMIT_SECONDS)
        client.connect(str(path))


def test_changes_while_waiting_start_nothing(start_emperor: StartEmperor, vassals: Path) -> None:
    """A touch and SIGHUP leave a waiting vassal waiting; the first connection gets the newest configuration."""
    emperor = start_waiting(start_emperor, vassals)
    (vassals / "app.ini").write_text(config(text="second"))
    emperor.wait_for_log('updated configuration for "on demand" instance app.ini')
    emperor.send(signal.SIGHUP)
    emperor.send(signal.SIGUSR1)
    emperor.wait_for_log("status listening")
    assert emperor.journal.starts("app.ini") == []
    call(vassals / "app.socket")
    emperor.wait_for_running({"app.ini": config(text="second")})


def test_vassal_gets_the_socket_as_its_standard_input(start_emperor: StartEmperor, vassals: Path) -> None:
    """uWSGI takes a socket on descriptor 0 for its first one."""
    emperor = start_waiting(start_emperor, vassals)
    call(vassals / "app.socket")
    wait_for_starts(emperor, "app.ini", 1)
    assert emperor.journal.starts("app.ini")[0].facts["stdin"].startswith("socket:")


@pytest.mark.parametrize(("options", "mode"), [((), 0o600), (("--chmod-socket=660",), 0o660)])
def test_socket_is_private_unless_told_otherwise(
    start_emperor: StartEmperor, vassals: Path, options: tuple[str, ...], mode: int
) -> None:
    """Nobody but the Emperor's user may connect to a UNIX socket of ours, unless the administrator said so."""
    start_waiting(start_emperor, vassals, *options)
    assert stat.S_IMODE((vassals / "app.socket").stat().st_mode) == mode


def test_removed_file_removes_the_socket(start_emperor: StartEmperor, vassals: Path) -> None:
    """A waiting vassal whose file goes leaves no socket behind."""
    start_waiting(start_emperor, vassals)
    (vassals / "app.ini").unlink()
    wait_for(lambda: not (vassals / "app.socket").exists(), "the socket to go")


def test_address_in_use_is_told_and_tried_again(start_emperor: StartEmperor, vassals: Path, free_port: int) -> None:
    """A vassal whose address is taken is told with what to do, and listens once it is free."""
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", free_port))
        squatter.listen()
        (vassals / "app.ini").write_text(config())
        (vassals / "app.ini.at").write_text(f"127.0.0.1:{free_port}")
        emperor = start_emperor(
            *("--emperor", str(vassals), "--emperor-on-demand-extension", ".at", "--emperor-throttle", "100")
        )
        emperor.wait_for_log(
            f"app.ini: address 127.0.0.1:{free_port}: wanted to listen there, found Address already in use"
        )
    emperor.wait_for_log("waiting for connections")


def test_command_tells_the_address_and_holds_nobody_up(start_emperor: StartEmperor, vassals: Path) -> None:
    """A slow command delays its own vassal only; a name is never taken for a part of the command."""
    slow, odd, plain = "slow.ini", "$(touch hacked);`touch hacked`.ini", "plain.ini"
    for name in (slow, odd, plain):
        (vassals / name).write_text(config(text=name))
    finder = vassals / "finder"
    finder.write_text(
        '#!/bin/sh\ncase "$1" in\nslow*) read -r _ < gate;;\nplain*) exit 0;;\nesac\n'
        """echo "$PWD/$(echo "$1" | cksum | cut -d' ' -f1)"\n"""
    )
    finder.chmod(0o755)
    os.mkfifo(vassals / "gate")
    emperor = start_emperor("--emperor", str(vassals), "--emperor-on-demand-exec", str(finder))
    emperor.wait_for_running({plain: config(text=plain)})
    emperor.wait_for_log(f'{odd} -> "on demand" instance')
    assert "slow.ini" not in emperor.log()
    (vassals / "gate").write_text("\n")
    emperor.wait_for_log('slow.ini -> "on demand" instance')
    assert not (vassals / "hacked").exists()


def test_thousand_vassals_listen(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """A thousand sockets cost a thousand sockets, and no process."""
    for number in range(1000):
        (vassals / f"app-{number:03}.ini").touch()
    sockets, stats = tmp_path / "sockets", tmp_path / "stats"
    sockets.mkdir()
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-on-demand-directory", str(sockets), "--emperor-stats", str(stats))
    )
    wait_for(lambda: len(list(sockets.iterdir())) == 1000, "a thousand sockets", otherwise=emperor.log)
    wait_for(lambda: is_listening(stats), "stats", otherwise=emperor.log)
    wait_for(
        lambda: {vassal["phase"] for vassal in read_stats(stats)["vassals"]} == {"listening"}, "all of them to listen"
    )
    assert {vassal["pid"] for vassal in read_stats(stats)["vassals"]} == {-1}
    call(sockets / "app-777.socket")
    wait_for_starts(emperor, "app-777.ini", 1)


def test_vassal_that_is_no_longer_on_demand_runs(start_emperor: StartEmperor, vassals: Path) -> None:
    """Taking the address away and touching the file moves a waiting vassal to running by itself."""
    (vassals / "app.ini").write_text(config(text="run"))
    (vassals / "app.ini.at").write_text(f"{vassals}/app.socket")
    emperor = start_emperor("--emperor", str(vassals), "--emperor-on-demand-extension", ".at")
    emperor.wait_for_log("waiting for connections")
    (vassals / "app.ini.at").unlink()
    touch_later(vassals / "app.ini")
    emperor.wait_for_running({"app.ini": config(text="run")})
    assert not (vassals / "app.socket").exists()


def test_hooks_of_a_vassal_that_waits(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """It is told whenever it begins to wait, and of each change while it does; a start is neither."""
    told = tmp_path / "told"
    facts = "$UWSGI_VASSAL_CONFIG $UWSGI_VASSAL_SOCKET $(pwd)"
    emperor = start_waiting(
        *(start_emperor, vassals, "--hook-as-on-demand-vassal", f"exec:echo waits {facts} >> {told}"),
        *("--hook-as-on-config-vassal", f"exec:echo changed $UWSGI_VASSAL_CONFIG >> {told}"),
    )
    waits = f"waits app.ini {vassals}/app.socket {vassals}\n"
    wait_for(lambda: told.exists() and told.read_text() == waits, "the first wait", otherwise=emperor.log)
    (vassals / "app.ini").write_text(config("say 22"))
    wait_for(lambda: told.read_text() == f"{waits}changed app.ini\n", "the change", otherwise=emperor.log)
    call(vassals / "app.socket")
    wait_for_starts(emperor, "app.ini", 1)
    wait_for(lambda: told.read_text().startswith(f"{waits}changed app.ini\n{waits}"), "the next", otherwise=emperor.log)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")
def test_hooks_of_a_vassal_that_waits_are_run_as_its_owner(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path
) -> None:
    """Under Tyrant they are run as the owner, without rights; where that is root none is run."""
    for name, uid in (("app.ini", 1001), ("roots.ini", 0)):
        (vassals / name).write_text(config())
        os.chown(vassals / name, uid, uid)
        (vassals / f"{name}.at").write_text(f"{tmp_path}/{name}.socket")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-tyrant", "--emperor-on-demand-extension", ".at"),
        *("--hook-as-on-demand-vassal", "print:begins", "--hook-as-on-demand-vassal", "safeexec:id -u; id -g; id -G"),
    )
    log = emperor.wait_for_log("\n1001\n1001\n1001\n")
    assert log.count("\nbegins\n") == 1
    emperor.wait_for_log("vassal roots.ini: wanted a configuration that belongs to a user other than root")
