"""The file that standard output and error go to, ours and our vassals'."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from imperator.errors import HostingError

if TYPE_CHECKING:
    from imperator.hosting.privileges import Identity

__all__ = ["LogFile"]

_UDP_ADDRESS = re.compile(r"[^/]*:\d+")


class LogFile:
    """Standard output and error as a file that may be rotated.

    :param path: Where lines go; made if need be, readable by owner and group. Source: ``logto``, ``daemonize``.
    :param owner: Who owns the file if it is made here, so that it can be opened again once privileges are dropped.
    :raises HostingError: The file cannot be opened, or is the address of a UDP log server.
    """

    def __init__(self, path: str, owner: Identity | None = None) -> None:
        if _UDP_ADDRESS.fullmatch(path):
            raise HostingError(
                path, wanted="the path of a log file", found="an address", remedy="Logging over UDP is not supported."
            )
        self.path = os.path.abspath(path)
        self._owner = owner
        self._descriptor = self._open()

    def take_over(self) -> None:
        """Point standard output and error to the file: what is started from now on writes there, too."""
        for stream in filter(None, (sys.stdout, sys.stderr)):  # None: it was closed when we were started
            stream.flush()
        os.dup2(self._descriptor, 1)
        os.dup2(self._descriptor, 2)

    def has_moved(self) -> bool:
        """Open the file anew if its name means another file by now, and tell whether it did."""
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return self.reopen()
        except OSError:
            return False
        return not os.path.samestat(there, os.fstat(self._descriptor)) and self.reopen()

    def reopen(self) -> bool:
        """Open the file by its name again. Where that fails, what is open stays in use and False is returned."""
        try:
            fresh = self._open()
        except HostingError:
            return False
        os.dup2(fresh, self._descriptor, inheritable=False)
        os.close(fresh)
        self.take_over()
        return True

    def close(self) -> None:
        """Let go of the file; standard output and error go on writing to it."""
        os.close(self._descriptor)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        try:
            try:
                descriptor = os.open(self.path, flags | os.O_CREAT | os.O_EXCL, 0o640)
                self._own(descriptor)
            except FileExistsError:
                descriptor = os.open(self.path, flags | os.O_CREAT, 0o640)
        except OSError as error:
            raise HostingError(
                self.path,
                wanted="a log file to append to",
                found=error.strerror or str(error),
                remedy="Create its directory and allow our user to write there, or name another file.",
            ) from error
        os.set_blocking(descriptor, True)  # O_NONBLOCK was for a FIFO that nobody reads; vassals expect blocking output
        return descriptor

    def _own(self, descriptor: int) -> None:
        if self._owner is not None and os.geteuid() == 0:
            os.fchown(descriptor, self._owner.uid, self._owner.gid)
