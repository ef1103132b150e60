"""Which uWSGI is used, and what pyuwsgi's script needs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from imperator.process.binary import Binary, find_binary, read_binary
from imperator.process.launch import Launcher, NoBinaryError
from imperator.settings import Launching

BODY = "import sys\nfrom pyuwsgi import run\n"
LONG = "/a/very/long/path/bin/python"


@pytest.mark.parametrize(
    ("content", "arguments"),
    [
        (f"#!/venv/bin/python3\n{BODY}", ("--binary-path", "/venv/bin/python3")),
        (f"#!/venv/bin/python3 -I\n{BODY}", ("--binary-path", "/venv/bin/python3")),
        (f"#!/bin/sh\n'''exec' \"{LONG}\" \"$0\" \"$@\"\n' '''\n{BODY}", ("--binary-path", LONG)),
        ('#!/bin/sh\nexec /opt/uwsgi "$@"\n', ()),
        ("\x7fELF pyuwsgi", ()),
        ("", ()),
    ],
    ids=["script", "with a flag", "path too long for the kernel", "other script", "real binary", "empty"],
)
def test_pyuwsgi_is_told_which_python_to_reload_with(tmp_path: Path, content: str, arguments: tuple[str, ...]) -> None:
    """Only pyuwsgi's script gets an argument more, and it is the environment's own Python."""
    path = tmp_path / "uwsgi"
    path.write_text(content)
    assert read_binary(str(path)) == Binary(str(path), arguments)


def test_binary_beside_our_python_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The `uwsgi` of our own environment is used before one that merely is on PATH."""
    beside, on_path = tmp_path / "venv", tmp_path / "path"
    for directory in (beside, on_path):
        directory.mkdir()
        (directory / "uwsgi").touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(beside / "python"))
    monkeypatch.setenv("PATH", str(on_path))
    assert find_binary() == str(beside / "uwsgi")
    (beside / "uwsgi").unlink()
    assert find_binary() == str(on_path / "uwsgi")


def test_no_binary_at_all_says_how_to_install_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any uWSGI there is one clear error, with the command that brings one."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        NoBinaryError, match=r'found none beside our Python nor on PATH\. Install one with `pip install "'
    ):
        Launcher(Launching())
