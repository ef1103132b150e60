"""Every claim about `uwsgiconf.runtime` holds inside a real uWSGI; `test_uwsgiconf_late` has those that wait."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.claims import instances, processes, scheduled, spooled, states
from tests.claims.blocks import BLOCKS as EXAMPLES
from tests.claims.conversation import ASKING, EXCHANGES, GOODBYE
from tests.claims.table import CLAIMS
from tests.system.claimed import ROOT, hold
from tests.system.instance import Instance
from tests.system.waiting import wait_for
from tests.system.websocket import Websocket

__all__ = ["instances", "processes", "scheduled", "spooled", "states"]

#: Held later, when its minute has come while other tests ran.
LATE = "scheduling:cron_fires_at_its_minute"


@pytest.mark.parametrize("name", [name for name in CLAIMS if name != LATE])
def test_claim(name: str, claims_instance: Instance) -> None:
    """A claim holds inside a real uWSGI."""
    hold(name, claims_instance)


def test_a_websocket_conversation(claims_instance: Instance) -> None:
    """A client and the application exchange texts and binary data, also where uWSGI was built without TLS."""
    with Websocket(claims_instance.port, "/websocket") as client:
        assert client.status.startswith("HTTP/1.1 101")
        assert client.headers["sec-websocket-protocol"] == "claims"
        for said, heard in [*EXCHANGES, (ASKING, "b''")]:
            client.send(said)
            assert client.receive() == heard
        client.send(GOODBYE)
        assert client.receive() is None


BLOCKS = """
import sys
sys.path.insert(0, {root!r})
from tests.claims.blocks import BLOCKS, IMPORTS

for topic, block in BLOCKS.items():
    names = {{"__name__": "block"}}
    exec(IMPORTS, names)
    exec(compile(block, topic, "exec"), names)
    print("came through", topic, flush=True)

def application(environ, start_response):
    start_response("200 OK", [])
    return [b"ready"]
"""


def test_documented_examples_run_as_written(tmp_path: Path, free_port: int) -> None:
    """Every example of the documentation runs as written when an application is loaded."""
    statements = """
    section.caching.add_cache("mycache", 100)
    section.locks.set_basic_params(count=2)
    section.workers.set_mules_params(mules=3, farms=[section.workers.mule_farm("two", [2, 3])])
    section.spooler.add(HERE + "/myspooler")
    """
    started = Instance(tmp_path, free_port, statements, BLOCKS.format(root=os.fspath(ROOT)))
    try:
        assert started.answer("/").body == "ready"
        log = started.log()
        assert [topic for topic in EXAMPLES if f"came through {topic}\n" not in log] == []
    finally:
        started.bury()


WAITING = """
import os
from uwsgiconf.runtime import asynced

happened = []
pipes = []

def application(environ, start_response):
    start_response("200 OK", [])
    path = environ["PATH_INFO"]
    happened.append(path)
    if path == "/sleep":
        asynced.sleep(1)
        yield b""
        happened.append("slept")
    if path == "/read":
        pipes.append(os.pipe())
        asynced.wait_for_read(pipes[0][0], timeout=20)
        yield b""
        happened.append(os.read(pipes[0][0], 9).decode())
    if path == "/write":
        os.write(pipes[0][1], b"written")
    yield " ".join(happened).encode()
"""


def test_others_are_answered_while_one_waits(tmp_path: Path, free_port: int) -> None:
    """In asynchronous mode one worker answers requests while others wait for time, or for data."""
    statements = "section.set_option('async', 4)\nsection.workers.set_basic_params(count=1)"
    started = Instance(tmp_path, free_port, statements, WAITING)
    try:
        assert started.answer("/").body == "/"
        started.ask_and_leave("/sleep")
        assert wait_for(lambda: "/sleep" in started.answer("/first").body, "the request that sleeps")
        assert wait_for(lambda: "slept" in started.answer("/next").body, "its end")
        started.ask_and_leave("/read")
        assert wait_for(lambda: "/read" in started.answer("/third").body, "the request that reads")
        started.answer("/write")
        wait_for(lambda: "written" in started.answer("/last").body, "what it read")
        happened = started.answer("/").body.split()
    finally:
        started.bury()
    for earlier, later in [("/sleep", "/first"), ("/first", "slept"), ("/read", "/third"), ("/third", "written")]:
        assert happened.index(earlier) < happened.index(later), happened


BACKGROUND = """
from uwsgiconf.runtime.mules import Mule
from uwsgiconf.runtime.signals import Signal
from uwsgiconf.runtime.spooler import Spooler

@Mule(1).offload()
def in_mule():
    print("lazy: in mule", flush=True)

@Spooler.task()
def in_spooler():
    print("lazy: in spooler", flush=True)
    return True

signal = Signal()

@signal
def on_signal():
    print("lazy: signal", flush=True)
"""

LAZY = """
import background

def application(environ, start_response):
    start_response("200 OK", [])
    background.in_mule(), background.in_spooler(), background.signal.send()
    return [b"ready"]
"""


def test_lazy_applications_share_a_module(tmp_path: Path, free_port: int) -> None:
    """With `lazy-apps`, what all processes need works from a module that is imported before the fork."""
    (tmp_path / "background.py").write_text(BACKGROUND)
    statements = """
    section.set_option("lazy-apps", True)
    section.python.import_module("background", shared=True)
    section.workers.set_mules_params(mules=1)
    section.spooler.add(HERE + "/tasks")
    """
    started = Instance(tmp_path, free_port, statements, LAZY)
    try:
        assert started.answer("/").body == "ready"
        for where in ("in mule", "in spooler", "signal"):
            started.wait_for_log(f"lazy: {where}\n")
    finally:
        started.bury()
