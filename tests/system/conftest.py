"""What the system tests share: an Emperor to start, a directory of vassals, a real uWSGI, and the cleaning up."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.claimed import claims_instance
from tests.system.empire import Empire

__all__ = ["claims_instance"]

StartEmperor = Callable[..., Empire]


@pytest.fixture
def vassals(tmp_path: Path) -> Path:
    """Return an empty directory to put vassals' files into."""
    directory = tmp_path / "vassals"
    directory.mkdir()
    return directory


@pytest.fixture
def start_emperor(tmp_path: Path) -> Iterator[StartEmperor]:
    """Return a function that starts an Emperor, see `Empire`; what is left at the test's end is killed.

    Each Emperor of a test gets its own log and journal.
    """
    started: list[Empire] = []

    def start(*arguments: str, **options: object) -> Empire:
        directory = tmp_path / f"emperor-{len(started)}"
        directory.mkdir()
        started.append(Empire(directory, *arguments, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for empire in started:
        empire.bury()


@pytest.fixture
def emperor(start_emperor: StartEmperor, vassals: Path) -> Empire:
    """Return an Emperor of fake vassals that watches `vassals`."""
    return start_emperor("--emperor", str(vassals))


@pytest.fixture(scope="session")
def uwsgi_binary() -> str:
    """Return the path of a uWSGI, the one of UWSGI_BINARY if given; without one the test is skipped, or fails in CI."""
    beside = (
        os.environ.get("UWSGI_BINARY")
        or shutil.which("uwsgi", path=str(Path(sys.executable).parent))
        or shutil.which("uwsgi")
    )
    if beside is None:
        reason = "no uWSGI here; install one with: python -m pip install pyuwsgi"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return beside


@pytest.fixture
def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
