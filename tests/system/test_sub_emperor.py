"""Emperors under Emperors: ours under ours, uWSGI's under ours, ours under uWSGI's, and the protocol's vassal half."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, marked_processes, read_stats, write_wrapper
from tests.system.journal import Journal
from tests.system.test_protocol_vassals import (
    RELOAD,
    STOP,
    STOP_GRACEFULLY,
    config,
    touch_later,
    wait_for_heard,
    wait_for_starts,
)
from tests.system.waiting import wait_for

SPAWNED, CONFIG_WANTED, ACCEPTING, LOYAL = 1, 2, 5, 17
IMPERATOR = [sys.executable, "-m", "imperator"]


@pytest.fixture
def imperator(tmp_path: Path) -> str:
    """Return a program that is our command: what an Emperor starts as the binary of its vassals."""
    program = tmp_path / "imperator"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(IMPERATOR)} "$@"\n')
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def subjects(tmp_path: Path) -> Path:
    """Return a directory with one fake vassal, for the lower Emperor."""
    directory = tmp_path / "subjects"
    directory.mkdir()
    (directory / "app.ini").write_text(config())
    return directory


def lower(tmp_path: Path, directory: Path, *lines: str) -> str:
    """Return the configuration of an Emperor of fake vassals, readable for uWSGI's and for ours."""
    wrapper = write_wrapper(tmp_path)
    return "\n".join(["[uwsgi]", f"emperor = {directory}", f"emperor-wrapper = {wrapper}", *lines]) + "\n"


def wait_for_life(upper: Empire) -> None:
    """Wait until the lower Emperor is loyal to the upper one, and has a loyal vassal itself."""
    wait_for_starts(upper, "app.ini", 1)
    upper.wait_for_log("vassal sub.ini is now loyal")
    upper.wait_for_log("vassal app.ini is now loyal")


def lower_pid(stats: Path) -> int:
    return int(read_stats(stats)["vassals"][0]["pid"])


@pytest.fixture
def upper(start_emperor: StartEmperor, vassals: Path, subjects: Path, tmp_path: Path, imperator: str) -> Empire:
    """Return an Emperor of ours with one vassal: another Emperor of ours, which has a fake vassal."""
    (vassals / "sub.ini").write_text(lower(tmp_path, subjects))
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-wrapper", imperator, "--emperor-stats", str(tmp_path / "stats")),
        fake_vassals=False,
    )
    wait_for_life(emperor)
    return emperor


def test_sub_emperor_is_a_loyal_vassal(upper: Empire, tmp_path: Path) -> None:
    """The upper Emperor knows the lower one as spawned, loyal and accepting."""

    def standing() -> tuple[object, ...]:
        (vassal,) = read_stats(tmp_path / "stats")["vassals"]
        return tuple(vassal[key] for key in ("phase", "ready", "loyal", "accepting"))

    wait_for(lambda: standing() == ("running", 1, 1, 1), "the lower Emperor to be accepting", otherwise=upper.log)


def test_touched_sub_emperor_reloads_its_vassals(upper: Empire, vassals: Path, tmp_path: Path) -> None:
    """A reload that brings nothing new is passed on to the vassals: nobody is stopped."""
    pid = lower_pid(tmp_path / "stats")
    touch_later(vassals / "sub.ini")
    wait_for_heard(upper, "app.ini", [RELOAD])
    assert lower_pid(tmp_path / "stats") == pid


def test_changed_sub_emperor_starts_again(upper: Empire, vassals: Path, tmp_path: Path) -> None:
    """A reload that brings other settings stops its vassals gracefully and it starts again, as the same process."""
    pid = lower_pid(tmp_path / "stats")
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "other.ini").write_text(config())
    (vassals / "sub.ini").write_text(lower(tmp_path, tmp_path / "others"))
    wait_for_starts(upper, "other.ini", 1)
    assert upper.journal.heard("app.ini") == [STOP_GRACEFULLY]
    assert lower_pid(tmp_path / "stats") == pid
    (vassals / "sub.ini").write_text(lower(tmp_path, tmp_path / "others", "emperor-freq = 30"))
    wait_for_starts(upper, "other.ini", 2)
    assert lower_pid(tmp_path / "stats") == pid


def test_broken_sub_emperor_goes_on(upper: Empire, vassals: Path, subjects: Path, tmp_path: Path) -> None:
    """A reload that cannot be right changes nothing, and is told; the mended one works."""
    (vassals / "sub.ini").write_text(lower(tmp_path, subjects, "emperor-frequency = 3"))
    upper.wait_for_log("our configuration cannot be taken as it is now: everything goes on as before")
    assert "Did you mean emperor-freq?" in upper.log()
    assert upper.journal.heard("app.ini") == []
    (vassals / "sub.ini").write_text(lower(tmp_path, subjects))
    wait_for_heard(upper, "app.ini", [RELOAD])


def test_removed_sub_emperor_takes_its_vassals_along(upper: Empire, vassals: Path) -> None:
    """Its file is gone: it stops its vassals and ends, before its own Emperor loses patience."""
    (vassals / "sub.ini").unlink()
    upper.wait_for_log("removed uwsgi instance sub.ini (exited with 0)")
    assert upper.journal.heard("app.ini") == [STOP]
    assert upper.journal.running() == {}


def test_sub_emperor_that_lost_its_emperor_ends(upper: Empire) -> None:
    """End of file on the channel: nobody governs us, so everything stops."""
    upper.send(signal.SIGKILL)
    upper.wait_for_exit()
    upper.wait_for_log("lost connection with my emperor !!!")
    wait_for(lambda: not upper.processes(), "everything to end", otherwise=upper.log)


def test_uwsgis_emperor_is_a_vassal_of_ours(
    start_emperor: StartEmperor, vassals: Path, subjects: Path, tmp_path: Path, uwsgi_binary: str
) -> None:
    """uWSGI's own Emperor runs under ours, is loyal, and takes its vassals along when it is removed."""
    (vassals / "sub.ini").write_text(lower(tmp_path, subjects, "emperor-freq = 1"))
    emperor = start_emperor(*("--emperor", str(vassals), "--binary-path", uwsgi_binary), fake_vassals=False)
    wait_for_starts(emperor, "app.ini", 1)
    emperor.wait_for_log("vassal sub.ini is now loyal")
    (vassals / "sub.ini").unlink()
    emperor.wait_for_log("removed uwsgi instance sub.ini")
    wait_for(lambda: emperor.journal.running() == {}, "the lower vassal to end", otherwise=emperor.log)


def test_ours_is_a_vassal_of_uwsgis_emperor(
    start_emperor: StartEmperor,
    vassals: Path,
    subjects: Path,
    tmp_path: Path,
    uwsgi_binary: str,
    imperator: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Under uWSGI's Emperor ours is spawned, loyal, reloaded, and stopped with its vassals."""
    monkeypatch.setattr("tests.system.empire.EMPEROR_COMMAND", [uwsgi_binary])
    (vassals / "sub.ini").write_text(lower(tmp_path, subjects))
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-wrapper", imperator, "--emperor-freq", "1"), fake_vassals=False
    )
    wait_for_starts(emperor, "app.ini", 1)
    emperor.wait_for_log("[emperor] vassal sub.ini has been spawned")
    emperor.wait_for_log("[emperor] vassal sub.ini is ready to accept requests")
    touch_later(vassals / "sub.ini")
    wait_for_heard(emperor, "app.ini", [RELOAD])
    (vassals / "sub.ini").unlink()
    wait_for(lambda: emperor.journal.running() == {}, "the lower vassal to end", otherwise=emperor.log)
    wait_for_heard(emperor, "app.ini", [RELOAD, STOP])


class Suzerain:
    """This test as the upper Emperor: the other ends of channel and configuration pipe."""

    def __init__(self, directory: Path, text: str) -> None:
        self.channel, theirs = socket.socketpair()
        self.pipe, their_pipe = socket.socketpair()
        self.channel.settimeout(30)
        self.log = directory / "log"
        self.send(text)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*IMPERATOR, "--ini", "emperor://some.ini"],
                env=os.environ
                | {
                    "UWSGI_EMPEROR_FD": str(theirs.fileno()),
                    "UWSGI_EMPEROR_FD_CONFIG": str(their_pipe.fileno()),
                    "FAKE_VASSAL_JOURNAL": str(directory / "journal"),
                    "IMPERATOR_TEST_MARK": str(directory),
                },
                pass_fds=(theirs.fileno(), their_pipe.fileno()),
                stderr=log,
            )
        theirs.close()
        their_pipe.close()

    def send(self, text: str) -> None:
        self.pipe.send(b"s" + len(text.encode()).to_bytes(2, "little") + b"\0" + text.encode())

    def hear(self, count: int) -> list[int]:
        return [self.channel.recv(1)[0] for _ in range(count)]


@pytest.fixture
def suzerain(tmp_path: Path, subjects: Path) -> Iterator[Suzerain]:
    """Return an Emperor of ours whose configuration we send; nothing of it is left afterwards."""
    suzerain = Suzerain(tmp_path, lower(tmp_path, subjects))
    yield suzerain
    suzerain.channel.close()
    suzerain.pipe.close()
    suzerain.process.wait(30)
    wait_for(lambda: not marked_processes(str(tmp_path)), "nothing to be left", otherwise=suzerain.log.read_text)


def test_configuration_comes_through_the_pipe(suzerain: Suzerain, tmp_path: Path) -> None:
    """`emperor://`: it reads what it is sent, asks again when it reloads, and leaves alone what lay there before."""
    assert suzerain.hear(3) == [SPAWNED, LOYAL, ACCEPTING]
    pid = suzerain.process.pid
    (tmp_path / "others").mkdir()
    suzerain.send(lower(tmp_path, tmp_path / "nowhere"))  # as uWSGI does with the reload byte: it may be old by then
    suzerain.channel.send(bytes([RELOAD]))
    assert suzerain.hear(1) == [CONFIG_WANTED]
    suzerain.send(lower(tmp_path, tmp_path / "others", f"emperor-stats = {tmp_path}/stats"))
    assert suzerain.hear(3) == [SPAWNED, LOYAL, ACCEPTING]
    report = read_stats(tmp_path / "stats")
    assert (report["pid"], report["emperor"], report["vassals"]) == (pid, [str(tmp_path / "others")], [])


def test_signal_overrides_the_wish_to_start_again(suzerain: Suzerain, tmp_path: Path) -> None:
    """Whoever is told to end while it stops its vassals to start again ends."""
    assert suzerain.hear(3) == [SPAWNED, LOYAL, ACCEPTING]
    journal = Journal(tmp_path / "journal")
    (tmp_path / "subjects" / "deaf.ini").write_text(config("ignore-stop"))
    wait_for(lambda: "deaf.ini" in journal.running(), "a vassal that does not stop")
    suzerain.channel.send(bytes([RELOAD]))
    wait_for(lambda: journal.heard("deaf.ini") == [STOP_GRACEFULLY], "it to be told", otherwise=suzerain.log.read_text)
    suzerain.process.terminate()
    wait_for(lambda: "RAGNAROK ALREADY EVOKED" in suzerain.log.read_text(), "the signal to be heard")
    os.kill(journal.starts("deaf.ini")[0].pid, signal.SIGKILL)
    assert suzerain.process.wait(30) == 0


@pytest.mark.parametrize("message", [STOP, STOP_GRACEFULLY])
def test_stop_messages_end_it(suzerain: Suzerain, message: int) -> None:
    """Both stop messages end it with 0; junk before them, and a reload after them, is passed over."""
    assert suzerain.hear(3) == [SPAWNED, LOYAL, ACCEPTING]
    suzerain.channel.send(bytes([200, 99, message, RELOAD]))
    assert suzerain.process.wait(30) == 0


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"", "wanted our configuration within 5 seconds, found 0 of 4 bytes"),
        (b"s\x10\0\0[uwsgi]", "wanted our configuration within 5 seconds, found 7 of 16 bytes"),
        (b"s\7\0\0[uwsgi]", "wanted at least one target"),
        (b"s\xff\xff\0" + b"\xff\0\n=" * 16383 + b"abc", "imperator: "),
    ],
    ids=["nothing", "half", "no target", "junk"],
)
def test_configuration_that_cannot_be(sent: bytes, told: str) -> None:
    """A pipe that closes early or brings junk is an error like any other, with exit code 2."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(sent)
        ours.close()
        done = subprocess.run(
            [*IMPERATOR, "--ini", "emperor://some.ini"],
            env=os.environ | {"UWSGI_EMPEROR_FD_CONFIG": str(theirs.fileno())},
            pass_fds=(theirs.fileno(),),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_no_pipe_no_configuration() -> None:
    """emperor:// without an Emperor that sends something is refused, with what to do."""
    done = subprocess.run(
        [*IMPERATOR, "--ini", "emperor://some.ini"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "found that none started us with a configuration pipe. Name a file instead." in done.stderr


def test_hooks_for_what_the_upper_emperor_says(
    start_emperor: StartEmperor, vassals: Path, subjects: Path, tmp_path: Path, imperator: str
) -> None:
    """Told to reload and to stop, the lower Emperor runs the hooks for that, as uWSGI's vassals do."""
    told = tmp_path / "told"
    file = vassals / "sub.ini"
    hooks = [f"hook-emperor-{occasion} = appendn:{told} {occasion}" for occasion in ("reload", "stop", "lost")]
    file.write_text(lower(tmp_path, subjects, *hooks))
    upper = start_emperor("--emperor", str(vassals), "--emperor-wrapper", imperator, fake_vassals=False)
    wait_for_life(upper)
    touch_later(file)
    wait_for(lambda: told.exists() and told.read_text() == "reload\n", "the reload", otherwise=upper.log)
    file.unlink()
    upper.wait_for_log("removed uwsgi instance sub.ini")
    assert told.read_text() == "reload\nstop\n"


def test_hooks_for_the_loss_of_the_upper_emperor(
    start_emperor: StartEmperor, vassals: Path, subjects: Path, tmp_path: Path, imperator: str
) -> None:
    """When its own Emperor is gone, the lower one runs the hook for that before it ends."""
    told = tmp_path / "told"
    (vassals / "sub.ini").write_text(lower(tmp_path, subjects, f"hook-emperor-lost = appendn:{told} lost"))
    upper = start_emperor("--emperor", str(vassals), "--emperor-wrapper", imperator, fake_vassals=False)
    wait_for_life(upper)
    upper.process.kill()
    wait_for(lambda: told.exists() and told.read_text() == "lost\n", "the loss", otherwise=upper.log)
    wait_for(lambda: not upper.processes(), "the lower Emperor's end", otherwise=upper.log)
