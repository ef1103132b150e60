"""What `make` leaves behind when one of its commands fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_half_made_environment_is_made_anew(tmp_path: Path) -> None:
    """Where `python3 -m venv` fails midway, as on Debian without python3-venv, `make` begins with it again."""
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\nmkdir -p "$3/bin" && ln -s "$0" "$3/bin/python"\nexit 1\n')
    python.chmod(0o755)
    command = [
        "make",
        "--directory",
        str(ROOT),
        f"PYTHON={python}",
        f"VENV={tmp_path}/venv",
        f"{tmp_path}/venv/bin/python",
    ]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert f"{python} -m venv" in done.stdout
