"""What an emulated instance has: taken from a section, or generous where there is none."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config import Section

#: What uWSGI takes for a block of a cache, if nothing is said.
_BLOCK_BYTES = 0x10000
_KEY_BYTES = 2048

#: The options of an instance that nobody configured.
_GENEROUS_OPTIONS = {"master": b"true", "mules": b"4", "spooler-ordered": b"true", "enable-threads": b"true"}


@dataclass(frozen=True)
class CacheSettings:
    """A cache, by the names that uWSGI has for its settings."""

    items: int
    block_bytes: int = _BLOCK_BYTES
    blocks: int = 0
    key_bytes: int = _KEY_BYTES
    math_initial: int = 0
    purge_lru: bool = False
    no_expire: bool = False
    bitmap: bool = False

    @property
    def item_bytes(self) -> int:
        """How large an item may be."""
        return self.block_bytes * (self.blocks or self.items) if self.bitmap else self.block_bytes


@dataclass(frozen=True)
class Settings:
    """An instance."""

    workers: int = 2
    mules: int = 4
    #: None: a farm of all mules is there as soon as it is used.
    farms: Mapping[str, tuple[int, ...]] | None = None
    locks: int = 64
    #: None: a cache is there as soon as it is used.
    caches: Mapping[str, CacheSettings] | None = None
    spoolers: tuple[str, ...] = ("/emulated/spooler",)
    tasks_in_order: bool = True
    task_period_seconds: int = 30
    #: What metrics begin with. None: a metric is there as soon as it is used, and begins with 0.
    metrics: Mapping[str, int] | None = None
    rpc_functions: int = 64
    threads: bool = True
    options: Mapping[str, Any] = field(default_factory=lambda: _GENEROUS_OPTIONS)

    def mules_of(self, farm: str) -> tuple[int, ...]:
        """The mules of a farm; none if there is no such farm."""
        return tuple(range(1, self.mules + 1)) if self.farms is None else self.farms.get(farm, ())

    @classmethod
    def of(cls, section: Section) -> Settings:
        """Read what a section configures.

        :param section: The section an application runs with.
        """
        entries = _entries(section)
        one, given = {name: values[-1] for name, values in entries.items()}, entries.get
        return cls(
            workers=_count(one.get("workers") or one.get("processes") or "1"),
            mules=int(one.get("mules", 0)) + len(given("mule", [])),
            farms=dict(_farm(value) for value in given("farm", [])),
            locks=int(one.get("locks", 0)),
            caches=dict(_cache(value) for value in given("cache2", [])),
            spoolers=tuple(given("spooler", [])),
            tasks_in_order=one.get("spooler-ordered", "false") not in {"false", "0"},
            task_period_seconds=int(one.get("spooler-frequency", 30)),
            metrics=dict(_metric(value) for value in given("metric", [])),
            rpc_functions=int(one.get("rpc-max", 64)),
            threads=bool({"enable-threads", "threads"} & set(entries)),
            options={name: _told(values) for name, values in entries.items()},
        )


def _entries(section: Section) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in str(section.as_configuration().format(stamp=False)).splitlines():
        name, separator, value = line.partition(" = ")
        if separator:
            found.setdefault(name, []).append(value)
    return found


def _told(values: list[str]) -> Any:
    """An option as it is told to Python: bytes, or a list of them."""
    encoded = [value.encode() for value in values]
    return encoded if len(encoded) > 1 else encoded[0]


def _count(value: str) -> int:
    """A number, or what uWSGI has in its place: the number of CPUs."""
    return (os.cpu_count() or 1) if value == "%k" else int(value)


def _pairs(value: str) -> dict[str, str]:
    return {name: given for name, _, given in (part.partition("=") for part in value.split(","))}


def _metric(value: str) -> tuple[str, int]:
    pairs = _pairs(value)
    return pairs.get("name", value), int(pairs.get("initial_value", 0))


def _farm(value: str) -> tuple[str, tuple[int, ...]]:
    name, _, numbers = value.partition(":")
    return name, tuple(int(number) for number in numbers.split(","))


def _cache(value: str) -> tuple[str, CacheSettings]:
    pairs = _pairs(value)
    items = pairs.get("maxitems") or pairs.get("max_items") or pairs["items"]
    return pairs["name"], CacheSettings(
        items=int(items),
        block_bytes=int(pairs.get("blocksize", _BLOCK_BYTES)),
        blocks=int(pairs.get("blocks", 0)),
        key_bytes=int(pairs.get("keysize") or pairs.get("key_size") or _KEY_BYTES),
        math_initial=int(pairs.get("math_initial", 0)),
        purge_lru=bool({"purge_lru", "lru"} & set(pairs)),
        no_expire="no_expire" in pairs,
        bitmap="bitmap" in pairs,
    )
