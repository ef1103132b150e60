"""What stands behind ``zoo://``: hosts, a path, who we are, and how the connection is made."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from kazoo.hosts import collect_hosts
from kazoo.protocol.connection import PURESASL_AVAILABLE

from imperator.errors import SettingsError

__all__ = ["Address", "Tls", "read_zookeeper_address"]

_OPTIONS = ("auth", "timeout", "tls", "ca", "cert", "key", "read-only")
_SESSION_SECONDS = 10.0
_LEAST_SESSION_SECONDS, _MOST_SESSION_SECONDS = 0.1, 3600.0
_YES, _NO = ("", "yes", "true", "1"), ("no", "false", "0")


@dataclass(frozen=True, slots=True)
class Tls:
    """How servers are believed, and how they believe us. Paths are absolute: the Emperor changes its directory.

    :param ca: File of the authorities that may have signed a server's certificate, besides the system's.
    :param certificate: File of our own certificate.
    :param key: File of its key, without a passphrase.
    """

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """One node of one ensemble.

    :param hosts: ``HOST:PORT`` of each member, comma separated.
    :param path: The node whose children are the vassals, absolute.
    :param credentials: ``USER:PASSWORD``, or empty.
    :param uses_sasl: They are shown by SASL (DIGEST-MD5) and not by ZooKeeper's own scheme ``digest``.
    :param session_seconds: After this long without a word the server forgets us. We leave it after two thirds of that.
    :param tls: None: the connection is not encrypted.
    :param accepts_read_only: A member that has lost the others is good enough.
    """

    hosts: str
    path: str
    credentials: str = field(default="", repr=False)
    uses_sasl: bool = False
    session_seconds: float = _SESSION_SECONDS
    tls: Tls | None = None
    accepts_read_only: bool = False


def read_zookeeper_address(text: str, directory: str) -> Address:
    """Return what an address says.

    :param text: ``[USER:PASSWORD@]HOST[:PORT],...[/PATH][?OPTION=VALUE&...]``; ``%`` and two digits stand for a byte.
    :param directory: Where relative paths of files start.
    :raises SettingsError: It cannot be right. Nothing of it is quoted that may be a password.
    """
    place, _, query = text.partition("?")
    authority, slash, path = place.partition("/")
    user, _, hosts = authority.rpartition("@")
    _check_hosts(hosts)
    options = _read_options(query)
    credentials = unquote(user)
    if credentials and ":" not in credentials:
        raise _fault("USER:PASSWORD before the @", "no colon", "Write the password behind the user and a colon.")
    return Address(
        hosts,
        _read_path(slash + path),
        credentials,
        _read_uses_sasl(options, credentials),
        _read_seconds(options),
        _read_tls(options, directory),
        _read_switch("read-only", options.get("read-only", "no")),
    )


def _fault(wanted: str, found: str, remedy: str) -> SettingsError:
    # Where a password has a slash nobody can tell where it ends: the target is not repeated.
    return SettingsError("target 'zoo://...'", wanted=wanted, found=found, remedy=remedy)


def _check_hosts(hosts: str) -> None:
    try:
        collect_hosts(hosts)
    except ValueError as failure:
        found = "something else" if hosts else "none"
        remedy = (
            "Write zoo://HOST:PORT,HOST:PORT/PATH; in a password write %2F for a slash and %3F for a question mark."
        )
        raise _fault("hosts, comma separated, each with its port or without", found, remedy) from failure


def _read_path(path: str) -> str:
    if "@" in path:
        raise _fault(
            "USER:PASSWORD before the hosts, and a path behind them",
            "an @ behind a slash",
            "Write %2F for a slash in a password, and %40 for an @ in a path.",
        )
    steps = unquote(path).strip("/").split("/")
    if steps == [""]:
        raise _fault(
            "a path behind the hosts", "none", "Name the node whose children are the vassals: zoo://HOST/PATH."
        )
    if any(step in ("", ".", "..") for step in steps) or "\0" in path:
        raise _fault("the path of a node", repr(path), "Leave out empty steps, single and double dots.")
    return "/" + "/".join(steps)


def _read_options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in _OPTIONS:
            nearest = difflib.get_close_matches(name, _OPTIONS, n=1, cutoff=0.5)
            known = ", ".join(_OPTIONS)
            remedy = f"Did you mean {nearest[0]}?" if nearest else "Correct what stands behind the question mark."
            raise _fault(f"options among {known}", _shown(name), remedy)
    return options


def _shown(name: str) -> str:
    return repr(name) if re.fullmatch(r"[a-z_-]{1,20}", name) else "something else"


def _read_uses_sasl(options: Mapping[str, str], credentials: str) -> bool:
    scheme = options.get("auth", "digest")
    if scheme not in ("digest", "sasl"):
        raise _fault("auth=digest or auth=sasl", "another scheme", "Correct the option auth.")
    if scheme == "digest":
        return False
    if not credentials:
        raise _fault("USER:PASSWORD before the hosts for auth=sasl", "none", "Add it, or leave auth=sasl out.")
    if not PURESASL_AVAILABLE:
        raise _fault("the package pure-sasl for auth=sasl", "none", 'Install it: pip install "imperator[zoo]"')
    return True


def _read_seconds(options: Mapping[str, str]) -> float:
    text = options.get("timeout", str(_SESSION_SECONDS))
    if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text):
        seconds = float(text)
        if _LEAST_SESSION_SECONDS <= seconds <= _MOST_SESSION_SECONDS:
            return seconds
    limits = f"{_LEAST_SESSION_SECONDS:g} to {_MOST_SESSION_SECONDS:g}"
    raise _fault(f"timeout as seconds, {limits}", repr(text), f"Correct it; without it, it is {_SESSION_SECONDS:g}.")


def _read_tls(options: Mapping[str, str], directory: str) -> Tls | None:
    files = {name: os.path.join(directory, options[name]) for name in ("ca", "cert", "key") if options.get(name)}
    if not _read_switch("tls", options.get("tls", "yes" if files else "no")):
        return None
    if ("cert" in files) != ("key" in files):
        raise _fault("cert and key together", "one of them", "Name the file of the other one, too.")
    for name, path in files.items():
        if not os.path.isfile(path):
            raise _fault(f"a file for {name}", f"none at {path}", "Correct the path.")
    return Tls(files.get("ca"), files.get("cert"), files.get("key"))


def _read_switch(name: str, text: str) -> bool:
    if text not in (*_YES, *_NO):
        raise _fault(f"{name}=yes or {name}=no", repr(text), f"Correct the option {name}.")
    return text in _YES
