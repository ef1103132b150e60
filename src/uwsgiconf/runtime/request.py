"""The current request, beyond what WSGI says of it: `uwsgi.request` of `uwsgiconf.runtime.platform`."""

from __future__ import annotations

from typing import Any

from .. import uwsgi


class _Request:
    """The request that is being answered; of no use outside of one."""

    __slots__ = ()

    @property
    def env(self) -> dict[str, Any]:
        """Its WSGI environment; empty where workers have several threads, as uWSGI does not tell it there."""
        # Nor is it there before the first request.
        found: dict[str, Any] = getattr(uwsgi, "env", {})
        return found

    @property
    def id(self) -> int:
        """Its number, of those that this core of this worker answered."""
        return uwsgi.request_id()

    @property
    def total_count(self) -> int:
        """How many requests all workers have answered."""
        return uwsgi.total_requests()

    @property
    def fd(self) -> int:
        """The descriptor of its connection."""
        return uwsgi.connection_fd()

    @property
    def content_length(self) -> int:
        """The length of its body in bytes."""
        return uwsgi.cl()

    def log(self) -> None:
        """Have it logged, even if requests are not. Source: ``disable-logging``."""
        uwsgi.log_this_request()

    def add_var(self, name: str, value: str) -> bool:
        """Add a variable, which routing rules see.

        :param name: Its name.
        :param value: Its value.
        :return: True.
        :raises ValueError: The buffer for the request's variables is full. Source: ``buffer-size``.
        """
        return uwsgi.add_var(name, value)
