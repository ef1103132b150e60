"""The example of an embedded Emperor runs as the manual shows it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

from tests.system.empire import MARK, kill_if_alive, marked_processes
from tests.system.waiting import wait_for

EXAMPLE = Path(__file__).parents[2] / "examples" / "embed.py"
VASSAL = "[uwsgi]\nmaster = true\nsocket = vassal.socket\nvacuum = true\n"


def test_the_example_rules_and_leaves_nothing(vassals: Path, tmp_path: Path, uwsgi_binary: str) -> None:
    """It starts a real uWSGI for the directory's file, tells its phase, and ends on Ctrl-C with nothing left."""
    (vassals / "app.ini").write_text(VASSAL)
    log_path, mark = tmp_path / "log", uuid.uuid4().hex
    with log_path.open("wb") as log:
        program = subprocess.Popen(
            [sys.executable, str(EXAMPLE), str(vassals)],
            env=os.environ | {MARK: mark},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: "app.ini: running" in log_path.read_text(), "a running vassal", otherwise=log_path.read_text)
        program.send_signal(signal.SIGINT)
        assert program.wait(30) == 0, log_path.read_text()
        wait_for(lambda: not marked_processes(mark), "no process left")
        assert [path.name for path in vassals.iterdir()] == ["app.ini"]
    finally:
        for pid in marked_processes(mark):
            kill_if_alive(pid)
        program.wait()
