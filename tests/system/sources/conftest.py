"""The real servers, and one source of each kind for the tests that all of them have to pass."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.sources.source import Source
from tests.system.sources.zeromq import ZeroMQSource, push_to


@pytest.fixture
def zeromq(free_port: int) -> Iterator[ZeroMQSource]:
    """Return a socket that sends to an endpoint nobody has bound yet."""
    with push_to(f"tcp://127.0.0.1:{free_port}") as source:
        yield source


@pytest.fixture(params=["zeromq"])
def source(request: pytest.FixtureRequest) -> Source:
    """Return each source in turn."""
    found: Source = request.getfixturevalue(request.param)
    return found
