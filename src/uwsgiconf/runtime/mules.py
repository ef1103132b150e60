"""Mules: processes that do what workers hand over to them. Farms: groups of mules that share work."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from .. import uwsgi
from ..exceptions import ConfigurationError, RuntimeConfigurationError
from . import calls

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., Any]
    Handler = TypeVar("Handler", bound=Callable[[bytes], object])

#: What messages that are calls begin with; other messages are the application's own.
_CALL = b"uwsgiconf-call:"

#: What a mule reads of a message.
_MAX_MESSAGE_BYTES = 65536

#: Functions that get the messages that are no calls.
_handlers: list[Callable[[bytes], object]] = []


class Mule:
    """A mule.

    Mules have to be configured: ``section.workers.set_mules_params(mules=3)``.

    :param id: Its number, from 1. Source: ``mule``, ``mules``.
    """

    __slots__ = ("id",)

    def __init__(self, id: int) -> None:  # noqa: A002 - the documented name
        self.id = id

    def __repr__(self) -> str:
        return f"Mule({self.id})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mule) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def offload(self) -> Callable[[Function], Callable[..., bool]]:
        """Decorate a function so that calls of it are made by this mule, see `mule_offload`."""
        return mule_offload(self)

    @classmethod
    def get_current_id(cls) -> int:
        """Tell the number of the mule that this process is; 0 if it is none."""
        return uwsgi.mule_id()

    @classmethod
    def get_current(cls) -> Mule | None:
        """Return the mule that this process is; None if it is none."""
        number = uwsgi.mule_id()
        return Mule(number) if number else None

    @classmethod
    def get_message(
        cls, *, signals: bool = True, farms: bool = False, buffer_size: int = 65536, timeout: int = -1
    ) -> str | None:
        """Wait for a message to this mule; for mules that run a program of their own.

        :param signals: Let signals wait meanwhile; with False they are handled, and end the wait.
        :param farms: Take messages to its farms too.
        :param buffer_size: Bytes of a message that are taken.
        :param timeout: Seconds; -1: no limit.
        :return: The message; None if something else ended the wait.
        :raises ValueError: This is no mule.
        """
        # When the time is over uWSGI returns nothing, though not None.
        message = uwsgi.mule_get_msg(signals, farms, buffer_size, timeout)
        return message.decode() if message else None

    def send(self, message: str | bytes) -> bool:
        """Send a message to this mule.

        :param message: The message, below 64 KiB.
        :return: Whether it was taken: a full queue does not. Source: ``mule-msg-size``.
        :raises ValueError: There is no such mule, or the message is too large.
        """
        self._check()
        return uwsgi.mule_msg(_checked(message), self.id)

    def _check(self) -> None:
        """See that there is such a mule: uWSGI does not, and writes to whatever it finds there."""
        # Where mules have programs of their own, uWSGI tells only the last one: no way to count them.
        count = uwsgi.opt.get("mules") if "mule" not in uwsgi.opt else None
        if has_mules() and count is not None and not 0 < self.id <= int(count):
            raise RuntimeConfigurationError(
                f"mule {self.id}",
                wanted="a mule that is configured",
                found=f"mules 1 to {int(count)}",
                remedy="Configure more: `section.workers.set_mules_params(mules=...)`.",
            )


class Farm:
    """A farm.

    Farms have to be configured: ``section.workers.set_mules_params(farms=section.workers.mule_farm('myfarm', 2))``.

    :param name: Its name. Source: ``farm``.
    :param mules: Numbers of its mules.
    """

    __slots__ = ("mules", "name")

    def __init__(self, name: str, *, mules: list[int] | None = None) -> None:
        self.name = name
        self.mules = tuple(Mule(number) for number in mules or ())

    def __repr__(self) -> str:
        return f"Farm({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Farm) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    @classmethod
    def get_farms(cls) -> list[Farm]:
        """List the farms, with their mules.

        ::

            first_farm = Farm.get_farms()[0]
            first_farm_first_mule = first_farm.mules[0]
        """
        return [_parse_farm(value) for value in _farm_options()]

    def offload(self) -> Callable[[Function], Callable[..., bool]]:
        """Decorate a function so that calls of it are made by a mule of this farm, see `mule_offload`."""
        return mule_offload(self)

    @property
    def is_mine(self) -> bool:
        """Whether this process is a mule of this farm."""
        return uwsgi.in_farm(self.name) is True

    @classmethod
    def get_message(cls) -> str | None:
        """Wait for a message to a farm of this mule; for mules that run a program of their own.

        :raises ValueError: This is no mule.
        """
        message = uwsgi.farm_get_msg()
        return None if message is None else message.decode()

    def send(self, message: str | bytes) -> bool:
        """Send a message to the first mule of this farm that is free.

        :param message: The message, below 64 KiB.
        :return: Whether it was taken.
        :raises ValueError: There is no such farm, there are no mules, or the message is too large.
        """
        return uwsgi.mule_msg(_checked(message), self.name.encode())


def mule_offload(mule_or_farm: str | int | Mule | Farm | None = None) -> Callable[[Function], Callable[..., bool]]:
    """Decorate a function so that calls of it are made by a mule.

    A call returns at once whether it was handed over; what the function returns is dropped. Arguments are pickled,
    and take less than 64 KiB.

    :param mule_or_farm: A mule or its number, a farm or its name. Default: mule 1.
    """
    target = _as_target(mule_or_farm)

    def decorate(function: Function) -> Callable[..., bool]:
        name = calls.remember(function)

        @wraps(function)
        def hand_over(*args: Any, **kwargs: Any) -> bool:
            return target.send(_CALL + calls.pack(name, args, kwargs))

        return hand_over

    return decorate


def register_message_handler() -> Callable[[Handler], Handler]:
    """Decorate a function that gets, in the mule, the messages that were sent with `send`."""

    def register(function: Handler) -> Handler:
        _handlers.append(function)
        return function

    return register


def _as_target(mule_or_farm: str | int | Mule | Farm | None) -> Mule | Farm:
    if isinstance(mule_or_farm, Mule | Farm):
        return mule_or_farm
    return Farm(mule_or_farm) if isinstance(mule_or_farm, str) else Mule(mule_or_farm or 1)


def _receive(message: bytes) -> None:
    """Do in a mule what a message says."""
    if message.startswith(_CALL):
        calls.make(message[len(_CALL) :])
        return
    for handler in _handlers:
        handler(message)


def _farm_options() -> list[str]:
    found = uwsgi.opt.get("farm", [])
    if isinstance(found, list):
        return [value.decode() for value in found]
    # Of options given more than once, uWSGI tells Python 3 the last one: the file it was started with has all.
    in_file = _farms_of_file(uwsgi.opt["ini"].decode()) if "ini" in uwsgi.opt else []
    return in_file or [found.decode()]


def _farms_of_file(target: str) -> list[str]:
    from ..dialects import read

    try:
        return [item.value for item in read(target).get("farm")]
    except ConfigurationError:
        return []  # it went away since


def has_mules() -> bool:
    """Tell whether there are mules."""
    return "mule" in uwsgi.opt or int(uwsgi.opt.get("mules", 0)) > 0


def _checked(message: str | bytes) -> bytes:
    data = message.encode() if isinstance(message, str) else message
    if len(data) > _MAX_MESSAGE_BYTES:
        # uWSGI would send it, and the mule would get the beginning.
        raise RuntimeConfigurationError(
            "message to a mule",
            wanted=f"at most {_MAX_MESSAGE_BYTES} bytes",
            found=f"{len(data)} bytes",
            remedy="Put the data into a cache or a file, and send its key or path.",
        )
    return data


def _parse_farm(value: str) -> Farm:
    name, _, numbers = value.partition(":")
    return Farm(name, mules=[int(number) for number in numbers.split(",")])


# Who was there before still gets the messages that are no calls.
if _former := vars(uwsgi).get("mule_msg_hook"):
    _handlers.append(_former)
uwsgi.mule_msg_hook = _receive
