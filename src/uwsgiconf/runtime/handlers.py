"""Tying a function to something that raises signals: a timer, cron, a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .. import uwsgi
from ..exceptions import RuntimeConfigurationError
from .mules import Farm, Mule, has_mules
from .signals import UNDECIDED, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = TypeVar("Function", bound=Callable[[], Any])
    #: Called before the function; it is not called where this says no.
    Checker = Callable[[], object]
    #: A place where a function is to be called; none: a mule if there are mules, else a worker.
    Place = str | Mule | Farm

    class Decorator(Protocol):
        """Returns the function it is given."""

        def __call__(self, function: Function, /) -> Function: ...


def tie(
    raise_on: Callable[[int], object], target: Place | Signal | int | None, checker: Checker | None
) -> Callable[[Any], Any] | bool:
    """Have a signal raised: an existing one, or a new one for a function to decorate.

    :param raise_on: Given the number of a signal, sees to it that it is raised.
    :param target: The existing signal or its number, or the place where the function is to be called.
    :param checker: Called first; where it says no, nothing is done.
    :return: True for an existing signal, else a decorator.
    """
    if isinstance(target, int):
        target = Signal(target)
    if isinstance(target, Signal):
        return _relay(raise_on, target, checker)

    def decorate(function: Function) -> Function:
        signal = Signal()
        signal.register_handler(target=target or _default_place(), callback=_guarded(function, checker))
        raise_on(signal.num)
        return function

    return decorate


def refuse(call: str, fault: Exception, remedy: str) -> RuntimeConfigurationError:
    """Make an error of what uWSGI refused without saying why.

    :param call: What was asked of it.
    :param fault: What it said.
    :param remedy: What may help.
    """
    return RuntimeConfigurationError(call, wanted="that uWSGI takes it", found=f"`{fault}`", remedy=remedy)


def _relay(raise_on: Callable[[int], object], signal: Signal, checker: Checker | None) -> bool:
    if checker is None:
        raise_on(signal.num)
        return True
    # The handler of an existing signal is not ours to change: a signal of our own asks first, and then sends it.
    between = Signal()
    between.register_handler(target=_default_place(), callback=_guarded(signal.send, checker))
    raise_on(between.num)
    return True


def _guarded(function: Callable[[], Any], checker: Checker | None) -> Callable[[], Any]:
    if checker is None:
        return function
    return lambda: function() if checker() else None


def _default_place() -> str:
    if not uwsgi.opt:
        return UNDECIDED  # loaded without uWSGI, for an emulator that is still to come
    return "mule" if has_mules() else "worker"
