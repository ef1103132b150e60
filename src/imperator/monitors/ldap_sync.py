"""How a server of LDAP tells of changes (RFC 4533): what its controls and its messages in between say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from sansldap import LDAPControl, SearchResultEntry
from sansldap.asn1 import ASN1Reader, ASN1Tag, ASN1Writer, NotEnougData, TagClass, TypeTagNumber

__all__ = ["INTERMEDIATE_RESPONSE", "Info", "State", "read_info", "read_state", "request_changes"]

INTERMEDIATE_RESPONSE = 25
"""The number of the messages in between (RFC 4511, 4.13), which sansldap does not know."""

_REQUEST = "1.3.6.1.4.1.4203.1.9.1.1"
_STATE = "1.3.6.1.4.1.4203.1.9.1.2"
_INFO = "1.3.6.1.4.1.4203.1.9.1.4"

_REFRESH_AND_PERSIST = 3

_NEW_COOKIE, _REFRESH_DELETE, _REFRESH_PRESENT, _ID_SET = range(4)


class State(IntEnum):
    """What has happened to an entry."""

    PRESENT = 0
    ADD = 1
    MODIFY = 2
    DELETE = 3


@dataclass(frozen=True, slots=True)
class Info:
    """What a message in between says.

    :param is_refreshed: All that there was has been sent; from here on it is changes.
    :param deleted: The UUIDs of entries that are gone.
    """

    is_refreshed: bool = False
    deleted: tuple[bytes, ...] = ()


def request_changes() -> LDAPControl:
    """Return the control that asks for all there is, and then for what changes.

    Without a cookie: whoever connects anew learns everything, which costs little and cannot be wrong. It is critical,
    so that a server that tells nothing says so.
    """
    writer = ASN1Writer()
    with writer.push_sequence() as value:
        value.write_enumerated(_REFRESH_AND_PERSIST)
    return LDAPControl(_REQUEST, True, bytes(writer.get_data()))


def read_state(entry: SearchResultEntry) -> tuple[State, bytes]:
    """Return what has happened to an entry, and its UUID.

    :raises ValueError: The server does not say so.
    """
    control = next((control for control in entry.controls if control.control_type == _STATE), None)
    if control is None or control.value is None:
        raise ValueError("an entry without its state")
    try:
        value = ASN1Reader(control.value).read_sequence()
        return value.read_enumerated(State), value.read_octet_string()
    except NotEnougData as failure:
        raise ValueError("a state that is cut off") from failure


def read_info(message: bytes) -> Info:
    """Return what a message in between says; others than those of RFC 4533 say nothing.

    :param message: All of it, as it came.
    :raises ValueError: It makes no sense.
    """
    try:
        envelope = ASN1Reader(message).read_sequence()
        envelope.read_integer()
        response = envelope.read_sequence(header=envelope.peek_header())
        name = response.read_octet_string(header=response.peek_header()) if response else b""
        value = response.read_octet_string(header=response.peek_header()) if response else b""
        return _read_choice(ASN1Reader(value)) if name.decode() == _INFO else Info()
    except NotEnougData as failure:
        raise ValueError("a message that is cut off") from failure


def _read_choice(value: ASN1Reader) -> Info:
    header = value.peek_header()
    choice = header.tag.tag_number
    if header.tag.tag_class != TagClass.CONTEXT_SPECIFIC or choice not in range(4):
        raise ValueError(f"news of an unknown kind, {choice}")
    if choice == _NEW_COOKIE:
        return Info()
    fields = value.read_sequence(ASN1Tag(TagClass.CONTEXT_SPECIFIC, choice, True), header=header)
    if fields and fields.peek_header().tag.tag_number == TypeTagNumber.OCTET_STRING:
        fields.read_octet_string()  # a cookie
    has_flag = bool(fields) and fields.peek_header().tag.tag_number == TypeTagNumber.BOOLEAN
    flag = fields.read_boolean() if has_flag else choice != _ID_SET
    if choice != _ID_SET:
        return Info(is_refreshed=flag)
    return Info(deleted=_read_all(fields.read_set()) if flag else ())


def _read_all(values: ASN1Reader) -> tuple[bytes, ...]:
    found = []
    while values:
        found.append(values.read_octet_string())
    return tuple(found)
