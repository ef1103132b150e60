"""Which hosts configurations are fetched from."""

from __future__ import annotations

import asyncio
import socket

import pytest

from imperator.monitors.answers import Answer, Unusable
from imperator.monitors.pages import Pages

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
        async with asyncio.timeout(30):
            said = await heard.get()
    finally:
        await pages.close()
    assert isinstance(said, Unusable)
    return said
