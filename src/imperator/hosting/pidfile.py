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
    :param owner: Who the file is given to.
    """

    def __init__(self, path: str, owner: Identity | None = None) -> None:
        self.path = os.path.abspath(path)
        self._owner = owner
        self._descriptor: int | None = None
        """Kept open: once privileges are dropped, its path may be out of our reach."""

    def write(self) -> None:
        """Put our pid there.

        :raises HostingError: The file cannot be made.
        """
        fresh = f"{self.path}.{os.getpid()}"
        try:
            descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            try:
                os.write(descriptor, b"%d\n" % os.getpid())
                if self._owner is not None and os.geteuid() == 0:
                    os.fchown(descriptor, self._owner.uid, self._owner.gid)
                os.rename(fresh, self.path)
            except OSError:
                os.close(descriptor)
                os.unlink(fresh)
                raise
        except OSError as error:
            raise HostingError(
                self.path,
                wanted="a pidfile",
                found=error.strerror or str(error),
                remedy="Create its directory and allow us to write there, or name another file: emperor-pidfile.",
            ) from error
        self._descriptor = descriptor

    def remove(self) -> None:
        """Take the file away if it is still ours; one that another process has written since is left alone.

        In a directory that we may not change any more the file is emptied instead.
        """
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            self._remove(descriptor)
        except OSError as error:
            _log.warning("cannot remove the pidfile %s: %s", self.path, error.strerror)
        finally:
            os.close(descriptor)

    def _remove(self, descriptor: int) -> None:
        if os.pread(descriptor, 32, 0).strip() != b"%d" % os.getpid():
            return
        try:
            if os.path.samestat(os.lstat(self.path), os.fstat(descriptor)):
                os.unlink(self.path)
        except FileNotFoundError:
            return
        except PermissionError:
            os.ftruncate(descriptor, 0)
            _log.info("emptied the pidfile %s: our user may not remove it from its directory", self.path)
