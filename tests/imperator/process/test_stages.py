"""The process that makes vassals' processes: what it makes, what it keeps, and what becomes of it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imperator.process import stages as module
from imperator.process.hooks import Act
from imperator.process.stages import Stages
from tests.system.waiting import wait_for

LIMIT_SECONDS = 30.0
ENVIRONMENT = {b"PATH": b"/usr/bin:/bin"}


@pytest.fixture
def stages() -> Iterator[Stages]:
    """Return what makes processes; whatever it has ready is gone at the end."""
    maker = Stages(ENVIRONMENT)
    yield maker
    maker.close()


def run(*command: str) -> Act:
    return ("run", [os.fsencode(command[0])], [os.fsencode(word) for word in command[1:]])


def code_of(pid: int) -> int:
    """Return what a child of ours exits with."""
    pidfd = os.pidfd_open(pid)
    try:
        assert select.select([pidfd], [], [], LIMIT_SECONDS)[0], "it does not end"
    finally:
        os.close(pidfd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def ready(parent: int | None = None) -> list[int]:
    """Return the process that makes others, then those that wait for orders."""
    parent = parent or os.getpid()
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if entry.name.isdigit() and b"stage_maker" in (entry / "cmdline").read_bytes():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == parent and fields[0] != "Z":
                    found.append((int(fields[19]), int(entry.name)))
    return [pid for _, pid in sorted(found)]


def test_it_is_our_own_child(stages: Stages) -> None:
    """What is made is reaped here, by its number, with what its program exited with."""
    assert [
        code_of(stages.make("app.ini", ENVIRONMENT, [run("/bin/sh", "-c", f"exit {code}")])) for code in (0, 7)
    ] == [
        0,
        7,
    ]


def test_it_has_what_it_was_given_and_nothing_else(stages: Stages, tmp_path: Path) -> None:
    """Descriptors are where they are to be, standard input is empty, and nothing of an earlier one is there."""
    told = tmp_path / "told"
    script = f"env > {told}.environment; exec ls -l /proc/self/fd > {told}"
    ours, theirs = socket.socketpair()
    with ours, theirs:
        secret = {**ENVIRONMENT, b"SECRET": b"of the first"}
        assert code_of(stages.make("first.ini", secret, [run("/bin/true")], [(theirs.fileno(), 3)])) == 0
        assert code_of(stages.make("app.ini", ENVIRONMENT, [run("/bin/sh", "-c", script)], [(theirs.fileno(), 3)])) == 0
    pairs = [line.split(" -> ") for line in told.read_text().splitlines() if " -> " in line]
    has = {left.split()[-1]: what for left, what in pairs if not what.endswith("/fd")}  # but what `ls` reads itself
    assert set(has) == {"0", "1", "2", "3"}
    assert has["0"] == "/dev/null"
    assert has["3"].startswith("socket:")
    assert "SECRET" not in (tmp_path / "told.environment").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the memory of processes: sudo make test")
def test_nothing_of_an_order_stays(stages: Stages) -> None:
    """Neither the process that makes others nor those that wait hold anything of what went to earlier ones."""
    secret = "swordfish-" + "7" * 20
    environment = {**ENVIRONMENT, b"TOKEN": secret.encode()}
    for _ in range(5):
        assert code_of(stages.make("app.ini", environment, [run("/bin/true", secret)])) == 0
    for pid in ready():
        assert secret.encode() not in memory_of(pid)
        assert b"stage_maker" in memory_of(pid), "the search finds what is there"


def memory_of(pid: int) -> bytes:
    """Return all that a process can write to."""
    pieces = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            place, rights = line.split()[:2]
            if rights.startswith("rw"):
                begin, end = (int(number, 16) for number in place.split("-"))
                memory.seek(begin)
                with contextlib.suppress(OSError):  # of the kernel's own
                    pieces.append(memory.read(end - begin))
    return b"".join(pieces)


@pytest.mark.parametrize("which", [slice(0, 1), slice(1, None), slice(None)], ids=["maker", "spares", "all"])
def test_one_that_is_killed_is_replaced(stages: Stages, which: slice) -> None:
    """Whoever of them is killed while it waits: the next process is made all the same, and the last one lives on."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        first = stages.make("first.ini", ENVIRONMENT, [run("/bin/sh", "-c", "read line <&3")], [(theirs.fileno(), 3)])
    # Wait until the spares are there: the answer to this one was made after them.
    assert code_of(stages.make("app.ini", ENVIRONMENT, [run("/bin/true")])) == 0
    wait_for(lambda: len(ready()) >= 3, "the spares to be made")
    for pid in ready()[which]:
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda pid=pid: pid not in ready(), "its end")  # type: ignore[misc]
    assert code_of(stages.make("app.ini", ENVIRONMENT, [run("/bin/sh", "-c", "exit 3")])) == 3
    assert code_of(first) == 1


def test_one_that_is_stopped_is_not_waited_for_without_limit(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that makes no others because somebody stopped it costs a few failures, then another has its place."""
    monkeypatch.setattr(module, "_LIMIT_SECONDS", 0.2)
    stages.start()
    wait_for(lambda: len(ready()) >= 3, "the spares to be made")
    stopped = ready()[0]
    os.kill(stopped, signal.SIGSTOP)
    spares = [stages.make("app.ini", ENVIRONMENT, [run("/bin/true")]) for _ in range(module._SPARES)]
    with pytest.raises(TimeoutError):
        stages.make("app.ini", ENVIRONMENT, [run("/bin/true")])
    monkeypatch.setattr(module, "_LIMIT_SECONDS", LIMIT_SECONDS)
    assert code_of(stages.make("app.ini", ENVIRONMENT, [run("/bin/true")])) == 0
    assert stopped not in ready()
    assert [code_of(pid) for pid in spares] == [0, 0]


def test_nothing_is_left_after_the_end(stages: Stages) -> None:
    """Closed, there is no process and no descriptor left, and what has its orders lives on."""
    before = os.listdir("/proc/self/fd")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        living = stages.make("app.ini", ENVIRONMENT, [run("/bin/sh", "-c", "read line <&3")], [(theirs.fileno(), 3)])
        stages.close()
        assert ready() in ([], [living])  # it has the name until it has become its program
        assert os.waitpid(living, os.WNOHANG) == (0, 0)
    assert code_of(living) == 1
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_an_emperor_that_is_killed_takes_them_along() -> None:
    """Those that wait, and the one that makes them, end with whoever started them, however that ends."""
    program = (
        "import signal; from imperator.process.stages import Stages\n"
        "stages = Stages({}); stages.start(); print('up', flush=True); signal.pause()"
    )
    emperor = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        assert emperor.stdout is not None
        assert emperor.stdout.readline() == b"up\n"
        wait_for(lambda: len(ready(emperor.pid)) >= 3, "the spares to be made")
        waiting = ready(emperor.pid)
    finally:
        emperor.kill()
        emperor.communicate()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in waiting), "their end")


def test_a_fork_that_fails_is_told(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel makes no process the reason comes back as the error of the call."""
    monkeypatch.setattr(module, "_SPARES", 0)
    impossible = Stages(
        ENVIRONMENT, namespaces=0x00000800 | 0x00010000
    )  # CLONE_SIGHAND and CLONE_THREAD without CLONE_VM
    try:
        with pytest.raises(OSError, match="Invalid argument") as caught:
            impossible.make("app.ini", ENVIRONMENT, [run("/bin/true")])
        assert caught.value.errno == errno.EINVAL
    finally:
        impossible.close()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary(max_size=9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(st.tuples(st.sampled_from(["drop", "enter", "bound", "limit", "hook", "x"]), ANYTHING), max_size=3)
)
def test_orders_that_make_no_sense_end_one_process(steps: list[Act]) -> None:
    """Whatever the orders are, their own process ends by them and never does anything else's; the next one works."""
    stages = SHARED
    pid = stages.make("bad.ini", ENVIRONMENT, steps)
    assert code_of(pid) in ({0, 1} if steps else {0})
    assert code_of(stages.make("app.ini", ENVIRONMENT, [run("/bin/true")])) == 0


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(orders=st.binary(max_size=64), places=st.binary(max_size=12))
def test_bytes_that_are_no_orders_end_one_process(orders: bytes, places: bytes) -> None:
    """Garbage in the place of orders, with any number of descriptors, ends the process that got it; the next works."""
    stages = SHARED
    stage = stages._take()
    with contextlib.ExitStack() as at_end:
        file = os.memfd_create("orders")
        at_end.callback(os.close, file)
        os.write(file, orders)
        socket.send_fds(stage.socket, [places or b"\0"], [file, 1][: 1 + len(orders) % 2])
        stage.socket.close()
    assert code_of(stage.pid) == 1
    assert code_of(stages.make("app.ini", ENVIRONMENT, [run("/bin/true")])) == 0


SHARED = Stages(ENVIRONMENT)


@pytest.fixture(autouse=True, scope="module")
def _end_shared() -> Iterator[None]:
    yield
    SHARED.close()


def test_limits_of_open_files_are_the_vassals(tmp_path: Path) -> None:
    """What is made has the soft limit that vassals are to have, not the one that we have raised."""
    stages = Stages(ENVIRONMENT, descriptor_limit=77)
    told = tmp_path / "told"
    try:
        assert code_of(stages.make("app.ini", ENVIRONMENT, [run("/bin/sh", "-c", f"ulimit -Sn > {told}")])) == 0
    finally:
        stages.close()
    assert json.loads(told.read_text()) == 77
