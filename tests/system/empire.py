"""An Emperor as a process of its own, the way users start it, and what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.system.journal import Journal
from tests.system.waiting import LIMIT_SECONDS, wait_for

__all__ = ["EMPEROR_COMMAND", "Empire", "is_listening", "marked_processes", "read_stats"]

EMPEROR_COMMAND = shlex.split(os.environ.get("EMPEROR_COMMAND", "")) or [sys.executable, "-m", "imperator"]
"""What is tested. `EMPEROR_COMMAND=/path/to/uwsgi` runs the same tests on uWSGI's own Emperor."""

FAKE_VASSAL = Path(__file__).with_name("fake_vassal.py")
MARK = "IMPERATOR_TEST_MARK"
_ACCEPTS_CONNECTIONS = 1 << 16  # Source: include/linux/net.h, __SO_ACCEPTCON


class Empire:
    """One Emperor process, its log, and the vassals below it.

    :param directory: An empty directory of the test: holds the log and the fake vassals' journal.
    :param arguments: The command line after the command.
    :param fake_vassals: Run `fake_vassal.py` in place of uWSGI.
    :param cwd: Where the Emperor starts. None: where the tests do.
    :param environment: Added to ours.
    :param before: Command line that goes on to the Emperor's.
    :param stdin: Descriptor of its standard input. None: there is nothing to read.
    """

    def __init__(
        self,
        directory: Path,
        *arguments: str,
        fake_vassals: bool = True,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
        stdin: int | None = None,
    ) -> None:
        self.mark = uuid.uuid4().hex
        self.log_path = directory / "emperor.log"
        self.journal = Journal(directory / "journal")
        wrapper = ("--emperor-wrapper", str(write_wrapper(directory))) if fake_vassals else ()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*before, *EMPEROR_COMMAND, *wrapper, *arguments],
                cwd=cwd,
                env=os.environ
                | {MARK: self.mark, "FAKE_VASSAL_JOURNAL": str(self.journal.path)}
                | dict(environment or {}),
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        """Return all that the Emperor and its vassals have written to standard output and error."""
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, text: str, limit_seconds: float = LIMIT_SECONDS) -> str:
        """Return the log once it holds the text."""
        wait_for(lambda: text in self.log(), f"{text!r} in the log", limit_seconds, self.log)
        return self.log()

    def wait_for_running(self, wanted: Mapping[str, str], limit_seconds: float = LIMIT_SECONDS) -> None:
        """Return once exactly these fake vassals run, each with this configuration."""
        wait_for(
            lambda: self.journal.running() == dict(wanted),
            f"exactly these vassals with these configurations: {wanted}",
            limit_seconds,
            lambda: f"running: {self.journal.running()}\n{self.log()}",
            self.journal.size_bytes,  # hundreds of processes take a busy machine as long as they take
        )

    def wait_for_exit(self, limit_seconds: float = LIMIT_SECONDS) -> int:
        """Return the Emperor's exit code once it has one."""
        try:
            return self.process.wait(limit_seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the Emperor did not end within {limit_seconds} s\n{self.log()}") from None

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM, limit_seconds: float = LIMIT_SECONDS) -> int:
        """Ask the Emperor to stop, wait until it has and return its exit code."""
        self.send(number)
        return self.wait_for_exit(limit_seconds)

    def processes(self) -> list[int]:
        """Return the pids of all that descends from this Emperor's start, wherever it has wandered since."""
        return marked_processes(self.mark)

    def bury(self) -> None:
        """Kill what is left, the Emperor first so that it starts nothing anew. For the end of a test."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pid in self.processes():
            kill_if_alive(pid)
        wait_for(lambda: not self.processes(), "an empty grave", otherwise=self.processes)


def write_wrapper(directory: Path) -> Path:
    """Write the program that starts the fake vassal: a script, for a path in `#!` may hold no space."""
    wrapper = directory / "vassal"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {shlex.quote(str(FAKE_VASSAL))} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


def kill_if_alive(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def marked_processes(mark: str) -> list[int]:
    """Return the pids of the processes that were started with this mark in their environment and still live.

    The environment goes with a process into other sessions, groups and parents, so nothing escapes by daemonizing.
    """
    needle = f"{MARK}={mark}".encode()
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and needle in read_if_there(entry / "environ").split(b"\0")
    ]


def read_if_there(path: Path) -> bytes:
    """Return the file's bytes, none when its process has just ended or is another user's."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def is_listening(path: Path) -> bool:
    """Tell whether somebody listens on that UNIX socket: its file is there a moment before it takes connections."""
    ours = (line.split() for line in Path("/proc/net/unix").read_text().splitlines() if line.endswith(f" {path}"))
    return any(int(flags, 16) & _ACCEPTS_CONNECTIONS for _number, _references, _protocol, flags, *_ in ours)


def read_stats(address: str | Path, limit_seconds: float = LIMIT_SECONDS) -> dict[str, Any]:
    """Return the stats server's object.

    :param address: ``host:port``, or the path of a UNIX socket.
    """
    host, colon, port = str(address).rpartition(":")
    family = socket.AF_INET if colon else socket.AF_UNIX
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(limit_seconds)
        client.connect((host or "127.0.0.1", int(port)) if colon else str(address))
        pieces = list(iter(lambda: client.recv(65536), b""))
    return dict(json.loads(b"".join(pieces)))
