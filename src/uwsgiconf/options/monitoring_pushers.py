"""Where statistics can be sent."""

from __future__ import annotations

from typing import ClassVar

from ..values import ParametrizedValue, Path, Strings, key_values, listed


class Pusher(ParametrizedValue):
    """A place that statistics are sent to.

    :param args: Arguments of the place.
    """

    #: The option that sets it.
    opt_key: ClassVar[str] = "stats-push"
    args_joiner = ","


class PusherSocket(Pusher):
    """Sends metrics to a UDP server, as `<metric> <type> <value>`.

    :param address: Its address.
    :param prefix: Put before the name of each metric.
    """

    name = "socket"
    plugin = "stats_pusher_socket"

    def __init__(self, address: str, *, prefix: str | None = None) -> None:
        super().__init__(address, prefix)


class PusherRrdtool(Pusher):
    """Keeps a round robin database for each metric.

    :param target_dir: Directory for them.
    :param library: The library to load. Default: `librrd.so`. Source: ``rrdtool-lib``.
    :param push_interval: Seconds between two writes. Default: 300. Source: ``rrdtool-freq``.
    """

    name = "rrdtool"
    plugin = "rrdtool"

    def __init__(self, target_dir: Path, *, library: str | None = None, push_interval: int | None = None) -> None:
        super().__init__(target_dir)
        self.entries.update({"rrdtool-freq": push_interval, "rrdtool-lib": library})


class PusherStatsd(Pusher):
    """Sends metrics to a statsd server.

    :param address: Its address.
    :param prefix: Put before the name of each metric.
    :param no_workers: Leave metrics of single workers out; not in released uWSGI. Source: ``statsd-no-workers``.
    :param all_gauges: Send all as gauges; not in released uWSGI. Source: ``statsd-all-gauges``.
    """

    name = "statsd"
    plugin = "stats_pusher_statsd"

    def __init__(
        self,
        address: str,
        *,
        prefix: str | None = None,
        no_workers: bool | None = None,
        all_gauges: bool | None = None,
    ) -> None:
        super().__init__(address, prefix)
        self.entries.update({"statsd-no-workers": no_workers, "statsd-all-gauges": all_gauges})


class PusherCarbon(Pusher):
    """Sends metrics to Carbon, the server of Graphite, as `<node_root>.<host>.<node_realm>.<metric>`.

    :param address: Its address, such as `127.0.0.1:2004`, or several. Source: ``carbon``.
    :param node_realm: Part of the name of each metric. Source: ``carbon-id``.
    :param node_root: Start of the name of each metric. Default: `uwsgi`. Source: ``carbon-root``.
    :param push_interval: Seconds between two pushes. Default: 60. Source: ``carbon-freq``.
    :param idle_avg_source: What the average response time is while nobody asks: `last`, `zero` or `none`.
        Default: `last`. Source: ``carbon-idle-avg``.
    :param use_metrics: Send uWSGI's metrics, whose names differ, instead of its statistics.
        Source: ``carbon-use-metrics``.
    :param no_workers: Leave metrics of single workers out. Source: ``carbon-no-workers``.
    :param timeout: Seconds that connecting may take. Default: 3. Source: ``carbon-timeout``.
    :param retries: How often to try again. Default: 1. Source: ``carbon-max-retry``.
    :param retries_delay: Seconds between two tries. Default: 7. Source: ``carbon-retry-delay``.
    :param hostname_dots_replacer: Put in the place of dots in the name of the host. Source:
        ``carbon-hostname-dots``.
    """

    name = "carbon"
    plugin = "carbon"
    opt_key = "carbon"

    def __init__(
        self,
        address: Strings,
        *,
        node_realm: str | None = None,
        node_root: str | None = None,
        push_interval: int | None = None,
        idle_avg_source: str | None = None,
        use_metrics: bool | None = None,
        no_workers: bool | None = None,
        timeout: int | None = None,
        retries: int | None = None,
        retries_delay: int | None = None,
        hostname_dots_replacer: str | None = None,
    ) -> None:
        super().__init__(listed(address))
        self.entries.update(
            {
                "carbon-id": node_realm,
                "carbon-root": node_root,
                "carbon-freq": push_interval,
                "carbon-idle-avg": idle_avg_source,
                "carbon-use-metrics": use_metrics,
                "carbon-no-workers": no_workers,
                "carbon-timeout": timeout,
                "carbon-max-retry": retries,
                "carbon-retry-delay": retries_delay,
                "carbon-hostname-dots": hostname_dots_replacer,
            }
        )

    def __str__(self) -> str:
        return self.args_joiner.join(str(arg) for arg in self.args)


class PusherZabbix(Pusher):
    """Sends metrics to a zabbix server.

    :param address: Its address.
    :param prefix: Put before the name of each metric.
    :param template: Write the template for zabbix into this file. Source: ``zabbix-template``.
    """

    name = "zabbix"
    plugin = "zabbix"

    def __init__(self, address: str, *, prefix: str | None = None, template: Path | None = None) -> None:
        super().__init__(address, prefix)
        self.entries.update({"zabbix-template": template})


class PusherMongo(Pusher):
    """Writes statistics into MongoDB, as they are.

    :param address: Its address. Default: `127.0.0.1:27017`.
    :param collection: Collection to write to. Default: `uwsgi.statistics`.
    :param push_interval: Seconds between two writes.
    """

    name = "mongodb"
    plugin = "stats_pusher_mongodb"

    def __init__(
        self,
        *,
        address: str | None = None,
        collection: str | None = None,
        push_interval: int | None = None,
    ) -> None:
        super().__init__(key_values({"address": address, "collection": collection, "freq": push_interval}))


class PusherFile(Pusher):
    """Writes statistics into a file, as JSON.

    :param fpath: The file. Default: `uwsgi.stats`.
    :param separator: Put between two entries.
    :param push_interval: Seconds between two writes.
    """

    name = "file"
    plugin = "stats_pusher_file"

    def __init__(
        self, fpath: Path | None = None, *, separator: str | None = None, push_interval: int | None = None
    ) -> None:
        super().__init__(key_values({"path": fpath, "freq": push_interval, "separator": separator}))
