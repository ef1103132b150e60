"""Projects for these tests."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .site import Site

MakeSite = Callable[[], Site]


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A project with a database, to be copied: making one takes a while."""
    return Site(tmp_path_factory.mktemp("pattern"), port=0)


@pytest.fixture
def site(tmp_path: Path, pattern: Site, uwsgi_binary: str) -> Iterator[Site]:
    """A project that is not served yet, for one test alone."""
    made = Site(tmp_path, free_port(), pattern)
    yield made
    made.bury()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, pattern: Site, uwsgi_binary: str) -> Iterator[Site]:
    """A project that is served, with a superuser `chief`, for all tests that leave it as it is."""
    made = Site(tmp_path_factory.mktemp("site"), free_port(), pattern)
    made.manage("shell", "--command", _SUPERUSER)
    made.start()
    yield made
    made.bury()


_SUPERUSER = """
from django.contrib.auth.models import User
User.objects.create_superuser("chief", password="secret")
"""
