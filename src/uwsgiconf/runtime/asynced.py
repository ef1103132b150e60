"""Letting other requests go on while one waits, where uWSGI runs in asynchronous mode. Source: ``async``.

What waits here says when the request is to be woken up. It waits at once where uWSGI has an engine that can suspend a
function; in plain asynchronous mode the application, a generator, has to yield an empty string after it::

    asynced.sleep(1)
    yield b""

Without asynchronous mode nothing here waits, and under gevent neither: use gevent's own functions there.
"""

from __future__ import annotations

from .. import uwsgi


def get_loop_name() -> str | None:
    """Tell the name of the event loop, None if requests are answered without one. Source: ``loop``."""
    # A plain value on uWSGI's module, a function in its documentation.
    found = uwsgi.loop() if callable(uwsgi.loop) else uwsgi.loop
    return found.decode() if isinstance(found, bytes) else found


def suspend() -> bool:
    """Let other requests go on, until something that this one waits for happens."""
    return uwsgi.suspend()


def sleep(seconds: float) -> None:
    """Let other requests go on for a while.

    :param seconds: Whole seconds; what is below 1 is no wait.
    """
    uwsgi.async_sleep(seconds)
    if seconds >= 1:
        uwsgi.suspend()


def connect(address: str) -> int:
    """Begin to connect to a socket, without waiting for it.

    :param address: A path or `host:port`.
    :return: A descriptor, or -1.
    """
    return uwsgi.async_connect(address)


def wait_for_read(fd: int, *, timeout: int | None = None) -> None:
    """Let other requests go on until there is something to read.

    :param fd: The descriptor.
    :param timeout: Seconds. Default: no limit.
    :raises OSError: It cannot be watched.
    """
    uwsgi.wait_fd_read(fd, timeout or 0)
    uwsgi.suspend()


def wait_for_write(fd: int, *, timeout: int | None = None) -> None:
    """Let other requests go on until a descriptor takes data.

    :param fd: The descriptor.
    :param timeout: Seconds. Default: no limit.
    :raises OSError: It cannot be watched.
    """
    uwsgi.wait_fd_write(fd, timeout or 0)
    uwsgi.suspend()
