"""A server of LDAP that says what a test wants it to, right or wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from sansldap.asn1 import ASN1Reader, ASN1Tag, ASN1Writer, NotEnougData, TagClass

__all__ = ["BIND", "EXTENDED", "SEARCH", "ScriptedServer", "changed", "entry", "goodbye", "info", "result", "scripted"]

BIND, SEARCH, EXTENDED = 0, 3, 23
_BIND_DONE, _ENTRY, _SEARCH_DONE, _EXTENDED_DONE, _INTERMEDIATE = 1, 4, 5, 24, 25
_DONE = {BIND: _BIND_DONE, SEARCH: _SEARCH_DONE, EXTENDED: _EXTENDED_DONE}
_STATE, _INFO = b"1.3.6.1.4.1.4203.1.9.1.2", b"1.3.6.1.4.1.4203.1.9.1.4"
_GOODBYE, _UNAVAILABLE = b"1.3.6.1.4.1.1466.20036", 52

Script = Callable[[int, int], Sequence[bytes]]
"""Returns the answers to a message, by its number and its operation."""


class ScriptedServer:
    """Listens on a port of 127.0.0.1.

    :ivar received: The messages that have come, by operation.
    :ivar writers: The ends of the connections, for what is said unasked.
    """

    def __init__(self, script: Script) -> None:
        self.received: list[tuple[int, bytes]] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.port = 0
        self._script = script

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes on one connection."""
        self.writers.append(writer)
        buffer = b""
        while data := await reader.read(65_536):
            buffer += data
            while (message := _first_message(buffer)) is not None:
                buffer = buffer[len(message) :]
                envelope = ASN1Reader(message).read_sequence()
                message_id, operation = envelope.read_integer(), envelope.peek_header().tag.tag_number
                self.received.append((operation, message))
                for answer in self._script(message_id, operation):
                    writer.write(answer)


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[ScriptedServer]:
    """Run a server for as long as the block lasts."""
    served = ScriptedServer(script)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.port = int(server.sockets[0].getsockname()[1])
    try:
        yield served
    finally:
        server.close()
        for writer in served.writers:
            writer.close()
        await server.wait_closed()


def result(message_id: int, operation: int, code: int = 0, matched: str = "", words: str = "") -> bytes:
    """Return the end of an operation."""

    def write(body: ASN1Writer) -> None:
        body.write_enumerated(code)
        body.write_octet_string(matched.encode())
        body.write_octet_string(words.encode())

    return _message(message_id, _DONE[operation], write)


def goodbye(words: str) -> bytes:
    """Return what a server says before it goes away."""

    def write(body: ASN1Writer) -> None:
        body.write_enumerated(_UNAVAILABLE)
        body.write_octet_string(b"")
        body.write_octet_string(words.encode())
        body.write_octet_string(_GOODBYE, ASN1Tag(TagClass.CONTEXT_SPECIFIC, 10, False))

    return _message(0, _EXTENDED_DONE, write)


def entry(message_id: int, name: str, values: dict[str, str] | None = None, controls: bytes = b"") -> bytes:
    """Return an entry that is found."""

    def write(body: ASN1Writer) -> None:
        body.write_octet_string(name.encode())
        with body.push_sequence() as attributes:
            for attribute, value in (values or {}).items():
                with attributes.push_sequence() as pair:
                    pair.write_octet_string(attribute.encode())
                    with pair.push_set() as found:
                        found.write_octet_string(value.encode())

    return _message(message_id, _ENTRY, write, controls)


def changed(message_id: int, name: str, state: int, key: bytes) -> bytes:
    """Return an entry that something has happened to."""
    with (value := ASN1Writer()).push_sequence() as said:
        said.write_enumerated(state)
        said.write_octet_string(key)
    with (control := ASN1Writer()).push_sequence() as told:
        told.write_octet_string(_STATE)
        told.write_octet_string(bytes(value.get_data()))
    return entry(message_id, name, controls=bytes(control.get_data()))


def info(
    message_id: int, choice: int, *, flag: bool | None = None, keys: Sequence[bytes] = (), cookie: bytes = b"c"
) -> bytes:
    """Return a message in between.

    :param choice: 0: a new cookie. 1, 2: the end of the refresh. 3: a set of keys.
    :param flag: What it says besides; None: nothing.
    """
    value = ASN1Writer()
    if choice == 0:
        value.write_octet_string(cookie, ASN1Tag(TagClass.CONTEXT_SPECIFIC, 0, False))
    else:
        with value.push_sequence(ASN1Tag(TagClass.CONTEXT_SPECIFIC, choice, True)) as fields:
            fields.write_octet_string(cookie)
            if flag is not None:
                fields.write_boolean(flag)
            if keys:
                with fields.push_set() as names:
                    for key in keys:
                        names.write_octet_string(key)

    def write(body: ASN1Writer) -> None:
        body.write_octet_string(_INFO, ASN1Tag(TagClass.CONTEXT_SPECIFIC, 0, False))
        body.write_octet_string(bytes(value.get_data()), ASN1Tag(TagClass.CONTEXT_SPECIFIC, 1, False))

    return _message(message_id, _INTERMEDIATE, write)


def _message(message_id: int, operation: int, write: Callable[[ASN1Writer], None], controls: bytes = b"") -> bytes:
    with (message := ASN1Writer()).push_sequence() as envelope:
        envelope.write_integer(message_id)
        with envelope.push_sequence(ASN1Tag(TagClass.APPLICATION, operation, True)) as body:
            write(body)
        if controls:
            # Constructed, so that what is in it is written as it is.
            envelope.write_octet_string(controls, ASN1Tag(TagClass.CONTEXT_SPECIFIC, 0, True))
    return bytes(message.get_data())


def _first_message(buffer: bytes) -> bytes | None:
    try:
        reader = ASN1Reader(buffer)
        reader.read_sequence()
    except NotEnougData:
        return None
    return buffer[: len(buffer) - len(reader.get_remaining_data())]
