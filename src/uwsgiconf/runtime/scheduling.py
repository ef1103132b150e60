"""Doing something again and again: by timers, or at times of the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from .. import uwsgi
from ..exceptions import RuntimeConfigurationError
from .cron_fields import parse_cron
from .handlers import refuse, tie

if TYPE_CHECKING:
    from collections.abc import Callable

    from .cron_fields import Field
    from .handlers import Checker, Decorator, Place
    from .signals import Signal

_TABLES_FULL = "uWSGI has room for 64 of each kind, and needs a master: `section.master_process(enable=True)`."


@overload
def register_timer(period: int, *, target: Signal | int, checker: Checker | None = None) -> bool: ...
@overload
def register_timer(period: int, *, target: Place | None = None, checker: Checker | None = None) -> Decorator: ...
def register_timer(period: int, *, target: Place | Signal | int | None = None, checker: Checker | None = None) -> Any:
    """Decorate a function to be called again and again, by a timer of the kernel.

    ::

        @register_timer(3)
        def repeat():
            do()

    :param period: Seconds, from 1.
    :param target: Where it is called, see `Signal.register_handler`; or an existing signal, or its number, to be sent
        instead. Default: the first mule that is free, a worker if there are no mules.
    :param checker: Called first; where it says no, the function is not called.
    :return: A decorator; True for an existing signal.
    :raises RuntimeConfigurationError: The period is none, or uWSGI refused it: there are 64 already, or no master.
    """
    _check_period("register_timer", period)
    return _tie("register_timer", lambda number: uwsgi.add_timer(number, period), target, checker)


@overload
def register_timer_rb(
    period: int, *, repeat: int | None = None, target: Signal | int, checker: Checker | None = None
) -> bool: ...
@overload
def register_timer_rb(
    period: int, *, repeat: int | None = None, target: Place | None = None, checker: Checker | None = None
) -> Decorator: ...
def register_timer_rb(
    period: int,
    *,
    repeat: int | None = None,
    target: Place | Signal | int | None = None,
    checker: Checker | None = None,
) -> Any:
    """Decorate a function to be called again and again, by a timer in a red-black tree of the master.

    ::

        @register_timer_rb(10, repeat=2)
        def repeat_twice():
            do()

    :param period: Seconds, from 1.
    :param repeat: How often. Default: without end.
    :param target: Where it is called, see `register_timer`.
    :param checker: Called first; where it says no, the function is not called.
    :return: A decorator; True for an existing signal.
    :raises RuntimeConfigurationError: The period is none, or uWSGI refused it: there are 64 already, or no master.
    """
    _check_period("register_timer_rb", period)
    return _tie("register_timer_rb", lambda number: uwsgi.add_rb_timer(number, period, repeat or 0), target, checker)


@overload
def register_timer_ms(period: int, *, target: Signal | int, checker: Checker | None = None) -> bool: ...
@overload
def register_timer_ms(period: int, *, target: Place | None = None, checker: Checker | None = None) -> Decorator: ...
def register_timer_ms(
    period: int, *, target: Place | Signal | int | None = None, checker: Checker | None = None
) -> Any:
    """Decorate a function to be called again and again, several times a second.

    ::

        @register_timer_ms(300)
        def repeat():
            do()

    Released uWSGI has no such timers: there a thread of worker 1 sends the signals, which needs `enable-threads`.

    :param period: Milliseconds, from 1.
    :param target: Where it is called, see `register_timer`.
    :param checker: Called first; where it says no, the function is not called.
    :return: A decorator; True for an existing signal.
    :raises RuntimeConfigurationError: The period is none, uWSGI refused it, or threads are not enabled.
    """
    _check_period("register_timer_ms", period)

    def raise_on(number: int) -> None:
        add = getattr(uwsgi, "add_ms_timer", None)
        if add is None:
            from .ticking import tick

            add = tick
        add(number, period)

    return _tie("register_timer_ms", raise_on, target, checker)


@overload
def register_cron(
    *,
    weekday: Field = None,
    month: Field = None,
    day: Field = None,
    hour: Field = None,
    minute: Field = None,
    target: Signal | int,
    checker: Checker | None = None,
) -> bool: ...
@overload
def register_cron(
    *,
    weekday: Field = None,
    month: Field = None,
    day: Field = None,
    hour: Field = None,
    minute: Field = None,
    target: Place | None = None,
    checker: Checker | None = None,
) -> Decorator: ...
def register_cron(
    *,
    weekday: Field = None,
    month: Field = None,
    day: Field = None,
    hour: Field = None,
    minute: Field = None,
    target: Place | Signal | int | None = None,
    checker: Checker | None = None,
) -> Any:
    """Decorate a function to be called at times of the clock, local time.

    ::

        @register_cron(hour=-3)  # every 3 hours
        def repeat():
            do()

    A field is a number, zero included; -1 for every, as is a field left out; -N for every Nth. uWSGI knows no more.
    As texts there are ranges too, `10-18` or `10-18/2` for 10, 12 and so on, and lists, `1,15`: uWSGI is told of each
    time, up to 16; of more it is told `every`, and the function is called, within that minute, if it is such a time.
    A day of the month and a day of the week are alternatives.

    :param weekday: 0 (Sunday) to 6; 7 is Sunday too.
    :param month: 1 to 12.
    :param day: Day of the month, 1 to 31.
    :param hour: 0 to 23.
    :param minute: 0 to 59.
    :param target: Where it is called, see `register_timer`.
    :param checker: Called first; where it says no, the function is not called.
    :return: A decorator; True for an existing signal.
    :raises RuntimeConfigurationError: A field is no time, or uWSGI refused it: there are 64 already, or no master.
    """
    cron = parse_cron({"weekday": weekday, "month": month, "day": day, "hour": hour, "minute": minute})

    def raise_on(number: int) -> None:
        for times in cron.times:
            uwsgi.add_cron(number, *times)

    return _tie("register_cron", raise_on, target, _both(cron.checker, checker))


def _both(first: Checker | None, second: Checker | None) -> Checker | None:
    if first is None or second is None:
        return first or second
    return lambda: first() and second()


def _check_period(call: str, period: int) -> None:
    if isinstance(period, int) and period >= 1:
        return
    # uWSGI never raises such timers, or does it without a pause.
    raise RuntimeConfigurationError(
        f"{call}({period!r})", wanted="a whole number, 1 or more", found=repr(period), remedy="Say how often."
    )


def _tie(
    call: str, raise_on: Callable[[int], object], target: Place | Signal | int | None, checker: Checker | None
) -> Any:
    def raise_it_on(number: int) -> None:
        try:
            raise_on(number)
        except RuntimeConfigurationError:
            raise
        except ValueError as fault:
            raise refuse(call, fault, _TABLES_FULL) from fault

    return tie(raise_it_on, target, checker)
