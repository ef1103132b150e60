"""The connection to a server of LDAP, and servers that do not behave."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sansldap import SearchScope

from imperator.monitors.ldap_link import NOTHING, AnswerError, Change, Link, StaleError, Whereabouts
from imperator.monitors.ldap_url import parse_url
from imperator.monitors.ldap_wire import LinkError
from tests.imperator.monitors.ldap_server import (
    BIND,
    EXTENDED,
    SEARCH,
    Script,
    ScriptedServer,
    changed,
    entry,
    goodbye,
    info,
    result,
    scripted,
)

BASE = "ou=vassals,dc=x"
BINDS = "bindname=cn=a,x-bindpw=sesame-open"
KEY, OTHER_KEY = b"k" * 16, b"o" * 16


def quiet(message_id: int, operation: int) -> list[bytes]:
    """Answer everything with success and nothing."""
    return [result(message_id, operation)] if operation in (BIND, SEARCH, EXTENDED) else []


async def open_link(server: ScriptedServer, words: str = "") -> Link:
    url = f"127.0.0.1:{server.port}/{BASE}????{words}"
    tls = ssl.create_default_context() if "x-starttls" in words else None
    return await Link.open(parse_url("ldap", url, f"ldap://{url}"), tls)


@asynccontextmanager
async def linked(script: Script, words: str = "") -> AsyncIterator[tuple[Link, ScriptedServer]]:
    """Connect to a server that follows a script."""
    async with scripted(script) as server:
        link = await open_link(server, words)
        try:
            yield link, server
        finally:
            link.close()


async def test_refused_starttls_sends_no_password() -> None:
    """A server that cannot begin TLS is left: nothing but the question has been sent."""

    def refuse(message_id: int, operation: int) -> list[bytes]:
        return [result(message_id, operation, 2, words="unsupported extended operation")]

    async with scripted(refuse) as server:
        with pytest.raises(AnswerError, match="StartTLS: protocol error, unsupported extended operation"):
            await open_link(server, f"x-starttls,{BINDS}")
        assert [operation for operation, _ in server.received] == [EXTENDED]


async def test_what_is_sent_ahead_of_tls_is_refused() -> None:
    """Answers that somebody on the way adds before TLS begins are never taken for the server's."""

    def inject(message_id: int, operation: int) -> list[bytes]:
        return [result(message_id, operation) + result(message_id + 1, BIND)]

    async with scripted(inject) as server:
        with pytest.raises(LinkError, match="it sends more before TLS has begun"):
            await open_link(server, f"x-starttls,{BINDS}")
        assert [operation for operation, _ in server.received] == [EXTENDED]


async def test_address_with_tls_is_never_connected_to_without() -> None:
    """Whoever forgets the context of TLS gets an error, and no connection."""
    async with scripted(quiet) as server:
        for scheme, words in (("ldap", "x-starttls"), ("ldaps", "")):
            url = f"127.0.0.1:{server.port}/{BASE}????{words}"
            with pytest.raises(ValueError, match="do not agree on TLS"):
                await Link.open(parse_url(scheme, url, f"{scheme}://{url}"), None)
        assert server.received == []


async def test_code_that_nobody_knows_is_no_success() -> None:
    """Whatever is not 0 is a refusal, codes of other makers and times included."""
    for code in (118, 4096, 16_654):
        async with scripted(lambda message_id, operation, code=code: [result(message_id, operation, code)]) as server:  # type: ignore[misc]
            with pytest.raises(AnswerError) as raised:
                await open_link(server, BINDS)
            assert raised.value.code == code


SENSELESS = [
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "it sends what is no LDAP"),
    (b"\x30\x80\x00\x00", "it sends what is no LDAP"),
    (b"\x30\x84\x7f\xff\xff\xff", "a message of 2,147,483,647 bytes"),
    (b"\x30\x03\x02\x01\x01", "it sends what is no LDAP"),
    (b"\x30\x07\x02\x01\x01\x61\x09\x0a\x01", "it sends what makes no sense"),
    (goodbye("going down"), "UNAVAILABLE: going down"),
    (result(1, SEARCH), "it sends what makes no sense|where BindResponse is wanted"),
    (info(1, 0), "it sends what makes no sense"),
    (b"", "the server closed the connection"),
]


@pytest.mark.parametrize(("sent", "reason"), SENSELESS)
async def test_senseless_answers_end_the_connection(sent: bytes, reason: str) -> None:
    """Bytes that are no answer are told as what they are, and nobody waits for more."""
    async with scripted(lambda *_: [sent]) as server:

        async def close() -> None:
            while not server.received:
                await asyncio.sleep(0)
            if not sent:
                server.writers[0].close()

        closing = asyncio.create_task(close())
        with pytest.raises(LinkError, match=reason):
            await open_link(server, BINDS)
        await closing


async def test_messages_may_come_in_any_pieces() -> None:
    """Answers are the same when they arrive byte by byte."""
    async with linked(lambda *_: []) as (link, server):
        asked = asyncio.create_task(link.search(BASE, SearchScope.SUBTREE, None, NOTHING))
        while not server.received:
            await asyncio.sleep(0)
        long = {"description": "x" * 1_000}
        for byte in entry(1, "cn=a", long) + entry(9, "cn=nobody") + entry(1, "cn=b") + result(1, SEARCH):
            server.writers[0].write(bytes([byte]))
            await server.writers[0].drain()
        first, second = await asked
        assert (first.object_name, first.attributes[0].values, second.object_name) == ("cn=a", [b"x" * 1_000], "cn=b")


async def test_connection_that_is_lost_while_nobody_waits_wakes_whoever_waits_next() -> None:
    """A loss is noticed at the next wait, not at the end of its time."""
    async with linked(quiet) as (link, server):
        woken = asyncio.Event()
        link.wake(woken)
        await link.ping()
        woken.clear()
        server.writers[0].close()
        await woken.wait()
        later = asyncio.Event()
        link.wake(later)
        assert later.is_set()
        with pytest.raises(LinkError, match="the server closed the connection"):
            link.take_changes()


PROOFS = [
    ([result(1, SEARCH, 32, matched=BASE)], Whereabouts.GONE),
    ([entry(1, "cn=a") + result(1, SEARCH)], Whereabouts.GONE),
    ([result(1, SEARCH, 32)], Whereabouts.HIDDEN),
    ([result(1, SEARCH, 50)], Whereabouts.HIDDEN),
    ([result(1, SEARCH, 51)], Whereabouts.HIDDEN),
    ([result(1, SEARCH), result(2, SEARCH)], Whereabouts.HIDDEN),
    ([result(1, SEARCH), result(2, SEARCH, 32)], Whereabouts.HIDDEN),
    ([result(1, SEARCH), result(2, SEARCH, 32, matched=BASE)], Whereabouts.GONE),
    ([result(1, SEARCH), entry(2, "cn=a") + result(2, SEARCH)], Whereabouts.SHOWN),
]


@pytest.mark.parametrize(("answers", "found"), PROOFS)
async def test_absence_has_to_be_proved(answers: list[bytes], found: Whereabouts) -> None:
    """Gone is what the server says it looked for in vain, or shows as not matching; the rest proves nothing."""
    left = iter(answers)
    async with linked(lambda *_: [next(left)]) as (link, _):
        assert await link.find(f"cn=a,{BASE}") is found


def telling(*said: bytes) -> Script:
    """Answer the search for all with these messages."""
    return lambda message_id, operation: said if operation == SEARCH and message_id == 1 else ()


REFRESHES = [
    [info(1, 1)],
    [info(1, 2, flag=True)],
    [info(1, 2, flag=False), changed(1, "cn=ignored", 0, OTHER_KEY), info(1, 0), info(1, 1, flag=True)],
]


@pytest.mark.parametrize("refreshed", REFRESHES)
async def test_changes_follow_the_refresh(refreshed: list[bytes]) -> None:
    """All there is comes first, in whatever stages; then additions, changes and removals, one by one or as a set."""
    async with linked(telling(changed(1, "cn=a", 1, KEY), *refreshed)) as (link, server):
        changes = await link.read_all(NOTHING)
        assert [(change.key, change.entry is None) for change in changes] == [(KEY, False)]
        assert link.tells_changes
        later = changed(1, "cn=a", 2, KEY) + changed(1, "cn=a", 3, KEY) + info(1, 3, flag=True, keys=[OTHER_KEY])
        taken: list[Change] = []
        woken = asyncio.Event()
        link.wake(woken)
        server.writers[0].write(later + info(1, 3, keys=[KEY]))
        while len(taken) < 3:
            await woken.wait()
            woken.clear()
            taken += link.take_changes()
        assert [(change.key, change.entry is None) for change in taken] == [
            (KEY, False),
            (KEY, True),
            (OTHER_KEY, True),
        ]


ENDS = [(result(1, SEARCH, 4096), StaleError), (result(1, SEARCH), StaleError), (result(1, SEARCH, 3), AnswerError)]


@pytest.mark.parametrize(("end", "error"), ENDS)
async def test_server_that_tells_no_more_is_read_anew(end: bytes, error: type[Exception]) -> None:
    """When the server ends the search that tells, it is asked anew, with its reason where it has one."""
    async with linked(telling(info(1, 1))) as (link, server):
        await link.read_all(NOTHING)
        woken = asyncio.Event()
        link.wake(woken)
        server.writers[0].write(end)
        await woken.wait()
        with pytest.raises(error):
            link.take_changes()


async def test_change_without_its_state_makes_no_sense() -> None:
    """An entry that does not say what has happened to it is never taken for a change."""
    async with linked(telling(entry(1, "cn=a"), info(1, 1))) as (link, _):
        with pytest.raises(LinkError, match="an entry without its state"):
            await link.read_all(NOTHING)


async def test_server_that_tells_nothing_is_asked_plainly_from_then_on() -> None:
    """The refusal of the control that asks for changes is remembered, and all is read without."""

    def deny_once(message_id: int, operation: int) -> list[bytes]:
        if message_id == 1:
            return [result(message_id, operation, 12)]
        return [entry(message_id, f"cn=a{message_id}"), result(message_id, operation)]

    async with linked(deny_once) as (link, server):
        for message_id in (2, 3):
            assert [change.key for change in await link.read_all(NOTHING)] == [f"cn=a{message_id}"]
        assert not link.tells_changes
        assert len(server.received) == 3


async def test_server_that_ends_the_refresh_is_polled() -> None:
    """Where all is sent and the search ends with it, there is nothing to listen to."""
    async with linked(telling(changed(1, "cn=a", 1, KEY), result(1, SEARCH))) as (link, _):
        assert len(await link.read_all(NOTHING)) == 1
        assert not link.tells_changes
