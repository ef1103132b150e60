"""The claims about `uwsgiconf.runtime` hold where workers answer many requests at once by gevent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.claims import loaded
from tests.claims.table import CLAIMS
from tests.system.claimed import hold, running_claims
from tests.system.instance import Instance
from tests.system.websocket import Websocket

__all__ = ["loaded"]

#: What a worker does, and how it is told of things; mules and spoolers have no loop.
MODULES = {"caching", "control", "locking", "logging", "monitoring", "mules", "platform", "request", "rpc", "signals"}
#: Whoever waits for a lock of uWSGI holds up all of its worker, and for ever if a request of the same one has it.
BLOCKING = {"locking:who_wants_a_lock_waits"}

_GEVENT = """
section.set_option("gevent", 20)
section.set_option("gevent-monkey-patch", True)
"""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A real uWSGI whose loop is gevent's."""
    pytest.importorskip("gevent", reason="no gevent here; install it with: python -m pip install gevent")
    with running_claims(tmp_path_factory.mktemp("gevent"), _GEVENT) as started:
        yield started


@pytest.mark.parametrize("name", sorted({name for name, claim in CLAIMS.items() if claim.module in MODULES} - BLOCKING))
def test_claim(name: str, instance: Instance) -> None:
    """A claim holds inside a real uWSGI whose workers run gevent."""
    hold(name, instance)


def test_several_websockets_in_one_worker(instance: Instance) -> None:
    """Conversations go on beside each other: more of them than there are workers."""
    clients = [Websocket(instance.port, "/websocket") for _ in range(8)]
    try:
        for number, client in enumerate(clients):
            client.send(f"client {number}")
        assert [client.receive() for client in clients] == [f"CLIENT {number}" for number in range(8)]
    finally:
        for client in clients:
            client.__exit__()
