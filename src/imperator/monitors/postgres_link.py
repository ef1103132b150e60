"""One connection to PostgreSQL that can be left at any moment.

psycopg connects; everything after that is asked through libpq's own calls. psycopg would wait for a server that hangs
to confirm that its query is cancelled, and would stumble over a single value that cannot be read: here values stay
bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

import psycopg
from psycopg import pq

__all__ = ["Answer", "AnswerError", "Link"]

CONNECTING_SECONDS = 10.0
ANSWERING_SECONDS = 10.0
CHANNEL = "imperator"

_FIND_TRIGGER = (
    "SELECT 1 FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE p.proname = 'imperator_notify' AND t.tgenabled <> 'D' LIMIT 1"
)
_BYTEA = 17
_FORMS_AND_LIMIT = (
    "SET datestyle = ISO",
    "SET bytea_output = hex",
    f"SET statement_timeout = {ANSWERING_SECONDS * 1000:.0f}",  # so that the server does not go on without us
)

Answer = tuple[list[str], list[list[bytes | None]]]
"""The columns' names, and the rows."""


class AnswerError(Exception):
    """The server answered that it will not do what it was asked.

    :ivar sqlstate: PostgreSQL's code of five letters, empty where there is none.
    """

    def __init__(self, message: str, sqlstate: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class Link:
    """An open connection.

    :ivar hears_changes: The database tells of changes by itself: the trigger of our schema is there.
    """

    def __init__(self, connection: psycopg.AsyncConnection[object]) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._loop = asyncio.get_running_loop()
        self.hears_changes = False

    @classmethod
    async def open(cls, conninfo: str) -> Self:
        """Connect and listen for changes.

        :raises psycopg.Error: It cannot be connected to.
        :raises AnswerError: It refuses what every server grants.
        :raises TimeoutError: It does not answer.
        """
        async with asyncio.timeout(CONNECTING_SECONDS):
            connection = await psycopg.AsyncConnection.connect(
                conninfo, client_encoding="UTF8", fallback_application_name="imperator"
            )
        link = cls(connection)
        try:
            for command in _FORMS_AND_LIMIT:
                await link.ask(command)
            await link._listen()
        except BaseException:
            link.close()
            raise
        return link

    async def _listen(self) -> None:
        try:
            await self.ask(f"LISTEN {CHANNEL}")
        except AnswerError:
            return  # a stand-by server has nothing to listen to, and is asked now and then
        self.hears_changes = bool((await self.ask(_FIND_TRIGGER))[1])

    async def ask(self, query: str) -> Answer:
        """Return the answer to one statement.

        :raises psycopg.Error: The connection is lost.
        :raises AnswerError: The server refuses.
        :raises TimeoutError: It does not answer.
        """
        async with asyncio.timeout(ANSWERING_SECONDS):
            self._pgconn.send_query_params(query.encode(), None)
            while self._pgconn.flush():
                await self._ready(self._loop.add_writer, self._loop.remove_writer)
            result = await self._next_result()
            while await self._next_result() is not None:
                pass
        if result is None:
            raise AnswerError("the query is empty")
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            raise _refusal(result)
        return await _read(result)

    async def _next_result(self) -> pq.abc.PGresult | None:
        while True:
            self._pgconn.consume_input()
            if not self._pgconn.is_busy():
                result = self._pgconn.get_result()
                if result is not None and result.status in (pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_IN):
                    raise AnswerError("the query copies, and has to select")
                return result
            await self._ready(self._loop.add_reader, self._loop.remove_reader)

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], bool]) -> None:
        descriptor, is_ready = self._pgconn.socket, asyncio.Event()
        add(descriptor, is_ready.set)
        try:
            await is_ready.wait()
        finally:
            remove(descriptor)

    def was_notified(self) -> bool:
        """Tell whether a change was told since the last time, by what has arrived already.

        :raises psycopg.Error: The connection is lost.
        """
        self._pgconn.consume_input()
        told = False
        while self._pgconn.notifies() is not None:
            told = True
        return told

    def wake(self, woken: asyncio.Event) -> None:
        """Set an event as soon as the server says anything, until `sleep_on`."""
        self._loop.add_reader(self._pgconn.socket, woken.set)

    def sleep_on(self) -> None:
        """Set no event any more."""
        self._loop.remove_reader(self._pgconn.socket)

    def close(self) -> None:
        """Let go of the connection without waiting for anything."""
        self._pgconn.finish()


def _refusal(result: pq.abc.PGresult) -> AnswerError:
    message = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"it gave no reason"
    sqlstate = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
    return AnswerError(message.decode(errors="replace"), sqlstate.decode(errors="replace"))


async def _read(result: pq.abc.PGresult) -> Answer:
    columns = range(result.nfields)
    names = [(result.fname(column) or b"").decode(errors="replace") for column in columns]
    decode = [_from_bytea if result.ftype(column) == _BYTEA else _as_it_is for column in columns]
    rows: list[list[bytes | None]] = []
    for row in range(result.ntuples):
        rows.append([decode[column](result.get_value(row, column)) for column in columns])
        if row % 500 == 499:
            await asyncio.sleep(0)
    return names, rows


def _as_it_is(value: bytes | None) -> bytes | None:
    return value


def _from_bytea(value: bytes | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value[2:].decode())  # written as \x and digits
