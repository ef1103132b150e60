"""The file that holds our pid."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imperator.errors import HostingError
from imperator.hosting.pidfile import Pidfile


def test_written_and_removed(tmp_path: Path) -> None:
    """It holds our pid and a newline, alone in its directory, and goes away."""
    pidfile = Pidfile(str(tmp_path / "pid"))
    pidfile.write()
    assert (tmp_path / "pid").read_text() == f"{os.getpid()}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["pid"]
    pidfile.remove()
    assert list(tmp_path.iterdir()) == []


def test_whatever_was_there_is_replaced(tmp_path: Path) -> None:
    """An old file is replaced as a whole, and a link is replaced instead of followed."""
    (tmp_path / "precious").write_text("data")
    (tmp_path / "pid").symlink_to("precious")
    pidfile = Pidfile(str(tmp_path / "pid"))
    pidfile.write()
    assert (tmp_path / "precious").read_text() == "data"
    assert (tmp_path / "pid").read_text() == f"{os.getpid()}\n"
    pidfile.remove()


def test_successors_file_is_left_alone(tmp_path: Path) -> None:
    """A file that another process has put in ours' place stays, whatever is in it."""
    pidfile = Pidfile(str(tmp_path / "pid"))
    pidfile.write()
    (tmp_path / "pid").unlink()
    (tmp_path / "pid").write_text(f"{os.getpid()}\n")
    pidfile.remove()
    assert (tmp_path / "pid").exists()


@pytest.mark.parametrize("content", ["1\n", "", "junk"])
def test_somebody_elses_is_left_alone(tmp_path: Path, content: str) -> None:
    """A file that another process has written since stays."""
    pidfile = Pidfile(str(tmp_path / "pid"))
    pidfile.write()
    (tmp_path / "pid").write_text(content)
    pidfile.remove()
    assert (tmp_path / "pid").read_text() == content


def test_removing_what_is_gone(tmp_path: Path) -> None:
    """A file that somebody has removed already is no fault."""
    pidfile = Pidfile(str(tmp_path / "pid"))
    pidfile.write()
    (tmp_path / "pid").unlink()
    pidfile.remove()
    assert list(tmp_path.iterdir()) == []


def test_relative_path_is_removed_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Emperor changes its directory as vassals start; a relative path still means the same file."""
    monkeypatch.chdir(tmp_path)
    pidfile = Pidfile("pid")
    pidfile.write()
    monkeypatch.chdir("/")
    pidfile.remove()
    assert not (tmp_path / "pid").exists()


def test_directory_that_is_not_there(tmp_path: Path) -> None:
    """A pidfile that cannot be made is an error that names it."""
    with pytest.raises(HostingError, match=r"nowhere/pid: wanted a pidfile, found No such file or directory"):
        Pidfile(str(tmp_path / "nowhere" / "pid")).write()


def test_pidfile_that_is_a_directory(tmp_path: Path) -> None:
    """A directory of that name is an error, and nothing is left behind."""
    (tmp_path / "pid").mkdir()
    with pytest.raises(HostingError, match="Is a directory"):
        Pidfile(str(tmp_path / "pid")).write()
    assert [path.name for path in tmp_path.iterdir()] == ["pid"]
