"""The stats server: one JSON object for whoever connects, or asks over HTTP, then the connection ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from json import JSONEncoder
from typing import TYPE_CHECKING, Any

from imperator.control.accepting import Accepting
from imperator.control.http import hear_request, respond

if TYPE_CHECKING:
    from types import TracebackType

    from imperator.control.address import Listener

__all__ = ["StatsServer", "encode_in_slices"]

_log = logging.getLogger(__name__)

CLIENTS_AT_ONCE = 32
CLIENT_SECONDS = 5.0
PIECE_BYTES = 1 << 16
LINGER_SECONDS = 1.0
LINGER_BYTES = 1 << 16
SLICE_ITEMS = 50

_encode = JSONEncoder(separators=(",", ":")).encode


class StatsServer:
    """Tells stats to whoever connects. No client can delay anybody else, however slow, numerous or talkative.

    At most `CLIENTS_AT_ONCE` are served at a time; the others wait in the kernel's queue. Each has `CLIENT_SECONDS` for
    its request, and as long for every `PIECE_BYTES` of the answer, however long we take to make it. Clients that wait
    at the same moment are given the same encoded object.

    :param listener: Where to listen; closed at the end.
    :param provide: Makes the object. Its lists may be any iterable of JSON values: they are walked in slices, between
        which the loop does other work.
    :param http: Wait for an HTTP request and answer in kind. Source: ``stats-http``.
    """

    def __init__(self, listener: Listener, provide: Callable[[], Mapping[str, Any]], *, http: bool = False) -> None:
        self._listener = listener
        self._provide = provide
        self._http = http
        self._clients: dict[asyncio.Task[None], socket.socket] = {}
        self._encoding: asyncio.Task[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it listens, as people write it."""
        return self._listener.address

    async def __aenter__(self) -> StatsServer:
        self._accepting = Accepting(self._listener.socket, "stats server", self._accepted)
        self._accepting.go_on()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._accepting.end()
        tasks = [*self._clients, *([self._encoding] if self._encoding is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    def _accepted(self, client: socket.socket) -> None:
        client.setblocking(False)
        task = asyncio.get_running_loop().create_task(self._serve(client))
        self._clients[task] = client
        task.add_done_callback(self._served)
        if len(self._clients) >= CLIENTS_AT_ONCE:
            self._accepting.pause()

    def _served(self, task: asyncio.Task[None]) -> None:
        self._clients.pop(task).close()  # here and not in the task: one that is cancelled early never runs
        self._accepting.go_on()

    async def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, TimeoutError):  # the client left, or is too slow
            async with asyncio.timeout(CLIENT_SECONDS):
                request = await hear_request(client) if self._http else None
            body = await self._body_or_nothing()
            await _send(client, body if request is None else respond(request, body))
            await _say_farewell(client)

    async def _body_or_nothing(self) -> bytes:
        try:
            return await self._body()
        except Exception:  # noqa: BLE001  # the provider's: nothing ends because somebody asked how it is
            _log.exception("stats server: cannot tell the stats")
            return b""

    async def _body(self) -> bytes:
        """The object as it is now: made once for all who ask before it is begun."""
        if self._encoding is None:
            self._encoding = asyncio.get_running_loop().create_task(self._encode())
        return await asyncio.shield(self._encoding)

    async def _encode(self) -> bytes:
        await asyncio.sleep(0)  # clients that connected together have all asked by now
        self._encoding = None  # who asks from here on is told something newer
        return await encode_in_slices(self._provide())


async def _send(client: socket.socket, answer: bytes) -> None:
    loop = asyncio.get_running_loop()
    for start in range(0, len(answer), PIECE_BYTES):
        async with asyncio.timeout(CLIENT_SECONDS):
            await loop.sock_sendall(client, answer[start : start + PIECE_BYTES])


async def _say_farewell(client: socket.socket) -> None:
    """Wait a moment for the client to leave: closing while it still sends would make the kernel drop our answer."""
    loop = asyncio.get_running_loop()
    client.shutdown(socket.SHUT_WR)
    async with asyncio.timeout(LINGER_SECONDS):
        heard_bytes = 0
        while heard_bytes < LINGER_BYTES and (heard := await loop.sock_recv(client, 4096)):
            heard_bytes += len(heard)


async def encode_in_slices(stats: Mapping[str, Any]) -> bytes:
    """Encode an object whose lists may be long, letting the loop work in between.

    :param stats: Its values are JSON values, or iterables of them.
    """
    parts = []
    for key, value in stats.items():
        if isinstance(value, Iterable) and not isinstance(value, (str, Mapping)):
            encoded = await _encode_list(value)
        else:
            encoded = _encode(value)
        parts.append(f"{_encode(key)}:{encoded}")
    return f"{{{','.join(parts)}}}\n".encode()


async def _encode_list(values: Iterable[Any]) -> str:
    remaining = iter(values)
    slices = []
    while some := list(islice(remaining, SLICE_ITEMS)):
        slices.append(_encode(some)[1:-1])
        await asyncio.sleep(0)
    return f"[{','.join(slices)}]"
