"""A private PostgreSQL server, and a table of it as a source."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.system.empire import kill_if_alive
from tests.system.waiting import wait_for

__all__ = ["INSTALL", "PostgresServer", "PostgresSource", "find_server"]

INSTALL = "apt-get install -y --no-install-recommends postgresql"
PASSWORD = "sesame-open"


def find_server() -> Path | None:
    """Return the directory of PostgreSQL's programs, the newest there is, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[4]))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


class PostgresServer:
    """A server on a free port of 127.0.0.1, without UNIX sockets, as `postgres` where we are root.

    :param programs: Where `initdb` and `postgres` are.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._directory = Path(tempfile.mkdtemp(prefix="imperator-postgres-"))
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(self._directory, self._user, self._user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        password = self._directory / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        data = str(self._directory / "data")
        words = ["-D", data, "-U", "master", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--no-locale"]
        subprocess.run(
            [str(programs / "initdb"), "--no-sync", *words],
            **self._as_user(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.process = self._spawn()
        self.wait_until_up()

    def start(self) -> None:
        """Start it, until it answers. What a killed one left in memory is waited for."""
        self.process = self._spawn()
        self.wait_until_up()

    def wait_until_up(self) -> None:
        """Return once it answers; a start that the last one's remains prevented is tried again."""

        def is_up() -> bool:
            if self.process.poll() is not None:
                self.process = self._spawn()
            try:
                self.connect().close()
            except psycopg.OperationalError:
                return False
            return True

        wait_for(is_up, "PostgreSQL answers", otherwise=(self._directory / "log").read_text)

    def kill(self) -> None:
        """Kill it and all its processes at once."""
        for pid in [self.process.pid, *self.processes()]:
            kill_if_alive(pid)
        self.process.wait()

    def freeze(self, number: int = signal.SIGSTOP) -> None:
        """Stop all its processes where they are, or let them go on with SIGCONT."""
        os.kill(self.process.pid, number)  # first: it starts no others then
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def processes(self) -> list[int]:
        """Return the pids of its children."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def remove(self) -> None:
        """End it and remove its files."""
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self._directory)

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as its master; each statement is a transaction."""
        return psycopg.connect(self.conninfo(database), autocommit=True, connect_timeout=10)

    def conninfo(self, database: str, user: str = "master", password: str = PASSWORD) -> str:
        """Return how to connect, as libpq's keywords."""
        return f"host=127.0.0.1 port={self.port} user={user} password={password} dbname={database}"

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "shared_buffers=16MB"]
        words = [word for setting in settings for word in ("-c", setting)]
        with (self._directory / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self._directory / "data"), "-p", str(self.port), *words],
                **self._as_user(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _as_user(self) -> dict[str, Any]:
        groups = {"group": self._user, "extra_groups": []} if self._user is not None else {}
        return {"cwd": self._directory, "user": self._user, **groups}


class PostgresSource:
    """The table that `imperator schema pg` makes, in a database of its own: see `source.Source`."""

    keeps_a_list = True

    def __init__(self, server: PostgresServer, database: str) -> None:
        self.server = server
        self.database = database
        self.target = f"pg://{server.conninfo(database)}"
        with server.connect() as master:
            master.execute(f"CREATE DATABASE {database}".encode())
        self.do(schema())

    def holds(self, name: str) -> bool:
        return True

    def put(self, name: str, config: str, *, socket: str = "", uid: str = "0") -> None:
        self.do(
            "INSERT INTO vassals (name, config, uid, socket) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (name) DO UPDATE SET config = EXCLUDED.config",
            (name, config, uid, socket),
        )

    def put_all(self, configs: dict[str, str]) -> None:
        with self.connect() as connection, connection.transaction(), connection.cursor() as cursor:
            cursor.executemany("INSERT INTO vassals (name, config) VALUES (%s, %s)", list(configs.items()))

    def touch(self, name: str) -> None:
        self.do("UPDATE vassals SET ts = clock_timestamp() WHERE name = %s", (name,))

    def remove(self, name: str) -> None:
        self.do("DELETE FROM vassals WHERE name = %s", (name,))

    def do(self, command: str, values: Sequence[object] | None = None) -> None:
        """Do something in a transaction of its own."""
        with self.connect() as connection:
            connection.execute(command.encode(), values)

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return self.server.connect(self.database)


def schema() -> str:
    """Return what the command prints."""
    command = [sys.executable, "-m", "imperator", "schema", "pg"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
