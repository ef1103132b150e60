"""Signals that wait until they are delivered, to the processes that uWSGI would deliver them to."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from ..runtime.signals import UNDECIDED
from .errors import WouldWaitForeverError, check_end
from .part import Instance, Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from .rpc import Rpc

_TARGET_BYTES = 63


class _Handler(NamedTuple):
    target: str
    function: Callable[[int], object]


class Signals(Part):
    """The signals of an instance.

    Whatever registers one is taken for the application that is loaded before the fork: all processes have it.

    :param instance: What all parts share.
    :param rpc: Knows the other instances.
    """

    provides: ClassVar[tuple[str, ...]] = (
        "register_signal",
        "signal",
        "signal_received",
        "signal_registered",
        "signal_wait",
    )

    def __init__(self, instance: Instance, rpc: Rpc) -> None:
        super().__init__(instance)
        self._rpc = rpc
        self._handlers: dict[int, _Handler] = {}
        self._waiting: deque[int] = deque()
        self._received = -1

    def register_signal(self, number: int, target: str, func: Callable[[int], object]) -> None:
        number %= 256
        allowed = self.instance.process.kind in {"master", "worker"}
        if number in self._handlers or len(target.encode()) > _TARGET_BYTES or not allowed:
            raise ValueError("unable to register signal")
        if target == UNDECIDED:
            target = "mule" if self.instance.settings.mules else "worker"
        self._handlers[number] = _Handler(target, func)

    def signal_registered(self, num: int) -> bool | None:
        return True if num % 256 in self._handlers else None

    def signal(self, num: int, remote: str = "") -> None:
        if not remote:
            self._waiting.append(num % 256)
        elif remote in self._rpc.remotes:
            self._rpc.remotes[remote].signals.append(num)
        else:
            raise OSError(f"unable to deliver signal {num} to node {remote}")

    def signal_received(self) -> int:
        return self._received

    def signal_wait(self, num: int | None = None) -> bytes:
        while self._waiting:
            received = self._waiting.popleft()
            self._deliver(received)
            if num is None or received == num:
                self._received = received
                return b""
        raise WouldWaitForeverError(
            "signal_wait",
            wanted=f"signal {num}" if num is not None else "a signal",
            found="none was sent",
            remedy="Send it first.",
        )

    def deliver(self) -> int:
        """Let the handlers of the signals that wait be called, where they belong.

        :return: How many signals there were.
        """
        count = 0
        while self._waiting:
            self._deliver(self._waiting.popleft())
            count += 1
            check_end("signals", count)
        return count

    def _deliver(self, number: int) -> None:
        handler = self._handlers.get(number)
        if handler is None:
            self.instance.log.append(f"error managing signal {number}")
            return
        processes = self._processes(handler.target)
        if not processes:
            self.instance.log.append(f"invalid signal target: {handler.target}")
        for kind, process in processes:
            with self.instance.running(kind, process):
                handler.function(number)

    def _processes(self, target: str) -> list[tuple[str, int]]:
        """The processes of a target; of several that are free, the first."""
        settings = self.instance.settings
        kind = target.rstrip("0123456789")
        number = int(target[len(kind) :] or 0)
        if target in {"workers", "active-workers"}:
            return [("worker", worker) for worker in range(1, settings.workers + 1)]
        if target == "mules":
            return [("mule", mule) for mule in range(1, settings.mules + 1)]
        if target.startswith("farm_"):
            return [("mule", min(mules)) for mules in [settings.mules_of(target[5:])] if mules]
        if kind == "farm":
            farms = list(settings.farms or ())[max(0, number - 1) : number]
            return [("mule", min(settings.mules_of(name))) for name in farms]
        if kind == "spooler":
            return [("spooler", 1)] if settings.spoolers else []
        count = settings.mules if kind == "mule" else settings.workers if kind in {"", "worker"} else 0
        return [(kind or "worker", number or 1)] if (number or 1) <= count else []
