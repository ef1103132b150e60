"""As much HTTP as it takes to tell a browser or a probe one thing: a request is heard within bounds and answered."""

from __future__ import annotations

import asyncio
import re
import socket

__all__ = ["hear_request", "respond"]

REQUEST_BYTES = 1 << 14
"""The longest head of a request that is read."""

_REQUEST_LINE = re.compile(rb"([A-Z]+) \S+ HTTP/1\.[01]\r?\n")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_HEAD = (
    "HTTP/1.0 {status}\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\nCache-Control: no-store\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)


async def hear_request(client: socket.socket) -> bytes:
    """Read the head of a request; what is longer than it may be is returned as far as it was read.

    :param client: A connection that does not block.
    :raises OSError: The client left before its request was whole.
    """
    loop = asyncio.get_running_loop()
    heard = b""
    while len(heard) < REQUEST_BYTES and not _END_OF_HEAD.search(heard):
        part = await loop.sock_recv(client, REQUEST_BYTES - len(heard))
        if not part:
            raise ConnectionAbortedError("the client left in the middle of its request")
        heard += part
    return heard


def respond(request: bytes, body: bytes) -> bytes:
    """Return the whole answer: the body where it was asked for, its length alone to HEAD.

    :param request: What `hear_request` returned.
    :param body: JSON. Empty: it could not be made.
    """
    line = _REQUEST_LINE.match(request)
    if line is None or not _END_OF_HEAD.search(request):
        return _answer("400 Bad Request", b'{"error":"this is no HTTP request, or too long a one"}\n')
    if not body:
        return _answer("500 Internal Server Error", b'{"error":"see the log"}\n')
    answer = _answer("200 OK", body)
    return answer.removesuffix(body) if line[1] == b"HEAD" else answer


def _answer(status: str, body: bytes) -> bytes:
    return _HEAD.format(status=status, length=len(body)).encode() + body
