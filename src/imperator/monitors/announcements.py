"""What a message announces: a configuration's text, its file, or its address. Decided as uWSGI's Emperor does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from imperator.monitors.entries import Entry, Foreign, Value
from imperator.monitors.names import EXTENSIONS, NAME_LIMIT_BYTES, is_configuration, read_name_fault

__all__ = ["HEADERS", "Announced", "Kind", "Removal", "read_message", "read_path_fault", "read_url_fault"]

HEADERS = ("uid", "gid", "socket")
"""What a message's headers may say of its vassal."""

_URL = re.compile(r"https?://", re.IGNORECASE)


class Kind(Enum):
    """Where a vassal's configuration is."""

    TEXT = "text"
    """In the message."""
    FILE = "file"
    """In a file that the message names."""
    URL = "url"
    """At an address that the message names."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What is known of one vassal: nothing of it is known to be right.

    :param name: The routing key, the path or the URL.
    :param text: The configuration; of a URL what was fetched last, None before that.
    :param moment: When it was announced, in seconds since the epoch.
    :param uid: Who the vassal belongs to, as the message's header says; a file's owner counts instead.
    :param socket: Address of an on-demand vassal, as the message's header says.
    """

    name: str
    kind: Kind
    text: bytes | None
    moment: float
    uid: Value = None
    gid: Value = None
    socket: Value = None

    def entry(self) -> Entry:
        """Return it as what is judged like any other source's."""
        if self.kind is Kind.FILE:
            return Entry(self.name, None, self.moment, socket=self.socket)
        return Entry(self.name, self.text, self.moment, self.uid, self.gid, self.socket)


@dataclass(frozen=True, slots=True)
class Removal:
    """A vassal is wanted no longer."""

    name: str


def read_message(routing_key: str, body: bytes, headers: Mapping[str, Any], moment: float) -> Announced | Removal | str:
    """Return what a message announces, or why nobody can tell.

    :param routing_key: Not empty: the vassal's name, and the body is its configuration. An empty body removes it.
    :param body: Without a routing key: a path or a URL.
    :param headers: `HEADERS` are read.
    :param moment: Now, in seconds since the epoch.
    """
    uid, gid, socket = (_as_value(headers.get(name)) for name in HEADERS)
    if routing_key:
        return Announced(routing_key, Kind.TEXT, body, moment, uid, gid, socket) if body else Removal(routing_key)
    if not body:
        return "an empty message without a routing key, which names nothing"
    if len(body) > NAME_LIMIT_BYTES:
        return (
            f"{len(body):,} bytes without a routing key, where a path or a URL of at most {NAME_LIMIT_BYTES} is wanted"
        )
    try:
        name = body.decode()
    except UnicodeDecodeError:
        return f"{body[:50]!r} without a routing key, which is no UTF-8"
    if not name.startswith("/") and not _URL.match(name):
        return f"it has no name: {body[:50]!r} is no absolute path and no URL, and it has no routing key"
    return Announced(name, Kind.FILE if name.startswith("/") else Kind.URL, None, moment, uid, gid, socket)


def read_path_fault(path: str, extra_extensions: tuple[str, ...]) -> str | None:
    """Say why a path cannot be a vassal's, and what to do; None when it can."""
    if "\0" in path:
        return "its path has a NUL: take that out"
    if any(step in ("", ".", "..") for step in path.removeprefix("/").split("/")):
        return "its path has an empty step or one of dots: publish the shortest one"
    return _read_ending_fault(path, extra_extensions) or read_name_fault(path)


def read_url_fault(url: str, extra_extensions: tuple[str, ...]) -> str | None:
    """Say why a URL cannot be a vassal's, and what to do; None when it can."""
    if not url.isprintable() or " " in url:
        return "its URL has a space or something that cannot be shown: write it as %20 and the like"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "its URL has no host and port that can be told apart: correct it"
    if not host:
        return "its URL has no host: correct it"
    if "@" in parts.netloc:
        return "its URL has a user or a password, which log and stats would show: let our address in without"
    if ":" in url.rpartition("/")[2]:
        return (
            "its URL has a colon behind the last slash, which uWSGI takes for the start of a section's name: rename it"
        )
    return _read_ending_fault(url, extra_extensions)


def _read_ending_fault(name: str, extra_extensions: tuple[str, ...]) -> str | None:
    if is_configuration(name, extra_extensions):
        return None
    endings = ", ".join((*EXTENSIONS, *extra_extensions))
    return f"it ends in none of {endings}, which says how to read the configuration: rename it"


def _as_value(header: Any) -> Value:
    """Return a header as what an entry's field may be."""
    return header if header is None or isinstance(header, (bytes, str, int, float)) else Foreign(type(header).__name__)
