"""Descriptors, and handing over to other requests while waiting for them."""

from __future__ import annotations

__all__ = [
    "async_connect",
    "async_sleep",
    "close",
    "connect",
    "green_schedule",
    "is_connected",
    "recv",
    "suspend",
    "wait_fd_read",
    "wait_fd_write",
]


def connect(socket: str, timeout: int = 0) -> int:
    """Connect to a socket.

    :param socket: Its address, a path or `host:port`.
    :param timeout: Seconds to wait.
    :return: A descriptor, or -1.
    """
    return -1


def async_connect(socket: str) -> int:
    """Begin to connect to a socket, without waiting for it.

    :param socket: Its address, a path or `host:port`.
    :return: A descriptor, or -1.
    """
    return -1


def async_sleep(seconds: float) -> bytes:
    """Have the current request woken up later; it goes on waiting at the next `suspend`, or when it yields.

    :param seconds: Whole seconds; what is below 1 is no wait.
    """
    return b""


def close(fd: int) -> None:
    """Close a descriptor.

    :param fd: The descriptor.
    """


def is_connected(fd: int) -> bool:
    """Tell whether a descriptor is a connected socket.

    :param fd: The descriptor.
    """
    return False


def recv(fd: int, maxsize: int = 4096) -> bytes | None:
    """Read from a descriptor.

    :param fd: The descriptor.
    :param maxsize: Bytes, at most 4096.
    """


def suspend() -> bool:
    """Let other requests go on, until something that this one waits for happens."""
    return True


def green_schedule() -> bool:
    """Do what `suspend` does."""
    return True


def wait_fd_read(fd: int, timeout: int | None = None) -> bytes:
    """Have the current request woken up when there is something to read.

    :param fd: The descriptor.
    :param timeout: Seconds; none: forever.
    :raises OSError: It cannot be watched.
    """
    return b""


def wait_fd_write(fd: int, timeout: int | None = None) -> bytes:
    """Have the current request woken up when a descriptor takes data.

    :param fd: The descriptor.
    :param timeout: Seconds; none: forever.
    :raises OSError: It cannot be watched.
    """
    return b""
