"""A private RabbitMQ server."""

from __future__ import annotations

import base64
import gc
import hashlib
import json
import logging
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pika

from tests.system.sources.tls import make_certificate
from tests.system.waiting import wait_for

__all__ = ["INSTALL", "PASSWORD", "USER", "VHOST", "RabbitMQServer", "find_server"]

INSTALL = "apt-get install -y --no-install-recommends rabbitmq-server openssl"
USER, PASSWORD = "caesar", "sesame/open?"
VHOST = "sites/of rome"
"""Besides the one that every server has."""
_START_SECONDS = 90.0

logging.getLogger("pika").setLevel(logging.CRITICAL)  # it logs each attempt to reach a server that is down, at length


def find_server() -> Path | None:
    """Return the directory of RabbitMQ's own programs, which ask for no other user as Debian's do, or None."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"))
    return found[-1] if found and shutil.which("epmd") and shutil.which("openssl") else None


class RabbitMQServer:
    """A server on free ports of 127.0.0.1: plain and TLS, with a user beside `guest` and a vhost beside `/`.

    :param programs: Where `rabbitmq-server` and `rabbitmqctl` are.
    :ivar certificate: What its TLS port shows, which nobody but itself has signed.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._directory = Path(tempfile.mkdtemp(prefix="imperator-rabbitmq-"))
        self.port, self.tls_port, distribution_port, epmd_port = _free_ports(4)
        self.certificate = make_certificate(self._directory)
        self._environment = self._write_files(distribution_port, epmd_port)
        # Erlang's port mapper would start by itself, as a daemon that outlives the server: so it is ours.
        self._mapper = subprocess.Popen(
            ["epmd", "-port", str(epmd_port), "-address", "127.0.0.1"],
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.process = self._spawn()
        self.wait_until_up()

    def start(self) -> None:
        """Start it, until it answers."""
        self.process = self._spawn()
        self.wait_until_up()

    def wait_until_up(self) -> None:
        """Return once it answers; a start that the last one's remains prevented is tried again."""

        def is_up() -> bool:
            if self.process.poll() is not None:
                self.process = self._spawn()
            return self.is_answered(lambda: self.connect().close())

        log = self._directory / "server.log"
        wait_for(is_up, "RabbitMQ answers", _START_SECONDS, otherwise=lambda: log.read_text(errors="replace"))

    def kill(self) -> None:
        """Kill it and all its processes at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def freeze(self, number: int = signal.SIGSTOP) -> None:
        """Stop all its processes where they are, or let them go on with SIGCONT."""
        os.killpg(self.process.pid, number)

    def remove(self) -> None:
        """End it and remove its files."""
        self.kill()
        self._mapper.kill()
        self._mapper.wait()
        shutil.rmtree(self._directory)

    def control(self, *words: str) -> str:
        """Run `rabbitmqctl`, which takes seconds."""
        command = [str(self._programs / "rabbitmqctl"), "--quiet", *words]
        environment = self._environment
        return subprocess.run(
            command, cwd=self._directory, env=environment, check=True, capture_output=True, text=True, timeout=100
        ).stdout

    def connect(self, vhost: str = "/") -> pika.BlockingConnection:
        """Connect as the user that may do everything."""
        credentials = pika.PlainCredentials(USER, PASSWORD)
        # No heartbeat: a test may be busy with other things for longer than that.
        parameters = pika.ConnectionParameters("127.0.0.1", self.port, vhost, credentials, heartbeat=0)
        return pika.BlockingConnection(parameters)

    def is_answered(self, question: Callable[[], object]) -> bool:
        """Whether a question that may connect comes to its end."""
        try:
            question()
        except (pika.exceptions.AMQPError, OSError):
            is_answered = False
        else:
            is_answered = True
        if not is_answered:
            _collect_sockets()
        return is_answered

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self._directory / "server.log").open("ab") as log:
            return subprocess.Popen(
                [str(self._programs / "rabbitmq-server")],
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _write_files(self, distribution_port: int, epmd_port: int) -> dict[str, str]:
        directory = self._directory
        cookie = directory / ".erlang.cookie"
        cookie.write_text("IMPERATORTESTS")
        cookie.chmod(0o400)
        (directory / "plugins").write_text("[].\n")
        (directory / "definitions.json").write_text(json.dumps(_definitions()))
        (directory / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}\n"
            f"ssl_options.certfile = {self.certificate}\n"
            f"ssl_options.cacertfile = {self.certificate}\n"
            f"ssl_options.keyfile = {directory / 'key.pem'}\n"
            f"load_definitions = {directory / 'definitions.json'}\n"
            "disk_free_limit.absolute = 1MB\n"
            "log.file = false\nlog.console = true\nlog.console.level = warning\n"
        )
        own = {
            "HOME": str(directory),
            "ERL_EPMD_PORT": str(epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"imperator-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(distribution_port),
            "RABBITMQ_MNESIA_BASE": str(directory / "mnesia"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_PID_FILE": str(directory / "pid"),
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(directory / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
            "LC_ALL": "C.UTF-8",
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        return {**others, **own}


def _definitions() -> dict[str, object]:
    vhosts = ["/", VHOST]
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "users": [_user("guest", "guest"), _user(USER, PASSWORD)],
        "vhosts": [{"name": vhost} for vhost in vhosts],
        "permissions": [{"user": USER, "vhost": vhost, **everything} for vhost in vhosts]
        + [{"user": "guest", "vhost": "/", **everything}],
    }


def _user(name: str, password: str) -> dict[str, str]:
    salt = b"salt"
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    return {
        "name": name,
        "password_hash": digest,
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "",
    }


def _free_ports(count: int) -> list[int]:
    """Return ports below those that clients are given: one of them could keep a server that restarts from its own."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 1_000):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no ports are free")


def _collect_sockets() -> None:
    """Collect now what pika leaves open of a failed connection: later it would be another test's fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
