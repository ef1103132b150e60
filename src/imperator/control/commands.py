"""The command socket: datagrams that tell the Emperor what to do about single vassals."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

    from imperator.control.address import Listener

__all__ = ["BadCommandError", "Command", "CommandSocket", "Obedient", "Verb", "parse_command"]

_log = logging.getLogger(__name__)

_HEADER_BYTES = 4
_LARGEST_BYTES = _HEADER_BYTES + 0xFFFF
_PACKETS_PER_TURN = 32
COMPLAINT_SECONDS = 1.0
"""The least time between two lines of the log about commands that cannot be obeyed."""


class Verb(Enum):
    """What can be commanded, by the words of the protocol."""

    SPAWN = "spawn"
    RESPAWN = "respawn"
    STOP = "stop"
    LOG = "log"


class BadCommandError(ValueError):
    """A datagram that is no command. Its text says why."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    :param vassal: Name of the vassal; empty for `Verb.LOG`.
    :param message: What is to be logged; empty for the others.
    """

    verb: Verb
    vassal: str = ""
    message: str = ""


def parse_command(packet: bytes) -> Command:
    """Read a uwsgi packet: four bytes of header, then pairs of key and value, each with its length before it.

    :param packet: One datagram. Keys other than ``cmd`` (or ``command``), ``vassal`` and ``msg`` are passed over.
    :raises BadCommandError: It is no packet of this kind, or no command that is known.
    """
    if len(packet) < _HEADER_BYTES:
        raise BadCommandError(f"{len(packet)} bytes are no packet")
    announced_bytes = int.from_bytes(packet[1:3], "little")
    if announced_bytes != len(packet) - _HEADER_BYTES:
        raise BadCommandError(f"its header announces {announced_bytes} bytes, {len(packet) - _HEADER_BYTES} came")
    strings = _read_strings(packet[_HEADER_BYTES:])
    if len(strings) % 2:
        raise BadCommandError("its last key has no value")
    given = dict(zip(strings[::2], strings[1::2], strict=True))
    return _understand(given)


def _read_strings(body: bytes) -> list[bytes]:
    strings = []
    place = 0
    while place < len(body):
        start = place + 2
        place = start + int.from_bytes(body[place:start], "little")
        if start > len(body) or place > len(body):
            raise BadCommandError("it ends in the middle of a key or value")
        strings.append(body[start:place])
    return strings


def _understand(given: dict[bytes, bytes]) -> Command:
    word = os.fsdecode(given.get(b"cmd", given.get(b"command", b"")))
    try:
        verb = Verb(word)
    except ValueError:
        known = ", ".join(verb.value for verb in Verb)
        raise BadCommandError(f"its cmd is {word!r}, not one of {known}") from None
    key = "msg" if verb is Verb.LOG else "vassal"
    value = os.fsdecode(given.get(key.encode(), b""))
    if not value:
        raise BadCommandError(f"{word} needs a {key}")
    return Command(verb, message=value) if verb is Verb.LOG else Command(verb, vassal=value)


class Obedient(Protocol):
    """What takes commands. Each method tells whether there is a vassal of that name."""

    def spawn(self, name: str) -> bool: ...

    def reload(self, name: str) -> bool: ...

    def hold(self, name: str) -> bool: ...


class CommandSocket:
    """Takes commands, and complains in the log about what is none, at a limited rate.

    :param listener: Where datagrams come; it stays the caller's.
    :param emperor: Obeys them.
    :ivar refused: How many could not be obeyed.
    :ivar last_refusal: Why the last of them could not be.
    """

    def __init__(self, listener: Listener, emperor: Obedient, loop: asyncio.AbstractEventLoop) -> None:
        self.refused = 0
        self.last_refusal = ""
        self._untold = 0
        self._complain_at = 0.0
        self._emperor = emperor
        self._socket = listener.socket
        self._loop = loop
        self._socket.setblocking(False)
        loop.add_reader(self._socket, self._read)

    def close(self) -> None:
        """Take no commands any more."""
        self._loop.remove_reader(self._socket)

    def _read(self) -> None:
        for _ in range(_PACKETS_PER_TURN):  # whoever floods us waits for what else there is to do
            try:
                packet, sender = self._socket.recvfrom(_LARGEST_BYTES + 1)
            except BlockingIOError:
                return
            except OSError as error:
                self._complain(f"cannot be read: {error.strerror}")
                return
            self._take(packet, f" from {sender[0]}" if isinstance(sender, tuple) else "")

    def _take(self, packet: bytes, origin: str) -> None:
        try:
            command = parse_command(packet)
        except BadCommandError as error:
            self._complain(f"got something{origin} that is no command: {error}")
            return
        if command.verb is Verb.LOG:
            _log.info("told%s: %s", origin, command.message, extra={"event": "told"})
        elif self._obey(command):
            _log.info("commanded%s to %s vassal %s", origin, command.verb.value, command.vassal)
        else:
            self._complain(f"was told{origin} to {command.verb.value} {command.vassal!r}: there is no such vassal")

    def _obey(self, command: Command) -> bool:
        match command.verb:
            case Verb.SPAWN:
                return self._emperor.spawn(command.vassal)
            case Verb.RESPAWN:
                return self._emperor.reload(command.vassal)
            case _:
                return self._emperor.hold(command.vassal)

    def _complain(self, what: str) -> None:
        self.refused += 1
        self.last_refusal = what
        now = self._loop.time()
        if now < self._complain_at:
            self._untold += 1
            return
        more = f"; {self._untold} more before it" if self._untold else ""
        _log.warning("the command socket %s%s", what, more)
        self._untold = 0
        self._complain_at = now + COMPLAINT_SECONDS
