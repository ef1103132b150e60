"""Reloading and stopping the instance, and limits for how long something may take."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ContextDecorator
from math import ceil
from typing import ClassVar, NamedTuple

from .. import uwsgi
from ..exceptions import RuntimeConfigurationError

_MICROSECONDS = 1_000_000


class _Limit(NamedTuple):
    thread: int
    block: harakiri_imposed
    #: None: never.
    end_micros: int | None


class harakiri_imposed(ContextDecorator):  # noqa: N801 - the documented name
    """Have the master kill this process if a function or a block takes too long; for workers, mules and spoolers.

    ::

        @harakiri_imposed(1)
        def doomed():
            do()

        with harakiri_imposed(10):
            do()

    Inside another one the inner limit counts while it lasts; what is left of the outer one counts again after it. Of
    several threads the one with the least time left decides, as uWSGI has one limit for the process.

    :param timeout: Seconds, parts of one are counted as one; 0: no limit. The master looks once a second.
    :raises RuntimeConfigurationError: It is below 0.
    """

    #: The limits that count in this process, of each thread the innermost last.
    _limits: ClassVar[list[_Limit]] = []
    _changing = threading.Lock()

    def __init__(self, timeout: float) -> None:
        if timeout < 0:
            raise RuntimeConfigurationError(
                "harakiri_imposed(timeout=...)",
                wanted="seconds, or 0 for no limit",
                found=repr(timeout),
                remedy="Say how long it may take.",
            )
        self.timeout = ceil(timeout)

    def __enter__(self) -> None:
        end = uwsgi.micros() + self.timeout * _MICROSECONDS if self.timeout else None
        with self._changing:
            self._limits.append(_Limit(threading.get_ident(), self, end))
            self._tell()

    def __exit__(self, *exception: object) -> None:
        here = threading.get_ident()
        with self._changing:
            # A generator may be closed by another thread than the one that ran it.
            mine = ((limit.thread == here, index) for index, limit in enumerate(self._limits) if limit.block is self)
            del self._limits[max(mine)[1]]
            self._tell()

    @classmethod
    def _tell(cls) -> None:
        """Tell uWSGI how long this process may still take."""
        innermost = {limit.thread: limit.end_micros for limit in cls._limits}
        ends = [end for end in innermost.values() if end is not None]
        left = min(ends) - uwsgi.micros() if ends else 0
        uwsgi.set_user_harakiri(max(1, -(-left // _MICROSECONDS)) if ends else 0)


def reload() -> bool:
    """Let the master reload the instance gracefully.

    :return: Whether it was told.
    """
    return uwsgi.reload() is True


def stop() -> bool:
    """Let the master stop the instance at once.

    :return: Whether it was told.
    """
    if uwsgi.is_stub or uwsgi.opt.get("die-on-term", b"false") in {b"false", b"0"}:
        return uwsgi.stop() is True
    # uWSGI sends SIGQUIT, which `die-on-term` makes a brutal reload; SIGINT always means the end. Without a master its
    # process id is 0, which would be everybody in the process group.
    os.kill(uwsgi.masterpid() or os.getpid(), signal.SIGINT)
    return True
