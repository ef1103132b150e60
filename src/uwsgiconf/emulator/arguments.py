"""What uWSGI's functions take: an emulated one refuses what the real one would, so that a test shows it."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: The only functions of uWSGI that take arguments by their names.
_TAKE_NAMES = frozenset({"mule_get_msg", "send_to_spooler", "spool"})

_TEXTS = {"str": str, "bytes": bytes}

#: uWSGI's numbers are C's.
_LEAST, _GREATEST = -(2**63), 2**63 - 1


def checked(name: str, function: Callable[..., Any], documented: Callable[..., Any]) -> Callable[..., Any]:
    """Have the arguments of a function checked.

    :param name: Its name in uWSGI.
    :param function: What is called with arguments that uWSGI takes.
    :param documented: The stand-in of the function, whose annotations say what those are.
    """
    parameters = list(inspect.signature(documented).parameters.values())
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return function  # takes what it is given, and looks at it by itself

    @wraps(function)
    def check(*args: Any, **kwargs: Any) -> Any:
        if kwargs and name not in _TAKE_NAMES:
            raise TypeError(f"{name}() takes no keyword arguments")
        for parameter, value in zip(parameters, args, strict=False):
            _check(name, parameter, value)
        return function(*args, **kwargs)

    return check


def _check(name: str, parameter: inspect.Parameter, value: Any) -> None:
    # Annotations are texts, such as `str | bytes`; of others than these nothing is said.
    wanted = set(str(parameter.annotation).split(" | "))
    if wanted - {"str", "bytes", "int", "None"}:
        return
    # What may be left out cannot be passed as None, but by name.
    if value is None and "None" in wanted and (parameter.default is parameter.empty or name in _TAKE_NAMES):
        return
    if "int" in wanted and hasattr(value, "__index__"):
        if not _LEAST <= value.__index__() <= _GREATEST:
            raise OverflowError("Python int too large to convert to C long")
        return
    if not any(kind in wanted and isinstance(value, type_) for kind, type_ in _TEXTS.items()):
        kinds = " | ".join(sorted(wanted - {"None"}))
        raise TypeError(f"{name}() argument `{parameter.name}` must be {kinds}, not {value!r}")
