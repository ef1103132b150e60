"""The trigger socket."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from imperator.control import accepting, trigger
from imperator.control.address import listen
from imperator.control.trigger import TriggerSocket

LIMIT_SECONDS = 30


def connect(path: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.setblocking(False)
    return client


async def test_connection_is_a_look_and_ends(tmp_path: Path) -> None:
    """Whoever connects makes it look; the connection ends by itself, whatever was sent."""
    looked = asyncio.Event()
    listener = listen(str(tmp_path / "t"))
    socket_ = TriggerSocket(listener, looked.set)
    async with asyncio.timeout(LIMIT_SECONDS):
        client = connect(str(tmp_path / "t"))
        await looked.wait()
        assert await asyncio.get_running_loop().sock_recv(client, 1) == b""
    socket_.close()
    listener.close()
    client.close()


async def test_flood_is_few_looks_and_a_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many connections share a look, and a look follows the last of them."""
    monkeypatch.setattr(trigger, "LOOK_SECONDS", 0.5)
    looks: list[None] = []
    listener = listen(str(tmp_path / "t"))
    socket_ = TriggerSocket(listener, lambda: looks.append(None))
    async with asyncio.timeout(LIMIT_SECONDS):
        for _ in range(100):
            client = connect(str(tmp_path / "t"))
            assert await asyncio.get_running_loop().sock_recv(client, 1) == b""
            client.close()
        before = len(looks)
        client = connect(str(tmp_path / "t"))
        while len(looks) == before:
            await asyncio.sleep(0)
        client.close()
    assert before < 100
    socket_.close()
    listener.close()


async def test_no_descriptor_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without descriptors it says so, pauses, and goes on when there are some."""
    monkeypatch.setattr(accepting, "RETRY_SECONDS", 0.01)
    accept, refusals = socket.socket.accept, [OSError(24, "Too many open files")]

    def refuse_once(sock: socket.socket) -> tuple[socket.socket, object]:
        if refusals:
            raise refusals.pop()
        return accept(sock)

    monkeypatch.setattr(socket.socket, "accept", refuse_once)
    looked = asyncio.Event()
    listener = listen(str(tmp_path / "t"))
    socket_ = TriggerSocket(listener, looked.set)
    async with asyncio.timeout(LIMIT_SECONDS):
        client = connect(str(tmp_path / "t"))
        await looked.wait()
    assert caplog.messages == ["trigger socket: cannot accept a connection: Too many open files"]
    socket_.close()
    listener.close()
    client.close()
