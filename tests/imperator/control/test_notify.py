"""What the service manager is told."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imperator.control.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """A service manager's socket, and its address as it stands in NOTIFY_SOCKET."""
    path = str(tmp_path / "notify")
    abstract = f"imperator-notify-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.bind(path if request.param == "path" else "\0" + abstract)
        yield (path if request.param == "path" else "@" + abstract), sock


@pytest.mark.parametrize(
    ("tell", "message"),
    [
        (lambda notifier: notifier.ready("2 vassals"), rb"READY=1\nSTATUS=2 vassals"),
        (lambda notifier: notifier.status("3 vassals"), rb"STATUS=3 vassals"),
        (lambda notifier: notifier.status("a\nREADY=1"), rb"STATUS=a READY=1"),
        (lambda notifier: notifier.stopping("ending"), rb"STOPPING=1\nSTATUS=ending"),
        (lambda notifier: notifier.reloading(), rb"RELOADING=1\nMONOTONIC_USEC=\d+"),
    ],
)
def test_messages(manager: tuple[str, socket.socket], tell: Callable[[Notifier], None], message: bytes) -> None:
    """Each state is told as systemd's protocol spells it."""
    address, sock = manager
    tell(Notifier.from_environment({"NOTIFY_SOCKET": address}))
    assert re.fullmatch(message, sock.recv(4096))


def test_reload_tells_the_monotonic_clock(manager: tuple[str, socket.socket]) -> None:
    """The moment of a reload is on the clock that systemd compares with, in microseconds."""
    address, sock = manager
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    Notifier(address).reloading()
    told = int(sock.recv(4096).rpartition(b"=")[2])
    assert before <= told <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def test_same_status_is_told_once(manager: tuple[str, socket.socket]) -> None:
    """A status that has not changed costs no message."""
    address, sock = manager
    notifier = Notifier(address)
    for status in ("1", "1", "2"):
        notifier.status(status)
    assert [sock.recv(99), sock.recv(99)] == [b"STATUS=1", b"STATUS=2"]
    sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        sock.recv(99)


@pytest.mark.parametrize("address", [None, "", "/nonexistent/notify", "@nobody-listens", "x" * 300, "relative", "@"])
def test_nobody_to_tell(address: str | None) -> None:
    """A missing, wrong or impossible address changes nothing for the Emperor."""
    notifier = Notifier.from_environment({} if address is None else {"NOTIFY_SOCKET": address})
    notifier.ready("x")
    notifier.stopping("x")


def test_manager_that_does_not_read(tmp_path: Path) -> None:
    """A full queue loses messages and never blocks."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        notifier = Notifier(str(tmp_path / "notify"))
        for number in range(5000):
            notifier.status(str(number))
        assert sock.recv(4096) == b"STATUS=0"
