"""Whether a directory has what vassals are read from: an answer without entries says nothing about that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from sansldap import FilterEquality, SearchResultEntry, SearchScope

from imperator.monitors.ldap_link import NOTHING, AnswerError, Link
from imperator.monitors.ldap_url import DEFAULT_FIELDS, Address

__all__ = ["UnfitError", "check_fitness"]

_SCHEMA_ENTRY, _SCHEMA_CLASS, _DEFINITIONS = "subschemaSubentry", b"subschema", "attributeTypes"

_NAMES = re.compile(rb"\bNAME\s+(?:'([^']*)'|\(([^)]*)\))")


class UnfitError(Exception):
    """The directory lacks something, or does not show it to us. Its text says what, and what to do."""


async def check_fitness(link: Link, address: Address) -> None:
    """See that the base is shown, and that the server knows the attributes that fields are read from.

    :raises UnfitError: Something is missing.
    :raises AnswerError: The server refuses.
    :raises LinkError: The connection is lost.
    :raises TimeoutError: It does not answer.
    """
    if not await link.search(address.base, SearchScope.BASE, None, NOTHING):
        raise UnfitError(f"the entry {address.base} is not shown: let the Emperor's user read it")
    known = await _known_attributes(link)
    unknown = [name for name in address.fields.values() if name.lower() not in known]
    if known and unknown:
        remedy = "imperator schema ldap prints it" if address.fields is DEFAULT_FIELDS else "or correct the URL"
        raise UnfitError(f"the server knows no attribute {', '.join(unknown)}: load the schema ({remedy})")


async def _known_attributes(link: Link) -> set[str]:
    """Return the names that the server's schema defines, in small letters; none where it does not show its schema."""
    with suppress(AnswerError):
        for place in _values(await link.search("", SearchScope.BASE, None, (_SCHEMA_ENTRY,))):
            wanted = FilterEquality("objectClass", _SCHEMA_CLASS)
            schema = await link.search(place.decode(), SearchScope.BASE, wanted, (_DEFINITIONS,))
            return {name for definition in _values(schema) for name in _names(definition)}
    return set()


def _values(entries: Iterable[SearchResultEntry]) -> list[bytes]:
    return [value for entry in entries for attribute in entry.attributes for value in attribute.values]


def _names(definition: bytes) -> list[str]:
    matched = _NAMES.search(definition)
    text = b"" if matched is None else matched[1] or matched[2]
    return [name.strip("'").lower() for name in text.decode(errors="replace").split()]
