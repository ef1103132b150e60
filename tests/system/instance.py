"""A uWSGI that `uwsgiconf run` becomes: started, asked over HTTP, and buried."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from textwrap import dedent, indent
from typing import IO, NamedTuple

from tests.system.waiting import LIMIT_SECONDS, wait_for

#: What every instance answers with, unless a test has an application of its own.
APPLICATION = """\
import os, threading, time

def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.5)
    status = environ["PATH_INFO"].removeprefix("/status/") if "/status/" in environ["PATH_INFO"] else "200 OK"
    start_response(status, [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {os.getppid()} {threading.get_ident()}".encode()]
"""

_MODULE = """\
import os
from uwsgiconf.config import Configuration, Section, configure_uwsgi
from uwsgiconf.presets.empire import Broodlord
from uwsgiconf.presets.nice import PythonSection

HERE = {here!r}
ADDRESS = "127.0.0.1:{port}"


def get_configuration():
    section = PythonSection(wsgi_module=HERE + "/app.py", workers=1, params_python={{"search_path": HERE}})
    section.networking.register_socket(Section.networking.sockets.http(ADDRESS))
    section.master_process.set_reload_params(mercy=1)
{statements}
    return section


configure_uwsgi(get_configuration)
"""


class Answer(NamedTuple):
    """What came back over HTTP."""

    status: int
    body: str
    headers: dict[str, str]


class Instance:
    """One running uWSGI.

    :param directory: Where its module, its application and all it writes are.
    :param port: Where it listens.
    :param statements: What the module does with `section`, besides a socket and an application.
    :param stdin: What it reads from, as `subprocess` takes it.
    """

    def __init__(
        self,
        directory: Path,
        port: int,
        statements: str = "",
        application: str = APPLICATION,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
    ) -> None:
        self.directory, self.port = directory, port
        (directory / "app.py").write_text(application)
        self.module = directory / "uwsgicfg.py"
        body = indent(dedent(statements), "    ")
        self.module.write_text(_MODULE.format(here=os.fspath(directory), port=port, statements=body))
        self._log = (directory / "uwsgi.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "uwsgiconf", "run", self.module],
            cwd=directory,
            env=os.environ | {"TMPDIR": os.fspath(directory)},
            stdin=stdin,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._connections: list[socket.socket] = []

    def log(self) -> str:
        """All that it logged so far."""
        return (self.directory / "uwsgi.log").read_text(errors="replace")

    def ask(self, path: str = "/") -> Answer | None:
        """What it answers to a GET; None while it does not."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
                return Answer(response.status, response.read().decode(), dict(response.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), dict(error.headers))
        except OSError:
            return None

    def answer(self, path: str = "/") -> Answer:
        """Wait until it answers, and return that."""
        found = wait_for(lambda: self.is_gone() or self.ask(path), f"an answer to {path}", otherwise=self.log)
        assert isinstance(found, Answer), self.log()
        return found

    def ask_and_leave(self, path: str) -> None:
        """Ask, and do not wait for the answer; the connection stays open until the instance is buried."""
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        self._connections.append(connection)

    def is_gone(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def wait_for_end(self) -> int:
        """Wait until it ends by itself, and return its exit code."""
        return self._process.wait(LIMIT_SECONDS)

    def wait_for_log(self, text: str) -> None:
        """Wait until it logs a text."""
        wait_for(lambda: text in self.log(), f"{text!r} in the log", otherwise=self.log)

    def wait_for_file(self, name: str, text: str = "") -> str:
        """Wait until a file in its directory has a text in it, and return all of it."""
        path = self.directory / name
        wait_for(lambda: path.exists() and text in path.read_text(), f"{text!r} in {name}", otherwise=self.log)
        return path.read_text()

    def write_fifo(self, name: str, command: str) -> None:
        """Write a command into a FIFO of its master."""
        path = self.directory / name
        wait_for(path.is_fifo, f"the FIFO {name}", otherwise=self.log)
        with path.open("w") as fifo:
            fifo.write(command)

    def touch(self, name: str) -> None:
        """Give a file a modification time that uWSGI, which looks at whole seconds, sees as another one."""
        later = time.time() + 5
        os.utime(self.directory / name, (later, later))

    def bury(self) -> None:
        """End it, and everything it started."""
        if not self.is_gone():
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self._process.wait()
        for connection in self._connections:
            connection.close()
        self._log.close()
