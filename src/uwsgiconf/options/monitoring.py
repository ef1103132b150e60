"""Monitoring: metrics, statistics, SNMP."""

from __future__ import annotations

from ..base import OptionsGroup, SectionT
from ..values import Path, as_list, key_values
from .alarm_types import AlarmType
from .monitoring_collectors import (
    CollectorAccumulator,
    CollectorAdder,
    CollectorAvg,
    CollectorFile,
    CollectorFunction,
    CollectorMultiplier,
    CollectorPointer,
    CollectorSum,
)
from .monitoring_metric_types import Metric, MetricTypeAbsolute, MetricTypeAlias, MetricTypeCounter, MetricTypeGauge
from .monitoring_pushers import (
    Pusher,
    PusherCarbon,
    PusherFile,
    PusherMongo,
    PusherRrdtool,
    PusherSocket,
    PusherStatsd,
    PusherZabbix,
)


class Monitoring(OptionsGroup[SectionT]):
    """What an instance tells about itself: metrics, which can be your own too, statistics as JSON, and SNMP."""

    class metric_types:  # noqa: N801 - the documented name
        """Kinds of metrics, for `register_metric`."""

        absolute = MetricTypeAbsolute
        alias = MetricTypeAlias
        counter = MetricTypeCounter
        gauge = MetricTypeGauge

    class collectors:  # noqa: N801 - the documented name
        """Where the values of metrics come from."""

        accumulator = CollectorAccumulator
        adder = CollectorAdder
        avg = CollectorAvg
        file = CollectorFile
        function = CollectorFunction
        multiplier = CollectorMultiplier
        pointer = CollectorPointer
        sum = CollectorSum

    class pushers:  # noqa: N801 - the documented name
        """Where statistics can be sent, for `register_stats_pusher`."""

        carbon = PusherCarbon
        file = PusherFile
        mongo = PusherMongo
        rrdtool = PusherRrdtool
        socket = PusherSocket
        statsd = PusherStatsd
        zabbix = PusherZabbix

    def register_metric(self, metric: Metric | list[Metric]) -> SectionT:
        """Add metrics of your own.

        uWSGI's own metrics are below `worker`, `plugin`, `core`, `router`, `socket`, `mule`, `spooler` and `system`:
        `worker.1.requests` counts the requests of the first worker.

        :param metric: One of `metric_types`, or a list of them. Source: ``metric``.
        """
        return self._set({"metric": as_list(metric)})

    def set_metrics_params(
        self,
        *,
        enable: bool | None = None,
        store_dir: Path | None = None,
        restore: bool | None = None,
        no_cores: bool | None = None,
    ) -> SectionT:
        """Set how metrics are kept.

        :param enable: Keep metrics. Source: ``enable-metrics``.
        :param store_dir: Directory with a file for each metric, whose content is always its value. Paths may have
            placeholders: `{project_runtime_dir}/metrics/`. Source: ``metrics-dir``.
        :param restore: Start with the values of that directory. Source: ``metrics-dir-restore``.
        :param no_cores: Leave metrics of single cores out. Source: ``metrics-no-cores``.
        """
        return self._set(
            {
                "enable-metrics": enable,
                "metrics-dir": store_dir,
                "metrics-dir-restore": restore,
                "metrics-no-cores": no_cores,
            }
        )

    def set_metrics_threshold(
        self,
        name: str,
        value: int | str,
        *,
        check_interval: int | None = None,
        reset_to: int | None = None,
        alarm: AlarmType | str | None = None,
        alarm_message: str | None = None,
    ) -> SectionT:
        """Do something when a metric reaches a value. Source: ``metric-threshold``.

        :param name: The metric.
        :param value: The value.
        :param check_interval: Seconds between two looks at it. Default: 1.
        :param reset_to: Set the metric to this value then.
        :param alarm: Raise this alarm then.
        :param alarm_message: The message to send with it. Default: the name of the metric.
        """
        threshold = {
            "alarm": alarm.alias if isinstance(alarm, AlarmType) else alarm,
            "msg": alarm_message,
            "rate": check_interval,
            "key": name,
            "reset": reset_to,
            "value": value,
        }
        return self._set({"metric-threshold": key_values(threshold)})

    def set_stats_params(
        self,
        address: str | None = None,
        *,
        enable_http: bool | None = None,
        minify: bool | None = None,
        no_cores: bool | None = None,
        no_metrics: bool | None = None,
        push_interval: int | None = None,
    ) -> SectionT:
        """Serve statistics as JSON.

        :param address: Where: `127.0.0.1:1717`, `/tmp/statsock`, `:5050`. Source: ``stats-server``.
        :param enable_http: Put HTTP headers before it. Source: ``stats-http``.
        :param minify: Leave spaces and line breaks out. Source: ``stats-minified``.
        :param no_cores: Leave statistics of single cores out. Source: ``stats-no-cores``.
        :param no_metrics: Leave metrics out. Source: ``stats-no-metrics``.
        :param push_interval: Seconds between two pushes, for pushers that do not say. Default: 3.
            Source: ``stats-pusher-default-freq``.
        """
        return self._set(
            {
                "stats-server": address,
                "stats-http": enable_http,
                "stats-minified": minify,
                "stats-no-cores": no_cores,
                "stats-no-metrics": no_metrics,
                "stats-pusher-default-freq": push_interval,
            }
        )

    def register_stats_pusher(self, pusher: Pusher | str | list[Pusher] | list[str]) -> SectionT:
        """Send statistics somewhere, again and again.

        :param pusher: One of `pushers`, or a list of them. Source: ``stats-push``, ``carbon``.
        """
        for item in as_list(pusher):
            if isinstance(item, Pusher):
                self._section.set_plugins_params(plugins=item.plugin)
                self._section.adopt(item.entries)
            self._set({item.opt_key if isinstance(item, Pusher) else Pusher.opt_key: item})
        return self._section

    def enable_snmp(self, address: str, community_string: str) -> SectionT:
        """Answer SNMP. It starts after privileges are dropped, and so cannot bind to a port below 1024 then.

        :param address: UDP address to listen at. Source: ``snmp``.
        :param community_string: What clients have to know. Source: ``snmp-community``.
        """
        return self._set({"snmp": address, "snmp-community": community_string})
