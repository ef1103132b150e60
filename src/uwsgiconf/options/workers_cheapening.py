"""Cheapening: more workers when there is much to do, fewer when there is not."""

from __future__ import annotations

from typing import Any, Self

from ..base import OptionsGroup, SectionT
from ..deprecation import warn_renamed
from ..values import ParametrizedValue


class Algo(ParametrizedValue):
    """When workers are added and stopped.

    :param args: None.
    :param kwargs: Parameters of `set_basic_params`.
    """

    name_separator = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        if args or kwargs:
            self.set_basic_params(*args, **kwargs)

    def set_basic_params(self) -> Self:
        """Set when it acts; this algorithm has nothing to set."""
        return self

    def _set(self, values: dict[str, object]) -> Self:
        self.entries.update(values)
        return self


class AlgoSpare(Algo):
    """Adds a worker when all were busy for a while, and stops one when not; what uWSGI does unless told otherwise."""

    name = "spare"

    def set_basic_params(self, *, check_interval_overload: int | None = None) -> Self:
        """Set when it acts.

        :param check_interval_overload: Seconds that all workers have to be busy. Default: 3.
            Source: ``cheaper-overload``.
        """
        return self._set({"cheaper-overload": check_interval_overload})


class AlgoSpare2(Algo):
    """Adds workers before all are busy, and stops them slowly; for many workers."""

    name = "spare2"

    def set_basic_params(self, *, check_interval_idle: int | None = None) -> Self:
        """Set when it acts.

        :param check_interval_idle: Seconds that workers have to be idle before one is stopped; not in released uWSGI.
            Default: 10. Source: ``cheaper-idle``.
        """
        return self._set({"cheaper-idle": check_interval_idle})


class AlgoQueue(Algo):
    """Adds a worker when too many connections wait, and stops one when not."""

    name = "backlog"

    def set_basic_params(self, *, check_num_overload: int | None = None) -> Self:
        """Set when it acts.

        :param check_num_overload: Connections that may wait. Source: ``cheaper-overload``.
        """
        return self._set({"cheaper-overload": check_num_overload})


class AlgoBusyness(Algo):
    """Keeps the share of time that workers are busy between two limits."""

    name = "busyness"
    plugin = "cheaper_busyness"

    def set_basic_params(
        self,
        *,
        check_interval_busy: int | None = None,
        busy_max: int | None = None,
        busy_min: int | None = None,
        idle_cycles_max: int | None = None,
        idle_cycles_penalty: int | None = None,
        verbose: bool | None = None,
    ) -> Self:
        """Set when it acts.

        :param check_interval_busy: Seconds of a cycle, in which busyness is measured. Source: ``cheaper-overload``.
        :param busy_max: Percent above which workers are added. Default: 50. Source: ``cheaper-busyness-max``.
        :param busy_min: Percent below which a cycle is idle. Default: 25. Source: ``cheaper-busyness-min``.
        :param idle_cycles_max: Idle cycles before a worker is stopped. Source: ``cheaper-busyness-multiplier``.
        :param idle_cycles_penalty: Added to these when a worker was stopped too early. Default: 1.
            Source: ``cheaper-busyness-penalty``.
        :param verbose: Log what it does. Source: ``cheaper-busyness-verbose``.
        """
        return self._set(
            {
                "cheaper-overload": check_interval_busy,
                "cheaper-busyness-max": busy_max,
                "cheaper-busyness-min": busy_min,
                "cheaper-busyness-multiplier": idle_cycles_max,
                "cheaper-busyness-penalty": idle_cycles_penalty,
                "cheaper-busyness-verbose": verbose,
            }
        )

    def set_emergency_params(
        self,
        *,
        workers_step: int | None = None,
        idle_cycles_max: int | None = None,
        queue_size: int | None = None,
        queue_nonzero_delay: int | None = None,
    ) -> Self:
        """Add emergency workers at once when too many connections wait, on Linux.

        :param workers_step: How many at a time. Default: 1. Source: ``cheaper-busyness-backlog-step``.
        :param idle_cycles_max: Idle cycles before one is stopped. Default: 3.
            Source: ``cheaper-busyness-backlog-multiplier``.
        :param queue_size: Connections that may wait. Default: 33. Source: ``cheaper-busyness-backlog-alert``.
        :param queue_nonzero_delay: Seconds that any may wait. Default: 60.
            Source: ``cheaper-busyness-backlog-nonzero``.
        """
        return self._set(
            {
                "cheaper-busyness-backlog-step": workers_step,
                "cheaper-busyness-backlog-multiplier": idle_cycles_max,
                "cheaper-busyness-backlog-alert": queue_size,
                "cheaper-busyness-backlog-nonzero": queue_nonzero_delay,
            }
        )


class AlgoManual(Algo):
    """Adds and stops workers when the master's FIFO says so."""

    name = "manual"


class Cheapening(OptionsGroup[SectionT]):
    """More workers when there is much to do, fewer when there is not; it needs a master."""

    class algorithms:  # noqa: N801 - the documented name
        """When workers are added and stopped, for `set_basic_params`."""

        busyness = AlgoBusyness
        manual = AlgoManual
        queue = AlgoQueue
        spare = AlgoSpare
        spare2 = AlgoSpare2

    def set_basic_params(
        self,
        *,
        spawn_on_request: bool | None = None,
        cheaper_algo: Algo | str | None = None,
        workers_min: int | None = None,
        workers_startup: int | None = None,
        workers_step: int | None = None,
    ) -> SectionT:
        """Set how many workers there are at different times.

        :param spawn_on_request: Start workers when the first request comes. Source: ``cheap``.
        :param cheaper_algo: When workers are added and stopped, see `algorithms`. Default: `spare`.
            Source: ``cheaper-algo``.
        :param workers_min: The fewest workers, below their full count; this is what switches cheapening on.
            Source: ``cheaper``.
        :param workers_startup: Workers at the start. Default: the fewest. Source: ``cheaper-initial``.
        :param workers_step: Workers to add at a time. Default: 1. Source: ``cheaper-step``.
        :raises ConfigurationError: The fewest workers are not fewer than all of them.
        """
        self._set({"cheap": spawn_on_request, "cheaper-algo": cheaper_algo})
        if isinstance(cheaper_algo, Algo):
            if cheaper_algo.plugin:
                self._section.set_plugins_params(plugins=cheaper_algo.plugin)
            self._section.adopt(cheaper_algo.entries)
        return self._set({"cheaper": workers_min, "cheaper-initial": workers_startup, "cheaper-step": workers_step})

    def set_memory_limits(self, *, rss_soft: int | None = None, rss_hard: int | None = None) -> SectionT:
        """Set how much memory all workers together may take.

        :param rss_soft: Bytes above which no worker is added; needs `memory_report=1` of
            `Logging.set_basic_params`. Source: ``cheaper-rss-limit-soft``.
        :param rss_hard: Bytes above which workers are stopped, more than the soft limit, which is needed too.
            Source: ``cheaper-rss-limit-hard``.
        """
        return self._set({"cheaper-rss-limit-soft": rss_soft, "cheaper-rss-limit-hard": rss_hard})

    def print_algorithms(self) -> SectionT:
        """Print the algorithms that uWSGI knows at its start. Source: ``cheaper-algos-list``."""
        return self._set({"cheaper-algos-list": True})

    def print_alorithms(self) -> SectionT:
        """The former name of `print_algorithms`."""
        warn_renamed("print_alorithms", "print_algorithms")
        return self.print_algorithms()
