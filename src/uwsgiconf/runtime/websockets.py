"""Websockets: a request that becomes a conversation."""

from __future__ import annotations

from typing import Any

from .. import uwsgi
from ..exceptions import RuntimeConfigurationError


def handshake(*, security_key: str = "", origin: str = "", protocol: str = "") -> None:
    """Make the current request a websocket.

    :param security_key: Its key. Default: the one of the request.
    :param origin: Its origin. Default: the one of the request.
    :param protocol: Its protocol. Default: the one of the request.
    :raises OSError: It could not be made.
    """
    uwsgi.websocket_handshake(security_key, origin, protocol)


def recv(*, request_context: Any = None, non_blocking: bool = False) -> bytes:
    """Take a message.

    :param request_context: The request, where it is not the current one; not in released uWSGI.
    :param non_blocking: Return nothing if no message is there, instead of waiting for one.
    :return: The message.
    :raises OSError: The client has gone.
    """
    receive = uwsgi.websocket_recv_nb if non_blocking else uwsgi.websocket_recv
    return receive() if request_context is None else receive(request_context)


def send(*, message: str | bytes, request_context: Any = None) -> None:
    """Send a message: text as text, bytes as binary data.

    :param message: The message.
    :param request_context: The request, where it is not the current one; not in released uWSGI.
    :raises OSError: The client has gone.
    :raises RuntimeConfigurationError: This uWSGI does not take `request_context`.
    """
    deliver = uwsgi.websocket_send_binary if isinstance(message, bytes) else uwsgi.websocket_send
    if request_context is None:
        deliver(message)
        return
    try:
        deliver(message, request_context)
    except TypeError as fault:
        raise RuntimeConfigurationError(
            "send(request_context=...)",
            wanted="a uWSGI that takes it, 2.1",
            found=uwsgi.version.decode(),
            remedy="Send from the request that the websocket belongs to.",
        ) from fault
