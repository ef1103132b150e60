"""Names that were once documented with a slip in them: they work, and say what the right one is."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[..., Any]")


def renamed_parameters(**renamed: str) -> Callable[[_Function], _Function]:
    """Let a function take parameters by former names.

    :param renamed: The names of today by the former ones.
    """

    def decorate(function: _Function) -> _Function:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            for former, today in renamed.items():
                if former in kwargs:
                    _take(kwargs, former, today, function.__qualname__)
            return function(*args, **kwargs)

        return cast("_Function", call)

    return decorate


def warn_renamed(former: str, today: str, *, stacklevel: int = 3) -> None:
    """Warn about a former name.

    :param former: The name that was used.
    :param today: The name to use.
    :param stacklevel: Whose line the warning is about: 2 is the caller's, 3 the one above.
    """
    import warnings

    warnings.warn(f"`{former}` is a slip of the documentation: use `{today}`", DeprecationWarning, stacklevel)


def _take(kwargs: dict[str, Any], former: str, today: str, function: str) -> None:
    if today in kwargs:
        raise ConfigurationError(
            function,
            wanted=f"`{today}` once",
            found=f"`{today}` and its former name `{former}`",
            remedy=f"Remove `{former}`.",
        )
    warn_renamed(former, today, stacklevel=4)
    kwargs[today] = kwargs.pop(former)
