"""What an ``amqp://`` target says: a broker's URL, and options behind its question mark."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit

from imperator.errors import SettingsError
from imperator.monitors.credentials import read_address

__all__ = ["NO_STATE", "AMQPTarget", "read_target"]

_PORTS = {"amqp": 5672, "amqps": 5671}
_MOST_NAME_BYTES = 255
_EXPIRES_SECONDS = range(60, 4_294_968)
"""The broker counts milliseconds in 32 bits."""
_HEARTBEAT_SECONDS = range(1, 601)

NO_STATE = "off"
"""In the place of a state file's path, which is absolute: nothing is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AMQPTarget:
    """Where messages come from and what is done with them.

    :param source: The target as log and stats show it.
    :param exchange: Where messages are published.
    :param durable: If we have to make the exchange, it outlives its server.
    :param bindings: Which routing keys we want; a fanout exchange asks nobody.
    :param queue: Name of our queue. None: we choose one and keep it in the state file.
    :param expires_seconds: How long the broker keeps our queue while we are away.
    :param heartbeat_seconds: How often each side says that it lives. A broker that is silent for three times that, and
        three seconds, is left.
    :param state: Path of the state file. None: where such files go. `NO_STATE`: there is none.
    :param hosts: Which hosts configurations may be fetched from. Empty: nearly all.
    :param certificates: Files for TLS: ``cafile``, ``certfile``, ``keyfile``.
    """

    source: str
    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    vhost: str
    exchange: str = "uwsgi.emperor"
    durable: bool = False
    bindings: tuple[str, ...] = ("", "#")
    queue: str | None = None
    expires_seconds: int = 7 * 86_400
    heartbeat_seconds: int = 5
    state: str | None = None
    hosts: tuple[str, ...] = ()
    certificates: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The broker's URL, password included, as the driver takes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        credentials = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        options = {"heartbeat": str(self.heartbeat_seconds), "name": "imperator", **self.certificates}
        place = f"{credentials}@{host}:{self.port}/{quote(self.vhost, safe='')}"
        return f"{self.scheme}://{place}?{urlencode(options)}"


class _FaultError(Exception):
    """What is wrong, and what to do: without anything that may be a password."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found)
        self.found = found
        self.remedy = remedy


def read_target(scheme: str, rest_of_target: str, directory: str) -> AMQPTarget:
    """Return what a target says.

    :param scheme: ``amqp`` or ``amqps``.
    :param rest_of_target: What follows ``scheme://``: ``[USER[:PASSWORD]@]HOST[:PORT][/VHOST][?OPTION=VALUE&...]``, or
        ``@`` and where that is kept.
    :param directory: Absolute path that a state file's relative one starts from.
    :raises SettingsError: It cannot be that.
    """
    address = read_address(scheme, rest_of_target)
    if scheme == "amqp" and address.startswith("amqps://"):
        scheme, address = "amqps", address.removeprefix("amqps://")
    try:
        parts = _split(address)
        options = _read_options(parts.query, directory)
        return AMQPTarget(
            source=_shown(scheme, rest_of_target),
            scheme=scheme,
            host=parts.hostname or "",
            port=parts.port or _PORTS[scheme],
            user=unquote(parts.username or "guest"),
            password=unquote("guest" if parts.password is None else parts.password),
            vhost=unquote(parts.path[1:]) or "/",
            **options,
        )
    except _FaultError as fault:
        # The target itself is not told: where it cannot be read, its password cannot be told from the rest.
        raise SettingsError(
            f"target '{scheme}://...'",
            wanted=f"a broker, as in {scheme}://user:password@host:{_PORTS[scheme]}/vhost?option=value",
            found=fault.found,
            remedy=fault.remedy,
        ) from None


def _shown(scheme: str, rest_of_target: str) -> str:
    """Return the target without its password, whatever that is made of."""
    authority = re.split(r"[/?#]", rest_of_target, maxsplit=1)[0]
    credentials, at, _ = authority.rpartition("@")
    user, colon, _ = credentials.partition(":")
    if not colon:
        return f"{scheme}://{rest_of_target}"
    return f"{scheme}://{user}:***{at}{rest_of_target[len(credentials) + 1 :]}"


def _split(address: str) -> SplitResult:
    remedy = "Write / ? # @ and % in a user, password or vhost as %2F %3F %23 %40 and %25."
    try:
        parts = urlsplit(f"//{address}")
        port = parts.port
    except ValueError:
        raise _FaultError("no host and port that can be told apart", remedy) from None
    if not parts.hostname or parts.fragment or port == 0:
        raise _FaultError("no host", remedy)
    if "/" in parts.path[1:]:
        raise _FaultError("a vhost with a slash", remedy)
    return parts


def _read_options(query: str, directory: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    certificates: dict[str, str] = {}
    for name, values in parse_qs(query, keep_blank_values=True).items():
        if name in _FILES_FOR_TLS:
            certificates[name] = os.path.join(directory, values[-1])
        elif name in _OPTIONS:
            field_name, read = _OPTIONS[name]
            options[field_name] = read(values, directory)
        else:
            known = ", ".join(sorted((*_OPTIONS, *_FILES_FOR_TLS)))
            raise _FaultError(f"the option {name}", f"There are {known}.")
    return {**options, "certificates": certificates}


def _read_flag(values: list[str], _: str) -> bool:
    if values[-1] not in ("yes", "no"):
        raise _FaultError(f"durable={values[-1]}", "Say durable=yes or durable=no.")
    return values[-1] == "yes"


def _read_name(values: list[str], _: str) -> str:
    name = values[-1]
    if not name or len(name.encode()) > _MOST_NAME_BYTES or name.startswith("amq."):
        raise _FaultError(f"{name!r} for a queue or an exchange", "Give it 1 to 255 bytes, not beginning with amq.")
    return name


def _read_seconds(limits: range) -> Callable[[list[str], str], int]:
    def read(values: list[str], _: str) -> int:
        text = values[-1]
        if re.fullmatch(r"[0-9]{1,7}", text) and int(text) in limits:
            return int(text)
        raise _FaultError(f"{text or 'nothing'} for seconds", f"Give it {limits[0]} to {limits[-1]:,} seconds.")

    return read


def _read_state(values: list[str], directory: str) -> str:
    path = values[-1]
    if not path:
        raise _FaultError("state= without a path", f"Give it the path of a file, or {NO_STATE}.")
    return NO_STATE if path == NO_STATE else os.path.join(directory, path)


def _read_bindings(values: list[str], _: str) -> tuple[str, ...]:
    return tuple(values)


def _read_hosts(values: list[str], _: str) -> tuple[str, ...]:
    return tuple(host.strip().lower() for value in values for host in value.split(",") if host.strip())


_OPTIONS: dict[str, tuple[str, Callable[[list[str], str], Any]]] = {
    "binding": ("bindings", _read_bindings),
    "durable": ("durable", _read_flag),
    "exchange": ("exchange", _read_name),
    "expires": ("expires_seconds", _read_seconds(_EXPIRES_SECONDS)),
    "heartbeat": ("heartbeat_seconds", _read_seconds(_HEARTBEAT_SECONDS)),
    "hosts": ("hosts", _read_hosts),
    "queue": ("queue", _read_name),
    "state": ("state", _read_state),
}
"""By name: the field it sets, and what reads its values."""
_FILES_FOR_TLS = ("cafile", "certfile", "keyfile")
