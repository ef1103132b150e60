"""Sockets from one line of text: `https://:443?cert=/my.crt&key=/my.key`."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from ..base import unknown_parameter
from ..exceptions import ConfigurationError
from .networking_sockets import (
    Socket,
    SocketFastcgi,
    SocketHttp,
    SocketHttps,
    SocketRaw,
    SocketScgi,
    SocketShared,
    SocketUdp,
    SocketUwsgi,
    SocketUwsgis,
    SocketZeromq,
)

SCHEMES: dict[str, type[Socket]] = {
    "fastcgi": SocketFastcgi,
    "http": SocketHttp,
    "https": SocketHttps,
    "raw": SocketRaw,
    "scgi": SocketScgi,
    "shared": SocketShared,
    "suwsgi": SocketUwsgis,
    "udp": SocketUdp,
    "uwsgi": SocketUwsgi,
    "zeromq": SocketZeromq,
}

# Only root, or who was given the capability, can bind to ports below this one.
_FIRST_UNPRIVILEGED_PORT = 1024

_TRUTHS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def socket_from_dsn(dsn: str, *, allow_shared_sockets: bool | None = None) -> Socket:
    """The socket that a line of text describes.

    :param dsn: The line: `scheme://host:port?parameter=value`, or `scheme:///path`.
    :param allow_shared_sockets: Bind to ports below 1024 before privileges are dropped. Default: unless root.
    :raises ConfigurationError: There is no such scheme or parameter, or one is missing.
    """
    parts = urlsplit(dsn)
    socket_class = SCHEMES.get(parts.scheme)
    if socket_class is None:
        raise unknown_parameter(f"socket `{dsn}`", parts.scheme or dsn, list(SCHEMES), kind="schemes")
    address = _address(dsn, parts)
    parameters = _parameters(dsn, parts.query, socket_class)
    is_privileged = _is_privileged(dsn, parts)
    if allow_shared_sockets is None:
        allow_shared_sockets = os.geteuid() != 0
    if allow_shared_sockets and is_privileged and socket_class is not SocketShared:
        return socket_class(SocketShared(address), **parameters)
    return socket_class(address, **parameters)


def _address(dsn: str, parts: SplitResult) -> str:
    address = parts.netloc or parts.path
    if not address:
        raise ConfigurationError(
            f"socket `{dsn}`",
            wanted="an address after the scheme",
            found="none",
            remedy=f"Write {parts.scheme}://127.0.0.1:8000, {parts.scheme}://:8000 or {parts.scheme}:///tmp/my.sock.",
        )
    return address


def _is_privileged(dsn: str, parts: SplitResult) -> bool:
    try:
        port = parts.port
    except ValueError as fault:
        raise ConfigurationError(
            f"socket `{dsn}`", wanted="a port from 0 to 65535", found=parts.netloc, remedy="Correct the port."
        ) from fault
    return port is not None and 0 < port < _FIRST_UNPRIVILEGED_PORT


def _parameters(dsn: str, query: str, socket_class: type[Socket]) -> dict[str, Any]:
    given: dict[str, Any] = dict(parse_qsl(query))
    taken, required = _signature(socket_class)
    for name in given:
        if name not in taken:
            raise unknown_parameter(f"socket `{dsn}`", name, taken)
    missing = [name for name in required if name not in given]
    if missing:
        raise ConfigurationError(
            f"socket `{dsn}`",
            wanted=" and ".join(f"`{name}`" for name in required),
            found="no " + " and no ".join(f"`{name}`" for name in missing),
            remedy=f"Add {'&'.join(f'{name}=...' for name in missing)} behind a question mark.",
        )
    if "bound_workers" in given:
        given["bound_workers"] = given["bound_workers"].split(",")
    switches = [name for name, default in (socket_class.__init__.__kwdefaults__ or {}).items() if default is False]
    given.update({name: _truth(dsn, name, given[name]) for name in switches if name in given})
    return given


def _truth(dsn: str, name: str, text: str) -> bool:
    if text not in _TRUTHS:
        raise ConfigurationError(
            f"socket `{dsn}`", wanted=f"`{name}` as one of {', '.join(_TRUTHS)}", found=repr(text), remedy="Correct it."
        )
    return _TRUTHS[text]


def _signature(socket_class: type[Socket]) -> tuple[list[str], list[str]]:
    """Names of the keyword parameters that a line of text can give, and of those it must give."""
    code = socket_class.__init__.__code__
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    defaults = socket_class.__init__.__kwdefaults__ or {}
    taken = [name for name in keywords if name != "modifier"]
    return taken, [name for name in taken if name not in defaults]
