"""One connection to a server of LDAP, that can be left at any moment.

sansldap packs and unpacks messages and leaves input and output to us: all of it is asyncio's, without a thread and
without a call that blocks, and what the server tells is seen when it arrives. It is a wheel without dependencies.
python-ldap and bonsai come for Linux as sources only, to be compiled against libldap's headers. libldap connects and
shakes hands while nobody else can go on, so both would need a thread; and bonsai cannot listen for changes.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar

from sansldap import (
    BindResponse,
    ExtendedOperations,
    ExtendedResponse,
    FilterNot,
    FilterPresent,
    LDAPClient,
    LDAPError,
    LDAPFilter,
    LDAPMessage,
    LDAPResult,
    ProtocolError,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    SearchScope,
)

from imperator.monitors.ldap_sync import INTERMEDIATE_RESPONSE, State, read_info, read_state, request_changes
from imperator.monitors.ldap_url import Address, SimpleBind
from imperator.monitors.ldap_wire import Inbox, LinkError, Message, Wire
from imperator.monitors.threads import run_in_thread

if TYPE_CHECKING:
    import ssl

__all__ = ["ANSWERING_SECONDS", "NOTHING", "AnswerError", "Change", "Link", "StaleError", "Whereabouts"]

CONNECTING_SECONDS = 10.0
ANSWERING_SECONDS = 10.0
"""How long a server may say nothing while something is asked of it."""
_READING_SECONDS = 120.0
"""How long all the answers to one question may take, however steadily they come."""

_MESSAGES_AT_ONCE = 20
"""How many are unpacked before the loop may look at everything else: a tenth of a millisecond each."""

NOTHING = ("1.1",)
"""Asks for entries without any of their attributes."""

_SUCCESS = 0
_NO_SUCH_OBJECT = 32
_NOT_TOLD = 12
"""The code of a server that cannot do what is critical: it tells nothing of changes."""
_REFRESH_REQUIRED = 4096


class AnswerError(Exception):
    """The server answered that it will not do what it was asked.

    :ivar operation: What it was asked.
    :ivar code: LDAP's result code.
    :ivar matched: The name of the last entry on the way to one that is not there, as far as the server tells.
    """

    def __init__(self, operation: str, result: LDAPResult) -> None:
        # Not compared as an enum: sansldap's members for codes it does not know are all equal to 0, which is success.
        self.operation = operation
        self.code: int = result.result_code.value
        self.matched = result.matched_dn
        words = result.result_code.name.replace("_", " ").lower()
        super().__init__(f"{operation}: {words}" + f", {result.diagnostics_message}" * bool(result.diagnostics_message))


class StaleError(Exception):
    """The server can no longer say what has changed since: everything has to be read anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something has happened to an entry.

    :param key: The same for the same entry as long as it lives and this connection lasts.
    :param entry: The entry. None: it is gone.
    """

    key: bytes | str
    entry: SearchResultEntry | None


class Whereabouts(Enum):
    """What the server says of an entry that it did not list."""

    GONE = auto()
    """It is not there, or does not match: that is proved."""
    HIDDEN = auto()
    """Nothing that would prove anything."""
    SHOWN = auto()
    """It has come back meanwhile."""


Response = TypeVar("Response", bound=LDAPMessage)


class Link:
    """An open connection.

    :ivar references: Where else parts of what was last read are, in the server's words.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._client = LDAPClient()
        self._wire = Wire(self._read_goodbye)
        self._told: Inbox | None = None
        self._is_mute = False
        self.references: tuple[str, ...] = ()

    @classmethod
    async def open(cls, address: Address, tls: ssl.SSLContext | None) -> Self:
        """Connect, with TLS where the address wants that, and say who we are.

        :param tls: For an address with TLS, and only for such a one: its context.
        :raises LinkError: It can be connected to no more.
        :raises AnswerError: It refuses TLS, or us.
        :raises OSError: It cannot be connected to, or is not who it should be.
        :raises TimeoutError: It does not answer.
        """
        if (tls is None) != (address.tls is None):
            raise ValueError(f"{address.source} and what it was given do not agree on TLS")
        link = cls(address)
        try:
            async with asyncio.timeout(CONNECTING_SECONDS):
                await link._connect(tls if not address.starts_tls else None)
                if tls is not None and address.starts_tls:
                    await link._start_tls(tls)
                await link._bind()
        except BaseException:
            link.close()
            raise
        return link

    async def _connect(self, tls: ssl.SSLContext | None) -> None:
        address, loop = self._address, asyncio.get_running_loop()
        if address.path is not None:
            await loop.create_unix_connection(lambda: self._wire, address.path)
            return
        # Not the loop's own way of looking up names: its threads would keep the Emperor from ending.
        look_up = partial(socket.getaddrinfo, address.host, address.port, type=socket.SOCK_STREAM)
        hosts = [str(place[0]) for *_, place in await run_in_thread(look_up)]
        name = address.host if tls is not None else None
        failure: OSError | None = None
        for host in hosts:
            try:
                async with asyncio.timeout(CONNECTING_SECONDS / len(hosts)):  # to each its share
                    await loop.create_connection(lambda: self._wire, host, address.port, ssl=tls, server_hostname=name)
            except OSError as refusal:
                failure = refusal
            else:
                return
        raise failure or OSError(f"{address.host} has no address")

    async def _start_tls(self, tls: ssl.SSLContext) -> None:
        message_id = self._client.extended_request(ExtendedOperations.LDAP_START_TLS.value)
        _check("StartTLS", (await self._ask(message_id, ExtendedResponse)).result)
        if self._wire.has_arrivals():
            raise LinkError("it sends more before TLS has begun")  # which nobody vouches for
        carrier, loop = self._wire.transport, asyncio.get_running_loop()
        wrapped = await loop.start_tls(carrier, self._wire, tls, server_hostname=self._address.host)
        if wrapped is None:
            raise LinkError("the connection broke while TLS began")
        self._wire.connection_made(wrapped)

    async def _bind(self) -> None:
        match self._address:
            case Address(bind=SimpleBind(name, password)):
                message_id = self._client.bind_simple(name, password)
            case Address(is_external=True):
                message_id = self._client.bind_sasl("EXTERNAL", cred=b"")
            case _:
                return
        _check("bind", (await self._ask(message_id, BindResponse)).result)

    async def search(
        self, base: str, scope: SearchScope, wanted: LDAPFilter | None, attributes: Sequence[str]
    ) -> list[SearchResultEntry]:
        """Return the entries that match.

        :param wanted: None: whatever there is.
        :raises LinkError: The connection is lost.
        :raises AnswerError: The server does not answer with all of them.
        :raises TimeoutError: It does not answer.
        """
        wanted = wanted or FilterPresent("objectClass")
        message_id = self._client.search_request(base, scope, filter=wanted, attributes=list(attributes))
        changes, _ = await self._read(message_id, _as_found)
        return [change.entry for change in changes if change.entry is not None]

    async def read_all(self, attributes: Sequence[str]) -> list[Change]:
        """Return all the entries that the address means, and let the server tell what changes where it does that.

        :raises LinkError: The connection is lost.
        :raises AnswerError: The server does not answer with all of them.
        :raises TimeoutError: It does not answer.
        """
        address, words = self._address, list(attributes)
        ask = partial(self._client.search_request, address.base, address.scope, filter=address.filter, attributes=words)
        if not self._is_mute:
            try:
                changes, self._told = await self._read(ask(controls=[request_changes()]), _as_told)
            except AnswerError as refusal:
                if refusal.code != _NOT_TOLD:
                    raise
                self._is_mute = True
            else:
                return changes
        changes, _ = await self._read(ask(), _as_found)
        return changes

    @property
    def tells_changes(self) -> bool:
        """Whether the server says by itself what changes, see `take_changes`."""
        return self._told is not None

    async def ping(self) -> None:
        """See whether the server still answers.

        :raises LinkError: The connection is lost.
        :raises TimeoutError: It does not answer.
        """
        with suppress(AnswerError):  # an answer, too
            await self.search("", SearchScope.BASE, None, NOTHING)

    async def find(self, name: str) -> Whereabouts:
        """Ask for an entry that was not listed any more.

        A server hides what may not be read as if it were not there. But it names the last entry on the way to one that
        is not there only where it may say so; and an entry that is there but does not match the filter is found by the
        filter's contrary, which one that is hidden, in whole or in part, is not.

        :param name: The distinguished name it had.
        :raises LinkError: The connection is lost.
        :raises TimeoutError: It does not answer.
        """
        wanted = self._address.filter
        try:
            if await self.search(name, SearchScope.BASE, FilterNot(wanted), NOTHING):
                return Whereabouts.GONE
            is_shown = await self.search(name, SearchScope.BASE, wanted, NOTHING)
        except AnswerError as refusal:
            is_proved = refusal.code == _NO_SUCH_OBJECT and refusal.matched != ""
            return Whereabouts.GONE if is_proved else Whereabouts.HIDDEN
        return Whereabouts.SHOWN if is_shown else Whereabouts.HIDDEN

    def take_changes(self) -> list[Change]:
        """Return what the server has told since the last time, or the first of it.

        :raises LinkError: The connection is lost.
        :raises AnswerError: It tells nothing any longer.
        :raises StaleError: Everything has to be read anew.
        """
        changes: list[Change] = []
        while self._told is not None and self._told.messages and len(changes) < _MESSAGES_AT_ONCE:
            try:
                if self._understand(self._told.messages.popleft(), _as_told, changes) is _Stage.ENDED:
                    raise StaleError
            except AnswerError as refusal:
                if refusal.code == _REFRESH_REQUIRED:
                    raise StaleError from refusal
                raise
        self._wire.check()
        return changes

    def wake(self, woken: asyncio.Event | None) -> None:
        """Set an event as soon as the server says anything. None: no longer."""
        self._wire.wake(woken)

    def close(self) -> None:
        """Let go of the connection without waiting for anything."""
        with suppress(LDAPError):  # it has seen the end already
            self._client.unbind()
        self._wire.close(self._client.data_to_send())

    async def _ask(self, message_id: int, kind: type[Response]) -> Response:
        inbox = self._wire.send(self._client.data_to_send(), message_id)
        _, message = await self._wire.take(inbox)
        self._wire.forget(message_id)
        answer = self._unpack(message)
        if not isinstance(answer, kind):
            raise LinkError(f"it answers with {type(answer).__name__} where {kind.__name__} is wanted")
        return answer

    async def _read(self, message_id: int, read: _Reading) -> tuple[list[Change], Inbox | None]:
        """Return the answers to a search, and where more of them will come if it does not end with that."""
        inbox = self._wire.send(self._client.data_to_send(), message_id)
        changes: list[Change] = []
        stage = _Stage.GOES_ON
        self.references = ()
        try:
            async with asyncio.timeout(_READING_SECONDS):
                while stage is _Stage.GOES_ON:
                    stage = self._understand(await self._next(inbox), read, changes)
                    if len(changes) % _MESSAGES_AT_ONCE == 0:
                        await asyncio.sleep(0)
        finally:
            if stage is not _Stage.REFRESHED:
                self._wire.forget(message_id)
        return changes, inbox if stage is _Stage.REFRESHED else None

    async def _next(self, inbox: Inbox) -> Message:
        if inbox.messages:
            return inbox.messages.popleft()
        async with asyncio.timeout(ANSWERING_SECONDS):
            return await self._wire.take(inbox)

    def _understand(self, message: Message, read: _Reading, changes: list[Change]) -> _Stage:
        """Add what a message says, and return how far that brings us."""
        operation, data = message
        try:
            if operation == INTERMEDIATE_RESPONSE:
                info = read_info(data)
                changes += [Change(key, None) for key in info.deleted]
                return _Stage.REFRESHED if info.is_refreshed else _Stage.GOES_ON
            match self._unpack(data):
                case SearchResultEntry() as entry:
                    changes += read(entry)
                case SearchResultReference(uris=places):
                    self.references += tuple(places)
                case SearchResultDone(result=result):
                    _check("search", result)
                    return _Stage.ENDED
        except ValueError as failure:
            raise LinkError(f"it sends what makes no sense ({failure})") from failure
        return _Stage.GOES_ON

    def _unpack(self, data: bytes) -> LDAPMessage:
        try:
            (message,) = self._client.receive(data)  # not one: it is cut off inside
        except (ProtocolError, ValueError) as failure:
            raise LinkError(f"it sends what makes no sense ({failure})") from failure
        return message

    def _read_goodbye(self, data: bytes) -> str:
        try:
            self._unpack(data)
        except LinkError as failure:
            return f"{failure.__cause__}"
        return "it speaks to nobody in particular"


class _Stage(Enum):
    """How far a search has come."""

    GOES_ON = auto()
    REFRESHED = auto()
    """All was sent; what changes will be."""
    ENDED = auto()


_Reading = Callable[[SearchResultEntry], tuple[Change, ...]]
"""Makes changes of an entry."""


def _as_found(entry: SearchResultEntry) -> tuple[Change, ...]:
    return (Change(entry.object_name, entry),)


def _as_told(entry: SearchResultEntry) -> tuple[Change, ...]:
    state, key = read_state(entry)
    if state is State.PRESENT:  # said to those who have a cookie
        return ()
    return (Change(key, None if state is State.DELETE else entry),)


def _check(operation: str, result: LDAPResult) -> None:
    if result.result_code.value != _SUCCESS:
        raise AnswerError(operation, result)
