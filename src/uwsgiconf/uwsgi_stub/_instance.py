"""The instance and its processes: who am I, how are we, reload, stop, locks, metrics, alarms, log."""

from __future__ import annotations

from typing import Any

__all__ = [
    "accepting",
    "alarm",
    "embedded_data",
    "extract",
    "i_am_the_lord",
    "is_a_reload",
    "is_locked",
    "listen_queue",
    "lock",
    "log",
    "logsize",
    "loop",
    "lord_scroll",
    "masterpid",
    "mem",
    "metric_dec",
    "metric_div",
    "metric_get",
    "metric_inc",
    "metric_mul",
    "metric_set",
    "metric_set_max",
    "metric_set_min",
    "micros",
    "ready",
    "reload",
    "scrolls",
    "set_user_harakiri",
    "set_warning_message",
    "setprocname",
    "stop",
    "total_requests",
    "unlock",
    "worker_id",
    "workers",
]


def accepting() -> None:
    """Tell the master that this worker takes requests, which `touch-chain-reload` waits for."""


def alarm(name: str, message: str | bytes) -> None:
    """Raise an alarm.

    :param name: A configured alarm; an unknown one is ignored.
    :param message: What to tell.
    """


def embedded_data(symbol_name: str) -> bytes:
    """Read data that was linked into the uWSGI binary.

    :param symbol_name: Its symbol.
    :raises ValueError: There is no such symbol.
    """
    return b""


def extract(fname: str) -> bytes | None:
    """Read a file, or whatever else uWSGI can read under a name: `http://`, `sym://`, `fd://`.

    :param fname: The name.
    """


def i_am_the_lord(legion_name: str) -> bool:
    """Tell whether this node is the lord of a legion; only a uWSGI with TLS has it.

    :param legion_name: The legion.
    """
    return False


def lord_scroll(legion_name: str) -> bytes | None:
    """Read the scroll of a legion's lord; only a uWSGI with TLS has it.

    :param legion_name: The legion.
    """


def scrolls(legion_name: str) -> list[bytes] | None:
    """List the scrolls of a legion; only a uWSGI with TLS has it.

    :param legion_name: The legion.
    """


def is_a_reload() -> bool:
    """Tell whether this start is a reload; on the real module it is a plain value."""
    return False


def is_locked(lock_num: int = 0) -> bool:
    """Tell whether a lock is held by any process.

    :param lock_num: Its number; 0 is always there.
    :raises ValueError: In a spooler, or there is no such lock.
    """
    return False


def lock(lock_num: int = 0) -> None:
    """Take a lock, waiting for it as long as it takes.

    A process that takes a lock it holds waits forever.

    :param lock_num: Its number; 0 is always there.
    :raises ValueError: In a spooler, or there is no such lock.
    """


def unlock(lock_num: int = 0) -> None:
    """Give a lock back.

    :param lock_num: Its number; 0 is always there.
    :raises ValueError: In a spooler, or there is no such lock.
    """


def listen_queue(socket_num: int = 0) -> int:
    """Tell how many connections wait at a socket.

    :param socket_num: The socket's number, from 0.
    :raises ValueError: There is no such socket.
    """
    return 0


def log(message: str) -> bool:
    """Write a line into uWSGI's log.

    :param message: The line.
    """
    return True


def logsize() -> int:
    """Tell how many bytes the log has."""
    return 0


def loop() -> str | None:
    """Tell the name of the event loop; on the real module it is a plain value."""
    return None


def masterpid() -> int:
    """Tell the process id of the master; 0 if there is none."""
    return 0


def mem() -> tuple[int, int]:
    """Tell the memory of this process in bytes: resident, and address space."""
    return 0, 0


def metric_get(key: str) -> int:
    """Read a metric; 0 if there is none.

    :param key: Its name.
    """
    return 0


def metric_set(key: str, value: int) -> bool | None:
    """Set a metric.

    :param key: Its name.
    :param value: Its value.
    :return: True, None if there is no such metric.
    """


def metric_set_max(key: str, value: int) -> bool | None:
    """Set a metric, if that makes it greater.

    :param key: Its name.
    :param value: Its value.
    """


def metric_set_min(key: str, value: int) -> bool | None:
    """Set a metric, if that makes it less, but still greater than what it began with.

    :param key: Its name.
    :param value: Its value.
    """


def metric_inc(key: str, value: int = 1) -> bool | None:
    """Add to a metric.

    :param key: Its name.
    :param value: What to add.
    """


def metric_dec(key: str, value: int = 1) -> bool | None:
    """Subtract from a metric.

    :param key: Its name.
    :param value: What to subtract.
    """


def metric_mul(key: str, value: int = 1) -> bool | None:
    """Multiply a metric.

    :param key: Its name.
    :param value: By what.
    """


def metric_div(key: str, value: int = 1) -> bool | None:
    """Divide a metric.

    :param key: Its name.
    :param value: By what; 0 is refused.
    """


def micros() -> int:
    """Tell the time in microseconds since 1970."""
    from time import time_ns

    return time_ns() // 1000


def ready() -> bool | None:
    """Tell whether the instance is ready for requests: True, or None."""


def reload() -> bool | None:
    """Let the master reload the instance gracefully."""


def stop() -> bool | None:
    """Let the master stop the instance at once."""


def set_user_harakiri(timeout: int = 0) -> None:
    """Have the master kill this process if it is not called again in time.

    :param timeout: Seconds; 0: no more.
    """


def set_warning_message(message: str) -> bool:
    """Set a warning that answers to pings carry.

    :param message: The warning; what is over 80 bytes is cut off.
    """
    return True


def setprocname(name: str) -> None:
    """Set the name of this process.

    :param name: The name.
    """


def total_requests() -> int:
    """Tell how many requests all workers have answered."""
    return 0


def worker_id() -> int:
    """Tell the number of this worker, from 1; 0 if this is no worker."""
    return 0


def workers() -> tuple[dict[str, Any], ...]:
    """Tell about each worker: process id, status, requests, memory, applications."""
    return ()
