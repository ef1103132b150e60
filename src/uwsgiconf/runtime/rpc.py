"""Functions that other processes and other instances can call by their names."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from .. import uwsgi
from ..exceptions import RuntimeConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Function = TypeVar("Function", bound=Callable[..., Any])

#: uWSGI keeps arguments in an array of 256, and their lengths in 16 bits; it checks neither.
_MAX_ARGUMENTS = 254
_MAX_ARGUMENT_BYTES = 0xFFFF


def register_rpc(name: str | None = None) -> Callable[[Function], Function]:
    """Decorate a function so that it can be called by its name.

    ::

        @register_rpc()
        def expose_me(arg1, arg2=15):
            return b'some'

        make_rpc_call('expose_me', ['value1'])

    It is called with bytes, and returns bytes, text or None. Registered in the master, before the fork, it is there in
    all workers; registered in a worker, in that one.

    :param name: The name, below 256 bytes. Default: that of the function.
    :raises ValueError: There are as many as there may be, or the process is neither master nor worker.
        Source: ``rpc-max``.
    """

    def register(function: Function) -> Function:
        @wraps(function)
        def answer(*args: bytes) -> bytes | None:
            found = function(*args)
            return found.encode() if isinstance(found, str) else found

        uwsgi.register_rpc(name or function.__name__, answer)
        return function

    return register


def make_rpc_call(func_name: str, args: Sequence[str | bytes] | None = None, remote: str | None = None) -> str | None:
    """Call a function of this worker, or of another instance.

    :param func_name: Its name.
    :param args: Its arguments, which it gets as bytes: at most 254, each below 64 KiB.
    :param remote: Where the other instance listens, with the protocol uwsgi. It answers only what fits into its
        `buffer-size`, 4 KiB if nothing is said.
    :return: What it returned; None if that was empty, or nobody answered.
    :raises RuntimeConfigurationError: There are more arguments, or longer ones, than uWSGI takes.
    """
    encoded = [value if isinstance(value, bytes) else value.encode() for value in args or ()]
    if len(encoded) > _MAX_ARGUMENTS or any(len(value) > _MAX_ARGUMENT_BYTES for value in encoded):
        longest = max(len(value) for value in encoded)
        raise RuntimeConfigurationError(
            f"RPC call of `{func_name}`",
            wanted=f"at most {_MAX_ARGUMENTS} arguments of at most {_MAX_ARGUMENT_BYTES} bytes",
            found=f"{len(encoded)}, the longest of {longest} bytes",
            remedy="Put the data into a cache, and pass its key.",
        )
    name = func_name.encode()
    found = uwsgi.rpc(remote.encode(), name, *encoded) if remote else uwsgi.call(name, *encoded)
    return None if found is None else found.decode()


def get_rpc_list() -> list[str]:
    """List the names of the functions that can be called in this worker."""
    return [name.decode() for name in uwsgi.rpc_list()]
