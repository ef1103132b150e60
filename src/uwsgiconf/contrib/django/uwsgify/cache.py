"""A cache backend of Django's that keeps values in a cache of uWSGI, shared by all its processes."""

from __future__ import annotations

import logging
import math
import pickle
import struct
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.module_loading import import_string

from uwsgiconf import uwsgi
from uwsgiconf.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger("uwsgify.cache")

# Numbers are kept as uWSGI keeps them, so that it can count by itself: eight bytes, as no pickled value ever is.
_NUMBER = struct.Struct("=q")
_LARGEST = 2**63 - 1

_USUAL_NAME = "default"
_USUAL_BLOCK_BYTES = 65536
_USUAL_KEY_BYTES = 2048
_USUAL_ENTRIES = 300

#: uWSGI keeps the length of a key in 16 bits.
_MOST_KEY_BYTES = 0xFFFF

#: What `_expiry` returns for items that are to be gone at once.
_GONE = -1

#: The placeholder by which the configuration tells which caches there are. uWSGI itself tells of the last one only.
CACHES_PLACEHOLDER = "uwsgify-caches"
_SEPARATOR = " | "


class Declaration(NamedTuple):
    """A cache that uWSGI has to create."""

    name: str
    #: The value of uWSGI's option `cache2`.
    option: str


def declared_caches() -> list[Declaration]:
    """The caches of uWSGI that the setting CACHES uses.

    :raises ConfigurationError: One of them has a name that uWSGI could not find again.
    """
    found: dict[str, Declaration] = {}
    entries: dict[str, dict[str, Any]] = settings.CACHES
    for told in entries.values():
        if issubclass(import_string(told["BACKEND"]), UwsgiCache):
            name = _checked_name(str(told.get("LOCATION") or _USUAL_NAME))
            found.setdefault(name, Declaration(name, _declare(name, told.get("OPTIONS", {}))))
    return list(found.values())


def caches_in(options: Iterable[str]) -> dict[str, str]:
    """What declares each cache, by their names.

    :param options: The values of uWSGI's option `cache2`.
    """
    found: dict[str, str] = {}
    for option in options:
        for part in option.split(","):
            key, _, value = part.partition("=")
            if key == "name":
                found[value] = option
    return found


def as_placeholder(options: list[str]) -> str:
    """What the placeholder has to be for caches that are declared so.

    :param options: The values of uWSGI's option `cache2`.
    """
    return _SEPARATOR.join(options)


def known_caches() -> dict[str, str]:
    """The caches of this instance: how each was declared, by their names."""
    told: bytes = uwsgi.opt.get(CACHES_PLACEHOLDER) or uwsgi.opt.get("cache2") or b""
    return caches_in(told.decode().split(_SEPARATOR))


def _checked_name(name: str) -> str:
    if set(name) & set("@,=| "):
        raise ConfigurationError(
            f"CACHES: LOCATION {name!r}",
            wanted="the name of a cache in this uWSGI, without @, comma, =, | and spaces",
            found=repr(name),
            remedy="Use letters, digits, dots, dashes and underscores.",
        )
    return name


def _declare(name: str, options: dict[str, Any]) -> str:
    """One that forgets what was used least recently when it is full, and looks at the time when it is asked."""
    said = {
        "name": name,
        "maxitems": _number(options, "MAX_ENTRIES", _USUAL_ENTRIES) + 1,  # uWSGI keeps one for itself
        "blocksize": _number(options, "BLOCK_SIZE", _USUAL_BLOCK_BYTES),
        "keysize": _number(options, "KEY_SIZE", _USUAL_KEY_BYTES, most=_MOST_KEY_BYTES),
        "purge_lru": 1,
        "lazy_expire": 1,
        "ignore_full": 1,
    }
    if store := options.get("STORE"):
        said |= {"store": store, "store_delete": 1}
    return ",".join(f"{key}={value}" for key, value in said.items())


def _number(options: dict[str, Any], name: str, usual: int, *, most: int | None = None) -> int:
    given = options.get(name, usual)
    number = int(given) if str(given).isdecimal() else 0
    if not 1 <= number <= (most or number):
        raise ConfigurationError(
            f"CACHES: OPTIONS, {name}",
            wanted=f"a whole number from 1 to {most}" if most else "a whole number, 1 or more",
            found=repr(given),
            remedy=f"Correct it, or leave it out for {usual}.",
        )
    return number


class UwsgiCache(BaseCache):
    """Values in a cache of uWSGI: any that can be pickled, up to BLOCK_SIZE bytes each.

    OPTIONS are MAX_ENTRIES (300), the number of values; BLOCK_SIZE (65536), the bytes of the largest one; KEY_SIZE
    (2048), the bytes of the longest key; STORE, a file that keeps the values while uWSGI does not run. When it is full,
    the value goes that was not used for longest; a value that is too large is not kept, and a warning is logged.

    Outside uWSGI, in `manage.py shell` for example, each process has a cache of its own.

    :param location: The name of uWSGI's cache. Default: `default`.
    :param params: The entry of CACHES.
    """

    def __new__(cls, location: str, params: dict[str, Any]) -> BaseCache:  # type: ignore[misc]
        """Return a cache in this process's memory where there is no uWSGI."""
        if uwsgi.is_stub:
            return LocMemCache(f"uwsgify-{location}", params)
        return super().__new__(cls)

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._name = location or _USUAL_NAME

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value of a key, or else the default."""
        raw = self._read(self.make_and_validate_key(key, version=version))
        return default if raw is None else _decode(raw)

    def add(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value if the key has none, and tell whether it was kept."""
        made = self.make_and_validate_key(key, version=version)
        expiry = self._expiry(timeout)
        if expiry == _GONE:
            return self._read(made) is None
        return bool(uwsgi.cache_set(made, _encode(value), expiry, self._name))

    def set(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep a value; if that cannot be, log why, and keep no older one either."""
        made = self.make_and_validate_key(key, version=version)
        self._write(made, _encode(value), self._expiry(timeout))

    def touch(self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Give a value another timeout, and tell whether there is one."""
        made = self.make_and_validate_key(key, version=version)
        raw = self._read(made)
        if raw is not None:
            self._write(made, raw, self._expiry(timeout))
        return raw is not None

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget a value, and tell whether there was one."""
        return bool(uwsgi.cache_del(self.make_and_validate_key(key, version=version), self._name))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Whether a key has a value."""
        # Not `cache_exists`: it forgets what expired while other processes may do so too, and the cache may break.
        return self._read(self.make_and_validate_key(key, version=version)) is not None

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Add to a number and return it; no addition is ever lost, but those of others may be in what is returned.

        :raises ValueError: The key has no value.
        """
        made = self.make_and_validate_key(key, version=version)
        raw = self._read(made)
        if raw is None:
            raise ValueError(f"Key '{key}' not found")
        if len(raw) != _NUMBER.size or not _can_count(_NUMBER.unpack(raw)[0], delta):
            return super().incr(key, delta, version)
        uwsgi.cache_inc(made, delta, max(0, self._expiry(DEFAULT_TIMEOUT)), self._name)  # for one that went just now
        counted: int | None = self.get(key, version=version)
        if counted is None:
            raise ValueError(f"Key '{key}' not found")
        return counted

    def clear(self) -> None:
        """Forget all values, of every user of this cache of uWSGI's."""
        uwsgi.cache_clear(self._name)

    def _read(self, made: str) -> bytes | None:
        found: bytes | None = uwsgi.cache_get(made, self._name)
        return found

    def _write(self, made: str, raw: bytes, expiry: int) -> None:
        if expiry != _GONE and uwsgi.cache_update(made, raw, expiry, self._name):
            return
        uwsgi.cache_del(made, self._name)
        if expiry != _GONE:
            logger.warning(
                "cache %s: a value of %d bytes for key %r was not kept: %s",
                self._name,
                len(raw),
                made,
                "value or key is too large, or there is no such cache, or no room; see BLOCK_SIZE, KEY_SIZE and "
                "MAX_ENTRIES in CACHES, and serve the project with uwsgi_run",
            )

    @cached_property
    def _takes_absolute_times(self) -> bool:
        """Whether the cache forgets what was used least recently: uWSGI then takes timeouts for points in time."""
        parts = known_caches().get(self._name, "").split(",")
        return any(part.partition("=")[0] in {"purge_lru", "lru"} for part in parts)

    def _expiry(self, timeout: float | None) -> int:
        """What uWSGI has to be told, never shorter than what was asked for; 0 means for ever."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        if timeout is None:
            return 0
        if timeout <= 0:
            return _GONE
        now = time.time()
        end = math.ceil(now + timeout)
        return end if self._takes_absolute_times else end - int(now)


def _can_count(number: int, delta: Any) -> bool:
    """Whether uWSGI can add to a number by itself."""
    return isinstance(delta, int) and abs(delta) <= _LARGEST and abs(number + delta) <= _LARGEST


def _encode(value: Any) -> bytes:
    if type(value) is int and abs(value) <= _LARGEST:
        return _NUMBER.pack(value)
    pickled = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return pickled + b"\0" if len(pickled) == _NUMBER.size else pickled  # pickle reads up to its own end


def _decode(raw: bytes) -> Any:
    if len(raw) == _NUMBER.size:
        return _NUMBER.unpack(raw)[0]
    return pickle.loads(raw)  # noqa: S301 - what is in the cache was put there by this application
