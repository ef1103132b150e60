"""What follows ``mongodb://``: a server or several, a collection, and which of its documents are vassals."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from bson import encode
from bson.errors import BSONError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from imperator.errors import SettingsError
from imperator.monitors.credentials import hide_passwords, read_address
from imperator.monitors.relaxed_json import RelaxedJSONError, parse_relaxed_json

__all__ = ["MongoTarget", "read_mongo_target"]

_DEFAULT_SERVER = "127.0.0.1:27017"
_DEFAULT_NAMESPACE = "uwsgi.emperor.vassals"
"""As uWSGI's plugin has them."""

_PATH = re.compile(r"[^/?]*(?:/([^?]*))?")
"""What follows the scheme: hosts, and behind the slash a database or ``database.collection``."""


@dataclass(frozen=True, slots=True)
class MongoTarget:
    """Where vassals are kept.

    :param source: The target as it is shown: no credentials.
    :param uri: What the driver connects to.
    :param filter: What a document has to be like.
    """

    source: str
    uri: str = field(repr=False)
    database: str
    collection: str
    filter: dict[str, Any]


def read_mongo_target(scheme: str, rest: str) -> MongoTarget:
    """Return what a target means.

    :param scheme: ``mongodb`` or ``mongodb+srv``.
    :param rest: ``ADDRESS[,DATABASE.COLLECTION[,FILTER]]``, or where that is kept: ``@FILE``, ``@VARIABLE``.
    :raises SettingsError: It cannot be understood, or the driver takes no such address.
    """
    shown, comma, filter_text = rest.partition(",{")
    source = hide_passwords(f"{scheme}://{shown}") + comma + filter_text
    text = read_address(scheme, rest)
    if text.startswith("mongodb+srv://"):  # kept elsewhere, where it is written whole
        scheme, text = "mongodb+srv", text.removeprefix("mongodb+srv://")
    # No address holds a brace: it would have to be written as %7B there.
    before, comma, filter_text = text.partition(",{")
    address, namespace = _split_namespace(source, before)
    uri = f"{scheme}://{address or _DEFAULT_SERVER}"
    _check_uri(source, uri)
    database, _, collection = (namespace or _namespace_of(address) or _DEFAULT_NAMESPACE).partition(".")
    return MongoTarget(source, uri, database, collection, _read_filter(source, comma[1:] + filter_text))


def _split_namespace(source: str, text: str) -> tuple[str, str]:
    """Part the collection from the address, which may hold commas itself: between hosts, and in its options."""
    address, comma, last = text.rpartition(",")
    if not comma:
        return text, ""
    if re.search(r"[:/?=@\[]", last):
        return text, ""
    database, dot, collection = last.partition(".")
    if not (database and dot and collection):
        shown = _without_address(source) if "@" in address else source
        raise _fault(shown, "DATABASE.COLLECTION behind the comma", repr(last), "Write it so: 127.0.0.1,db.vassals.")
    return address, last


def _namespace_of(address: str) -> str:
    """Return the collection that the address itself names, as ``HOST/DATABASE.COLLECTION``, if it does."""
    path = _PATH.match(address)
    namespace = unquote((path and path[1]) or "")
    return namespace if all(namespace.partition(".")) else ""


def _read_filter(source: str, text: str) -> dict[str, Any]:
    remedy = "Correct the filter: it is written as at MongoDB's prompt, such as {enabled:1}."
    try:
        wanted = parse_relaxed_json(text)
        encode(wanted)
    except RelaxedJSONError as fault:
        where = f"{fault.wanted} at character {fault.position + 1} of the filter"
        raise _fault(source, where, fault.found, remedy) from fault
    except (BSONError, OverflowError) as failure:
        raise _fault(source, "a filter that MongoDB can be asked", str(failure), remedy) from failure
    return wanted


def _check_uri(source: str, uri: str) -> None:
    """Have the driver read the address, which reaches for no server yet; what it would only warn of is refused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            AsyncMongoClient[dict[str, Any]](uri, connect=False)
    except (PyMongoError, ValueError, OSError, UserWarning) as failure:
        wanted = "an address that MongoDB's driver can read"
        remedy = "Correct it; in user and password write %40 for @, %3A for :, %2F for / and %2C for a comma."
        if "@" in uri:
            # The driver may quote what it cannot read, which may be half a password: nothing of that is told or kept.
            raise _fault(_without_address(source), wanted, "something else", remedy) from None
        raise _fault(source, wanted, str(failure), remedy) from failure


def _without_address(source: str) -> str:
    """Return what may be told of a target that cannot be read, whose password nobody can tell from the rest."""
    return f"{source.partition(':')[0]}://..."


def _fault(target: str, wanted: str, found: str, remedy: str) -> SettingsError:
    return SettingsError(f"target {target!r}", wanted=wanted, found=found, remedy=remedy)
