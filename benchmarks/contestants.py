"""Who is measured: uWSGI's Emperor, ours, and two programs that do the least possible, as bounds of the machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "BARE_LOOP",
    "KERNEL_SPAWN",
    "Contestant",
    "MissingToolError",
    "build_uwsgi",
    "build_vassal",
    "compiler",
    "find_uwsgi_pg",
    "ours",
    "uwsgi",
]

UWSGI_VERSION = "2.0.31"
BARE = (sys.executable, str(Path(__file__).with_name("bare_emperor.py")))


class MissingToolError(Exception):
    """Something that the benchmark needs is not on this machine.

    :param what: The thing that is missing.
    :param needed_for: What it is wanted for.
    :param remedy: What to do.
    """

    def __init__(self, what: str, needed_for: str, remedy: str) -> None:
        self.what = what
        self.needed_for = needed_for
        self.remedy = remedy
        super().__init__(f"{what} is missing, and {needed_for} needs it: {remedy}")


@dataclass(frozen=True, slots=True)
class Contestant:
    """One Emperor.

    :param name: The column it fills.
    :param command: What is run, before ``--emperor DIR --emperor-wrapper VASSAL``.
    """

    name: str
    command: tuple[str, ...]


BARE_LOOP = Contestant("bare asyncio loop", (*BARE, "--watch"))
KERNEL_SPAWN = Contestant("kernel's posix_spawn", BARE)


def uwsgi(binary: Path) -> Contestant:
    return Contestant("uWSGI", (str(binary),))


def find_uwsgi_pg() -> Contestant:
    """Return Debian's uWSGI with its PostgreSQL monitor.

    :raises MissingToolError: It is not installed.
    """
    core = shutil.which("uwsgi-core")
    if core is None or not Path("/usr/lib/uwsgi/plugins/emperor_pg_plugin.so").exists():
        raise MissingToolError(
            "uWSGI's emperor_pg",
            "measuring pg:// beside it",
            "apt-get install -y --no-install-recommends uwsgi-core uwsgi-plugin-emperor-pg",
        )
    return Contestant("uWSGI", (core, "--plugin", "emperor_pg"))


def ours(command: tuple[str, ...] = (sys.executable, "-m", "imperator")) -> Contestant:
    return Contestant("ours", command)


def build_uwsgi(directory: Path) -> Path:
    """Return the real uWSGI below `directory`, built from its source distribution on first use.

    :raises MissingToolError: There is no C compiler. (The `pyuwsgi` wheel needs none, but cannot be an Emperor.)
    """
    binary = directory / "venv" / "bin" / "uwsgi"
    if binary.exists():
        return binary
    if compiler() is None:
        raise MissingToolError(
            "a C compiler",
            f"building uWSGI {UWSGI_VERSION} to compare with",
            "install gcc, or name a uWSGI with --uwsgi PATH, or measure ours alone with --without-uwsgi",
        )
    print(f"building uWSGI {UWSGI_VERSION} into {directory}/venv, once: about a minute", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", str(directory / "venv")], check=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-binary", "uWSGI"]
    subprocess.run([str(binary.with_name("python")), *install, f"uWSGI=={UWSGI_VERSION}"], check=True)
    return binary


def build_vassal(directory: Path) -> Path:
    """Return the minimal vassal: the C program where there is a compiler, else the Python one."""
    directory.mkdir(parents=True, exist_ok=True)
    vassal = directory / "minimal-vassal"
    source = Path(__file__).with_name("minimal_vassal.c")
    cc = compiler()
    if cc is None:
        script = Path(__file__).with_name("minimal_vassal.py")
        vassal.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{script}" "$@"\n')
        vassal.chmod(0o755)
    elif not vassal.exists() or vassal.stat().st_mtime < source.stat().st_mtime:
        subprocess.run([cc, "-O2", "-static", "-o", str(vassal), str(source)], check=True)
    return vassal


def compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")
