"""The log file."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from imperator.errors import HostingError
from imperator.hosting.logfile import LogFile

ROTATED = """
import os, sys
from imperator.hosting.logfile import LogFile
log = LogFile("log")
log.take_over()
print("one", flush=True)
assert not log.has_moved()
os.rename("log", "log.1")
os.chdir("/")
assert log.has_moved()
assert not log.has_moved()
os.write(2, b"two\\n")
os.system("echo three")
"""


def test_output_follows_a_rotation(tmp_path: Path) -> None:
    """What goes to standard output and error goes to the file; after a rotation, to the new one, children's too."""
    subprocess.run([sys.executable, "-c", ROTATED], cwd=tmp_path, timeout=60, check=True)
    assert (tmp_path / "log.1").read_text() == "one\n"
    assert (tmp_path / "log").read_text() == "two\nthree\n"


def test_made_private_and_appended_to(tmp_path: Path) -> None:
    """A new file is for owner and group; an old one keeps its content and its mode."""
    path = tmp_path / "log"
    LogFile(str(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) & 0o137 == 0
    path.write_text("old\n")
    path.chmod(0o600)
    LogFile(str(path)).close()
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("old\n", 0o600)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere/log", "wanted a log file to append to, found No such file or directory"),
        (".", "found Is a directory"),
        ("127.0.0.1:5140", "wanted the path of a log file, found an address"),
        (":5140", "Logging over UDP is not supported"),
    ],
)
def test_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str) -> None:
    """What cannot be a log file is an error that says why."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HostingError) as caught:
        LogFile(name)
    assert told in str(caught.value)


def test_fifo_that_nobody_reads(tmp_path: Path) -> None:
    """A FIFO without a reader is refused at once instead of waiting for one."""
    os.mkfifo(tmp_path / "log")
    with pytest.raises(HostingError, match="No such device or address"):
        LogFile(str(tmp_path / "log"))


def test_directory_that_went_away(tmp_path: Path) -> None:
    """When the file cannot be opened again, the old one stays in use."""
    (tmp_path / "logs").mkdir()
    log = LogFile(str(tmp_path / "logs" / "log"))
    (tmp_path / "logs" / "log").unlink()
    (tmp_path / "logs").rmdir()
    assert not log.has_moved()
    assert not log.reopen()
    log.close()
