"""The real uWSGI that the claims are held against: one for all tests."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.claims.table import CLAIMS
from tests.system.instance import Instance
from tests.system.waiting import wait_for

__all__ = ["ROOT", "claims_instance", "hold", "running_claims"]

ROOT = Path(__file__).parents[2]

#: A minute, for what cron does, and some patience.
_LIMIT_SECONDS = 90

_STATEMENTS = """
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


@contextmanager
def running_claims(directory: Path, statements: str = "") -> Iterator[Instance]:
    """Run a real uWSGI with the application of the claims.

    :param directory: Where it may write.
    :param statements: What is done with its `section` besides.
    """
    (directory / "watched").touch()
    http, other = _free_ports(2)
    usual = _STATEMENTS.format(root=os.fspath(ROOT), address=f"127.0.0.1:{other}")
    usual = usual.replace("ALARM(", "Section.alarms.alarm_types.command(")
    started = Instance(directory, http, usual + statements, "from tests.claims.application import application\n")
    try:
        assert started.answer("/").body == "ready"
        yield started
    finally:
        started.bury()


@pytest.fixture(scope="session")
def claims_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Return a real uWSGI with the application of the claims."""
    with running_claims(tmp_path_factory.mktemp("claims")) as instance:
        yield instance


def hold(name: str, instance: Instance) -> None:
    """Do what a claim says inside an instance, and wait until its check becomes true."""
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

    wait_for(checked, CLAIMS[name].text, _LIMIT_SECONDS, otherwise=lambda: f"{answers[-1]}\n{instance.log()}")
