"""Starting uWSGI for a project."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from uwsgiconf.exceptions import ConfigurationError
from uwsgiconf.running import become, write_for_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uwsgiconf.config import Configuration, Section

# Options whose values are files in the directory of a running instance.
_RUNTIME_FILES = ("master-fifo", "pidfile")


def make_runtime_directories(configurations: Iterable[Configuration]) -> None:
    """Make the directories that FIFOs and pidfiles are to be in, for the user that uWSGI will run as.

    :param configurations: What is about to be served.
    :raises ConfigurationError: A directory cannot be made.
    """
    for configuration in configurations:
        section = configuration.sections[0]
        for path in [path for option in _RUNTIME_FILES for path in section.entries.texts(option)]:
            _make_directory(os.path.dirname(os.path.abspath(path)), section)


def serve(configurations: list[Configuration], module: str, binary: str | None = None) -> None:
    """Become uWSGI with the first configuration; others run beside it. Does not return.

    :param configurations: What to serve.
    :param module: The file that says so.
    :param binary: The uWSGI to become. Default: the one beside this Python, else the first on the path.
    :raises ConfigurationError: There is no uWSGI.
    """
    become(configurations, module, binary)


def serve_embedded(configuration: Configuration, module: str) -> None:
    """Run the uWSGI of the module `pyuwsgi` within this process, where there is no binary of uWSGI. Does not return.

    When it reloads it runs this program again, with the same arguments.

    :param configuration: What to serve.
    :param module: The file that says so.
    :raises ConfigurationError: There is no such module.
    """
    try:
        pyuwsgi = import_module("pyuwsgi")
    except ImportError as error:
        raise ConfigurationError(
            "uwsgi_run --embedded",
            wanted="the module `pyuwsgi`",
            found="none",
            remedy="Install it: pip install pyuwsgi.",
        ) from error
    path = write_for_run(configuration, module)
    pyuwsgi.run(["--binary-path", sys.executable, "--ini", f"{path}:{configuration.sections[0].name}"])


def _make_directory(directory: str, section: Section) -> None:
    if os.path.isdir(directory):
        return
    owner, group = (section.entries.last(option) for option in ("uid", "gid"))
    try:
        os.makedirs(directory, mode=0o755)
        if owner and os.geteuid() == 0:
            shutil.chown(directory, int(owner) if owner.isdigit() else owner, _account(group))
    except (OSError, LookupError) as error:
        raise ConfigurationError(
            directory,
            wanted="a directory for FIFO and pidfile",
            found=str(error),
            remedy="Set UWSGIFY_RUNTIME_DIR to a directory of your own, or leave these out with --noruntimes.",
        ) from error


def _account(name: str | None) -> str | int | None:
    return int(name) if name and name.isdigit() else name
