"""One deployment under uWSGI's Emperor and under ours: what people and programs see of it is the same."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.system.empire import Empire, read_stats
from tests.system.open_uwsgi import PLUGINS, find_open_uwsgi, free_ports
from tests.system.test_protocol_vassals import touch_later
from tests.system.waiting import LIMIT_SECONDS, wait_for

APPLICATION = """
import os, uwsgi
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Common", uwsgi.opt["common"].decode())])
    return [uwsgi.opt["word"] + b" " + environ["PATH_INFO"].encode()]
"""

COMMON = """[uwsgi]
{plugins}master = true
disable-logging = true
worker-reload-mercy = 1
set-placeholder = common=included
"""

VASSALS = {
    "router.ini": "{http}http = 127.0.0.1:{router}\nhttp-to = {root}/run/one.sock\n",
    "one.ini": (
        "socket = {root}/run/one.sock\nchmod-socket = 666\nwsgi-file = {root}/app.py\nset-placeholder = word=one\n"
        "static-map = /static={root}/static\ncron2 = unique=1 id -u > {root}/run/cron\n"
    ),
    "two.ini": "http-socket = 127.0.0.1:{two}\nwsgi-file = {root}/app.py\nset-placeholder = word=two\nprocesses = 2\n",
    "lazy.ini": (
        "protocol = http\nwsgi-file = {root}/app.py\nset-placeholder = word=lazy\nidle = 2\ndie-on-idle = true\n"
    ),
    "daemon.ini": (
        "http-socket = 127.0.0.1:{daemon}\nwsgi-file = {root}/app.py\nset-placeholder = word=daemon\n"
        "attach-daemon = {root}/daemon\n"
    ),
}


OWNERS = {"router.ini": 1001, "one.ini": 1002, "two.ini": 1003, "lazy.ini": 1002, "daemon.ini": 1001}


@dataclass
class Deployment:
    """Five vassals below a directory, on ports of their own.

    :param ports: By vassal.
    :param uwsgi: The binary of the vassals.
    :param is_tyrant: Vassals are of several users; the binary is one that each of them may run, and wants plugins.
    """

    root: Path
    ports: dict[str, int]
    uwsgi: str
    is_tyrant: bool

    def make(self) -> None:
        """Write everything."""
        self.root.mkdir()
        for name in ("vassals", "static", "run"):
            (self.root / name).mkdir()
        (self.root / "run").chmod(0o777)
        (self.root / "run" / "told").touch()
        (self.root / "run" / "told").chmod(0o666)
        (self.root / "app.py").write_text(APPLICATION)
        (self.root / "static" / "file.txt").write_text("static\n")
        (self.root / "common.ini").write_text(COMMON.format(plugins=PLUGINS if self.is_tyrant else ""))
        daemon = self.root / "daemon"
        daemon.write_text(f"#!/bin/sh\necho $$ > {self.root}/run/daemon.pid\nexec sleep 1000\n")
        daemon.chmod(0o755)
        http = "plugin = http\n" if self.is_tyrant else ""
        for name, text in VASSALS.items():
            file = self.root / "vassals" / name
            file.write_text("[uwsgi]\n" + text.format(root=self.root, http=http, **self.ports))
            if self.is_tyrant:
                os.chown(file, OWNERS[name], OWNERS[name])
        (self.root / "vassals" / "lazy.ini.socket").write_text(f"127.0.0.1:{self.ports['lazy']}\n")

    @property
    def options(self) -> list[str]:
        """The Emperor's options, the same words for both."""
        root = self.root
        tyrant = ("--emperor-tyrant",) if self.is_tyrant else ()
        return [
            # Without this, uWSGI from the wheel would take Python for the binary of its vassals.
            *("--binary-path", self.uwsgi, *tyrant),
            *("--emperor", str(root / "vassals"), "--vassals-include-before", str(root / "common.ini")),
            *("--emperor-stats", str(root / "stats"), "--emperor-on-demand-extension", ".socket"),
            *("--exec-as-vassal", f"id -u >> {root}/run/told", "--emperor-throttle", "100"),
        ]

    def ask(self, vassal: str, path: str) -> tuple[str, str | None]:
        """Return body and common header of an answer; empty where there is none."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.ports[vassal]}{path}", timeout=LIMIT_SECONDS
            ) as answer:
                return answer.read().decode(), answer.headers["X-Common"]
        except OSError:
            return "", None

    def has_answer(self, vassal: str) -> bool:
        """Tell whether a vassal answers."""
        return bool(self.ask(vassal, "/")[0])

    def names(self) -> list[str]:
        """Return the vassals that stats tell of."""
        return [vassal["id"] for vassal in read_stats(self.root / "stats")["vassals"]]

    def vassal(self, name: str) -> dict[str, object]:
        """Return what stats tell of a vassal."""
        return next(vassal for vassal in read_stats(self.root / "stats")["vassals"] if vassal["id"] == name)


def observe(deployment: Deployment, empire: Empire) -> dict[str, object]:
    """Look at everything people and programs can see of a deployment, and change it as they would."""
    seen: dict[str, object] = {}
    for name in ("router", "two", "daemon"):
        wait_for(partial(deployment.has_answer, name), f"{name} to answer", otherwise=empire.log)
        seen[f"{name} answers"] = deployment.ask(name, "/path")
    seen["static"] = deployment.ask("router", "/static/file.txt")[0]
    wait_for(lambda: deployment.vassal("two.ini")["loyal"], "loyalty", otherwise=empire.log)
    seen["waiting on demand"] = deployment.vassal("lazy.ini")["pid"]
    seen["on demand answers"] = deployment.ask("lazy", "/w")
    wait_for(lambda: deployment.vassal("lazy.ini")["pid"] == -1, "the idle one to go", otherwise=empire.log)
    seen["on demand answers again"] = deployment.ask("lazy", "/w")
    seen["daemon runs"] = is_alive(int((deployment.root / "run" / "daemon.pid").read_text()))
    seen["cron ran as"] = wait_for_text(deployment.root / "run" / "cron", empire)
    seen.update(observe_changes(deployment, empire))
    seen.update(observe_stats(deployment))
    seen["hooks ran as"] = sorted(set((deployment.root / "run" / "told").read_text().split()))
    return seen


def wait_for_text(path: Path, empire: Empire) -> str:
    """Return a file's text once there is any."""
    wait_for(lambda: path.exists() and path.read_text(), f"something in {path.name}", otherwise=empire.log)
    return path.read_text()


def observe_changes(deployment: Deployment, empire: Empire) -> dict[str, object]:
    """Kill a master, edit a file, remove one."""
    seen: dict[str, object] = {}
    master = int(str(deployment.vassal("two.ini")["pid"]))
    os.kill(master, signal.SIGKILL)
    wait_for(lambda: deployment.vassal("two.ini")["pid"] not in (-1, master), "a new master", otherwise=empire.log)
    wait_for(lambda: deployment.ask("two", "/")[0], "an answer", otherwise=empire.log)
    seen["killed and back"] = deployment.ask("two", "/")
    file = deployment.root / "vassals" / "daemon.ini"
    file.write_text(file.read_text().replace("word=daemon", "word=edited"))
    touch_later(file)
    wait_for(lambda: deployment.ask("daemon", "/")[0].startswith("edited"), "the edit", otherwise=empire.log)
    seen["edited"] = deployment.ask("daemon", "/")
    (deployment.root / "vassals" / "two.ini").unlink()
    wait_for(lambda: "two.ini" not in deployment.names(), "it to go", otherwise=empire.log)
    seen["removed"] = deployment.ask("two", "/")
    return seen


def observe_stats(deployment: Deployment) -> dict[str, object]:
    """Return of stats what does not depend on numbers and moments."""
    stats = read_stats(deployment.root / "stats")
    same = ("id", "zerg", "on_demand", "uid", "gid", "monitor")
    return {
        "emperor": stats["emperor"],
        "tyrant": stats["emperor_tyrant"],
        "vassals": sorted(tuple(vassal[key] for key in same) for vassal in stats["vassals"]),
        "blacklist": [item["id"] for item in stats["blacklist"] if item["id"] != "two.ini"],
    }


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def place() -> Iterator[Path]:
    """Yield a directory that everybody may enter."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def test_deployment_moves_over_by_changing_one_word(
    place: Path, uwsgi_binary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Router, two applications, one on demand, one with a daemon: same options, same answers, same stats."""
    compare(place, uwsgi_binary, monkeypatch, is_tyrant=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")
def test_deployment_of_several_users_moves_over_by_changing_one_word(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same under Tyrant: applications, cron, daemon and hooks run as the same users under either Emperor."""
    seen = compare(place, find_open_uwsgi(), monkeypatch, is_tyrant=True)
    assert seen["cron ran as"] == f"{OWNERS['one.ini']}\n"
    assert seen["hooks ran as"] == sorted(set(map(str, OWNERS.values())))


def compare(place: Path, uwsgi: str, monkeypatch: pytest.MonkeyPatch, *, is_tyrant: bool) -> dict[str, object]:
    """Run one deployment under uWSGI's Emperor and under ours, and return what was seen under both."""
    commands: dict[str, list[str]] = {
        "uwsgi": [uwsgi],
        "imperator": [sys.executable, "-m", "imperator"],
    }
    seen = {}
    ports = free_ports("router", "two", "daemon", "lazy")
    for name, command in commands.items():
        monkeypatch.setattr("tests.system.empire.EMPEROR_COMMAND", command)
        deployment = Deployment(place / "deployment", ports, uwsgi, is_tyrant)
        deployment.make()
        (place / name).mkdir()
        empire = Empire(place / name, *deployment.options, fake_vassals=False)
        try:
            seen[name] = observe(deployment, empire)
            empire.stop(signal.SIGINT)
            assert not wait_until_none(empire.processes)
        finally:
            empire.bury()
        deployment.root.rename(place / f"after-{name}")
    assert seen["imperator"] == seen["uwsgi"]
    return seen["imperator"]


def wait_until_none(processes: Callable[[], list[int]]) -> list[int]:
    """Wait for processes to be gone, and return those that are left."""
    wait_for(lambda: not processes(), "no process to be left")
    return processes()
