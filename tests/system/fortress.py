"""An Emperor under Tyrant whose vassals run whatever their owners write: the stage for hostile owners."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Any

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.waiting import wait_for

__all__ = ["MALLORY", "VICTIM", "Fortress"]

VICTIM = 100_000 + os.getpid() % 30_000 * 2
MALLORY = VICTIM + 1
"""Users that nothing else on this machine runs as, not even another run of these tests."""

GATE = """#!/bin/sh
# A vassal's configuration is its program: whoever owns the file decides what runs.
name=${2#emperor://}
exec /bin/sh "./${name#exec://}"
"""

LOYAL = r"""printf '\1\5\21' >&3
"""
OBEY = r"""while byte=$(dd bs=1 count=1 <&3 2>/dev/null | od -An -tu1 | tr -d ' ') && [ -n "$byte" ]; do
    echo "$byte" >> {notes}
    case $byte in 0|2) exit 0;; esac
    printf '\5' >&3
done
"""


class Fortress:
    """Directories of two users, an Emperor, and what their vassals have told.

    :param root: A directory that everybody may enter and only root can change.
    """

    def __init__(self, root: Path, start_emperor: StartEmperor) -> None:
        self.root = root
        self._start = start_emperor
        self.vassals = self.directory("vassals", 0, 0o755)
        self.homes = {
            VICTIM: self.directory("victim", VICTIM, 0o700),
            MALLORY: self.directory("mallory", MALLORY, 0o755),
        }
        self.open = self.directory("open", 0, 0o1777)
        self.gate = self.write(root / "gate", GATE, 0, 0o755)
        self.secret = self.write(self.homes[VICTIM] / "secret.ini", "[uwsgi]\n; swordfish\n", VICTIM, 0o600)
        self.stats = root / "stats"

    def directory(self, name: str, uid: int, mode: int) -> Path:
        """Make a directory of somebody's."""
        path = self.root / name
        path.mkdir()
        os.chown(path, uid, uid)
        path.chmod(mode)
        return path

    def write(self, path: Path, text: str, uid: int, mode: int = 0o640) -> Path:
        """Make a file of somebody's in one step."""
        fresh = self.root / f".{path.name[:100]}.new"
        fresh.write_text(text)
        os.chown(fresh, uid, uid)
        fresh.chmod(mode)
        return fresh.rename(path)

    def notes(self, uid: int, name: str = "notes") -> Path:
        """Return where a user's vassals write down what they find."""
        return self.homes[uid] / name

    def vassal(self, name: str, uid: int, script: str, directory: Path | None = None, mode: int = 0o640) -> Path:
        """Give the Emperor a vassal whose program is a script."""
        return self.write((directory or self.vassals) / name, script, uid, mode)

    def loyal(self, name: str, uid: int, script: str = "") -> Path:
        """Give the Emperor a vassal that is loyal and obeys after its script."""
        notes = self.notes(uid, f"{name}.heard")
        return self.vassal(name, uid, LOYAL + script + OBEY.format(notes=notes))

    def start(self, *arguments: str, target: str | None = None, **options: Any) -> Empire:
        """Start the Emperor."""
        self.emperor = self._start(
            *("--emperor", target or str(self.vassals), "--emperor-tyrant", "--emperor-stats", str(self.stats)),
            *("--emperor-wrapper", str(self.gate), *arguments),
            fake_vassals=False,
            **options,
        )
        return self.emperor

    def wait_loyal(self, *names: str) -> None:
        """Wait until these are loyal."""
        for name in names:
            self.emperor.wait_for_log(f"vassal {name} is now loyal")

    def wait_for_note(self, path: Path, text: str = "") -> str:
        """Wait until a vassal has written something down, and return all of it."""
        wait_for(
            lambda: path.exists() and text in path.read_text(), f"{text!r} in {path.name}", otherwise=self.emperor.log
        )
        return path.read_text()

    def told(self) -> dict[str, Any]:
        """Return the stats."""
        self.emperor.wait_for_log("Emperor stats server enabled")  # the socket's file is there before it is heard
        return read_stats(self.stats)

    def state_of(self, name: str) -> dict[str, Any]:
        """Return what stats tell of a vassal; nothing where they do not."""
        return next((vassal for vassal in self.told()["vassals"] if vassal["id"] == name), {})

    def wait_refused(self, name: str, text: str) -> None:
        """Wait until stats tell why a vassal is refused."""
        entries: list[dict[str, Any]] = []

        def refused() -> bool:
            entries[:] = self.told()["unreadable"]
            return any(entry["id"] == name and text in entry["reason"] for entry in entries)

        wait_for(refused, f"{text!r} for {name}", otherwise=lambda: f"{entries}\n{self.emperor.log()}")

    def check_victim(self) -> None:
        """Check that the victim's vassal still is what it was, and that the Emperor still serves it."""
        heard = self.notes(VICTIM, "victim.ini.heard")
        before = heard.read_text().count("1") if heard.exists() else 0
        file = self.vassals / "victim.ini"
        modified = file.stat().st_mtime + 60
        os.utime(file, (modified, modified))
        wait_for(
            lambda: heard.exists() and heard.read_text().count("1") > before,
            "a reload of the victim's",
            otherwise=self.emperor.log,
        )

    def processes_of(self, uid: int) -> list[int]:
        """Return the pids of a user's processes."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if entry.name.isdigit() and f"\nUid:\t{uid}\t" in (entry / "status").read_text():
                    found.append(int(entry.name))
        return found


def is_socket(path: Path) -> bool:
    """Tell whether there is a socket."""
    try:
        return stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return False
