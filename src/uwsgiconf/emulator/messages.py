"""Mules and farms whose messages wait until they are delivered."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from .. import uwsgi_stub
from .errors import WouldWaitForeverError, check_end
from .part import Instance, Part

#: What a mule reads of a message, and what a queue takes.
_READ_BYTES = 65536
_SEND_BYTES = 212_960

#: The queue that all mules share.
_ANY = 0


class Mules(Part):
    """The mules and farms of an instance."""

    provides: ClassVar[tuple[str, ...]] = ("farm_get_msg", "farm_msg", "in_farm", "mule_get_msg", "mule_id", "mule_msg")

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        names: list[int | str] = [*range(instance.settings.mules + 1), *(instance.settings.farms or ())]
        self._queues: dict[int | str, deque[bytes]] = {name: deque() for name in names}

    def mule_id(self) -> int:
        return self.instance.number_of("mule")

    def in_farm(self, name: str) -> bool | None:
        return True if self.mule_id() in self.instance.settings.mules_of(name) else None

    def mule_msg(self, message: str | bytes, mule_farm: bytes | int | None = None) -> bool:
        if not self.instance.settings.mules:
            raise ValueError("no mule configured")
        target = mule_farm.decode() if isinstance(mule_farm, bytes) else mule_farm or _ANY
        if isinstance(target, str) and self.instance.settings.mules_of(target):
            self._queues.setdefault(target, deque())
        if target not in self._queues:
            raise ValueError("unknown farm" if isinstance(target, str) else "invalid mule number")
        data = message.encode() if isinstance(message, str) else message
        if len(data) > _SEND_BYTES:
            return False
        self._queues[target].append(data[:_READ_BYTES])
        return True

    def farm_msg(self, farm: str, message: str | bytes) -> None:
        if self.instance.settings.mules_of(farm):
            self.mule_msg(message, farm.encode())

    def mule_get_msg(
        self, signals: bool | None = None, farms: bool | None = None, buffer_size: int = _READ_BYTES, timeout: int = -1
    ) -> bytes | None:
        number = self._mule("mule_get_msg")
        return self._take([number, _ANY, *(self._farms_of(number) if farms else ())], buffer_size, timeout)

    def farm_get_msg(self) -> bytes | None:
        number = self._mule("farm_get_msg")
        return self._take(self._farms_of(number), _READ_BYTES, -1)

    def deliver(self) -> int:
        """Let mules handle the messages that wait.

        :return: How many there were.
        """
        count = 0
        while waiting := [name for name, queue in self._queues.items() if queue]:
            message = self._queues[waiting[0]].popleft()
            with self.instance.running("mule", self._first_mule(waiting[0])):
                uwsgi_stub.mule_msg_hook(message)
            count += 1
            check_end("messages to mules", count)
        return count

    def _first_mule(self, name: int | str) -> int:
        """Which mule takes a message: of several, the first."""
        return min(self.instance.settings.mules_of(name)) if isinstance(name, str) else name or 1

    def _farms_of(self, number: int) -> list[int | str]:
        names = [name for name in self._queues if isinstance(name, str)]
        return [name for name in names if number in self.instance.settings.mules_of(name)]

    def _take(self, names: list[int | str], size: int, timeout: int) -> bytes | None:
        for name in names:
            if self._queues[name]:
                return self._queues[name].popleft()[:size]
        if timeout < 0:
            raise WouldWaitForeverError(
                f"{self.instance.process}", wanted="a message", found="none", remedy="Send one first, or set a timeout."
            )
        return b""

    def _mule(self, function: str) -> int:
        if not self.mule_id():
            raise ValueError(f"{function}: you can receive messages only in a mule")
        return self.mule_id()
