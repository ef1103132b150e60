"""Caches, which all processes of an instance share, and other instances can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import uwsgi

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds after which an item goes, if nothing else is said.
DEFAULT_TIMEOUT_SECONDS = 300

#: Numbers that uWSGI counts with are kept in this many bytes.
_NUMBER_BYTES = 8


class Cache:
    """A cache of uWSGI.

    It has to be configured: ``section.caching.add_cache('mycache', 100)``.

    :param name: Its name, or `name@address` for one of another instance. Source: ``cache2``.
    :param timeout: Seconds after which items go, if `set` is told nothing else; 0: never. Default: 300.
        A cache configured not to expire anything ignores it.
    """

    __slots__ = ("name", "timeout")

    def __init__(self, name: str, *, timeout: int | None = None) -> None:
        self.name = name
        self.timeout = DEFAULT_TIMEOUT_SECONDS if timeout is None else timeout

    def __contains__(self, key: str) -> bool:
        return bool(uwsgi.cache_exists(key, self.name))

    @property
    def keys(self) -> list[str]:
        """The keys of all items.

        :raises ValueError: There is no such cache in this instance.
        """
        return [key.decode() for key in uwsgi.cache_keys(self.name)]

    def clear(self) -> None:
        """Remove all items."""
        uwsgi.cache_clear(self.name)

    def get(
        self,
        key: str,
        *,
        default: Any = None,
        as_int: bool = False,
        setter: Callable[[str], Any] | None = None,
        preserve_bytes: bool = False,
    ) -> Any:
        """Read an item.

        :param key: Its key.
        :param default: What to return if there is none.
        :param as_int: Return it as a number: one that `incr` and its like count, or one that was set.
        :param setter: Called with the key if there is no item; what it returns is stored, and returned as an item is.
        :param preserve_bytes: Return the bytes that are stored, instead of text.
        :return: Its value: text, a number, or bytes.
        :raises ValueError: What is stored is no number, or bytes that are no text.
        """
        value = uwsgi.cache_get(key, self.name)
        if value is None:
            if setter is None:
                return default
            value = _stored(setter(key))
            self.set(key, value)
        if as_int:
            return _number(value)
        return value if preserve_bytes else value.decode()

    def set(self, key: str, value: Any, *, timeout: int | None = None) -> bool:
        """Store an item, in place of the one that is there.

        :param key: Its key.
        :param value: Bytes are stored as they are, everything else as its text.
        :param timeout: Seconds after which it goes; 0: never. Default: that of the cache.
        :return: Whether it was stored: not if it is empty, too large, or the cache is full.
        """
        expires = self.timeout if timeout is None else timeout
        return uwsgi.cache_update(key, _stored(value), expires, self.name) is True

    def delete(self, key: str) -> bool:
        """Remove an item.

        :param key: Its key.
        :return: Whether it was there.
        """
        return uwsgi.cache_del(key, self.name) is True

    def incr(self, key: str, *, delta: int = 1) -> bool:
        """Add to a number; no other process sees or changes it meanwhile.

        Only for items that begin with one of these four methods: uWSGI would take the text that `set` stores for a
        number of the same bytes.

        :param key: Its key; an item that is not there counts from `math_initial` of the cache, 0 if it has none.
        :param delta: What to add.
        :return: Whether it was done.
        """
        return uwsgi.cache_inc(key, delta, self.timeout, self.name) is True

    def decr(self, key: str, *, delta: int = 1) -> bool:
        """Subtract from a number, see `incr`.

        :param key: Its key.
        :param delta: What to subtract.
        :return: Whether it was done.
        """
        return uwsgi.cache_dec(key, delta, self.timeout, self.name) is True

    def mul(self, key: str, *, value: int = 2) -> bool:
        """Multiply a number, see `incr`.

        :param key: Its key.
        :param value: By what.
        :return: Whether it was done.
        """
        return uwsgi.cache_mul(key, value, self.timeout, self.name) is True

    def div(self, key: str, *, value: int = 2) -> bool:
        """Divide a number, towards zero, see `incr`.

        :param key: Its key.
        :param value: By what; 0 makes it 0.
        :return: Whether it was done.
        """
        return uwsgi.cache_div(key, value, self.timeout, self.name) is True


def _stored(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _number(value: bytes) -> int:
    """The number in an item, be it one that uWSGI counts or the text that `set` stores.

    Eight bytes that are digits are text: as a number that uWSGI counts they would be above 3 * 10 ** 18.
    """
    if len(value) == _NUMBER_BYTES and not value.lstrip(b"-").isdigit():
        return int.from_bytes(value, "little", signed=True)
    return int(value)
