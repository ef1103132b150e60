"""Packets for the command socket, as any uwsgi client writes them."""

from __future__ import annotations

__all__ = ["packet"]


def packet(**pairs: str) -> bytes:
    """Return a packet of these keys and values."""
    body = b"".join(len(text.encode()).to_bytes(2, "little") + text.encode() for pair in pairs.items() for text in pair)
    return b"\0" + len(body).to_bytes(2, "little") + b"\0" + body
