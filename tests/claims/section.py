"""The instance that the claims are about."""

from __future__ import annotations

from pathlib import Path

from uwsgiconf.config import Section


def configure(section: Section, directory: Path) -> Section:
    """Give a section all that the claims use.

    :param section: The section of an application.
    :param directory: Where the instance may write.
    """
    section.workers.set_basic_params(count=4)
    farm = section.workers.mule_farm
    section.workers.set_mules_params(mules=3, farms=[farm("solo", [1]), farm("pair", [2, 3])])
    section.locks.set_basic_params(count=2)
    section.caching.add_cache("seen", 1000, block_size=256)
    section.caching.add_cache("shared", 50)
    section.set_option("cache2", "name=small,maxitems=4,blocksize=32,keysize=16")
    section.set_option("cache2", "name=counting,maxitems=10,math_initial=10")
    section.set_option("cache2", "name=lru,maxitems=4,purge_lru=1")
    section.set_option("cache2", "name=lazy,maxitems=10,lazy=1")
    section.spooler.set_basic_params(order_tasks=True, poll_interval=1)
    section.spooler.add(directory / "tasks")
    metrics = section.monitoring.metric_types
    section.monitoring.register_metric(metrics.absolute("claimed"))
    section.monitoring.register_metric(metrics.absolute("from-seven", initial_value=7))
    return section
