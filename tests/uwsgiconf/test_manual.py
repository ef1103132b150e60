"""The manual's pages on uwsgiconf: every file and command in them, with the output they show."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

MANUAL = Path(__file__).parents[2] / "docs" / "uwsgiconf"

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)\n", re.MULTILINE)


def run(command: str, directory: Path) -> str:
    """What a shell shows for a command."""
    environ = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=directory,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("page", ["from-ini-and-back.md", "command-line.md"])
def test_every_command_shows_what_the_page_says(tmp_path: Path, page: str) -> None:
    """The files of a page are written as they come, its commands are run, and give the output that follows them."""
    commands = 0
    for language, title, text in _BLOCK.findall((MANUAL / page).read_text()):
        if title:
            (tmp_path / title).write_text(text)
        elif language == "console":
            parts = _COMMAND.split(text)
            for command, output in zip(parts[1::2], parts[2::2], strict=True):
                assert run(command, tmp_path) == output, command
                commands += 1

    assert commands >= 6
