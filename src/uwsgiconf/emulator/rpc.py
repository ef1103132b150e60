"""Functions that are called by names, in this instance and in others that a test makes up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .caches import Caches
from .part import Instance, Part

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME_BYTES = 255


class Remote:
    """Another instance, as a test makes it up: it has every cache, and the functions it is given.

    :param instance: The instance that it is told of, for the clock.
    """

    def __init__(self, instance: Instance) -> None:
        #: Its caches.
        self.caches = Caches(instance, {}, None)
        #: What can be called there.
        self.functions: dict[str, Callable[..., bytes | None]] = {}
        #: The signals it was sent.
        self.signals: list[int] = []


class Rpc(Part):
    """The functions of an instance, and the other instances that it can reach."""

    provides: ClassVar[tuple[str, ...]] = ("call", "register_rpc", "rpc", "rpc_list")

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self._functions: dict[str, Callable[..., bytes | None]] = {}
        self.remotes: dict[str, Remote] = {}

    def register_rpc(self, name: str, func: Callable[..., bytes | None]) -> bool:
        too_many = name not in self._functions and len(self._functions) >= self.instance.settings.rpc_functions
        if too_many or len(name.encode()) > _NAME_BYTES or self.instance.process.kind not in {"master", "worker"}:
            raise ValueError("unable to register rpc function")
        self._functions[name] = func
        return True

    def rpc_list(self) -> tuple[bytes, ...]:
        return tuple(name.encode() for name in self._functions)

    def call(self, func_name: bytes, *args: bytes) -> bytes | None:
        return self._call(self._functions, func_name, args)

    def rpc(self, address: bytes | None, func_name: bytes, *args: bytes) -> bytes | None:
        if not address:
            return self.call(func_name, *args)
        remote = self.remotes.get(address.decode())
        return self._call(remote.functions, func_name, args) if remote else None

    def _call(self, functions: dict[str, Callable[..., Any]], name: bytes, args: tuple[bytes, ...]) -> bytes | None:
        if not all(isinstance(value, bytes) for value in (name, *args)):
            raise ValueError("unable to call rpc function")
        function = functions.get(name.decode())
        found = function(*args) if function else None
        return found if isinstance(found, bytes) and found else None
