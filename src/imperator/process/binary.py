"""Finding the uWSGI binary, and what it needs to start and reload vassals."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass

__all__ = ["Binary", "find_binary", "read_binary"]

_SCRIPT_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Binary:
    """What is executed for a vassal.

    :param path: What is executed, and argument 0.
    :param arguments: What comes before all other arguments.
    """

    path: str
    arguments: tuple[str, ...] = ()


def find_binary() -> str | None:
    """Find the uWSGI binary where people install it: beside our Python, else on PATH.

    :returns: Its path, or None where there is none.
    """
    beside = os.path.join(os.path.dirname(sys.executable), "uwsgi")
    if os.access(beside, os.X_OK):
        return beside
    return shutil.which("uwsgi")


def read_binary(path: str) -> Binary:
    """Tell how vassals are started with a binary.

    The `pyuwsgi` wheel installs a Python script: uWSGI then finds the Python binary where it looks for itself, and
    re-executes the one outside of the virtual environment when it reloads. Told that its binary is the environment's
    Python it reloads as it should.

    :param path: A uWSGI binary, or the script of that name that `pyuwsgi` installs.
    """
    try:
        with open(path, "rb") as script:
            head = script.read(_SCRIPT_HEAD_BYTES)
    except OSError:
        return Binary(path)
    if not head.startswith(b"#!") or b"pyuwsgi" not in head:
        return Binary(path)
    return Binary(path, ("--binary-path", _interpreter(head) or sys.executable))


def _interpreter(head: bytes) -> str | None:
    """Find the Python that a script runs under: on its first line, or on the second where the path is too long."""
    lines = head.decode("utf-8", "surrogateescape").splitlines()
    words = lines[0][2:].split()
    if words and os.path.basename(words[0]) == "sh" and len(lines) > 1:
        # pip's way around the kernel's limit on the first line: '''exec' "/long/path/python" "$0" "$@"
        words = [word.strip("\"'") for word in lines[1].split()[1:2]]
    if len(words) > 1 and os.path.basename(words[0]) == "env":
        return shutil.which(words[-1])
    return words[0] if words else None
