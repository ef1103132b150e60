"""What a real uWSGI runs for the claims: each is a path, and answers with what it found."""

from __future__ import annotations

import time
import traceback
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.claims import instances, processes, scheduled, seen, spooled, states
from tests.claims.conversation import converse
from tests.claims.table import CLAIMS, STEPS
from uwsgiconf import uwsgi
from uwsgiconf.runtime.control import reload, stop

__all__ = ["application", "instances", "processes", "scheduled", "spooled", "states"]

_LIMIT_SECONDS = 20


class RealWorld:
    """Claims inside a real uWSGI."""

    is_real = True

    def __init__(self) -> None:
        self.address = uwsgi.opt["address"].decode()
        self._http = uwsgi.opt["asked-at"].decode()
        self._directory = Path(uwsgi.opt["claims"].decode())

    def ask(self, name: str) -> str:
        """Take a step in another worker: this one is busy with the claim."""
        with urllib.request.urlopen(f"http://{self._http}/step/{name}", timeout=_LIMIT_SECONDS) as answer:
            return str(answer.read().decode())

    def pass_time(self, seconds: float) -> None:
        """Sleep: what is claimed is that nothing happens meanwhile."""
        time.sleep(seconds)

    def fork(self) -> None:
        """Nothing: uWSGI did."""

    def touch(self, path: str) -> None:
        """Change a file."""
        Path(path).write_text(str(time.time()))

    def remember(self, path: str) -> None:
        """Nothing: the directory of tasks goes with the instance."""

    def wait_for_log(self, text: str) -> None:
        """Wait until a text is in uWSGI's log."""
        self._wait_for_text("uwsgi.log", text)

    def wait_for_alarm(self, name: str, message: str) -> None:
        """Wait until an alarm was told where it is configured to be."""
        self._wait_for_text("alarms.txt" if name == "to-command" else "uwsgi.log", message)

    def _wait_for_text(self, file: str, text: str) -> None:
        path = self._directory / file
        deadline = time.monotonic() + _LIMIT_SECONDS
        while not (path.exists() and text in path.read_text(errors="replace")):
            assert time.monotonic() < deadline, f"{text!r} is not in {path}"
            time.sleep(0.01)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Do what the path says."""
    what, _, name = environ["PATH_INFO"].strip("/").partition("/")
    if what == "websocket":
        return converse()
    try:
        answer = str(_ANSWERS[what](name))
        start_response("200 OK", [("Content-Type", "text/plain")])
    except BaseException:  # noqa: BLE001 - whatever it is, the test is to know
        answer = traceback.format_exc()
        start_response("500 Failed", [("Content-Type", "text/plain")])
    return [answer.encode()]


def _do(name: str) -> object:
    return CLAIMS[name].do(RealWorld())


def _check(name: str) -> object:
    check = CLAIMS[name].check
    assert check is not None
    return "yes" if check() else f"no: {seen.everything()}"


def _doom(name: str) -> object:
    instances.take_too_long(RealWorld())
    return "survived"


def _postpone(name: str) -> object:
    return spooled.postponed(int(uwsgi.micros()) + 2_000_000)


_ANSWERS: dict[str, Callable[[str], object]] = {
    "": lambda _: "ready",
    "do": _do,
    "check": _check,
    "step": lambda name: STEPS[name](),
    "doom": _doom,
    "postpone": _postpone,
    "read": seen.read,
    "reload": lambda _: reload(),
    "stop": lambda _: stop(),
    "worker": lambda _: uwsgi.worker_id(),
    "is-reload": lambda _: uwsgi.is_a_reload,
}
