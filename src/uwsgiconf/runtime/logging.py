"""What uWSGI logs: lines of its own log, and variables for the lines about requests."""

from __future__ import annotations

from .. import uwsgi

#: uWSGI keeps the length of a value in one byte.
_MAX_VALUE_BYTES = 255


def variable_get(name: str) -> str | None:
    """Read a variable of the current request's line in the log.

    :param name: Its name.
    :return: Its value; None if it was not set.
    """
    value = uwsgi.get_logvar(name)
    return None if value is None else value.decode()


def variable_set(name: str, value: str) -> None:
    """Set a variable of the current request's line in the log: `%(name)` in the format. Source: ``log-format``.

    :param name: Its name.
    :param value: Its value. What is over 255 bytes is cut off.
    """
    uwsgi.set_logvar(name, value.encode()[:_MAX_VALUE_BYTES].decode(errors="ignore"))


def log_message(message: str) -> None:
    """Write a line into uWSGI's log.

    :param message: The line.
    """
    uwsgi.log(message)
