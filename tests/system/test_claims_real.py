"""Every claim about `uwsgiconf.runtime` holds inside a real uWSGI; and those that only a real one can show."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.claims import instances, processes, scheduled, spooled, states
from tests.claims.blocks import BLOCKS as EXAMPLES
from tests.claims.table import CLAIMS
from tests.system.instance import Instance
from tests.system.waiting import wait_for
from tests.system.websocket import Websocket

__all__ = ["instances", "processes", "scheduled", "spooled", "states"]

ROOT = Path(__file__).parents[2]

#: The crons of this claim are for the minute after the instance started: it is asked about last.
LAST = "scheduling:cron_fires_at_its_minute"

#: A minute, and some patience.
LIMIT_SECONDS = 90

STATEMENTS = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.claims.section import configure
configure(section, Path(HERE))
section.python.set_basic_params(search_path={root!r}, enable_threads=True)
section.networking.register_socket(Section.networking.sockets.uwsgi({address!r}))
for alarm in [Section.alarms.alarm_types.log("to-log"), ALARM("to-command", command="cat >> " + HERE + "/alarms.txt")]:
    section.alarms.register_alarm(alarm)
section.master_process.set_reload_params(mercy=1)
section.set_placeholder("address", {address!r}).set_placeholder("asked-at", ADDRESS).set_placeholder("claims", HERE)
"""


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Return a real uWSGI with the application of the claims."""
    directory = tmp_path_factory.mktemp("claims")
    (directory / "watched").touch()
    http, other = _free_ports(2)
    statements = STATEMENTS.format(root=os.fspath(ROOT), address=f"127.0.0.1:{other}")
    statements = statements.replace("ALARM(", "Section.alarms.alarm_types.command(")
    started = Instance(directory, http, statements, "from tests.claims.application import application\n")
    try:
        assert started.answer("/").body == "ready"
        yield started
    finally:
        started.bury()


@pytest.mark.parametrize("name", sorted(CLAIMS, key=lambda name: name == LAST))
def test_claim(name: str, instance: Instance) -> None:
    """A claim holds inside a real uWSGI."""
    done = instance.answer(f"/do/{name}")
    assert done.status == 200, f"{done.body}\n{instance.log()}"
    if CLAIMS[name].check is None:
        return
    answers: list[str] = []

    def checked() -> bool:
        answer = instance.answer(f"/check/{name}")
        answers.append(answer.body)
        assert answer.status == 200, answer.body
        return answer.body == "yes"

    wait_for(checked, CLAIMS[name].text, LIMIT_SECONDS, otherwise=lambda: f"{answers[-1]}\n{instance.log()}")


def test_a_websocket_conversation(instance: Instance) -> None:
    """A client and the application exchange texts and binary data, also where uWSGI was built without TLS."""
    client = Websocket(instance.port, "/websocket")
    assert client.status.startswith("HTTP/1.1 101")
    assert client.headers["sec-websocket-protocol"] == "claims"
    client.send("hello, wörld")
    assert client.receive() == "HELLO, WÖRLD"
    client.send(b"\x00\x01\x02")
    assert client.receive() == b"\x02\x01\x00"
    client.send("")
    assert client.receive() == "nothing more"
    client.send("bye")
    assert client.receive() is None
    client.close()


def test_harakiri_kills_what_it_should(instance: Instance) -> None:
    """A worker that takes longer than it may is killed and replaced, while another one goes on."""
    before = instance.log().count("HARAKIRI")
    assert instance.ask("/doom") is None
    wait_for(lambda: instance.log().count("HARAKIRI") > before, "a harakiri in the log", otherwise=instance.log)
    assert instance.answer("/").body == "ready"
    assert "survived" not in instance.log()


def test_tasks_survive_a_restart(instance: Instance) -> None:
    """A postponed task is done after a reload of the instance, not before its time; the instance knows it reloaded."""
    assert instance.answer("/is-reload").body == "False"
    assert instance.answer("/postpone").status == 200
    assert instance.answer("/reload").body == "True"
    wait_for(lambda: (found := instance.ask("/is-reload")) and found.body == "True", "a reload", otherwise=instance.log)
    wait_for(lambda: instance.answer("/read/postponed").body == "True", "the task", otherwise=instance.log)


def test_stop_ends_it(instance: Instance) -> None:
    """An application can stop its instance."""
    assert instance.answer("/stop").body == "True"
    assert instance.wait_for_end() == 0


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
