"""Spoolers: work that is left in files, and done by their processes."""

from __future__ import annotations

from typing import Any

__all__ = [
    "i_am_the_spooler",
    "parsefile",
    "send_to_spooler",
    "set_spooler_frequency",
    "spool",
    "spooler_get_task",
    "spooler_jobs",
    "spooler_pid",
    "spooler_pids",
]


def spool(message: dict[bytes, bytes] | None = None, **kwargs: Any) -> bytes:
    """Leave a task to a spooler.

    :param message: The task, below 64 KiB. Some keys have a meaning: `spooler`, its directory; `priority`, a number,
        the lower the sooner, if tasks are ordered; `at`, not before this time in seconds since 1970; `body`, data of
        any size.
    :param kwargs: The task, if there is no `message`; of no use in Python 3, where names are not bytes.
    :return: The path of its file.
    :raises ValueError: There is no such spooler, the task is too large, or has something that is not bytes.
    """
    return b""


def send_to_spooler(message: dict[bytes, bytes] | None = None, **kwargs: Any) -> bytes:
    """Do what `spool` does.

    :param message: The task.
    :param kwargs: The task, if there is no `message`.
    """
    return b""


def i_am_the_spooler() -> bool | None:
    """Tell whether this is a process of a spooler: True, or None."""


def set_spooler_frequency(seconds: int) -> bool:
    """Set how often spoolers look for tasks.

    :param seconds: Seconds between two looks.
    """
    return True


def spooler_get_task(path: str) -> dict[Any, bytes] | None:
    """Read the file of a task.

    :param path: Its path.
    :return: The task; None if there is none that can be read.
    """


def spooler_jobs() -> list[bytes]:
    """List the paths of the tasks in the directory of the first spooler, those with a priority left out."""
    return []


def spooler_pid() -> int:
    """Tell the process id of the first spooler; 0 if there is none."""
    return 0


def spooler_pids() -> list[int]:
    """Tell the process ids of all spoolers."""
    return []


def parsefile(fpath: str) -> dict[bytes, bytes] | None:
    """Read a file that is a packet of the protocol uwsgi, like those of a spooler.

    :param fpath: Its path.
    """
