"""Starting uWSGI with a configuration made in Python."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from typing import TYPE_CHECKING

from .exceptions import ConfigurationError
from .probing import find_binary

if TYPE_CHECKING:
    from .config import Configuration


def command_line(path: str, section: str, binary: str | None = None) -> list[str]:
    """The command that starts uWSGI with a section of an ini file.

    :param path: The file.
    :param section: The section.
    :param binary: The uWSGI; by default the one beside this Python, else the first on the path.
    :raises ConfigurationError: when there is no uWSGI.
    """
    program = find_binary(binary)
    return [program, *_path_of_itself(program), "--ini", f"{path}:{section}"]


def become(configurations: list[Configuration], module: str, binary: str | None = None) -> None:
    """Become uWSGI with the first configuration, and start the others beside it, on their own. Does not return.

    :param configurations: What to run.
    :param module: The file that describes it.
    :param binary: The uWSGI; by default the one beside this Python, else the first on the path.
    :raises ConfigurationError: when there is no uWSGI.
    """
    here, *beside = [
        command_line(write_for_run(configuration, module), configuration.sections[0].name, binary)
        for configuration in configurations
    ]
    for arguments in beside:
        os.posix_spawn(arguments[0], arguments, os.environ)
    os.execv(here[0], here)  # noqa: S606 - becoming uWSGI is what this is for


def write_for_run(configuration: Configuration, module: str) -> str:
    """Write the ini that uWSGI reads now, and again whenever it reloads itself.

    It lies in a directory of this user below the one for temporary files, and is overwritten by the next run of the
    same configuration of the same module.

    :param configuration: What to write.
    :param module: The module that describes it.
    :raises ConfigurationError: when the directory belongs to somebody else.
    """
    from hashlib import sha256

    directory = _own_directory(os.path.join(tempfile.gettempdir(), f"uwsgiconf-{os.geteuid()}"))
    digest = sha256(os.fsencode(os.path.abspath(module))).hexdigest()[:12]
    name = "".join(character if character.isalnum() else "_" for character in configuration.alias)
    path = os.path.join(directory, f"{name}-{digest}.ini")
    beside = f"{path}.{os.getpid()}"
    configuration.tofile(beside)
    os.replace(beside, path)  # a running uWSGI that reloads meanwhile reads the old file or the new one
    return path


def _path_of_itself(program: str) -> list[str]:
    """What the uWSGI of PyPI has to be told to be able to reload itself.

    It is a Python script, takes Python for its binary, and resolves the path of that: out of the virtual environment
    it was installed into, to a Python that does not have it.
    """
    with open(program, "rb") as file:
        head = file.read(1024)
    if not head.startswith(b"#!") or b"pyuwsgi" not in head:
        return []
    interpreter = os.fsdecode(head[2:].split(maxsplit=1)[0])
    is_python = os.path.basename(interpreter).startswith("python")
    return ["--binary-path", interpreter if is_python else sys.executable]


def _own_directory(path: str) -> str:
    """Make a directory that nobody else can write to, or see that it is one."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise ConfigurationError(
                path,
                wanted="a directory that only this user can write to",
                found="one that others can, or something else",
                remedy="Remove it, or set TMPDIR to a directory of your own.",
            ) from None
    return path
