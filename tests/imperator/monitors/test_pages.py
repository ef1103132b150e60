"""Which hosts configurations are fetched from."""

from __future__ import annotations

import asyncio
import socket

import pytest

from imperator.monitors.answers import Absent, Answer, Unusable
from imperator.monitors.pages import Pages

LIMIT_SECONDS = 30

ADDRESSES = [
    (["169.254.169.254"], (), "rome.example has link-local addresses only"),
    (["fe80::1%lo"], (), "rome.example has link-local addresses only"),
    (["::ffff:169.254.169.254"], (), "rome.example has link-local addresses only"),
    (["0.0.0.0", "224.0.0.1"], (), "rome.example has link-local addresses only"),
    (["169.254.169.254", "127.0.0.1"], (), "Cannot connect to host rome.example:1"),
    (["127.0.0.1"], ("rome.example",), "Cannot connect to host rome.example:1"),
    (["127.0.0.1"], ("gaul.example",), "rome.example is none of the allowed hosts"),
]


@pytest.mark.parametrize(("addresses", "hosts", "reason"), ADDRESSES)
async def test_names_are_judged_by_their_addresses(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], hosts: tuple[str, ...], reason: str
) -> None:
    """Whatever a name says, link-local addresses are not connected to; of several the others are."""

    def find(host: str, port: int, family: int = 0, kind: int = 0, *_: object, **__: object) -> list[object]:
        assert host == "rome.example"
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, kind, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", find)
    assert reason in (await answer("http://rome.example:1/a.ini", hosts)).reason


async def answer(url: str, hosts: tuple[str, ...]) -> Unusable:
    """Return the first thing that is said of a page, which is none."""
    heard: asyncio.Queue[Answer] = asyncio.Queue()
    pages = Pages(hosts, lambda _, said: heard.put_nowait(said))
    pages.fetch(url, lambda task: None)
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            said = await heard.get()
    finally:
        await pages.close()
    assert isinstance(said, Unusable)
    return said


async def test_servers_that_never_answer_hold_up_no_other() -> None:
    """However many pages of one server are waited for, a page of another one is fetched at once."""
    heard: asyncio.Queue[tuple[str, Answer]] = asyncio.Queue()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with asyncio.timeout(LIMIT_SECONDS), await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            pages = Pages((), lambda *told: heard.put_nowait(told))
            for number in range(30):
                pages.fetch(f"http://127.0.0.1:{mute.getsockname()[1]}/{number}.ini", lambda _: None)
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a.ini"
            pages.fetch(url, lambda _: None)
            try:
                assert await heard.get() == (url, Absent(404))
            finally:
                await pages.close()
