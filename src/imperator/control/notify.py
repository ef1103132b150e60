"""Tell the service manager how we are: systemd's notification protocol."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping

__all__ = ["Notifier"]

_log = logging.getLogger(__name__)


class Notifier:
    """Sends what systemd wants to know. Whatever happens to the message, the Emperor goes on.

    :param address: Path of a datagram socket, ``@name`` of an abstract one. None: nobody wants to know.
    """

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._last_status: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Notifier:
        """Notify whoever started us, if it asked for that.

        :param environment: Where ``NOTIFY_SOCKET`` is looked up.
        """
        return cls(environment.get("NOTIFY_SOCKET") or None)

    def ready(self, status: str) -> None:
        """Say that everything is up, or that a reload is done.

        :param status: One line for people.
        """
        self._last_status = status
        self._send("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        """Say how we are. Sent only when it differs from what was said last.

        :param status: One line for people.
        """
        if status != self._last_status:
            self._last_status = status
            self._send(f"STATUS={status}")

    def reloading(self) -> None:
        """Say that a reload begins; `ready` ends it."""
        now_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={now_us}")

    def stopping(self, status: str) -> None:
        """Say that the end has begun.

        :param status: One line for people.
        """
        self._last_status = status
        self._send("STOPPING=1", f"STATUS={status}")

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        message = "\n".join(line.replace("\n", " ") for line in lines).encode("utf-8", "backslashreplace")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                sock.sendto(message, address)
        except OSError as error:
            _log.debug("cannot notify %s: %s", self._address, error)
