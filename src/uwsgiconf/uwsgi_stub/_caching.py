"""Caches, which all processes of an instance share."""

from __future__ import annotations

__all__ = [
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
]


def cache_get(key: str | bytes, cache: str | None = None) -> bytes | None:
    """Read an item.

    :param key: Its key.
    :param cache: The cache, `name` or `name@address` for one of another instance. Default: the first one.
    :return: Its value, None if there is none.
    """


def cache_set(
    key: str | bytes, value: str | bytes, expires: int | None = None, cache: str | None = None
) -> bool | None:
    """Add an item; one that is there is left alone.

    :param key: Its key.
    :param value: Its value.
    :param expires: Seconds until it goes; 0: never.
    :param cache: The cache, `name` or `name@address`. Default: the first one.
    :return: True if it was added, None if not: it is there, it is too large, the cache is full.
    """


def cache_update(
    key: str | bytes, value: str | bytes, expires: int | None = None, cache: str | None = None
) -> bool | None:
    """Add an item, or replace it.

    :param key: Its key.
    :param value: Its value.
    :param expires: Seconds until it goes; 0: never.
    :param cache: The cache, `name` or `name@address`. Default: the first one.
    :return: True if it was stored, None if not.
    """


def cache_del(key: str | bytes, cache: str | None = None) -> bool | None:
    """Remove an item.

    :param key: Its key.
    :param cache: The cache, `name` or `name@address`. Default: the first one.
    :return: True if it was there, None if not.
    """


def cache_exists(key: str | bytes, cache: str | None = None) -> bool | None:
    """Tell whether there is an item.

    :param key: Its key.
    :param cache: The cache, `name` or `name@address`. Default: the first one.
    :return: True, or None.
    """


def cache_clear(cache: str) -> bool | None:
    """Remove all items.

    :param cache: The cache, `name` or `name@address`.
    """


def cache_keys(cache: str | None = None) -> list[bytes]:
    """List the keys of a cache of this instance.

    :param cache: Its name. Default: the first one.
    :raises ValueError: There is no such cache.
    """
    return []


def cache_num(key: str | bytes, cache: str | None = None) -> int | None:
    """Read an item as the signed 64 bit number that the arithmetic functions work on.

    :param key: Its key.
    :param cache: The cache, `name` or `name@address`. Default: the first one.
    :return: The number; 0 if there is none.
    """
    return 0


def cache_inc(key: str | bytes, value: int = 1, expires: int | None = None, cache: str | None = None) -> bool | None:
    """Add to a number, from the cache's `math_initial` if it is not there.

    :param key: Its key.
    :param value: What to add.
    :param expires: Seconds until it goes, if it is new; 0: never.
    :param cache: The cache, `name` or `name@address`. Default: the first one.
    """


def cache_dec(key: str | bytes, value: int = 1, expires: int | None = None, cache: str | None = None) -> bool | None:
    """Subtract from a number.

    :param key: Its key.
    :param value: What to subtract.
    :param expires: Seconds until it goes, if it is new; 0: never.
    :param cache: The cache, `name` or `name@address`. Default: the first one.
    """


def cache_mul(key: str | bytes, value: int = 2, expires: int | None = None, cache: str | None = None) -> bool | None:
    """Multiply a number.

    :param key: Its key.
    :param value: By what.
    :param expires: Seconds until it goes, if it is new; 0: never.
    :param cache: The cache, `name` or `name@address`. Default: the first one.
    """


def cache_div(key: str | bytes, value: int = 2, expires: int | None = None, cache: str | None = None) -> bool | None:
    """Divide a number, towards zero; division by 0 gives 0.

    :param key: Its key.
    :param value: By what.
    :param expires: Seconds until it goes, if it is new; 0: never.
    :param cache: The cache, `name` or `name@address`. Default: the first one.
    """
