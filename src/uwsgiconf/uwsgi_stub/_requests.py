"""The current request, its connection, and websockets."""

from __future__ import annotations

from typing import Any

__all__ = [
    "add_var",
    "chunked_read",
    "chunked_read_nb",
    "cl",
    "connection_fd",
    "disconnect",
    "get_logvar",
    "log_this_request",
    "offload",
    "ready_fd",
    "request_id",
    "route",
    "send",
    "sendfile",
    "set_logvar",
    "websocket_handshake",
    "websocket_recv",
    "websocket_recv_nb",
    "websocket_send",
    "websocket_send_binary",
]


def add_var(name: str, value: str) -> bool:
    """Add a variable to the request, which routing rules see.

    :param name: Its name.
    :param value: Its value.
    :raises ValueError: The buffer for the request's variables is full.
    """
    return True


def chunked_read(timeout: int) -> bytes:
    """Read a chunk of a chunked body.

    :param timeout: Seconds to wait.
    :raises OSError: There was none.
    """
    return b""


def chunked_read_nb() -> bytes | None:
    """Read a chunk of a chunked body if one is there.

    :raises OSError: The body is broken.
    """


def cl() -> int:
    """Tell the length of the request's body in bytes."""
    return 0


def connection_fd() -> int:
    """Tell the descriptor of the request's connection."""
    return 0


def disconnect() -> None:
    """Close the request's connection."""


def get_logvar(name: str | bytes) -> bytes | None:
    """Read a variable of the request's line in the log.

    :param name: Its name.
    """


def set_logvar(name: str | bytes, value: str | bytes) -> None:
    """Set a variable of the request's line in the log.

    :param name: Its name.
    :param value: Its value.
    """


def log_this_request() -> None:
    """Have the request logged, even if requests are not."""


def offload(filename: str) -> bytes:
    """Do nothing: uWSGI has it, and has not implemented it.

    :param filename: A file.
    """
    return b""


def ready_fd() -> bool:
    """Tell whether the descriptor that the request waits for is ready."""
    return False


def request_id() -> int:
    """Tell how many requests this core of this worker has answered."""
    return 0


def route(name: str, args_str: str) -> int:
    """Do what a routing action does.

    :param name: The action.
    :param args_str: Its arguments, as in a routing rule.
    """
    return 0


def send(fd_or_data: int | bytes, data: bytes | None = None) -> bool | None:
    """Write to the request's connection, or to a descriptor.

    :param fd_or_data: The data, or the descriptor if there are two arguments.
    :param data: The data.
    """


def sendfile(fd_or_name: int | str, chunk_size: int = 0, start_pos: int = 0, filesize: int = 0) -> bool | None:
    """Send a file as the answer.

    :param fd_or_name: Its path or descriptor.
    :param chunk_size: Not used.
    :param start_pos: Where to begin, in bytes.
    :param filesize: How many bytes; 0: all.
    """


def websocket_handshake(security_key: str | None = None, origin: str | None = None, proto: str | None = None) -> None:
    """Make the request a websocket.

    :param security_key: Its key. Default: the one of the request.
    :param origin: Its origin. Default: the one of the request.
    :param proto: Its protocol. Default: the one of the request.
    :raises OSError: It could not be made.
    """


def websocket_recv(request_context: Any = None) -> bytes:
    """Wait for a message.

    :param request_context: A request; only unreleased uWSGI takes it.
    :raises OSError: The client has gone.
    """
    return b""


def websocket_recv_nb(request_context: Any = None) -> bytes:
    """Take a message if one is there, else nothing.

    :param request_context: A request; only unreleased uWSGI takes it.
    :raises OSError: The client has gone.
    """
    return b""


def websocket_send(message: str | bytes, request_context: Any = None) -> None:
    """Send a text message.

    :param message: The text.
    :param request_context: A request; only unreleased uWSGI takes it.
    :raises OSError: The client has gone.
    """


def websocket_send_binary(message: str | bytes, request_context: Any = None) -> None:
    """Send a binary message.

    :param message: The data.
    :param request_context: A request; only unreleased uWSGI takes it.
    :raises OSError: The client has gone.
    """
