"""The tutorial does what it says: `make run` serves it, and Ctrl-C leaves nothing."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.empire import MARK, kill_if_alive, marked_processes
from tests.system.waiting import wait_for

TUTORIAL = Path(__file__).parents[2] / "examples" / "tutorial"
STARTED = re.compile(r"served at http://127\.0\.0\.1:(\d+)/")


@dataclass
class Tutorial:
    """The tutorial, running from a copy of its directory: so that files left behind would be seen."""

    process: subprocess.Popen[bytes]
    directory: Path
    log_path: Path
    mark: str
    port: int = 0

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_for_url(self) -> None:
        found = wait_for(lambda: STARTED.search(self.log()), "the URL", limit_seconds=60, otherwise=self.log)
        assert found is not None
        self.port = int(found.group(1))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def processes(self) -> list[int]:
        return marked_processes(self.mark)


@pytest.fixture
def tutorial(tmp_path: Path, uwsgi_binary: str) -> Iterator[Tutorial]:
    """Return the tutorial once it has printed its URL."""
    directory = tmp_path / "tutorial"
    shutil.copytree(TUTORIAL, directory, ignore=shutil.ignore_patterns("__pycache__"))
    log_path, mark = tmp_path / "log", uuid.uuid4().hex
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(directory / "run.py")],
            env=os.environ | {MARK: mark},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    running = Tutorial(process, directory, log_path, mark)
    try:
        running.wait_for_url()
        yield running
    finally:
        for pid in running.processes():
            kill_if_alive(pid)
        process.wait()


def files_below(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if "__pycache__" not in path.parts}


def test_serves_and_leaves_nothing(tutorial: Tutorial) -> None:
    """The page, JSON and static files are served, the first two compressed for who takes it; Ctrl-C ends all of it."""
    page, text = tutorial.get("/")
    assert (page.status, page.headers["Content-Encoding"]) == (200, None)
    assert b"Your first vassal is up" in text

    page, packed = tutorial.get("/", {"Accept-Encoding": "gzip"})
    assert (page.headers["Content-Encoding"], b"Your first vassal is up" in gzip.decompress(packed)) == ("gzip", True)

    facts, packed = tutorial.get("/facts.json", {"Accept-Encoding": "gzip"})
    assert (facts.headers["Content-Encoding"], facts.headers["Content-Type"]) == ("gzip", "application/json")
    assert json.loads(gzip.decompress(packed))["pid"] in tutorial.processes()

    for name in ("style.css", "crown.svg"):
        static, content = tutorial.get(f"/{name}", {"Accept-Encoding": "gzip"})
        assert (static.status, static.headers["Content-Encoding"]) == (200, None)
        assert content == (tutorial.directory / "static" / name).read_bytes()
    assert tutorial.get("/nothing")[0].status == 404

    tutorial.process.send_signal(signal.SIGINT)
    assert tutorial.process.wait(30) == 0, tutorial.log()
    wait_for(lambda: not tutorial.processes(), "no process left", otherwise=tutorial.processes)
    assert list(tutorial.directory.rglob("__pycache__")) == []
    assert files_below(tutorial.directory) == files_below(TUTORIAL)


def test_touch_reloads_and_keeps_the_router(tutorial: Tutorial) -> None:
    """Touching uwsgi.ini gives the application a new process; the router goes on and answers again."""

    def answering_pid() -> int | None:
        try:
            response, body = tutorial.get("/facts.json")
        except OSError:
            return None
        return int(json.loads(body)["pid"]) if response.status == 200 else None

    before = answering_pid()
    assert before is not None
    (tutorial.directory / "uwsgi.ini").touch()
    wait_for(lambda: answering_pid() not in {None, before}, "an answer by another process", otherwise=tutorial.log)
    assert "http.ini has been reloaded" not in tutorial.log()


@pytest.mark.parametrize("taken", [True, False])
def test_a_taken_port_is_avoided(taken: bool) -> None:
    """A port that somebody listens on is not chosen; a free one is."""
    free_port = runpy.run_path(str(TUTORIAL / "run.py"))["free_port"]
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        wanted = holder.getsockname()[1]
        if taken:
            holder.listen()
        else:
            holder.close()
        assert (free_port(wanted) == wanted) is not taken
