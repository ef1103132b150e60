"""A file that holds our pid while we run."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from imperator.errors import HostingError

if TYPE_CHECKING:
    from imperator.hosting.privileges import Identity

__all__ = ["Pidfile"]

_log = logging.getLogger(__name__)


class Pidfile:
    """Our pid, for as long as we run, for whoever reads the file: never half a number, never somebody else's.

    :param path: The file. What is there is replaced.
    :param owner: Who the file is given to, so that it can be emptied once privileges are dropped.
    """

    def __init__(self, path: str, owner: Identity | None = None) -> None:
        self.path = os.path.abspath(path)
        self._owner = owner

    def write(self) -> None:
        """Put our pid there.

        :raises HostingError: The file cannot be made.
        """
        fresh = f"{self.path}.{os.getpid()}"
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            try:
                os.write(descriptor, b"%d\n" % os.getpid())
                if self._owner is not None and os.geteuid() == 0:
                    os.fchown(descriptor, self._owner.uid, self._owner.gid)
                os.rename(fresh, self.path)
            except OSError:
                os.unlink(fresh)
                raise
            finally:
                os.close(descriptor)
        except OSError as error:
            raise HostingError(
                self.path,
                wanted="a pidfile",
                found=error.strerror or str(error),
                remedy="Create its directory and allow us to write there, or name another file: emperor-pidfile.",
            ) from error

    def remove(self) -> None:
        """Take the file away if it is still ours; one that another process has written since is left alone.

        In a directory that we may not change any more the file is emptied instead.
        """
        try:
            with open(self.path, "rb") as file:
                if file.read(32).strip() != b"%d" % os.getpid():
                    return
            os.unlink(self.path)
        except FileNotFoundError:
            return
        except PermissionError:
            self._empty()
        except OSError as error:
            _log.warning("cannot remove the pidfile %s: %s", self.path, error.strerror)

    def _empty(self) -> None:
        try:
            os.truncate(self.path, 0)
        except OSError as error:
            _log.warning("cannot remove the pidfile %s: %s", self.path, error.strerror)
        else:
            _log.info("emptied the pidfile %s: our user may not remove it from its directory", self.path)
