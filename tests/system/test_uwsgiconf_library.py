"""What the library compiles is taken by a real uWSGI, and does there what the library says."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from uwsgiconf.config import Configuration
from uwsgiconf.presets.empire import Broodlord
from uwsgiconf.probing import probe_plugins

CASES = json.loads((Path(__file__).parents[1] / "data" / "compiles-to.json").read_text())
GROUPS_OF_CASES = sorted({case["call"].split(".")[1] for case in CASES})

#: Options that the wheel's uWSGI is built without: TLS, ZeroMQ, and routers that need a plugin of their own.
NOT_BUILT_IN = re.compile(r"ssl|https|suwsgi|sni|zeromq|subscriptions-sign|forkpty|tuntap")


def taken_by(binary: str) -> set[str]:
    """The names of the options that a binary has."""
    text = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    return set(re.findall(r"^ {4}(?:-\w\|)?--([\w-]+)", text, re.MULTILINE))


def check(binary: str, configuration: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Let a binary read a configuration, strictly, and end when it has read all of it."""
    file = directory / "checked.ini"
    file.write_text(configuration.replace("[uwsgi]\n", "[uwsgi]\nstrict = true\n", 1) + "\nexit = 0\n")
    return subprocess.run(
        [binary, "--ini", str(file)],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("group", GROUPS_OF_CASES)
def test_lines_of_every_group_are_taken(group: str, uwsgi_binary: str, tmp_path: Path) -> None:
    """A strict uWSGI knows every option a group can set, except what the binary was built without."""
    (tmp_path / "val").touch()  # the file to lock
    known = taken_by(uwsgi_binary)
    embedded = probe_plugins(uwsgi_binary)
    plugins = {*embedded.generic, *embedded.request, "python3"}
    lines: list[str] = []
    for case in CASES:
        if case["call"].split(".")[1] != group or "only_in_2_1_dev" in case:
            continue
        needed = {line.removeprefix("plugin = ") for line in case["ini"] if line.startswith("plugin = ")}
        options = [line for line in case["ini"] if not line.startswith("plugin = ")]
        missing = [line for line in options if line.partition(" = ")[0] not in known]
        if needed <= plugins and not missing:
            lines += [line for line in options if line not in lines]
        else:
            assert needed - plugins or all(NOT_BUILT_IN.search(line) for line in missing), case
    assert lines
    done = check(uwsgi_binary, "[uwsgi]\n" + "\n".join(lines), tmp_path)
    assert done.returncode == 0, done.stderr


def test_broodlord_is_taken(uwsgi_binary: str, tmp_path: Path) -> None:
    """Both sections of the Broodlord preset are read without a fault."""
    emperor, zerg = Broodlord(
        zerg_socket=str(tmp_path / "b.sock"), zerg_count=4, zerg_die_on_idle=3, vassals_home=str(tmp_path)
    ).configure()
    text = str(Configuration([emperor, zerg]).format(stamp=False))
    for part in text.split("\n\n"):
        options = re.sub(r"^\[\w+\]", "[uwsgi]", part.strip(), count=1)
        options = re.sub(r"^zerg = .*\n?", "", options, flags=re.MULTILINE)  # it connects as it is read
        done = check(uwsgi_binary, options, tmp_path)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["cheaper", "lifetime", "rss"])
def test_contradictions_do_end_uwsgi(name: str, uwsgi_binary: str, tmp_path: Path) -> None:
    """What the library refuses as a contradiction would indeed end uWSGI at its start."""
    lines = {
        "cheaper": "workers = 3\ncheaper = 3",
        "lifetime": "min-worker-lifetime = 60\nmax-worker-lifetime = 30",
        "rss": "memory-report = 1\ncheaper-rss-limit-soft = 100\ncheaper-rss-limit-hard = 50",
    }
    file = tmp_path / "a.ini"
    file.write_text(f"[uwsgi]\nmaster = true\nno-server = true\nsocket = {tmp_path}/s\n{lines[name]}\n")
    done = subprocess.run(
        [uwsgi_binary, "--ini", str(file)], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert done.returncode == 1
    assert re.search(r"must be (lower|higher)", done.stdout + done.stderr)
