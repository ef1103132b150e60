"""The command as a real process, around an Emperor that has no vassals."""

from __future__ import annotations

import json
import os
import re
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.imperator.control.packets import packet

LIMIT_SECONDS = 30
STAND_IN = [sys.executable, "-m", "tests.imperator.cli.stand_in"]
ROOT = str(Path(__file__).parents[3])

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")


class Command:
    """A running command and what it has logged so far."""

    def __init__(self, *argv: str, directory: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*STAND_IN, *argv],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": ROOT, **environment},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        self.log = ""

    def wait_for(self, text: str) -> str:
        """Read the log until a text is in it, and return everything so far."""
        assert self.process.stderr is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stderr, selectors.EVENT_READ)
            until = time.monotonic() + LIMIT_SECONDS
            while text not in self.log:
                assert selector.select(until - time.monotonic()), f"{text!r} did not come: {self.log}"
                part = os.read(self.process.stderr.fileno(), 1 << 16)
                assert part, f"it ended before {text!r}: {self.log}"
                self.log += part.decode()
        return self.log

    def tell(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Wait for the end, and return the exit code."""
        _, rest = self.process.communicate(timeout=LIMIT_SECONDS)
        self.log += rest.decode()
        return self.process.returncode


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Starts commands in the test's directory; none outlives the test."""
    (tmp_path / "vassals").mkdir()
    started: list[Command] = []

    def start(*argv: str, **environment: str) -> Command:
        started.append(Command(*argv, directory=tmp_path, **environment))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something outside that tells nobody."""
    until = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def run_daemon(*argv: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command that detaches, until it returns."""
    return subprocess.run(
        [*STAND_IN, "vassals", "--daemonize", "log", "--emperor-pidfile", "pid", *argv],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": ROOT, **environment},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (signal.SIGHUP, "told to reload all"),
        (signal.SIGUSR1, "told to log states"),
        (signal.SIGURG, "told to clear the blacklist"),
        (signal.SIGWINCH, "told to look now"),
    ],
)
def test_signals(command: Callable[..., Command], number: signal.Signals, line: str) -> None:
    """Each signal tells the Emperor what uWSGI's would understand, and it goes on."""
    running = command("vassals", "--emperor-stats", "127.0.0.1:0")
    running.wait_for("stats server enabled")
    running.tell(number)
    running.wait_for(line)
    running.tell(signal.SIGTERM)
    assert running.end() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_stops_and_leaves_nothing(command: Callable[..., Command], tmp_path: Path, number: signal.Signals) -> None:
    """Each way of stopping ends with 0, and removes pidfile and socket."""
    running = command("vassals", "--emperor-pidfile", "pid", "--emperor-stats", "stats")
    running.wait_for("stats server enabled")
    assert int((tmp_path / "pid").read_text()) == running.process.pid
    running.tell(number)
    assert running.end() == 0
    assert "told to stop" in running.log
    assert [path.name for path in tmp_path.iterdir()] == ["vassals"]


def test_stats(command: Callable[..., Command], tmp_path: Path) -> None:
    """The stats server tells the Emperor's own account."""
    running = command("vassals", "--emperor-stats", "stats")
    running.wait_for("stats server enabled")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(LIMIT_SECONDS)
        client.connect(str(tmp_path / "stats"))
        with client.makefile() as answer:
            assert json.load(answer) == {"pid": running.process.pid, "vassals": []}


def test_sockets_reach_the_emperor(command: Callable[..., Command], tmp_path: Path) -> None:
    """A connection to the trigger socket is a look, a command is obeyed; both sockets are gone in the end."""
    running = command("vassals", "--emperor-trigger-socket", "trigger", "--emperor-command-socket", "commands")
    running.wait_for("*** Emperor trigger socket enabled on trigger ***")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "trigger"))
    running.wait_for("told to look now")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(packet(cmd="stop", vassal="app.ini"), str(tmp_path / "commands"))
    running.wait_for("told to hold app.ini")
    running.tell(signal.SIGTERM)
    assert running.end() == 0
    assert [path.name for path in tmp_path.iterdir()] == ["vassals"]


def test_lines_of_a_file(command: Callable[..., Command], tmp_path: Path) -> None:
    """What a file has and an Emperor does not need is told in the log; chdir comes before everything else."""
    (tmp_path / "e.ini").write_text("[uwsgi]\nmaster = true\nemperor = .\nchdir = vassals\nemperor-pidfile = pid\n")
    running = command("e.ini")
    log = running.wait_for("started in")
    assert "[emperor] e.ini:2: master is not needed: the Emperor is its own master\n" in log
    assert f"started in {tmp_path / 'vassals'} " in log
    assert (tmp_path / "vassals" / "pid").exists()


def test_json_log_and_level(command: Callable[..., Command]) -> None:
    """--log-json makes every line an object; --log-level keeps the others out."""
    running = command("vassals", "--master", "--log-json", "--log-level", "warning")
    running.wait_for("\n")
    running.tell(signal.SIGTERM)
    running.process.wait(LIMIT_SECONDS)
    running.end()
    told = [json.loads(line) for line in running.log.splitlines()]
    assert [line["message"] for line in told] == ["--master is not needed: the Emperor is its own master"]


def test_descriptor_limit(command: Callable[..., Command]) -> None:
    """The Emperor may hold as many descriptors as the system lets it have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert f"nofile=({hard}, {hard})" in command("vassals").wait_for("started in")


@pytest.mark.parametrize(
    ("argv", "environment", "exit_code", "told"),
    [
        (("missing",), {}, 2, "imperator: target 'missing': wanted a directory"),
        (("vassals", "--uid", "no-such-user"), {}, 2, "imperator: user 'no-such-user': wanted"),
        (("vassals", "--emperor-stats", "x:y"), {}, 2, "address 'x:y': wanted host:port"),
        (("vassals", "--emperor-stats", "/nonexistent/s"), {}, 1, "address /nonexistent/s: wanted to listen there"),
        (("vassals", "--logto", "/nonexistent/l"), {}, 1, "imperator: /nonexistent/l: wanted a log file"),
        (("vassals", "--emperor-pidfile", "/nonexistent/p"), {}, 1, "/nonexistent/p: wanted a pidfile"),
        (("--emperor", "x", "--chdir", "/nonexistent"), {}, 1, "directory /nonexistent: wanted to go there first"),
        (("vassals", "--chdir", "/nonexistent"), {}, 1, "directory /nonexistent: wanted to go there first"),
        (("vassals",), {"STAND_IN_FAILS": "nothing"}, 1, "binary: wanted an executable, found nothing. Install it."),
    ],
)
def test_exit_codes(
    command: Callable[..., Command], argv: tuple[str, ...], environment: dict[str, str], exit_code: int, told: str
) -> None:
    """2 for what was told wrong, 1 for what the system refuses; each with its reason, and without a traceback."""
    running = command(*argv, **environment)
    assert running.end() == exit_code
    assert told in running.log
    assert "Traceback" not in running.log


@pytest.mark.parametrize(
    ("argv", "exit_code", "told"),
    [
        (
            ("foo://x",),
            2,
            "target 'foo://x': wanted a directory, a glob or one of dir://, glob://, ",
        ),
        (("zooo://x",), 2, "found there is no monitor for zooo://. Did you mean zoo://?"),
        (("vassals", "--binary-path", "/nonexistent/uwsgi"), 1, "found /nonexistent/uwsgi, which does not exist"),
    ],
)
def test_real_emperor_that_cannot_be(tmp_path: Path, argv: tuple[str, ...], exit_code: int, told: str) -> None:
    """What the Emperor itself refuses is told like everything else, without a traceback."""
    (tmp_path / "vassals").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "imperator", *argv],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == exit_code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_failure_removes_the_pidfile(command: Callable[..., Command], tmp_path: Path) -> None:
    """An Emperor that could not start leaves no pidfile and no socket."""
    argv = ("vassals", "--emperor-pidfile", "pid", "--emperor-stats", "stats")
    assert command(*argv, STAND_IN_FAILS="nothing").end() == 1
    assert [path.name for path in tmp_path.iterdir()] == ["vassals"]


def test_log_file_follows_rotation(command: Callable[..., Command], tmp_path: Path) -> None:
    """After logrotate has moved the file and sent SIGHUP, lines go to the new file."""
    running = command("vassals", "--logto", "log")
    log = tmp_path / "log"
    wait_until(lambda: log.exists() and "started in" in log.read_text())
    log.rename(tmp_path / "log.1")
    running.tell(signal.SIGHUP)
    wait_until(lambda: log.exists() and "told to reload all" in log.read_text())
    assert "told to reload all" not in (tmp_path / "log.1").read_text()
    running.tell(signal.SIGTERM)
    assert running.end() == 0


def test_service_manager_is_told(command: Callable[..., Command], tmp_path: Path) -> None:
    """systemd hears of start, reload and end, in this order."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(LIMIT_SECONDS)
        manager.bind(str(tmp_path / "notify"))
        running = command("vassals", NOTIFY_SOCKET=str(tmp_path / "notify"))
        ready = b"READY=1\nSTATUS=The Emperor is governing 0 vassals"
        assert manager.recv(4096) == ready
        running.tell(signal.SIGHUP)
        assert manager.recv(4096).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert manager.recv(4096) == ready
        running.tell(signal.SIGTERM)
        assert manager.recv(4096).startswith(b"STOPPING=1\n")


def test_process_name(command: Callable[..., Command]) -> None:
    """--emperor-procname is what ps shows."""
    running = command("vassals", "--emperor-procname", "the Emperor")
    running.wait_for("started in")
    assert Path(f"/proc/{running.process.pid}/cmdline").read_bytes().rstrip(b"\0") == b"the Emperor"


@needs_root
def test_privileges_are_dropped(command: Callable[..., Command], tmp_path: Path) -> None:
    """The Emperor starts as the wanted user, and what was made as root before is that user's."""
    files = ["--emperor-pidfile", "pid", "--emperor-stats", "stats", "--logto", "log"]
    running = command("--emperor", "/", "--uid", "54321", "--gid", "54322", *files)
    log = tmp_path / "log"
    wait_until(lambda: log.exists() and "stats server enabled" in log.read_text())
    ids = "uid=(54321, 54321, 54321) gid=(54322, 54322, 54322) groups=[54322]"
    assert ids in log.read_text()
    for name in ("pid", "stats", "log"):
        found = (tmp_path / name).stat()
        assert (found.st_uid, found.st_gid) == (54321, 54322), name
    running.tell(signal.SIGTERM)
    assert running.end() == 0
    assert (tmp_path / "pid").read_text() == ""  # its directory is root's: the file can only be emptied
    assert "emptied the pidfile" in log.read_text()


def test_daemon(command: Callable[..., Command], tmp_path: Path) -> None:
    """--daemonize returns 0 once the Emperor has started: detached, adopted, at /dev/null, logging to the file."""
    done = run_daemon("--emperor-stats", "stats", directory=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    pid = int((tmp_path / "pid").read_text())
    try:
        assert "stats server enabled" in (tmp_path / "log").read_text()
        assert os.getsid(pid) not in (os.getsid(0), pid)  # not in our session, and not the leader of its own
        assert os.readlink(f"/proc/{pid}/fd/0") == "/dev/null"
        assert {os.readlink(f"/proc/{pid}/fd/{number}") for number in (1, 2)} == {str(tmp_path / "log")}
    finally:
        pidfd = os.pidfd_open(pid)
        os.kill(pid, signal.SIGTERM)
        with selectors.DefaultSelector() as selector:
            selector.register(pidfd, selectors.EVENT_READ)
            assert selector.select(LIMIT_SECONDS)
        os.close(pidfd)
    assert not (tmp_path / "pid").exists()


@pytest.mark.parametrize(
    ("argv", "environment", "exit_code", "told"),
    [
        ((), {"STAND_IN_FAILS": "nothing"}, 1, "imperator: binary: wanted an executable, found nothing. Install it.\n"),
        (("--emperor-stats", "x:y"), {}, 2, r"imperator: address 'x:y': wanted host:port .*\n"),
        (("--daemonize", "/nonexistent/log"), {}, 1, "imperator: /nonexistent/log: wanted a log file .*\n"),
        ((), {"STAND_IN_DIES": "1"}, 1, "imperator: the daemon ended before it had started; .*/log tells why\n"),
    ],
)
def test_daemon_that_cannot_start(
    tmp_path: Path, argv: tuple[str, ...], environment: dict[str, str], exit_code: int, told: str
) -> None:
    """--daemonize tells on the terminal why the Emperor did not start, with its exit code."""
    (tmp_path / "vassals").mkdir()
    done = run_daemon(*argv, directory=tmp_path, **environment)
    assert done.returncode == exit_code
    assert re.fullmatch(told, done.stderr)


def test_daemonize_under_an_emperor(command: Callable[..., Command], tmp_path: Path) -> None:
    """A sub-Emperor does not detach, for its own Emperor would take it for dead; it does log to the file."""
    running = command("vassals", "--daemonize", "log", UWSGI_EMPEROR_FD="99")
    log = tmp_path / "log"
    wait_until(lambda: log.exists() and "started in" in log.read_text())
    assert running.process.poll() is None
    running.tell(signal.SIGTERM)
    assert running.end() == 0
