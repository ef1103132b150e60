"""Watching: files that change, and metrics that are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from .. import uwsgi
from ..exceptions import RuntimeConfigurationError
from .handlers import refuse, tie

if TYPE_CHECKING:
    from .handlers import Checker, Decorator, Place
    from .signals import Signal


@overload
def register_file_monitor(filename: str, *, target: Signal | int, checker: Checker | None = None) -> bool: ...
@overload
def register_file_monitor(
    filename: str, *, target: Place | None = None, checker: Checker | None = None
) -> Decorator: ...
def register_file_monitor(
    filename: str, *, target: Place | Signal | int | None = None, checker: Checker | None = None
) -> Any:
    """Decorate a function to be called when a file or a directory changes.

    :param filename: Its path, below 255 bytes. It has to be there when the instance starts.
    :param target: Where it is called, see `uwsgiconf.runtime.signals.Signal.register_handler`; or an existing signal,
        or its number, to be sent instead. Default: the first mule that is free, a worker if there are no mules.
    :param checker: Called first; where it says no, the function is not called.
    :return: A decorator; True for an existing signal.
    :raises RuntimeConfigurationError: uWSGI refused it: there are 64 already, or the path is too long.
    """

    def raise_on(number: int) -> None:
        try:
            uwsgi.add_file_monitor(number, filename)
        except ValueError as fault:
            remedy = "uWSGI has room for 64 monitors, of paths below 255 bytes."
            raise refuse(f"register_file_monitor({filename!r})", fault, remedy) from fault

    return tie(raise_on, target, checker)


class Metric:
    """A metric.

    It has to be configured:
    ``section.monitoring.register_metric(section.monitoring.metric_types.absolute('mymetric'))``.
    The methods that change it return whether they did: not if there is no such metric.

    :param name: Its name. Source: ``metric``.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def value(self) -> int:
        """Its value; 0 if there is no such metric."""
        return uwsgi.metric_get(self.name)

    def set(self, value: int, *, mode: str | None = None) -> bool:
        """Set it.

        :param value: Its new value.
        :param mode: `max`: only if that makes it greater; `min`: only if that makes it less, but
            still greater than what it began with. Default: in any case.
        :raises RuntimeConfigurationError: There is no such mode.
        """
        if mode is None:
            return uwsgi.metric_set(self.name, value) is True
        if mode == "max":
            return uwsgi.metric_set_max(self.name, value) is True
        if mode == "min":
            return uwsgi.metric_set_min(self.name, value) is True
        raise RuntimeConfigurationError(
            f"metric `{self.name}`, set(mode=...)",
            wanted="`max`, `min` or None",
            found=repr(mode),
            remedy="Choose one.",
        )

    def incr(self, delta: int = 1) -> bool:
        """Add to it.

        :param delta: What to add.
        """
        return uwsgi.metric_inc(self.name, delta) is True

    def decr(self, delta: int = 1) -> bool:
        """Subtract from it.

        :param delta: What to subtract.
        """
        return uwsgi.metric_dec(self.name, delta) is True

    def mul(self, value: int = 1) -> bool:
        """Multiply it.

        :param value: By what.
        """
        return uwsgi.metric_mul(self.name, value) is True

    def div(self, value: int = 1) -> bool:
        """Divide it.

        :param value: By what.
        """
        return uwsgi.metric_div(self.name, value) is True
