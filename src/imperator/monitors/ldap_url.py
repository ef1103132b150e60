"""URLs of LDAP (RFC 4516): which server, which entries of it, and what of them is which field of a vassal."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from sansldap import LDAPFilter, SearchScope

from imperator.errors import SettingsError
from imperator.monitors.credentials import hide_passwords, read_kept

__all__ = ["DEFAULT_FIELDS", "FIELDS", "Address", "SimpleBind", "TlsFiles", "parse_url"]

FIELDS = ("name", "config", "ts", "uid", "gid", "socket", "attributes")
"""What a URL's list of attributes means, in this order."""
_LEAST_FIELDS = 2

DEFAULT_FIELDS = MappingProxyType(
    {
        "name": "imperatorName",
        "config": "imperatorConfig",
        "ts": "imperatorTime",
        "uid": "imperatorUid",
        "gid": "imperatorGid",
        "socket": "imperatorSocket",
        "attributes": "imperatorAttribute",
    }
)
"""The attributes of our own schema: what a URL without a list means."""

_DEFAULT_FILTER = "(objectClass=imperatorVassal)"
_DEFAULT_SCOPE = "sub"
_SCOPES = {"base": SearchScope.BASE, "one": SearchScope.ONE_LEVEL, "sub": SearchScope.SUBTREE}

_DEFAULT_PORTS = {"ldap": 389, "ldaps": 636}
_DEFAULT_PATH = "/run/slapd/ldapi"

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_MOST_PARTS = 5

_BIND_NAME, _PASSWORD, _PASSWORD_FROM = "bindname", "x-bindpw", "x-bindpw-from"
_SASL, _STARTTLS = "x-sasl", "x-starttls"
_CA, _CERTIFICATE, _KEY = "x-tls-ca", "x-tls-cert", "x-tls-key"
_WITH_VALUE = (_BIND_NAME, _PASSWORD, _PASSWORD_FROM, _SASL, _CA, _CERTIFICATE, _KEY)
_EXTENSIONS = (*_WITH_VALUE, _STARTTLS)


@dataclass(frozen=True, slots=True)
class SimpleBind:
    """Who we say we are, and the password: neither is empty, for that would be an anonymous bind that succeeds."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths of PEM files. None: the system's authorities, and no certificate of our own."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a URL says.

    :param source: The URL as stats and log show it: without its password.
    :param path: The UNIX socket. None: it is a host and a port.
    :param base: Below which entry vassals are looked for.
    :param fields: By field of a vassal: the attribute that holds it.
    :param bind: None: anonymous, or SASL EXTERNAL where that is asked for.
    :param tls: None: plain.
    :param starts_tls: TLS is asked for once connected, and nothing goes on without it.
    """

    source: str
    host: str = ""
    port: int = 0
    path: str | None = None
    base: str
    scope: SearchScope
    filter: LDAPFilter
    fields: Mapping[str, str]
    bind: SimpleBind | None = None
    is_external: bool = False
    tls: TlsFiles | None = None
    starts_tls: bool = False

    @property
    def is_exposed(self) -> bool:
        """Whether a password would cross a network that others may listen on."""
        return self.bind is not None and self.tls is None and self.path is None and not _is_loopback(self.host)


class _FaultError(Exception):
    """What is wrong with a part of a URL.

    :ivar wanted: What would have been right.
    """

    def __init__(self, wanted: str, found: str, remedy: str) -> None:
        super().__init__(wanted, found, remedy)
        self.wanted, self.found, self.remedy = wanted, found, remedy


def parse_url(scheme: str, rest: str, source: str) -> Address:
    """Return what a URL means.

    :param scheme: ``ldap``, ``ldaps`` or ``ldapi``.
    :param rest: What follows ``scheme://``: ``HOST:PORT/BASE?ATTRIBUTES?SCOPE?FILTER?EXTENSIONS``.
    :param source: The target as it was written.
    :raises SettingsError: It cannot be what is meant. No part of a password is in it.
    """
    try:
        return _parse(scheme, rest, hide_passwords(source))
    except _FaultError as fault:
        thing = f"target '{hide_passwords(source).partition('?')[0]}'"  # extensions stand behind the first ?
        raise SettingsError(thing, wanted=fault.wanted, found=fault.found, remedy=fault.remedy) from fault


def _parse(scheme: str, rest: str, source: str) -> Address:
    server, _, tail = rest.partition("/")
    parts = tail.split("?")
    if "?" in server or len(parts) > _MOST_PARTS:
        raise _FaultError(
            "HOST:PORT/BASE?ATTRIBUTES?SCOPE?FILTER?EXTENSIONS",
            "more question marks, or one before the first slash",
            "Write %3F for a question mark that is part of a name or value.",
        )
    base, attributes, scope, wanted_filter, words = (*parts, *[""] * (_MOST_PARTS - len(parts)))
    if not base:
        raise _FaultError(
            "the entry that vassals are below", "none", "Name it: ldap://HOST/ou=vassals,dc=example,dc=com"
        )
    host, port, path = _read_server(scheme, server)
    extensions = _read_extensions(words)
    starts_tls = _STARTTLS in extensions
    tls = _read_tls(scheme, extensions, starts_tls=starts_tls)
    return Address(
        source=source,
        host=host,
        port=port,
        path=path,
        base=_unquote(base),
        scope=_read_scope(_unquote(scope)),
        filter=_read_filter(_unquote(wanted_filter)),
        fields=_read_fields(_unquote(attributes)),
        bind=_read_bind(extensions),
        is_external=_read_external(extensions, path=path, tls=tls),
        tls=tls,
        starts_tls=starts_tls,
    )


def _read_server(scheme: str, server: str) -> tuple[str, int, str | None]:
    if scheme == "ldapi":
        return "", 0, _unquote(server) or _DEFAULT_PATH
    matched = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:@\[\]]*)(?::([0-9]{1,5}))?", server)
    port = _DEFAULT_PORTS[scheme] if matched is None or matched[2] is None else int(matched[2])
    if matched is None or not 0 < port < 2**16:
        raise _FaultError(
            "a host and perhaps a port behind the scheme",
            "something else",
            "Write ldap://HOST:PORT/BASE; user and password are extensions: ????bindname=...,x-bindpw-from=/FILE",
        )
    return _unquote(matched[1]).strip("[]") or "localhost", port, None


def _read_scope(word: str) -> SearchScope:
    scope = _SCOPES.get(word.lower() or _DEFAULT_SCOPE)
    if scope is None:
        raise _FaultError(f"a scope: {', '.join(_SCOPES)}", repr(word), "Correct it; without one it is sub.")
    return scope


def _read_filter(text: str) -> LDAPFilter:
    try:
        return LDAPFilter.from_string(text or _DEFAULT_FILTER)
    except ValueError as failure:
        raise _FaultError("a filter of LDAP (RFC 4515)", f"{text!r} ({failure})", "Correct it.") from failure


def _read_fields(text: str) -> Mapping[str, str]:
    if not text:
        return DEFAULT_FIELDS
    names = text.split(",")
    if not _LEAST_FIELDS <= len(names) <= len(FIELDS) or not all(_ATTRIBUTE.fullmatch(name) for name in names):
        raise _FaultError(
            f"2 to 7 names of attributes, in this order: {', '.join(FIELDS)}",
            repr(text),
            "Name them, as in cn,description; modifyTimestamp may stand for ts.",
        )
    return MappingProxyType(dict(zip(FIELDS, names, strict=False)))


def _read_extensions(words: str) -> dict[str, str]:
    """Return values by name. All have to be understood, whether they are marked as critical or not."""
    extensions: dict[str, str] = {}
    for word in words.split(",") if words else ():
        name, has_value, value = word.removeprefix("!").partition("=")
        name = name.lower()
        if name not in _EXTENSIONS:
            nearest = difflib.get_close_matches(name, _EXTENSIONS, n=1)
            hint = f"Did you mean {nearest[0]}?" if nearest else "Write %2C for a comma that is part of a value."
            found = "something else" if f"{_PASSWORD}=" in words.lower() else repr(name[:40])  # half a password
            raise _FaultError(f"extensions out of {', '.join(_EXTENSIONS)}", found, hint)
        if name in extensions or bool(has_value and value) != (name in _WITH_VALUE):
            wanted = f"one {name}" + (" with a value" if name in _WITH_VALUE else ", without a value")
            raise _FaultError(wanted, "something else", "Correct it; write %2C for a comma that is part of a value.")
        extensions[name] = _unquote(value)
    return extensions


def _read_bind(extensions: Mapping[str, str]) -> SimpleBind | None:
    name = extensions.get(_BIND_NAME, "")
    password = extensions.get(_PASSWORD, "")
    if (place := extensions.get(_PASSWORD_FROM)) is not None:
        if password:
            raise _FaultError("one password", f"{_PASSWORD} and {_PASSWORD_FROM}", "Leave one of them out.")
        password = read_kept(f"extension {_PASSWORD_FROM}", "a password", place, remedy="Write the password there.")
    if bool(name) != bool(password):
        raise _FaultError(
            f"{_BIND_NAME} and a password, or neither",
            "one of them",
            f"Add the other: {_BIND_NAME}=..., {_PASSWORD_FROM}=/FILE or {_PASSWORD_FROM}=VARIABLE.",
        )
    return SimpleBind(name, password) if name else None


def _read_external(extensions: Mapping[str, str], *, path: str | None, tls: TlsFiles | None) -> bool:
    mechanism = extensions.get(_SASL)
    if mechanism is None:
        return False
    if mechanism.lower() != "external" or _BIND_NAME in extensions:
        raise _FaultError(
            f"{_SASL}=external, or {_BIND_NAME}",
            f"{_SASL} otherwise",
            "Leave one out; other mechanisms are not spoken.",
        )
    if path is None and (tls is None or tls.certificate is None):
        raise _FaultError(
            f"what {_SASL}=external can tell the server who we are by",
            "neither ldapi:// nor a certificate",
            f"Use ldapi://, or TLS with {_CERTIFICATE}=/FILE and {_KEY}=/FILE.",
        )
    return True


def _read_tls(scheme: str, extensions: Mapping[str, str], *, starts_tls: bool) -> TlsFiles | None:
    files = TlsFiles(extensions.get(_CA), extensions.get(_CERTIFICATE), extensions.get(_KEY))
    if scheme == "ldap" and not starts_tls and files != TlsFiles():
        raise _FaultError("TLS, where its files are named", "a plain ldap://", f"Add {_STARTTLS}, or write ldaps://.")
    if scheme != "ldap" and starts_tls:
        raise _FaultError(f"{_STARTTLS} with ldap://", f"{scheme}://", f"Leave {_STARTTLS} out, or write ldap://.")
    if files.key is not None and files.certificate is None:
        raise _FaultError(f"{_KEY} with the certificate it belongs to", "it alone", f"Add {_CERTIFICATE}=/FILE.")
    if scheme == "ldapi":
        return None
    return files if scheme == "ldaps" or starts_tls else None


def _unquote(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as failure:
        raise _FaultError(
            "UTF-8 behind the percent signs", "other bytes", "Correct what is written with %."
        ) from failure


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
