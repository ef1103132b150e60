"""Whoever fills a directory: the changes that sansldap has no messages for, packed by hand."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sansldap import LDAPClient, LDAPResultCode, SearchResultDone, SearchResultEntry
from sansldap.asn1 import ASN1Reader, ASN1Tag, ASN1Writer, NotEnougData, TagClass

__all__ = ["Directory", "RefusalError", "Values"]

Values = Mapping[str, str | bytes | Iterable[str | bytes]]

_MODIFY, _ADD, _DELETE, _RENAME = 6, 8, 10, 12
_REPLACE = 2


class RefusalError(Exception):
    """The server will not.

    :ivar code: LDAP's result code.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code


class Directory:
    """A connection to a server, as somebody who may write.

    :param address: A port of 127.0.0.1, or the path of a UNIX socket.
    :param user: The name to bind with. None: SASL EXTERNAL, that is, whoever we are.
    """

    def __init__(self, address: int | str, user: str | None = None, password: str = "") -> None:
        family = socket.AF_INET if isinstance(address, int) else socket.AF_UNIX
        self._socket = socket.socket(family)
        self._socket.settimeout(30)
        self._client = LDAPClient()
        self._buffer = b""
        self._last_id = 1_000
        try:
            self._socket.connect(("127.0.0.1", address) if isinstance(address, int) else address)
            bind = self._client.bind_sasl("EXTERNAL", cred=b"") if user is None else None
            self._client.bind_simple(user, password) if bind is None else None
            self._socket.sendall(self._client.data_to_send())
            self._check(answer := self._receive())
            self._client.receive(answer)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def add(self, name: str, values: Values) -> None:
        """Add an entry."""
        with self._request() as request, request.push_sequence(_application(_ADD)) as add:
            add.write_octet_string(name.encode())
            with add.push_sequence() as attributes:
                for attribute, given in values.items():
                    _write_attribute(attributes, attribute, given)

    def replace(self, name: str, values: Values) -> None:
        """Replace attributes of an entry; those without values are removed."""
        with self._request() as request, request.push_sequence(_application(_MODIFY)) as modify:
            modify.write_octet_string(name.encode())
            with modify.push_sequence() as changes:
                for attribute, given in values.items():
                    with changes.push_sequence() as change:
                        change.write_enumerated(_REPLACE)
                        _write_attribute(change, attribute, given)

    def delete(self, name: str) -> None:
        """Remove an entry."""
        with self._request() as request:
            request.write_octet_string(name.encode(), ASN1Tag(TagClass.APPLICATION, _DELETE, False))

    def rename(self, name: str, new: str) -> None:
        """Give an entry another last part of its name, in the place of the old one."""
        with self._request() as request, request.push_sequence(_application(_RENAME)) as rename:
            rename.write_octet_string(name.encode())
            rename.write_octet_string(new.encode())
            rename.write_boolean(True)

    def read(self, base: str, attribute: str) -> dict[str, bytes]:
        """Return one attribute of all entries below one that have it, by the entries' names."""
        self._client.search_request(base, attributes=[attribute])
        self._socket.sendall(self._client.data_to_send())
        found: dict[str, bytes] = {}
        while True:
            (message,) = self._client.receive(self._receive())
            if isinstance(message, SearchResultDone):
                assert message.result.result_code == LDAPResultCode.SUCCESS
                return found
            assert isinstance(message, SearchResultEntry)
            for values in message.attributes:
                found[message.object_name] = values.values[0]

    @contextmanager
    def _request(self) -> Iterator[ASN1Writer]:
        self._last_id += 1
        message = ASN1Writer()
        with message.push_sequence() as envelope:
            envelope.write_integer(self._last_id)
            yield envelope
        self._socket.sendall(bytes(message.get_data()))
        self._check(self._receive())

    def _check(self, message: bytes) -> None:
        envelope = ASN1Reader(message).read_sequence()
        envelope.read_integer()
        result = envelope.read_sequence(header=envelope.peek_header())
        code = result.read_enumerated(LDAPResultCode).value
        result.read_octet_string()
        if code != 0:
            raise RefusalError(code, result.read_octet_string().decode())

    def _receive(self) -> bytes:
        while True:
            try:
                reader = ASN1Reader(self._buffer)
                reader.read_sequence()
            except NotEnougData:
                data = self._socket.recv(65_536)
                if not data:
                    raise ConnectionResetError("the server went away") from None
                self._buffer += data
            else:
                rest = reader.get_remaining_data()
                message, self._buffer = self._buffer[: len(self._buffer) - len(rest)], rest
                return message


def _application(number: int) -> ASN1Tag:
    return ASN1Tag(TagClass.APPLICATION, number, True)


def _write_attribute(writer: ASN1Writer, attribute: str, given: str | bytes | Iterable[str | bytes]) -> None:
    with writer.push_sequence() as pair:
        pair.write_octet_string(attribute.encode())
        with pair.push_set() as values:
            for value in (given,) if isinstance(given, (str, bytes)) else given:
                values.write_octet_string(value.encode() if isinstance(value, str) else value)
