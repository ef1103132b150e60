"""A PUSH socket that speaks to an Emperor's PULL socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import zmq

__all__ = ["Prepare", "ZeroMQSource", "push_to"]

Prepare = Callable[[zmq.Socket[bytes]], None]
"""What is done to a socket before it connects."""


class ZeroMQSource:
    """See `tests.system.sources.source.Source`."""

    keeps_a_list = False

    def __init__(self, socket: zmq.Socket[bytes], endpoint: str) -> None:
        self.target = f"zmq://{endpoint}"
        self._socket = socket
        self._configs: dict[str, str] = {}

    def holds(self, name: str) -> bool:
        return True

    def put(self, name: str, config: str, *, socket: str = "", uid: str = "0") -> None:
        self._configs[name] = config
        parts = ("touch", name, config, uid, "0", *([socket] if socket else []))
        self.send(*(part.encode() for part in parts))

    def put_all(self, configs: dict[str, str]) -> None:
        for name, config in configs.items():
            self.put(name, config)

    def touch(self, name: str) -> None:
        self.put(name, self._configs[name])

    def remove(self, name: str) -> None:
        self.send(b"destroy", name.encode())

    def send(self, *parts: bytes) -> None:
        """Send one message as it is."""
        self._socket.send_multipart(parts)


@contextmanager
def push_to(endpoint: str, prepare: Prepare = lambda socket: None) -> Iterator[ZeroMQSource]:
    """Connect to an endpoint, whether it is bound already or not; what is unsent at the end is thrown away."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SNDTIMEO, 30_000)
        socket.setsockopt(zmq.RECONNECT_IVL, 10)
        prepare(socket)
        socket.connect(endpoint)
        yield ZeroMQSource(socket, endpoint)
