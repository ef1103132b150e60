"""The stats server."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from imperator.control import accepting
from imperator.control import stats as stats_module
from imperator.control.address import listen
from imperator.control.stats import CLIENTS_AT_ONCE, StatsServer, encode_in_slices

LIMIT_SECONDS = 30


@asynccontextmanager
async def serving(path: Path, provide: Callable[[], dict[str, Any]]) -> AsyncIterator[str]:
    """A server, and the path where it can be reached."""
    async with asyncio.timeout(LIMIT_SECONDS), StatsServer(listen(str(path / "stats")), provide):
        yield str(path / "stats")


async def ask(path: str, say: bytes = b"") -> Any:
    """What one client is told."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(say)
    told = json.loads(await reader.read())
    writer.close()
    return told


def connect(path: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.setblocking(False)
    client.connect(path)
    return client


async def test_one_object_per_connection(tmp_path: Path) -> None:
    """Each connection gets one object, made when it is asked for, and ends."""
    asked = iter(range(10))
    async with serving(tmp_path, lambda: {"turn": next(asked)}) as path:
        assert [await ask(path), await ask(path)] == [{"turn": 0}, {"turn": 1}]
    assert not (tmp_path / "stats").exists()


async def test_tcp() -> None:
    """It answers on TCP as well."""
    listener = listen("127.0.0.1:0")
    async with asyncio.timeout(LIMIT_SECONDS), StatsServer(listener, lambda: {"pid": 1}) as server:
        host, _, port = server.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        assert json.loads(await reader.read()) == {"pid": 1}
        writer.close()


async def test_whatever_is_sent_is_ignored(tmp_path: Path) -> None:
    """Junk, requests and floods change nothing about the answer."""
    junk = random.Random(7)
    async with serving(tmp_path, lambda: {"pid": 1}) as path:
        for size in (0, 1, 100, 5_000, 60_000):
            assert await ask(path, junk.randbytes(size)) == {"pid": 1}
        assert await ask(path, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == {"pid": 1}


async def test_clients_that_never_read_delay_nobody_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When every place is taken by a client that never reads, the next one is served as soon as their time is up."""
    monkeypatch.setattr(stats_module, "CLIENT_SECONDS", 0.2)
    big = {"vassals": ["x" * 1000] * 2000}
    async with serving(tmp_path, lambda: big) as path:
        sleepers = [connect(path) for _ in range(CLIENTS_AT_ONCE + 8)]
        assert await ask(path) == big
        for sleeper in sleepers:
            sleeper.close()


async def test_time_that_we_take_is_not_the_clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes to make the stats, a client that reads gets them whole."""
    monkeypatch.setattr(stats_module, "CLIENT_SECONDS", 0)
    vassals = [{"id": str(number)} for number in range(10 * stats_module.SLICE_ITEMS)]
    async with serving(tmp_path, lambda: {"vassals": vassals}) as path:
        assert await ask(path) == {"vassals": vassals}


async def test_clients_that_leave_at_once(tmp_path: Path) -> None:
    """Hundreds that connect and leave do no harm."""
    async with serving(tmp_path, lambda: {"pid": 1}) as path:
        for _ in range(300):
            connect(path).close()
            await asyncio.sleep(0)
        assert await ask(path) == {"pid": 1}


async def test_clients_together_share_the_work(tmp_path: Path) -> None:
    """Clients that wait at the same moment are given one object that is made once."""
    turns = iter(range(20))
    async with serving(tmp_path, lambda: {"turn": next(turns)}) as path:
        answers = await asyncio.gather(*(ask(path) for _ in range(20)))
    made = next(turns)
    assert made < 20
    assert {answer["turn"] for answer in answers} == set(range(made))


async def test_no_descriptor_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without descriptors the server pauses, and goes on when there are some."""
    monkeypatch.setattr(accepting, "RETRY_SECONDS", 0.01)
    refused: list[socket.socket] = []
    accept = socket.socket.accept

    def refuse_twice(sock: socket.socket) -> Any:
        if len(refused) < 2:
            refused.append(sock)
            raise OSError(24, os.strerror(24))
        return accept(sock)

    monkeypatch.setattr(socket.socket, "accept", refuse_twice)
    async with serving(tmp_path, lambda: {"pid": 1}) as path:
        assert await ask(path) == {"pid": 1}
    assert len(refused) == 2


async def test_provider_that_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A provider that raises costs its clients their answer, is logged, and nothing more."""
    answers: list[Callable[[], dict[str, Any]]] = [lambda: {"pid": 1}, lambda: 1 / 0]  # type: ignore[list-item, return-value]
    async with serving(tmp_path, lambda: answers.pop()()) as path:
        reader, writer = await asyncio.open_unix_connection(path)
        assert await reader.read() == b""
        writer.close()
        assert await ask(path) == {"pid": 1}
    assert "cannot tell the stats" in caplog.text


async def test_leaving_with_clients_connected(tmp_path: Path) -> None:
    """The server ends though clients are still connected, and leaves no task and no file."""
    before = asyncio.all_tasks()
    async with AsyncExitStack() as stack:
        path = await stack.enter_async_context(serving(tmp_path, lambda: {"x": "y" * 5_000_000}))
        clients = [connect(path) for _ in range(5)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert not (tmp_path / "stats").exists()
    for client in clients:
        client.close()


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 1000])
async def test_slices_make_one_object(count: int) -> None:
    """Encoding in slices gives what encoding at once gives, for lists and for generators."""
    vassals = [{"id": f"a{number}\n", "pid": number} for number in range(count)]
    stats = {"version": "1", "vassals": vassals, "nested": {"a": [1, 2]}, "none": None}
    assert json.loads(await encode_in_slices(stats)) == stats
    assert json.loads(await encode_in_slices({"vassals": iter(vassals)})) == {"vassals": vassals}


async def test_loop_works_between_slices() -> None:
    """While 5,000 vassals are encoded, the loop gets its turn at least once per hundred of them."""
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    await encode_in_slices({"vassals": [{"id": "a"}] * 5000})
    counting.cancel()
    assert turns >= 50
