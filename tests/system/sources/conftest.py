"""The real servers, and one source of each kind for the tests that all of them have to pass."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest

from tests.system.sources import postgres as postgres_tests
from tests.system.sources import rabbitmq as rabbitmq_tests
from tests.system.sources import slapd as slapd_tests
from tests.system.sources import zookeeper as zookeeper_tests
from tests.system.sources.amqp import AMQPSource
from tests.system.sources.ldap import LdapSource
from tests.system.sources.mongod import FakeMongo
from tests.system.sources.mongodb import MongoSource
from tests.system.sources.postgres import PostgresServer, PostgresSource
from tests.system.sources.rabbitmq import RabbitMQServer
from tests.system.sources.slapd import ALL_READ, NO_LIMITS, POLLED, TELLING, SlapdServer
from tests.system.sources.source import Source
from tests.system.sources.zeromq import ZeroMQSource, push_to
from tests.system.sources.zookeeper import ZooKeeperServer, ZooKeeperSource


@pytest.fixture
def zeromq(free_port: int) -> Iterator[ZeroMQSource]:
    """Return a socket that sends to an endpoint nobody has bound yet."""
    with push_to(f"tcp://127.0.0.1:{free_port}") as source:
        yield source


def miss(server: str, install: str) -> NoReturn:
    """Skip a test for want of a server, or fail where CI is true."""
    reason = f"no {server} here; install it with: {install}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


_databases = count(1)
_exchanges = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Return a server that lives as long as the tests; without one they are skipped, or fail where CI is true."""
    programs = postgres_tests.find_server()
    if programs is None:
        miss("PostgreSQL", postgres_tests.INSTALL)
    server = PostgresServer(programs)
    yield server
    server.remove()


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> PostgresSource:
    """Return the empty table of a new database."""
    return PostgresSource(postgres_server, f"emperor_{next(_databases)}")


@pytest.fixture(scope="session")
def zookeeper_server() -> Iterator[ZooKeeperServer]:
    """Return a server that lives as long as the tests; without one they are skipped, or fail where CI is true."""
    if zookeeper_tests.find_java() is None:
        miss("ZooKeeper", zookeeper_tests.INSTALL)
    server = ZooKeeperServer()
    server.wait_until_up()
    yield server
    server.remove()


_nodes = count(1)


@pytest.fixture
def zookeeper(zookeeper_server: ZooKeeperServer) -> Iterator[ZooKeeperSource]:
    """Return an empty node."""
    source = ZooKeeperSource(zookeeper_server, f"/empires/{next(_nodes)}")
    yield source
    source.close()


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitMQServer]:
    """Return a server that lives as long as the tests; without one they are skipped, or fail where CI is true."""
    programs = rabbitmq_tests.find_server()
    if programs is None:
        miss("RabbitMQ", rabbitmq_tests.INSTALL)
    server = RabbitMQServer(programs)
    yield server
    server.remove()


@pytest.fixture
def amqp(rabbitmq_server: RabbitMQServer, tmp_path: Path) -> Iterator[AMQPSource]:
    """Return a new exchange with the Emperor's queue."""
    source = AMQPSource(rabbitmq_server, f"exchange-{next(_exchanges)}", tmp_path / "amqp.state")
    yield source
    source.close()


_collections = count(1)


@pytest.fixture
def mongo() -> Iterator[FakeMongo]:
    """Return a replica set of one server that does all that the tests ask, wrong things too."""
    server = FakeMongo()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mongodb(request: pytest.FixtureRequest) -> Iterator[MongoSource]:
    """Return an empty collection: of the server that IMPERATOR_TEST_MONGODB names, or else of one that acts like it."""
    uri = os.environ.get("IMPERATOR_TEST_MONGODB")
    fake: FakeMongo | None = request.getfixturevalue("mongo") if uri is None else None
    address = uri if fake is None else f"mongodb://{fake.hosts[0]}/"
    source = MongoSource(str(address), f"emperor_{os.getpid()}_{next(_collections)}")
    yield source
    if fake is None:
        source.drop()
    else:
        fake.behave()
    source.close()


_parts = count(1)


@pytest.fixture(scope="session")
def slapd_server() -> Iterator[SlapdServer]:
    """Return a server that lives as long as the tests; without one they are skipped, or fail where CI is true."""
    program = slapd_tests.find_slapd()
    if program is None:
        miss("OpenLDAP", slapd_tests.INSTALL)
    server = SlapdServer(program)
    yield server
    server.remove()


@pytest.fixture
def slapd(slapd_server: SlapdServer) -> Iterator[SlapdServer]:
    """Return the server for tests that hurt it: it is well again afterwards."""
    yield slapd_server
    if slapd_server.process.poll() is not None:
        slapd_server.start()
    slapd_server.freeze(signal.SIGCONT)
    for number, root in enumerate((TELLING, POLLED), 1):
        slapd_server.allow(*ALL_READ, root=root)
        slapd_server.configure(f"olcDatabase={{{number}}}mdb", olcLimits=NO_LIMITS)


@pytest.fixture
def ldap(slapd_server: SlapdServer) -> Iterator[LdapSource]:
    """Return an empty part of a directory that tells of changes."""
    source = LdapSource(slapd_server, f"part-{next(_parts)}")
    yield source
    source.forget_connection()


@pytest.fixture
def polled_ldap(slapd_server: SlapdServer) -> Iterator[LdapSource]:
    """Return an empty part of a directory that has to be asked."""
    source = LdapSource(slapd_server, f"part-{next(_parts)}", POLLED)
    yield source
    source.forget_connection()


@pytest.fixture(params=["zeromq", "postgres", "mongodb", "ldap", "amqp", "zookeeper"])
def source(request: pytest.FixtureRequest) -> Source:
    """Return each source in turn."""
    found: Source = request.getfixturevalue(request.param)
    return found
