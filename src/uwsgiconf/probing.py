"""Asking a uWSGI binary what it has built in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

from .exceptions import ConfigurationError

#: A binary that only prints its plugins takes milliseconds; one that hangs must not hang us.
TIMEOUT_SECONDS = 20

#: What ends the list, also where nothing is built in: distributions have all plugins in packages of their own.
_END_OF_LIST = "--- end of plugins list ---"

_REQUEST_PLUGIN = re.compile(r"^\d+: (\w+)$")


class EmbeddedPlugins(NamedTuple):
    """The plugins built into a uWSGI binary."""

    #: Those that extend the server: routers, loggers, transformations.
    generic: list[str]
    #: Those that answer requests, each under a modifier: python, rpc, ping.
    request: list[str]


def find_binary(binary: str | None = None) -> str:
    """The uWSGI to run: the one named, else one beside this Python, else the first on the path.

    :raises ConfigurationError: There is none.
    """
    wanted = binary or "uwsgi"
    beside = os.path.join(os.path.dirname(sys.executable), wanted)
    found = beside if binary is None and os.path.exists(beside) else shutil.which(wanted)
    if found is None:
        raise ConfigurationError(
            f"uWSGI binary `{wanted}`",
            wanted="a program beside this Python or on the path",
            found="none",
            remedy="Install one, `pip install pyuwsgi` brings it, or name another binary.",
        )
    return found


def probe_plugins(binary: str | None = None) -> EmbeddedPlugins:
    """The plugins a uWSGI binary has built in.

    :param binary: Its path or name; None looks for one, see `find_binary`.
    :raises ConfigurationError: There is no such binary, or it did not tell.
    """
    # Its environment would be options to it: where this runs in a uWSGI, those of that one.
    command = [find_binary(binary), "--plugins-list"]  # it lists, finds that it has no socket, and ends
    try:
        done = subprocess.run(
            command,
            env={name: value for name, value in os.environ.items() if not name.startswith("UWSGI")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise _did_not_tell(command, str(fault)) from fault
    if _END_OF_LIST not in done.stdout + done.stderr:
        raise _did_not_tell(command, (done.stderr or done.stdout).strip()[-200:] or "no output")
    return _parse_plugins(done.stdout + done.stderr)


def _parse_plugins(text: str) -> EmbeddedPlugins:
    found = EmbeddedPlugins([], [])
    reading_generic = False
    for line in text.splitlines():
        request = _REQUEST_PLUGIN.match(line.strip())
        if line.startswith("***"):
            reading_generic = "generic plugins" in line
        elif line.startswith("---"):
            reading_generic = False
        elif request:
            found.request.append(request.group(1))
        elif reading_generic and line.strip():
            found.generic.append(line.strip())
    return found


def _did_not_tell(command: list[str], found: str) -> ConfigurationError:
    return ConfigurationError(
        f"`{' '.join(command)}`",
        wanted="the list of built-in plugins",
        found=found,
        remedy="Run it by hand to see what is wrong, or name the plugins yourself.",
    )
