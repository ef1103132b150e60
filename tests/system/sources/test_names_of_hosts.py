"""Name servers that do not answer."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.sources.source import config

HANGING = """
import socket, sys, time

look_up = socket.getaddrinfo

def hang(host, *arguments, **named):
    if host in ("db.example.org", b"db.example.org"):
        print("looking up", file=sys.stderr, flush=True)
        time.sleep(3600)
    return look_up(host, *arguments, **named)

socket.getaddrinfo = hang
"""

TARGETS = [
    "pg://host=db.example.org",
    "mongodb://db.example.org,emperor.vassals",
    "amqp://db.example.org?state=off",
    "zoo://db.example.org/vassals",
    "ldap://db.example.org/dc=example",
]


@pytest.mark.parametrize("target", TARGETS)
def test_emperor_goes_on_and_ends_while_a_name_is_looked_up(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, target: str
) -> None:
    """While a source's host is looked up in vain, files' vassals start, and the Emperor ends when told to."""
    (tmp_path / "sitecustomize.py").write_text(HANGING)
    emperor = start_emperor("--emperor", target, "--emperor", str(vassals), environment={"PYTHONPATH": str(tmp_path)})
    emperor.wait_for_log("looking up")
    (vassals / "file.ini").write_text(config("file"))
    emperor.wait_for_running({"file.ini": config("file")})
    assert emperor.stop(signal.SIGINT) == 0
