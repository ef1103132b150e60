"""The stats server over HTTP, and the bounds of what it reads."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imperator.control import stats as stats_module
from imperator.control.address import listen
from imperator.control.http import REQUEST_BYTES, respond
from imperator.control.stats import StatsServer

LIMIT_SECONDS = 30


async def converse(path: Path, request: bytes) -> tuple[str, dict[str, str], bytes]:
    """Send a request to a server of its own; return status line, headers and body of the answer."""
    async with (
        asyncio.timeout(LIMIT_SECONDS),
        StatsServer(listen(str(path / "stats")), lambda: {"pid": 1, "vassals": iter([{"id": "a"}])}, http=True),
    ):
        reader, writer = await asyncio.open_unix_connection(str(path / "stats"))
        writer.write(request)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        status, *lines = head.decode().split("\r\n")
        return status, dict(line.split(": ", 1) for line in lines), body


async def test_get(tmp_path: Path) -> None:
    """A browser gets the object, of the announced length, as JSON."""
    status, headers, body = await converse(tmp_path, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == "HTTP/1.0 200 OK"
    assert headers["Content-Type"] == "application/json"
    assert int(headers["Content-Length"]) == len(body)
    assert json.loads(body) == {"pid": 1, "vassals": [{"id": "a"}]}


async def test_head(tmp_path: Path) -> None:
    """A probe that asks for the head gets the head."""
    status, headers, body = await converse(tmp_path, b"HEAD /stats HTTP/1.0\n\n")
    assert (status, body) == ("HTTP/1.0 200 OK", b"")
    assert int(headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    "request_bytes",
    [b"hello\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * REQUEST_BYTES],
    ids=["no request", "no version", "too long"],
)
async def test_bad_requests(tmp_path: Path, request_bytes: bytes) -> None:
    """What is no request, or longer than one may be, gets an error instead of the object."""
    status, _, body = await converse(tmp_path, request_bytes)
    assert status == "HTTP/1.0 400 Bad Request"
    assert "error" in json.loads(body)


async def test_client_that_asks_nothing_is_sent_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without a request ends by itself."""
    monkeypatch.setattr(stats_module, "CLIENT_SECONDS", 0.05)
    async with asyncio.timeout(LIMIT_SECONDS), StatsServer(listen(str(tmp_path / "s")), dict, http=True):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        assert await reader.read() == b""
        writer.close()


async def test_provider_that_fails(tmp_path: Path) -> None:
    """A provider that raises is a server error, not a broken connection."""
    async with asyncio.timeout(LIMIT_SECONDS), StatsServer(listen(str(tmp_path / "s")), lambda: 1 / 0, http=True):  # type: ignore[arg-type, return-value]
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.0 500 ")
        writer.close()


@given(st.binary(max_size=300))
def test_every_request_is_answered(request_bytes: bytes) -> None:
    """Whatever was sent, the answer is a whole HTTP answer."""
    head, blank, body = respond(request_bytes, b'{"a":1}\n').partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.0 200 OK", b"HTTP/1.0 400 Bad Request"))
    assert blank
    assert body == b"" or json.loads(body)


async def test_many_silent_clients_do_not_keep_others_out_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When every place is taken by a client that asks nothing, the next one is served when their time is up."""
    monkeypatch.setattr(stats_module, "CLIENT_SECONDS", 0.1)
    address = str(tmp_path / "s")
    async with asyncio.timeout(LIMIT_SECONDS), StatsServer(listen(address), lambda: {"pid": 1}, http=True):
        silent = [socket.socket(socket.AF_UNIX) for _ in range(stats_module.CLIENTS_AT_ONCE)]
        for client in silent:
            client.connect(address)
        reader, writer = await asyncio.open_unix_connection(address)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert (await reader.read()).endswith(b'{"pid":1}\n')
        writer.close()
        for client in silent:
            client.close()
