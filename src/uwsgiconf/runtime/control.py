"""Reloading and stopping the instance, and limits for how long something may take."""

from __future__ import annotations

import os
import signal
from contextlib import ContextDecorator

from .. import uwsgi

_MICROSECONDS = 1_000_000


class harakiri_imposed(ContextDecorator):  # noqa: N801 - the documented name
    """Have the master kill this process if a function or a block takes too long; for workers, mules and spoolers.

    ::

        @harakiri_imposed(1)
        def doomed():
            do()

        with harakiri_imposed(10):
            do()

    Inside another one the inner limit counts while it lasts; what is left of the outer one counts again after it.

    :param timeout: Seconds. The master looks once a second.
    """

    #: When each limit that counts in this process ends, in microseconds, the innermost last.
    _ends: list[int] = []  # noqa: RUF012 - one for the process, as uWSGI has one limit for it

    def __init__(self, timeout: int) -> None:
        self.timeout = timeout

    def __enter__(self) -> None:
        self._ends.append(uwsgi.micros() + self.timeout * _MICROSECONDS)
        uwsgi.set_user_harakiri(self.timeout)

    def __exit__(self, *exception: object) -> None:
        self._ends.pop()
        left = self._ends[-1] - uwsgi.micros() if self._ends else 0
        uwsgi.set_user_harakiri(max(1, -(-left // _MICROSECONDS)) if self._ends else 0)


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
    # uWSGI sends SIGQUIT, which `die-on-term` makes a brutal reload; SIGINT always means the end.
    os.kill(uwsgi.masterpid(), signal.SIGINT)
    return True
