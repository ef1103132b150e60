"""The rest of an emulated instance: who is running, the time, metrics, alarms, log, reloads and limits of time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import Harakiri
from .part import MICROSECONDS, Instance, Part

if TYPE_CHECKING:
    from collections.abc import Callable


class Surroundings(Part):
    """Who is running, the time, and what is told to the outside."""

    provides: ClassVar[tuple[str, ...]] = (
        "alarm",
        "get_logvar",
        "log",
        "masterpid",
        "micros",
        "ready",
        "reload",
        "set_logvar",
        "set_user_harakiri",
        "stop",
        "worker_id",
        "workers",
    )

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self.alarms: list[tuple[str, str]] = []
        self.log_variables: dict[str, str] = {}
        self.reloads = 0
        self.stops = 0
        self._kill_at_micros: int | None = None

    def worker_id(self) -> int:
        return self.instance.number_of("worker")

    def workers(self) -> tuple[dict[str, Any], ...]:
        numbers = range(1, self.instance.settings.workers + 1)
        return tuple({"id": number, "pid": os.getpid(), "status": b"idle"} for number in numbers)

    def masterpid(self) -> int:
        return os.getpid()

    def ready(self) -> bool:
        return True

    def micros(self) -> int:
        return self.instance.now_micros

    def alarm(self, name: str, message: str | bytes) -> None:
        self.alarms.append((name, _text(message)))

    def log(self, message: str) -> bool:
        self.instance.log.append(message)
        return True

    def set_logvar(self, name: str | bytes, value: str | bytes) -> None:
        self.log_variables[_text(name)] = _text(value)

    def get_logvar(self, name: str | bytes) -> bytes | None:
        found = self.log_variables.get(_text(name))
        return None if found is None else found.encode()

    def reload(self) -> bool:
        self.reloads += 1
        return True

    def stop(self) -> bool:
        self.stops += 1
        return True

    def set_user_harakiri(self, timeout: int = 0) -> None:
        self._kill_at_micros = self.instance.now_micros + timeout * MICROSECONDS if timeout else None

    def next_micros(self) -> int | None:
        """When the running process is to be killed, none if it is not."""
        return self._kill_at_micros

    def kill_late(self) -> None:
        """Kill the running process if its time is over.

        :raises Harakiri: It is.
        """
        if self._kill_at_micros is not None and self.instance.now_micros >= self._kill_at_micros:
            self._kill_at_micros = None
            raise Harakiri(f"{self.instance.process}: the time set with `harakiri_imposed` is over")


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class Metrics(Part):
    """The metrics of an instance."""

    provides: ClassVar[tuple[str, ...]] = (
        "metric_dec",
        "metric_div",
        "metric_get",
        "metric_inc",
        "metric_mul",
        "metric_set",
        "metric_set_max",
        "metric_set_min",
    )

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self._initial = dict(instance.settings.metrics or {})
        self._values = dict(self._initial)

    def metric_get(self, key: str) -> int:
        return self._values.get(key, 0)

    def metric_set(self, key: str, value: int) -> bool | None:
        return self._change(key, lambda _: value)

    def metric_set_max(self, key: str, value: int) -> bool | None:
        return self._change(key, lambda number: max(number, value))

    def metric_set_min(self, key: str, value: int) -> bool | None:
        # uWSGI goes down to what the metric began with, and not to it.
        is_above = value > self._initial.get(key, 0)
        return self._change(key, lambda number: min(number, value) if is_above else number)

    def metric_inc(self, key: str, value: int = 1) -> bool | None:
        return self._change(key, lambda number: number + value)

    def metric_dec(self, key: str, value: int = 1) -> bool | None:
        return self._change(key, lambda number: number - value)

    def metric_mul(self, key: str, value: int = 1) -> bool | None:
        return self._change(key, lambda number: number * value)

    def metric_div(self, key: str, value: int = 1) -> bool | None:
        return self._change(key, lambda number: int(number / value)) if value else None

    def _change(self, key: str, change: Callable[[int], int]) -> bool | None:
        if self.instance.settings.metrics is not None and key not in self._values:
            return None
        self._values[key] = change(self._values.get(key, 0))
        return True
