"""Signals between the processes of an instance, and what raises them: timers, cron, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._registrations import note

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "add_cron",
    "add_file_monitor",
    "add_ms_timer",
    "add_rb_timer",
    "add_timer",
    "register_signal",
    "signal",
    "signal_received",
    "signal_registered",
    "signal_wait",
]


def register_signal(number: int, target: str, func: Callable[[int], object]) -> None:
    """Say what to do on a signal, and where.

    :param number: The signal, 0 to 255.
    :param target: `workers`, `workerN`, `worker` (any), `active-workers`, `mules`, `muleN`, `mule` (any), `spooler`,
        `farmN` or `farm_NAME`; below 64 bytes.
    :param func: Called with the number.
    :raises ValueError: The master has registered it already, there is no master, or this is neither master nor worker.
    """
    note("register_signal", number, target, func)


def signal(num: int, remote: str = "") -> None:
    """Send a signal to the master, which passes it on.

    :param num: The signal, 0 to 255.
    :param remote: Address of another instance.
    :raises ValueError: The other instance refused it.
    :raises OSError: The other instance could not be reached.
    """


def signal_wait(num: int | None = None) -> bytes:
    """Wait for a signal; its handler is called.

    :param num: Which one. Default: any.
    :raises SystemError: The wait failed.
    """
    return b""


def signal_received() -> int:
    """Tell the number of the signal that the last wait ended with."""
    return 0


def signal_registered(num: int) -> bool | None:
    """Tell whether a signal has a handler in this process: True, or None.

    :param num: The signal.
    """


def add_timer(signal: int, period: int) -> None:
    """Raise a signal again and again, by a timer of the kernel.

    :param signal: The signal.
    :param period: Seconds.
    :raises ValueError: There are 64 already, or there is no master.
    """
    note("add_timer", signal, period)


def add_ms_timer(signal: int, period: int) -> None:
    """Raise a signal again and again; only unreleased uWSGI has it.

    :param signal: The signal.
    :param period: Milliseconds.
    :raises ValueError: There are 64 already, or there is no master.
    """
    note("add_ms_timer", signal, period)


def add_rb_timer(signal: int, period: int, repeat: int = 0) -> None:
    """Raise a signal again and again, by a timer of the master.

    :param signal: The signal.
    :param period: Seconds.
    :param repeat: How often; 0: forever.
    :raises ValueError: There are 64 already, or there is no master.
    """
    note("add_rb_timer", signal, period, repeat)


def add_cron(signal: int, minute: int, hour: int, day: int, month: int, weekday: int) -> bool:
    """Raise a signal at certain times; -1 is every, -N is every Nth.

    :param signal: The signal.
    :param minute: 0 to 59.
    :param hour: 0 to 23.
    :param day: Day of the month, 1 to 31.
    :param month: 1 to 12.
    :param weekday: 0 (Sunday) to 6.
    :raises ValueError: There are 64 already, or there is no master.
    """
    note("add_cron", signal, minute, hour, day, month, weekday)
    return True


def add_file_monitor(signal: int, filename: str) -> None:
    """Raise a signal when a file or a directory changes.

    :param signal: The signal.
    :param filename: Its path, below 255 bytes; it has to be there.
    :raises ValueError: There are 64 already, or the path is too long.
    """
    note("add_file_monitor", signal, filename)
