"""Signals: telling processes of the instance, or of another one, to do something."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from weakref import WeakValueDictionary

from .. import uwsgi
from ..exceptions import RuntimeConfigurationError
from .mules import Farm, Mule

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = TypeVar("Function", bound=Callable[[], Any])

#: Signals are numbers of one byte.
_COUNT = 256

#: Where there are mules, one of them, else a worker: for what is loaded before it is known whether there are.
UNDECIDED = "mule or worker"

#: uWSGI copies the target into a field of this size, its end marked by a zero byte.
_MAX_TARGET_BYTES = 63


class SignalDescription(NamedTuple):
    """What is known of a signal that was registered here.

    :param num: Its number.
    :param target: Where it is handled.
    :param func: What handles it.
    """

    num: int
    target: str
    func: Callable[[], Any]


#: The signals registered here, by their numbers.
REGISTERED_SIGNALS: dict[int, SignalDescription] = {}

#: The signals that were given out, by their numbers, while somebody keeps them to register them later.
_kept: WeakValueDictionary[int, Signal] = WeakValueDictionary()


def get_available_num() -> int:
    """Return the first signal that is neither registered nor kept by somebody as a `Signal`.

    :raises RuntimeConfigurationError: All 256 are.
    """
    for number in range(_COUNT):
        if number not in REGISTERED_SIGNALS and number not in _kept and not uwsgi.signal_registered(number):
            return number
    raise RuntimeConfigurationError(
        "signal",
        wanted="a number that is free",
        found=f"all {_COUNT} registered",
        remedy="Let one signal do several things.",
    )


def get_last_received() -> Signal:
    """Return the signal that the last `Signal.wait` of this request ended with."""
    return Signal(uwsgi.signal_received())


class Signal:
    """A signal.

    ::

        signal = Signal()

        @signal.register_handler()
        def somefunc():
            ...

        # the same
        @signal
        def somefunc():
            ...

    Register handlers in the master, where the application is loaded before the fork: what a worker registers, only that
    worker can do.

    :param num: Its number, 0 to 255. Default: the first one that is free.
    :raises RuntimeConfigurationError: The number is another one, or all are taken.
    """

    __slots__ = ("__weakref__", "num")

    def __init__(self, num: int | None = None) -> None:
        self.num = get_available_num() if num is None else num
        if not 0 <= self.num < _COUNT:
            # uWSGI would take the lowest byte of it.
            raise RuntimeConfigurationError(
                "Signal(num=...)", wanted=f"0 to {_COUNT - 1}", found=str(num), remedy="Leave it out to get a free one."
            )
        _kept.setdefault(self.num, self)

    def __repr__(self) -> str:
        return f"Signal({self.num})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Signal) and other.num == self.num

    def __hash__(self) -> int:
        return hash(self.num)

    def __call__(self, func: Function) -> Function:
        return self.register_handler()(func)

    @property
    def registered(self) -> bool:
        """Whether it has a handler in this process."""
        return uwsgi.signal_registered(self.num) is True

    def register_handler(
        self, *, target: str | Mule | Farm | None = None, callback: Callable[[], Any] | None = None
    ) -> Callable[[Function], Function]:
        """Decorate a function to be called on this signal.

        :param target: Where: `workers`, `workerN`, `worker` (the first that is free), `active-workers` (those not
            cheaped), `mules`, `muleN`, `mule` (the first that is free), `spooler`, `farmN`, `farm_NAME`, a `Mule` or a
            `Farm`. Default: `worker`.
        :param callback: A function to register at once, instead of decorating one.
        :raises ValueError: It is registered already, there is no master, or the process is neither master nor worker.
        """
        place = target_name(target) or "worker"

        def register(func: Function) -> Function:
            uwsgi.register_signal(self.num, place, lambda _number: func())
            REGISTERED_SIGNALS[self.num] = SignalDescription(self.num, place, func)
            return func

        if callback is not None:
            register(callback)
        return register

    def send(self, *, remote: str | None = None) -> None:
        """Send it to the master, which passes it on, or to another instance.

        :param remote: Address of the other instance.
        :raises ValueError: The other instance refused it.
        :raises OSError: The other instance could not be reached.
        """
        if remote is None:
            uwsgi.signal(self.num)
        else:
            uwsgi.signal(self.num, remote)

    def wait(self) -> None:
        """Wait for it; if it has a handler here, that is called.

        :raises SystemError: The wait failed.
        """
        uwsgi.signal_wait(self.num)


def target_name(target: str | Mule | Farm | None) -> str:
    """Write a target as uWSGI does.

    :param target: A text, a mule, a farm.
    :raises RuntimeConfigurationError: uWSGI does not know such a target.
    """
    if isinstance(target, Mule):
        return f"mule{target.id}"
    name = f"farm_{target.name}" if isinstance(target, Farm) else target or ""
    kind = name.rstrip("0123456789") if not name.startswith("farm_") else "farm"
    numbered = {"worker", "mule", "farm"}
    known = kind in numbered or name in {"", "workers", "active-workers", "mules", "spooler", UNDECIDED}
    if not known or name == "farm" or len(name.encode()) > _MAX_TARGET_BYTES:
        raise RuntimeConfigurationError(
            "target of a signal",
            wanted="workers, workerN, worker, active-workers, mules, muleN, mule, spooler, farmN, farm_NAME",
            found=f"`{name}`",
            remedy="Choose one of these, with at most 63 bytes.",
        )
    return name


def __getattr__(name: str) -> Any:
    if name != "registry_signals":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn("`registry_signals` is now `REGISTERED_SIGNALS`, by numbers", DeprecationWarning, stacklevel=2)
    return list(REGISTERED_SIGNALS.values())
