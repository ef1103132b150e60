"""What the file system, people and exhausted machines throw at an Emperor: told clearly, and no other vassal harmed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import EMPEROR_COMMAND, Empire, is_listening, read_stats
from tests.system.test_protocol_vassals import check_alert, config, touch_later, wait_for_starts
from tests.system.waiting import wait_for


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(path.parent, os.O_RDONLY)
        # By way of the descriptor: a test's directory is longer than a socket's address may be.
        listener.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)


def _directory(path: Path) -> None:
    path.mkdir()


def _dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [_fifo, _socket, _directory, _dangling_link, _link_to_itself])
def test_what_is_no_file_is_no_vassal(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """Something that only has the name of a configuration is named with the reason, and starts nothing."""
    make(vassals / "x.ini")
    stats = tmp_path / "stats"
    emperor = start_emperor("--emperor", str(vassals), "--emperor-stats", str(stats))
    check_alert(emperor, vassals)
    (item,) = read_stats(stats)["unreadable"]
    assert item["id"] == "x.ini"
    assert f"x.ini: {item['reason']}" in emperor.log()
    assert emperor.journal.starts("x.ini") == []


@pytest.mark.parametrize(
    "content",
    [b"", b"x" * 10 * 2**20, bytes(range(256)) * 16, "[uwsgi]\n; été\n".encode("latin-1")],
    ids=["empty", "10 MiB", "binary", "not UTF-8"],
)
def test_any_content_is_the_vassals_matter(emperor: Empire, vassals: Path, content: bytes) -> None:
    """The Emperor does not read what vassals read: whatever is in the file, they get it and others go on."""
    (vassals / "x.ini").write_bytes(content)
    wait_for_starts(emperor, "x.ini", 1)
    check_alert(emperor, vassals)


@pytest.mark.parametrize(
    "name",
    ["with space.ini", "quo'te\".ini", "new\nline.ini", "-dash.ini", "--ini.ini", "ünï.ini", "%s{0}$HOME`id`.ini"],
)
def test_any_name_is_one_argument(emperor: Empire, vassals: Path, name: str) -> None:
    """Names reach the vassal as they are; no shell, no format and no log line is fooled by them."""
    (vassals / name).write_text(config(text="odd"))
    emperor.wait_for_running({name: config(text="odd")})
    assert all(" - [emperor] " in line for line in emperor.log().splitlines())
    touch_later(vassals / name)
    wait_for(lambda: emperor.journal.heard(name) == [1], "the reload", otherwise=emperor.log)


def test_name_that_is_no_text_runs(emperor: Empire, vassals: Path) -> None:
    """A name that is not UTF-8 is a name."""
    Path(os.fsdecode(os.fsencode(vassals) + b"/caf\xe9.ini")).write_text(config())
    emperor.wait_for_log("vassal caf\\xe9.ini is now loyal")


def test_name_that_is_too_long_is_refused(emperor: Empire, vassals: Path) -> None:
    """uWSGI takes 254 bytes of name at most: one more is refused with that reason, one less runs."""
    longest = "y" * 250 + ".ini"
    (vassals / ("x" * 251 + ".ini")).write_text(config())
    (vassals / longest).write_text(config())
    wait_for_starts(emperor, longest, 1)
    emperor.wait_for_log("254")
    check_alert(emperor, vassals)


def test_missing_directory_is_waited_for(start_emperor: StartEmperor, tmp_path: Path) -> None:
    """An Emperor of a directory that is not there says so, and governs it as soon as it comes."""
    missing = tmp_path / "later" / "vassals"
    emperor = start_emperor("--emperor", str(missing))
    emperor.wait_for_log(str(missing))
    missing.mkdir(parents=True)
    (missing / "app.ini").write_text(config())
    emperor.wait_for_log("vassal app.ini is now loyal")


def test_mistyped_target_is_a_usage_error(tmp_path: Path) -> None:
    """What is typed as a target and does not exist ends the command at once, with 2 and the name."""
    missing = tmp_path / "vasals"
    result = subprocess.run([*EMPEROR_COMMAND, str(missing)], capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 2
    assert str(missing) in result.stderr
    assert "Traceback" not in result.stderr


def test_directory_that_returns_is_picked_up(emperor: Empire, vassals: Path, tmp_path: Path) -> None:
    """A vassals directory that disappears takes no vassal down, and counts again when it is back."""
    (vassals / "app.ini").write_text(config(text="before"))
    emperor.wait_for_running({"app.ini": config(text="before")})
    vassals.rename(tmp_path / "away")
    emperor.wait_for_log("trying again")
    assert emperor.journal.heard("app.ini") == []
    (tmp_path / "away").rename(vassals)
    (vassals / "app.ini").write_text(config(text="after"))
    emperor.wait_for_running({"app.ini": config(text="after")})
    assert len(emperor.journal.starts("app.ini")) == 1


def test_vanished_binary_fails_only_new_starts(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """A binary that disappears stops nothing that runs, is told for each start that fails, and is tried again."""
    (vassals / "old.ini").write_text(config())
    emperor = start_emperor("--emperor", str(vassals), "--emperor-throttle", "200")
    emperor.wait_for_log("vassal old.ini is now loyal")
    wrapper = tmp_path / "emperor-0" / "vassal"
    wrapper.rename(tmp_path / "away")
    (vassals / "new.ini").write_text(config())
    emperor.wait_for_log(f"vassal new.ini: wanted to start {wrapper}, found No such file or directory")
    (tmp_path / "away").rename(wrapper)
    emperor.wait_for_log("vassal new.ini is now loyal")
    assert len(emperor.journal.starts("old.ini")) == 1


def test_exhausted_descriptors_are_told_and_waited_for(
    start_emperor: StartEmperor, vassals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vassals that find no descriptor are told with what to do, and start when others have gone."""
    prlimit = shutil.which("prlimit")
    assert prlimit is not None, "prlimit comes with util-linux"
    monkeypatch.setattr("tests.system.empire.EMPEROR_COMMAND", [prlimit, "--nofile=40:40", *EMPEROR_COMMAND])
    names = [f"app-{number:02}.ini" for number in range(20)]
    for name in names:
        (vassals / name).write_text(config())
    emperor = start_emperor("--emperor", str(vassals), "--emperor-throttle", "300")
    emperor.wait_for_log("Too many open files. Raise the limit of open files")
    running = wait_for(lambda: set(emperor.journal.running()), "some to run")
    for name in running:
        (vassals / name).unlink()
    late = next(name for name in names if name not in running)
    wait_for_starts(emperor, late, 1)


def test_ten_thousand_files_are_taken(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """However many files there are, each is tried, and a change of one is seen among them."""
    for number in range(10_000):
        (vassals / f"app-{number:05}.ini").touch()
    stats = tmp_path / "stats"
    true = shutil.which("true")
    assert true is not None
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-wrapper", true, "--emperor-throttle", "1000000"),
        *("--emperor-stats", str(stats)),
        fake_vassals=False,
    )
    wait_for(
        lambda: is_listening(stats) and len(read_stats(stats)["blacklist"]) == 10_000,
        "each of them to be tried",
        60,
        lambda: emperor.log()[-2000:],
    )
    (vassals / "app-00042.ini").write_text("changed")

    def attempts() -> int:
        return next(int(item["attempt"]) for item in read_stats(stats)["blacklist"] if item["id"] == "app-00042.ini")

    wait_for(lambda: attempts() == 2, "the changed one to be tried again")


def test_no_binary_at_all_is_one_clear_error(vassals: Path, tmp_path: Path) -> None:
    """Without any uWSGI the command ends at once, with how to install one."""
    lonely = tmp_path / "python"
    lonely.symlink_to(sys.executable)
    result = subprocess.run(
        [str(lonely), "-m", "imperator", str(vassals)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert 'pip install "imperator[uwsgi]"' in result.stderr
    assert "Traceback" not in result.stderr
