"""A uWSGI that every user of the machine may run: Debian's, for that of the wheel is as private as its environment."""

from __future__ import annotations

import os
import shutil
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.system.waiting import LIMIT_SECONDS

__all__ = ["APPLICATION", "PLUGINS", "ask", "find_open_uwsgi", "free_ports"]

PLUGINS = "plugin = python3\n"
"""What its configurations have to load before they know Python."""

APPLICATION = """
import os, uwsgi
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    with open("/proc/self/status") as status:
        groups = next(line.split(":", 1)[1].split() for line in status if line.startswith("Groups:"))
    said = [os.getuid(), os.getgid(), *groups, uwsgi.opt["word"].decode()]
    return [" ".join(map(str, said)).encode()]
"""


def find_open_uwsgi() -> str:
    """Return its path; without one the test is skipped, or fails in CI."""
    found = shutil.which("uwsgi-core")
    if found is not None and Path("/usr/lib/uwsgi/plugins/python3_plugin.so").exists():
        return found
    reason = "no uWSGI that every user may run; install one with: apt-get install uwsgi-core uwsgi-plugin-python3"
    if os.environ.get("CI") == "true" and os.geteuid() == 0:
        pytest.fail(reason)
    pytest.skip(reason)


def free_ports(*names: str) -> dict[str, int]:
    """Return a free TCP port for each name."""
    probes = {name: socket.create_server(("127.0.0.1", 0)) for name in names}
    ports = {name: int(probe.getsockname()[1]) for name, probe in probes.items()}
    for probe in probes.values():
        probe.close()
    return ports


def ask(port: int, path: str = "/") -> str:
    """Return the body of an answer; empty where there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=LIMIT_SECONDS) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""
