"""Private ZooKeeper servers, and a node of one of them as a source."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from kazoo.client import KazooClient
from kazoo.exceptions import NodeExistsError, NoNodeError

from tests.system.waiting import wait_for

__all__ = ["INSTALL", "ZooKeeperServer", "ZooKeeperSource", "find_java", "free_ports"]

INSTALL = "apt-get install -y --no-install-recommends zookeeper"

JARS = Path("/usr/share/java")
CLASS_PATH = [JARS / f"{name}.jar" for name in ("zookeeper", "slf4j-simple", "netty-codec", "netty-resolver")]
SMALL = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dzookeeper.forceSync=no"]
SETTINGS = {
    "tickTime": "100",
    "minSessionTimeout": "200",
    "maxSessionTimeout": "60000",
    "clientPortAddress": "127.0.0.1",
    "admin.enableServer": "false",
    "4lw.commands.whitelist": "*",
    "maxClientCnxns": "0",
}


def find_java() -> str | None:
    """Return the Java that can run Debian's ZooKeeper, or None."""
    return shutil.which("java") if CLASS_PATH[0].exists() else None


def free_ports(number: int) -> list[int]:
    """Return TCP ports of 127.0.0.1 that nobody listens on."""
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class ZooKeeperServer:
    """A server on a free port of 127.0.0.1, with ticks of 100 ms so that sessions end soon.

    :param settings: Added to its ``zoo.cfg``.
    :param options: Java's.
    :param data: Another server's directory, which is copied.
    :param number: Which member of its ensemble it is. 0: it is on its own.
    """

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        options: Iterable[str] = (),
        data: Path | None = None,
        port: int = 0,
        number: int = 0,
    ) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="imperator-zookeeper-"))
        self.data = self.directory / "data"
        if data is None:
            self.data.mkdir()
        else:
            shutil.copytree(data, self.data)
        if number:
            (self.data / "myid").write_text(str(number))
        self.port = port or free_ports(1)[0]
        self.hosts = f"127.0.0.1:{self.port}"
        self._options = [*SMALL, *options]
        written = {**SETTINGS, "dataDir": str(self.data), "clientPort": str(self.port), **(settings or {})}
        lines = [f"{key}={value}\n" for key, value in written.items()]
        (self.directory / "zoo.cfg").write_text("".join(lines))
        self.process = self._spawn()

    def start(self) -> None:
        """Start it again, until it answers."""
        self.process = self._spawn()
        self.wait_until_up()

    def wait_until_up(self) -> None:
        """Return once it serves."""
        wait_for(lambda: "Mode: " in self.ask("srvr"), "ZooKeeper serves", otherwise=self.log)

    def ask(self, word: str) -> str:
        """Return the answer to one of its words of four letters, or nothing where it does not answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
                client.sendall(word.encode())
                return b"".join(iter(lambda: client.recv(65536), b"")).decode()
        except OSError:
            return ""

    def kill(self) -> None:
        """Kill it at once."""
        self.process.kill()
        self.process.wait()

    def freeze(self, number: int = signal.SIGSTOP) -> None:
        """Stop it where it is, or let it go on with SIGCONT."""
        self.process.send_signal(number)

    def remove(self) -> None:
        """End it and remove its files."""
        self.kill()
        shutil.rmtree(self.directory)

    def log(self) -> str:
        """Return what it has written."""
        return (self.directory / "log").read_text(errors="replace")

    def connect(self) -> Any:
        """Return a client of our own, connected."""
        client = KazooClient(self.hosts, timeout=2)  # a server that is just starting may hear us and never answer
        client.start(timeout=30)
        return client

    def _spawn(self) -> subprocess.Popen[bytes]:
        classes = ":".join(map(str, CLASS_PATH))
        main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [find_java() or "java", *self._options, "-cp", classes, main, str(self.directory / "zoo.cfg")],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={key: value for key, value in os.environ.items() if not key.startswith("JAVA")},
            )


class ZooKeeperSource:
    """One node of a server: see `source.Source`."""

    keeps_a_list = True

    def __init__(self, server: ZooKeeperServer, path: str) -> None:
        self.server = server
        self.path = path
        self.target = f"zoo://{server.hosts}{path}"
        self.do("ensure_path", path)

    def holds(self, name: str) -> bool:
        """Tell whether a node can be called that."""
        return name != "" and "/" not in name

    def put(self, name: str, config: str, *, socket: str = "", uid: str = "0") -> None:
        fields = {"socket": socket, "uid": uid if uid != "0" else ""}
        nodes = {"": config, **{f"/{field}": value for field, value in fields.items() if value}}
        try:
            self.write("create", {name + below: value for below, value in nodes.items()})
        except NodeExistsError:
            self.write("set_data", {name: config})

    def put_all(self, configs: dict[str, str]) -> None:
        self.write("create", configs)

    def write(self, method: str, nodes: Mapping[str, str]) -> None:
        """Create or set nodes in one transaction."""

        def commit() -> list[object]:
            transaction = self.client.transaction()
            for name, value in nodes.items():
                getattr(transaction, method)(f"{self.path}/{name}", value.encode())
            return list(transaction.commit())

        failures = [result for result in self.client.retry(commit) if isinstance(result, Exception)]
        if failures:
            raise failures[0]

    def touch(self, name: str) -> None:
        path = f"{self.path}/{name}"
        self.do("set", path, self.do("get", path)[0])

    def remove(self, name: str) -> None:
        self.do("delete", f"{self.path}/{name}", recursive=True)

    def set(self, name: str, value: str) -> None:
        """Write a node below the source's, which may not be there yet."""
        try:
            self.do("set", f"{self.path}/{name}", value.encode())
        except NoNodeError:
            self.do("create", f"{self.path}/{name}", value.encode(), makepath=True)

    def do(self, method: str, *arguments: object, **options: object) -> Any:
        """Do something with a client, again where the connection is lost meanwhile."""
        return self.client.retry(getattr(self.client, method), *arguments, **options)

    @cached_property
    def client(self) -> Any:
        """Our own connection."""
        return self.server.connect()

    def close(self) -> None:
        """Close our own connection."""
        self.client.stop()
        self.client.close()
