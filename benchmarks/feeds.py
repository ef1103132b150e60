"""Sources other than files, filled for a run: each on a private server, where that is installed.

Servers and sources are those of the tests; they and their drivers are imported when used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contestants import MissingToolError

__all__ = ["FEEDS", "Feed", "Make", "postgres", "zeromq"]

CONFIG = "[uwsgi]\n"
LONG_AGO_SECONDS = 100
"""How old rows are when an Emperor first sees them: uWSGI only sees a later whole second as a change."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A source that holds vassals.

    :param target: What our Emperor is told.
    :param touch: Has one vassal reload, over a connection that is open already.
    :param uwsgi_target: What uWSGI's is told, where it has a monitor for such a source.
    :param kill: Ends its server, where it has one.
    :param freeze: Has its server stand still; what is frozen is killed at the end.
    """

    target: str
    touch: Callable[[str], object]
    uwsgi_target: str | None = None
    kill: Callable[[], None] = lambda: None
    freeze: Callable[[], None] = lambda: None


Make = Callable[[Sequence[str]], AbstractContextManager[Feed]]
"""Makes a feed that holds vassals of these names."""


@contextmanager
def postgres(names: Sequence[str]) -> Iterator[Feed]:
    """A table with the trigger of `imperator schema pg`."""
    from tests.system.sources.postgres import INSTALL, PostgresServer, PostgresSource, find_server

    programs = find_server()
    if programs is None:
        raise MissingToolError("PostgreSQL", "measuring pg://", INSTALL)
    server = PostgresServer(programs)
    try:
        source = PostgresSource(server, "bench")
        with source.connect() as connection:
            for name in names:
                connection.execute(
                    "INSERT INTO vassals (name, config, ts) VALUES (%s, %s, now() - make_interval(secs => %s))",
                    (name, CONFIG, LONG_AGO_SECONDS),
                )

            def touch(name: str) -> object:
                return connection.execute("UPDATE vassals SET ts = clock_timestamp() WHERE name = %s", (name,))

            query = "SELECT name, config, EXTRACT(epoch FROM ts)::bigint FROM vassals"
            yield Feed(source.target, touch, f"{source.target};{query}", server.kill, server.freeze)
    finally:
        server.remove()


@contextmanager
def zeromq(names: Sequence[str]) -> Iterator[Feed]:
    """A PUSH socket, whose first messages wait until the Emperor has bound the other end."""
    from tests.system.sources.slapd import free_ports
    from tests.system.sources.zeromq import push_to

    with push_to(f"tcp://127.0.0.1:{free_ports(1)[0]}") as source:
        source.put_all(dict.fromkeys(names, CONFIG))
        yield Feed(source.target, source.touch)


@contextmanager
def mongodb(names: Sequence[str]) -> Iterator[Feed]:
    """A collection of a real server: one that only acts like it says nothing."""
    from tests.system.sources.mongodb import MongoSource

    uri = os.environ.get("IMPERATOR_TEST_MONGODB")
    if uri is None:
        raise MissingToolError("a MongoDB", "measuring mongodb://", "name one: IMPERATOR_TEST_MONGODB=mongodb://HOST/")
    source = MongoSource(uri, f"bench_{os.getpid()}")
    try:
        source.put_all(dict.fromkeys(names, CONFIG))
        yield Feed(source.target, source.touch)
        source.drop()
    finally:
        source.close()


@contextmanager
def ldap(names: Sequence[str]) -> Iterator[Feed]:
    """A part of a directory that tells of changes."""
    from tests.system.sources.ldap import LdapSource
    from tests.system.sources.slapd import INSTALL, SlapdServer, find_slapd

    program = find_slapd()
    if program is None:
        raise MissingToolError("OpenLDAP", "measuring ldap://", INSTALL)
    server = SlapdServer(program)
    try:
        source = LdapSource(server, "bench")
        source.put_all(dict.fromkeys(names, CONFIG))
        yield Feed(source.target, source.touch)
        source.forget_connection()
    finally:
        server.remove()


@contextmanager
def amqp(names: Sequence[str]) -> Iterator[Feed]:
    """A durable exchange; what is published is confirmed by the broker."""
    from tests.system.sources.amqp import AMQPSource
    from tests.system.sources.rabbitmq import INSTALL, RabbitMQServer, find_server

    programs = find_server()
    if programs is None:
        raise MissingToolError("RabbitMQ", "measuring amqp://", INSTALL)
    server = RabbitMQServer(programs)
    try:
        with TemporaryDirectory(prefix="imperator-bench-") as directory:
            source = AMQPSource(server, "bench", Path(directory) / "state")
            source.put_all(dict.fromkeys(names, CONFIG))
            yield Feed(source.target, source.touch)
            source.close()
    finally:
        server.remove()


@contextmanager
def zookeeper(names: Sequence[str]) -> Iterator[Feed]:
    """The children of a node."""
    from tests.system.sources.zookeeper import INSTALL, ZooKeeperServer, ZooKeeperSource, find_java

    if find_java() is None:
        raise MissingToolError("ZooKeeper", "measuring zoo://", INSTALL)
    server = ZooKeeperServer()
    try:
        server.wait_until_up()
        source = ZooKeeperSource(server, "/bench")
        source.put_all(dict.fromkeys(names, CONFIG))
        yield Feed(source.target, lambda name: source.do("set", f"{source.path}/{name}", CONFIG.encode()))
        source.close()
    finally:
        server.remove()


FEEDS: dict[str, Make] = {
    "pg:// (NOTIFY): commit": postgres,
    "mongodb:// (change streams): write": mongodb,
    "zmq://: send": zeromq,
    "ldap:// (syncrepl): modify": ldap,
    "amqp://: publish": amqp,
    "zoo:// (watches): set": zookeeper,
}
"""By what is measured from."""
