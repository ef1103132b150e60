"""Functions that other processes and other instances can call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._registrations import note

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["call", "register_rpc", "rpc", "rpc_list"]


def call(func_name: bytes, *args: bytes) -> bytes | None:
    """Call a function of this worker.

    :param func_name: Its name.
    :param args: Its arguments.
    :return: What it returned; None if that was empty, or there is none.
    :raises ValueError: A name or an argument is not of bytes.
    """


def rpc(address: bytes | None, func_name: bytes, *args: bytes) -> bytes | None:
    """Call a function of another instance.

    :param address: Where that instance listens, with the protocol uwsgi; None: this worker.
    :param func_name: The function's name.
    :param args: Its arguments.
    :return: What it returned; None if that was empty, or nobody answered.
    :raises ValueError: A name or an argument is not of bytes.
    """


def register_rpc(name: str, func: Callable[..., bytes | None]) -> bool:
    """Let a function be called by its name.

    :param name: The name, below 256 bytes.
    :param func: Takes and returns bytes.
    :raises ValueError: There are as many as there may be, or this is neither master nor worker.
    """
    note("register_rpc", name, func)
    return True


def rpc_list() -> tuple[bytes, ...]:
    """List the names of the functions of this worker."""
    return ()
