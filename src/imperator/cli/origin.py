"""How we were started: enough to read our settings again, and to start again in our own place."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from imperator.process.limits import raise_descriptor_limit

if TYPE_CHECKING:
    from imperator.settings import Settings

__all__ = ["Origin"]

_OF_A_VASSAL = ("UWSGI_EMPEROR_FD", "UWSGI_EMPEROR_FD_CONFIG")


class Origin:
    """The command line, and where it was given.

    :param argv: The words after the command's name.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = tuple(argv)
        self._directory = os.getcwd()

    def is_fed_by_pipe(self) -> bool:
        """Whether our configuration comes through a pipe: then it can be read only once, by a new process."""
        return any("emperor://" in word for word in self._argv)

    def settings_now(self) -> Settings:
        """Read our settings again, as they are by now.

        :raises UsageError: They cannot be right any more.
        """
        from imperator.cli.arguments import parse_arguments
        from imperator.cli.gather import gather_settings

        with _elsewhere(self._directory):
            return gather_settings(parse_arguments(self._argv))[0]

    def start_again(self) -> NoReturn:
        """Become what the same command line starts now: same process, same channel to our own Emperor."""
        os.chdir(self._directory)
        for name in _OF_A_VASSAL:
            if name in os.environ:
                os.set_inheritable(int(os.environ[name]), True)
        os.environ["UWSGI_RELOADS"] = str(int(os.environ.get("UWSGI_RELOADS", "0")) + 1)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (raise_descriptor_limit(), hard))
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP, signal.SIGUSR1))  # until they are answered again
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606


@contextmanager
def _elsewhere(directory: str) -> Iterator[None]:
    """Be in a directory for a moment. Where we were may have no name any more."""
    here = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.chdir(directory)
        yield
    finally:
        os.fchdir(here)
        os.close(here)
