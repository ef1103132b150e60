"""Caches in the memory of one process, with the limits that uWSGI's have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .part import Instance, Part
from .settings import CacheSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .rpc import Remote

#: What a cache has that was not configured, where none are.
GENEROUS = CacheSettings(items=10_000, block_bytes=1 << 20)

_NUMBER_BYTES = 8


@dataclass
class _Item:
    value: bytes
    #: In seconds since 1970; 0: never.
    expires: int


class Caches(Part):
    """The caches of an instance.

    :param instance: What all parts share.
    :param remotes: Other instances by their addresses.
    :param settings: The caches that are configured; none: one is there as soon as it is used.
    """

    provides: ClassVar[tuple[str, ...]] = (
        "cache_clear",
        "cache_dec",
        "cache_del",
        "cache_div",
        "cache_exists",
        "cache_get",
        "cache_inc",
        "cache_keys",
        "cache_mul",
        "cache_num",
        "cache_set",
        "cache_update",
    )

    def __init__(
        self, instance: Instance, remotes: Mapping[str, Remote], settings: Mapping[str, CacheSettings] | None
    ) -> None:
        super().__init__(instance)
        self._remotes = remotes
        self._is_generous = settings is None
        self._caches = {name: _Cache(instance, found) for name, found in (settings or {}).items()}

    def cache_get(self, key: str | bytes, cache: str | None = None) -> bytes | None:
        item = self._item(key, cache)
        return item.value if item else None

    def cache_exists(self, key: str | bytes, cache: str | None = None) -> bool | None:
        return True if self._item(key, cache) else None

    def cache_num(self, key: str | bytes, cache: str | None = None) -> int:
        item = self._item(key, cache)
        return _number(item.value) if item and len(item.value) == _NUMBER_BYTES else 0

    def cache_set(
        self, key: str | bytes, value: str | bytes, expires: int | None = None, cache: str | None = None
    ) -> bool | None:
        found = self.find(cache)
        return None if found is None else found.store(_bytes(key), _bytes(value), expires or 0, replace=False)

    def cache_update(
        self, key: str | bytes, value: str | bytes, expires: int | None = None, cache: str | None = None
    ) -> bool | None:
        found = self.find(cache)
        return None if found is None else found.store(_bytes(key), _bytes(value), expires or 0, replace=True)

    def cache_del(self, key: str | bytes, cache: str | None = None) -> bool | None:
        found = self.find(cache)
        return True if found and found.items().pop(_bytes(key), None) else None

    def cache_clear(self, cache: str | None = None) -> bool | None:
        found = self.find(cache)
        if found is None:
            return None
        found.items().clear()
        return True

    def cache_keys(self, cache: str | None = None) -> list[bytes]:
        found = self.find(cache)
        if found is None:
            raise ValueError("no local uWSGI cache available")
        return list(found.items())

    def cache_inc(
        self, key: str | bytes, value: int = 1, expires: int | None = None, cache: str | None = None
    ) -> bool | None:
        return self._count(key, cache, expires, lambda number: number + value)

    def cache_dec(
        self, key: str | bytes, value: int = 1, expires: int | None = None, cache: str | None = None
    ) -> bool | None:
        return self._count(key, cache, expires, lambda number: number - value)

    def cache_mul(
        self, key: str | bytes, value: int = 2, expires: int | None = None, cache: str | None = None
    ) -> bool | None:
        return self._count(key, cache, expires, lambda number: number * value)

    def cache_div(
        self, key: str | bytes, value: int = 2, expires: int | None = None, cache: str | None = None
    ) -> bool | None:
        return self._count(key, cache, expires, lambda number: _quotient(number, value))

    def _count(
        self, key: str | bytes, cache: str | None, expires: int | None, change: Callable[[int], int]
    ) -> bool | None:
        found = self.find(cache)
        if found is None:
            return None
        item = found.items().get(_bytes(key))
        number = change(_number(item.value) if item else found.settings.math_initial)
        written = (number % (1 << 64)).to_bytes(_NUMBER_BYTES, "little")
        if item:
            item.value = written  # when it goes stays as it was
            return True
        return found.store(_bytes(key), written, expires or 0, replace=False)

    def _item(self, key: str | bytes, cache: str | None) -> _Item | None:
        found = self.find(cache)
        return None if found is None else found.read(_bytes(key))

    def find(self, name: str | None) -> _Cache | None:
        """Return a cache by its name, `name@address` for one of another instance; none: the first."""
        if not name:
            return next(iter(self._caches.values()), None)
        local, at, address = name.partition("@")
        if at:
            remote = self._remotes.get(address)
            return remote.caches.find(local) if remote else None
        if local not in self._caches and self._is_generous:
            self._caches[local] = _Cache(self.instance, GENEROUS)
        return self._caches.get(local)


class _Cache:
    def __init__(self, instance: Instance, settings: CacheSettings) -> None:
        self.settings = settings
        self._instance = instance
        self._items: dict[bytes, _Item] = {}

    def items(self) -> dict[bytes, _Item]:
        """The items whose time is not over."""
        now = self._instance.now_seconds
        for key in [key for key, item in self._items.items() if 0 < item.expires <= now]:
            del self._items[key]
        return self._items

    def read(self, key: bytes) -> _Item | None:
        item = self.items().get(key)
        if item and self.settings.purge_lru:
            self._items[key] = self._items.pop(key)  # the one used last is the last to go
        return item

    def store(self, key: bytes, value: bytes, expires: int, *, replace: bool) -> bool | None:
        if not key or not value or len(key) > self.settings.key_bytes or len(value) > self.settings.item_bytes:
            return None
        items = self.items()
        if (key in items and not replace) or (key not in items and not self._has_room()):
            return None
        # Where the least used goes, or nothing does, uWSGI takes no time for a time.
        ends = self._instance.now_seconds + expires if expires and not self._keeps() else 0
        items.pop(key, None)
        items[key] = _Item(value, ends)
        return True

    def _keeps(self) -> bool:
        return self.settings.purge_lru or self.settings.no_expire

    def _has_room(self) -> bool:
        # uWSGI keeps the first slot for itself.
        if len(self._items) < self.settings.items - 1:
            return True
        if self.settings.purge_lru and self._items:
            del self._items[next(iter(self._items))]
            return True
        return False


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _number(value: bytes) -> int:
    return int.from_bytes(value[:_NUMBER_BYTES].ljust(_NUMBER_BYTES, b"\0"), "little", signed=True)


def _quotient(number: int, divisor: int) -> int:
    if divisor == 0:
        return 0
    quotient = abs(number) // abs(divisor)
    return quotient if (number < 0) == (divisor < 0) else -quotient
