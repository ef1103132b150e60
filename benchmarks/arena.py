"""One run of one Emperor on a directory of minimal vassals, and what can be measured of it from outside."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from benchmarks.contestants import Contestant
from benchmarks.slate import Slate

__all__ = ["PLAIN", "Arena", "BrokenRunError", "Setting"]

LONG_AGO_SECONDS = 100
"""How old files are when an Emperor first sees them: uWSGI only sees a later whole second as a change."""


class BrokenRunError(Exception):
    """A contestant did not do what is measured.

    :param contestant: Whose run it was.
    :param wanted: What was waited for.
    :param found: What was there when the wait ended.
    """

    def __init__(self, contestant: str, wanted: str, found: str) -> None:
        self.contestant = contestant
        self.wanted = wanted
        self.found = found
        super().__init__(f"{contestant}: waited for {wanted}, found {found}; look at the log above for the reason")


@dataclass(frozen=True, slots=True)
class Setting:
    """How an Emperor is set up beyond the least it needs.

    :param options: More of its options; ``{root}`` is the run's own directory.
    :param owner: User and group of the vassals' files. None: ours.
    """

    options: tuple[str, ...] = ()
    owner: int | None = None


PLAIN = Setting()


class Arena:
    """A context in which one Emperor runs; afterwards no process and no file of it is left.

    :param contestant: Whom to run.
    :param vassal: The program that stands in for uWSGI.
    :param size: The largest number of vassals there will be.
    :param descriptors: Soft limit of open files for the Emperor. None: ours.
    """

    def __init__(
        self,
        contestant: Contestant,
        vassal: Path,
        size: int,
        descriptors: int | None = None,
        setting: Setting = PLAIN,
    ) -> None:
        self.contestant = contestant
        self._vassal = vassal
        self._descriptors = descriptors
        self._setting = setting
        self._temporary = tempfile.TemporaryDirectory(prefix="imperator-bench-")
        root = Path(self._temporary.name)
        self.vassals = root / "vassals"
        self.vassals.mkdir()
        self._aside = root / "aside"
        self._aside.mkdir()
        self._log = root / "log"
        self.slate = Slate(root / "slate", size)
        self.process: subprocess.Popen[bytes] | None = None
        if setting.owner is not None:
            self._open_to(root)

    def _open_to(self, root: Path) -> None:
        """Let another user run vassals here."""
        root.chmod(0o755)
        self.slate.path.chmod(0o666)
        self._vassal = Path(shutil.copy(self._vassal, root / "vassal"))
        self._vassal.chmod(0o755)

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, BrokenRunError):
            print(self._log.read_text(errors="replace")[-4000:])
        try:
            self.stop()
        finally:
            self.slate.close()
            self._temporary.cleanup()

    def name(self, number: int) -> Path:
        return self.vassals / f"v{number:06}.ini"

    def add(self, number: int) -> int:
        """Put a file into the directory in one step; return the monotonic nanosecond before that."""
        file = self._aside / self.name(number).name
        file.write_text("[uwsgi]\n")
        if self._setting.owner is not None:
            os.chown(file, self._setting.owner, self._setting.owner)
        then = time.time() - LONG_AGO_SECONDS
        os.utime(file, (then, then))
        before_ns = time.monotonic_ns()
        file.rename(self.name(number))
        return before_ns

    def touch(self, number: int) -> int:
        """Touch a vassal's file; return the monotonic nanosecond before that."""
        before_ns = time.monotonic_ns()
        os.utime(self.name(number))
        return before_ns

    def edit(self, number: int, text: str) -> None:
        """Write other content into a vassal's file."""
        self.name(number).write_text(f"[uwsgi]\n; {text}\n")

    def start(self, *targets: str) -> int:
        """Start the Emperor; return the monotonic nanosecond before that.

        :param targets: What it follows. None: the directory.
        """
        followed = [word for target in targets or (str(self.vassals),) for word in ("--emperor", target)]
        limit = [] if self._descriptors is None else ["-Sn", str(self._descriptors)]
        shell = ["/bin/sh", "-c", f'ulimit {" ".join(limit)} && exec "$@"' if limit else 'exec "$@"', "sh"]
        before_ns = time.monotonic_ns()
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *shell,
                    *self.contestant.command,
                    *followed,
                    "--emperor-wrapper",
                    str(self._vassal),
                    *(option.format(root=self.vassals.parent) for option in self._setting.options),
                ],
                env=os.environ | {"BENCH_SLATE": str(self.slate.path)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return before_ns

    def is_running(self) -> bool:
        """Tell whether the Emperor was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def wait(self, done: Callable[[], bool], what: str, limit_seconds: float) -> None:
        """Return once it is done.

        :raises BrokenRunError: It was not within the limit.
        """
        deadline = time.monotonic() + limit_seconds
        while not done():
            if self.process is not None and not self.is_running():
                raise BrokenRunError(self.contestant.name, what, f"that it ended with {self.process.returncode}")
            if time.monotonic() > deadline:
                found = f"{self.slate.loyal()} loyal vassals after {limit_seconds:g} s"
                raise BrokenRunError(self.contestant.name, what, found)
            time.sleep(0.02)

    def wait_loyal(self, number: int, limit_seconds: float) -> None:
        """Return once so many vassals have said that they are loyal."""
        self.wait(lambda: self.slate.loyal() >= number, f"{number} loyal vassals", limit_seconds)

    def resident_kib(self) -> int:
        """Return the resident memory of the Emperor's process, without its vassals'."""
        for line in self._proc("status").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise BrokenRunError(self.contestant.name, "its resident memory", "a process that has ended")

    def processor_seconds(self) -> float:
        """Return the user and system time the Emperor's process has used."""
        user, system = self._proc("stat").rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _proc(self, file: str) -> str:
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}/{file}").read_text()

    def stop(self, limit_seconds: float = 30) -> None:
        """End the Emperor and every vassal: asked first, then killed."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(limit_seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        deadline = time.monotonic() + limit_seconds
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in left:
            os.kill(pid, signal.SIGKILL)

    def _left(self) -> list[int]:
        """Return the vassals that still live; the slate's name in their environment tells that they are ours."""
        needle = f"BENCH_SLATE={self.slate.path}".encode()
        return [stamp.pid for stamp in self.slate.stamps() if needle in environment_of(stamp.pid)]


def environment_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
