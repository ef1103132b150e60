"""A conversation over a websocket: what a client says, and what it hears."""

from __future__ import annotations

from collections.abc import Iterator

from uwsgiconf.runtime import websockets

__all__ = ["ASKING", "EXCHANGES", "GOODBYE", "converse"]

#: What is sent, and what is answered.
EXCHANGES: list[tuple[str | bytes, str | bytes]] = [
    ("hello, wörld", "HELLO, WÖRLD"),
    (b"\x00\x01\x02", b"\x02\x01\x00"),
    ("", "nothing more"),
]

GOODBYE = "bye"

#: Asks for what is there without waiting for it; for clients that wait for the answer.
ASKING = b"anything more?"


def converse() -> Iterator[bytes]:
    """Answer text in capitals, binary data in reverse, and nothing with what is there: nothing; until goodbye."""
    websockets.handshake()
    while (message := websockets.recv()) != GOODBYE.encode():
        if message == ASKING:
            websockets.send(message=f"{websockets.recv(non_blocking=True)!r}")
        elif not message:
            websockets.send(message="nothing more")
        elif message.startswith(b"\x00"):
            websockets.send(message=message[::-1])
        else:
            websockets.send(message=message.decode().upper())
    yield b""
