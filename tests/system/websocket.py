"""A client of websockets, by RFC 6455: it checks the handshake, masks what it sends, and answers pings."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import struct

from tests.system.waiting import LIMIT_SECONDS

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


class Websocket:
    """A conversation with a server.

    :param port: Where it listens on 127.0.0.1.
    :param path: What is asked for.
    """

    def __init__(self, port: int, path: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), LIMIT_SECONDS)
        self._stream = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: claims\r\n\r\n".encode()
        )
        self.status = self._stream.readline().decode().strip()
        self.headers: dict[str, str] = {}
        while line := self._stream.readline().decode().strip():
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = value
        accepted = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
        assert self.headers.get("sec-websocket-accept") == accepted, (self.status, self.headers)

    def send(self, message: str | bytes) -> None:
        """Send a text, or binary data."""
        data = message.encode() if isinstance(message, str) else message
        self._send(TEXT if isinstance(message, str) else BINARY, data)

    def receive(self) -> str | bytes | None:
        """Wait for a message: a text, binary data, None if the server closed."""
        while (head := self._stream.read(2)) and len(head) == 2:
            kind, length = head[0] & 0xF, head[1] & 0x7F
            if length == 126:
                [length] = struct.unpack("!H", self._stream.read(2))
            data = self._stream.read(length)
            if kind == PING:
                self._send(PONG, data)
            elif kind == CLOSE:
                return None
            elif kind in {TEXT, BINARY}:
                return data.decode() if kind == TEXT else data
        return None

    def __enter__(self) -> Websocket:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()
        self._socket.close()

    def _send(self, kind: int, data: bytes) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        assert len(data) < 126
        self._socket.sendall(bytes([0x80 | kind, 0x80 | len(data)]) + mask + masked)
