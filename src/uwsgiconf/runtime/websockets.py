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
    :raises RuntimeConfigurationError: A uWSGI without TLS does not know the request, as workers have several threads.
    """
    if hasattr(uwsgi, "i_am_the_lord"):
        uwsgi.websocket_handshake(security_key, origin, protocol)
    else:
        # A uWSGI built without TLS, as the one of PyPI, cannot hash the key; all else it can.
        _write_handshake(security_key, origin, protocol)


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


#: What a server adds to the key, by RFC 6455.
_ADDED_TO_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _write_handshake(security_key: str, origin: str, protocol: str) -> None:
    from base64 import b64encode
    from hashlib import sha1

    request = getattr(uwsgi, "env", None)
    if request is None and not security_key:
        raise RuntimeConfigurationError(
            "handshake()",
            wanted="the request, or its key",
            found="neither: uWSGI keeps no `env` where workers have several threads, and was built without TLS",
            remedy="Pass them: handshake(security_key=environ['HTTP_SEC_WEBSOCKET_KEY'], origin=..., protocol=...).",
        )
    headers = request or {}
    key = security_key or headers.get("HTTP_SEC_WEBSOCKET_KEY", "")
    if not key:
        raise OSError("unable to complete websocket handshake: the request has no Sec-WebSocket-Key")
    accept = b64encode(sha1((key + _ADDED_TO_KEY).encode(), usedforsecurity=False).digest()).decode()
    answer = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
    answer["Sec-WebSocket-Origin"] = origin or headers.get("HTTP_ORIGIN", "*")
    if chosen := protocol or headers.get("HTTP_SEC_WEBSOCKET_PROTOCOL", ""):
        answer["Sec-WebSocket-Protocol"] = chosen
    lines = ["HTTP/1.1 101 Switching Protocols", *(f"{name}: {value}" for name, value in answer.items()), "", ""]
    if not uwsgi.send("\r\n".join(lines).encode()):
        raise OSError("unable to complete websocket handshake")
