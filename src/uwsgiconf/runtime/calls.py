"""Calls that another process of the instance makes: functions by name, arguments pickled."""

from __future__ import annotations

import pickle
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..exceptions import RuntimeConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Functions that can be called, by their names. Processes forked after the application was loaded inherit it.
_known: dict[str, Callable[..., Any]] = {}


def remember(function: Callable[..., Any]) -> str:
    """Make a function callable by a name.

    :param function: The function itself, not what a decorator puts in its place.
    :return: The name.
    """
    plain = name = f"{function.__module__}:{function.__qualname__}"
    # A second function of that name is another one. In what order they come is the same in every process.
    number = 1
    while _known.setdefault(name, function) is not function:
        number += 1
        name = f"{plain}#{number}"
    return name


def pack(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Write down a call.

    :param name: What `remember` returned.
    :param args: What can be pickled.
    :param kwargs: What can be pickled.
    """
    return pickle.dumps((name, args, kwargs))


def make(packed: bytes) -> Any:
    """Make a call that was written down, and return what the function returns.

    :raises RuntimeConfigurationError: This process does not have the function.
    """
    # Only processes of this instance write messages and the files of its spoolers.
    name, args, kwargs = pickle.loads(packed)  # noqa: S301
    return _find(name)(*args, **kwargs)


def _find(name: str) -> Callable[..., Any]:
    if name not in _known:
        # This process did not load the application (`lazy-apps`): the function's module puts it here when imported.
        module = name.partition(":")[0]
        try:
            import_module(module)
        except ImportError as fault:
            raise _unknown(name, f"no module `{module}` that can be imported") from fault
    if name not in _known:
        raise _unknown(name, f"a module `{name.partition(':')[0]}` that does not have it")
    return _known[name]


def _unknown(name: str, found: str) -> RuntimeConfigurationError:
    return RuntimeConfigurationError(
        f"call of `{name}`",
        wanted="the function in this process",
        found=found,
        remedy="Load the application before the fork (no `lazy-apps`), or put the function into a module of its own.",
    )
