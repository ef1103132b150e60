"""A websocket whose client is the test."""

from __future__ import annotations

from collections import deque
from typing import Any, ClassVar

from .errors import WouldWaitForeverError
from .part import Instance, Part


class Websocket(Part):
    """The websocket of the current request: what the client sends waits, what it gets is kept."""

    provides: ClassVar[tuple[str, ...]] = (
        "websocket_handshake",
        "websocket_recv",
        "websocket_recv_nb",
        "websocket_send",
        "websocket_send_binary",
    )

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        #: Whether the application made the handshake.
        self.is_open = False
        #: What the application sent: texts, and bytes.
        self.received: list[str | bytes] = []
        self._sent: deque[bytes] = deque()
        self._is_gone = False

    def send(self, message: str | bytes) -> None:
        """Send a message, as the client."""
        self._sent.append(message.encode() if isinstance(message, str) else message)

    def close(self) -> None:
        """Go away, as the client; what was sent before is still received."""
        self._is_gone = True

    def websocket_handshake(
        self, security_key: str | None = None, origin: str | None = None, proto: str | None = None
    ) -> None:
        self.is_open = True

    def websocket_recv(self, request_context: Any = None) -> bytes:
        if not self._sent and not self._is_gone:
            raise WouldWaitForeverError(
                "websocket", wanted="a message of the client", found="none", remedy="Send one, or close it, first."
            )
        return self.websocket_recv_nb()

    def websocket_recv_nb(self, request_context: Any = None) -> bytes:
        self._check(alive=bool(self._sent))
        return self._sent.popleft() if self._sent else b""

    def websocket_send(self, message: str | bytes, request_context: Any = None) -> None:
        self._check()
        self.received.append(message.decode() if isinstance(message, bytes) else message)

    def websocket_send_binary(self, message: str | bytes, request_context: Any = None) -> None:
        self._check()
        self.received.append(message.encode() if isinstance(message, str) else message)

    def _check(self, *, alive: bool = False) -> None:
        if not self.is_open or (self._is_gone and not alive):
            raise OSError("unable to receive websocket message")
