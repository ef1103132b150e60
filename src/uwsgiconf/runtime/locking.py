"""Locks, which all workers and mules of an instance share."""

from __future__ import annotations

from contextlib import ContextDecorator
from typing import TYPE_CHECKING

from .. import uwsgi

if TYPE_CHECKING:
    from typing import Self


class Lock(ContextDecorator):
    """A lock, as an object, a context manager or a decorator; not for spoolers.

    ::

        with Lock():
            do()

        @Lock()
        def do():
            ...

    Lock 0 is always there, more have to be configured: ``section.locks.set_basic_params(count=2)``.
    A process that takes a lock it already holds waits forever: release it first.

    :param num: Its number, from 0. Source: ``locks``.
    """

    __slots__ = ("num",)

    def __init__(self, num: int = 0) -> None:
        self.num = num

    @property
    def is_set(self) -> bool:
        """Whether any process holds it.

        :raises ValueError: In a spooler, or there is no such lock.
        """
        return uwsgi.is_locked(self.num)

    def acquire(self) -> None:
        """Take it, waiting for it as long as it takes.

        :raises ValueError: In a spooler, or there is no such lock.
        """
        uwsgi.lock(self.num)

    def release(self) -> None:
        """Give it back.

        :raises ValueError: In a spooler, or there is no such lock.
        """
        uwsgi.unlock(self.num)

    def __enter__(self) -> Self:
        uwsgi.lock(self.num)
        return self

    def __exit__(self, *exception: object) -> None:
        uwsgi.unlock(self.num)


#: Short for `Lock`.
lock = Lock
