"""Speaking to the running instance of a project, through the FIFO of its master."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from uwsgiconf.exceptions import ConfigurationError

if TYPE_CHECKING:
    from uwsgiconf.config import Section

_REASONS = {
    errno.ENOENT: "no such file",
    errno.ENXIO: "nobody who reads from it",
    errno.EACCES: "one that this user may not write to",
}


def send_command(section: Section, command: str) -> None:
    """Give a command to the master of the instance that a section describes.

    :param section: The section, whose first `master-fifo` is used.
    :param command: One letter, as uWSGI documents them.
    :raises ConfigurationError: There is no such FIFO, or no uWSGI reads from it.
    """
    path = next(iter(section.entries.texts("master-fifo")), "")
    if not path:
        raise ConfigurationError(
            "the configuration of uWSGI",
            wanted="a FIFO to give commands through",
            found="no `master-fifo`",
            remedy="Leave out --noruntimes, or call section.master_process.set_basic_params(fifo_file=...).",
        )
    try:
        # Without waiting for a reader: a FIFO that an ended uWSGI has left behind has none.
        fifo = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        raise _nobody_there(path, _REASONS.get(error.errno or 0, str(error))) from error
    try:
        if not stat.S_ISFIFO(os.fstat(fifo).st_mode):
            raise _nobody_there(path, "a file that is no FIFO")
        os.write(fifo, command.encode())
    finally:
        os.close(fifo)


def is_running(section: Section) -> bool:
    """Whether a master reads from the FIFO of a section.

    :param section: The section, whose first `master-fifo` is looked at.
    """
    path = next(iter(section.entries.texts("master-fifo")), "")
    try:
        fifo = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    os.close(fifo)
    return True


def _nobody_there(path: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        path,
        wanted="the FIFO of a running uWSGI",
        found=found,
        remedy="Start it with `manage.py uwsgi_run`, or run this command as the user that uWSGI runs as.",
    )
