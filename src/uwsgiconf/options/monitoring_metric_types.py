"""Kinds of metrics."""

from __future__ import annotations

from typing import ClassVar

from ..values import ParametrizedValue, key_values
from .monitoring_collectors import Collector


class Metric(ParametrizedValue):
    """A number that uWSGI keeps and shows.

    :param name: Its name: letters, digits, underscores, dashes and dots.
    :param oid: Its number for SNMP.
    :param alias_for: The metric it is another name for; a metric with this is an alias, whatever its kind.
    :param collector: Where its value comes from, see `Monitoring.collectors`. Default: the application sets it.
    :param initial_value: Its value at the start.
    :param collect_interval: Seconds between two times it is collected.
    :param reset_after_push: Set it back to its initial value each time it was pushed.
    """

    type_id: ClassVar[int | None] = None
    type_str: ClassVar[str | None] = None
    name_separator = ","

    def __init__(
        self,
        name: str,
        *,
        oid: str | None = None,
        alias_for: str | None = None,
        collector: Collector | None = None,
        initial_value: int | None = None,
        collect_interval: int | None = None,
        reset_after_push: bool | None = None,
    ) -> None:
        super().__init__()
        self.metric_name = name
        kind = MetricTypeAlias.type_str if alias_for else self.type_str
        self._definition = key_values(
            {
                "name": name,
                "alias": alias_for,
                "freq": collect_interval,
                "collector": collector,
                "initial_value": initial_value,
                "oid": oid,
                "reset_after_push": reset_after_push or None,  # it is on by being there
                "type": kind,
            }
        )

    def __str__(self) -> str:
        return self._definition


class MetricTypeCounter(Metric):
    """A number that grows, such as requests served."""

    type_id = 0
    type_str = "counter"


class MetricTypeGauge(Metric):
    """A number that goes up and down, such as the memory of a worker."""

    type_id = 1
    type_str = "gauge"


class MetricTypeAbsolute(Metric):
    """A number that stands for itself, such as the size of a disk."""

    type_id = 2
    type_str = "absolute"


class MetricTypeAlias(Metric):
    """Another name for a metric."""

    type_id = 3
    type_str = "alias"
