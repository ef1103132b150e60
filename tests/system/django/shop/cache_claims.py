"""What every cache of Django's does; claims about ours, inside uWSGI and outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import BaseCache

#: Claims about every cache of Django's.
CLAIMS: dict[str, Callable[[BaseCache], None]] = {}

#: The limits that the project of these tests gives to its cache of uWSGI.
MAX_ENTRIES = 50
BLOCK_BYTES = 16384

_LIMIT_SECONDS = 20


def _claim(check: Callable[[BaseCache], None]) -> Callable[[BaseCache], None]:
    CLAIMS[check.__name__] = check
    return check


def _wait_until_gone(cache: BaseCache, key: str) -> None:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while cache.get(key) is not None:
        assert time.monotonic() < deadline, f"{key} never went"
        time.sleep(0.02)


def _raised(call: Callable[[], Any], kind: type[Exception]) -> str:
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__}")


@_claim
def any_value_comes_back_as_it_was(cache: BaseCache) -> None:
    """Whatever can be pickled comes back equal, and of its own type."""
    values: list[Any] = [
        0, 1, -1, 2**63 - 1, -(2**63) + 1, 2**63, 2**200, True, False, 1.5, float("inf"), None, range(3),
        "", "text", "ютф", "a\nb", b"", b"\0" * 8, b"12345678",
        [], [1, "2"], {"a": {"b": 3}}, (1,), {1, 2}, datetime(2026, 1, 2, tzinfo=UTC),
    ]  # fmt: skip
    for value in values:
        cache.set("value", value)
        found = cache.get("value", "nothing")
        assert found == value, (found, value)
        assert type(found) is type(value), (found, value)


@_claim
def every_length_of_text_comes_back(cache: BaseCache) -> None:
    """No text is taken for a number, whatever length its pickle has."""
    for length in range(40):
        for value in ("x" * length, b"x" * length, [0] * length):
            cache.set("value", value)
            assert cache.get("value") == value


@_claim
def what_is_not_there_is_the_default(cache: BaseCache) -> None:
    """A key without a value gives the default, None if there is none."""
    assert cache.get("none") is None
    assert cache.get("none", "bang!") == "bang!"


@_claim
def add_keeps_what_is_there(cache: BaseCache) -> None:
    """`add` tells whether it kept a value, and keeps none beside another."""
    assert cache.add("key", "first") is True
    assert cache.add("key", "second") is False
    assert cache.get("key") == "first"


@_claim
def set_replaces(cache: BaseCache) -> None:
    """`set` replaces a value of any size by one of any size."""
    for value in ("x" * 10_000, 1, "x", None, 2):
        cache.set("key", value)
        assert cache.get("key", "nothing") == value


@_claim
def several_at_once(cache: BaseCache) -> None:
    """`set_many`, `get_many` and `delete_many` work on several keys; what is not there is left out."""
    assert cache.set_many({"a": 1, "b": "2", "c": None}) == []
    assert cache.get_many(["a", "b", "c", "d"]) == {"a": 1, "b": "2", "c": None}
    cache.delete_many(["a", "b", "d"])
    assert cache.get_many(["a", "b", "c", "d"]) == {"c": None}


@_claim
def delete_tells_whether_there_was_one(cache: BaseCache) -> None:
    """`delete` is True for what was there, None too, and False for what was not."""
    cache.set_many({"a": 1, "b": None})
    assert [cache.delete(key) for key in ("a", "a", "b", "never")] == [True, False, True, False]


@_claim
def has_key_sees_none_too(cache: BaseCache) -> None:
    """`has_key` and `in` tell what is there, also where the value is None."""
    cache.set_many({"a": 0, "b": None})
    assert cache.has_key("a")
    assert "b" in cache
    assert "c" not in cache


@_claim
def counting(cache: BaseCache) -> None:
    """`incr` and `decr` return what they make of a number, below zero too; others see it."""
    cache.set("answer", 41)
    assert cache.incr("answer") == 42
    assert cache.incr("answer", 10) == 52
    assert cache.decr("answer", 60) == -8
    assert cache.incr("answer", -2) == -10
    assert cache.get("answer") == -10


@_claim
def counting_what_is_no_small_number(cache: BaseCache) -> None:
    """Numbers that do not fit into 64 bits, and fractions, are counted too, and counted by."""
    cache.set("whole", 1)
    assert cache.incr("whole", 0.5) == 1.5  # type: ignore[arg-type]
    cache.set("below", -5)
    assert cache.incr("below", 2**63) == 2**63 - 5
    cache.set_many({"large": 2**63 - 1, "larger": 2**70, "fraction": 1.5})
    assert cache.incr("large") == 2**63
    assert cache.incr("larger", -1) == 2**70 - 1
    assert cache.incr("fraction") == 2.5
    assert cache.get("large") == 2**63


@_claim
def counting_what_is_not_there(cache: BaseCache) -> None:
    """`incr` and `decr` raise ValueError for a key without a value, and make none."""
    for method in (cache.incr, cache.decr):
        assert "none" in _raised(lambda method=method: method("none"), ValueError)  # type: ignore[misc]
    assert cache.get("none") is None


@_claim
def get_or_set(cache: BaseCache) -> None:
    """`get_or_set` makes a value once, None as well."""
    assert cache.get_or_set("key", lambda: "made") == "made"
    assert cache.get_or_set("key", "again") == "made"
    assert cache.get_or_set("none", None) is None
    assert cache.get_or_set("none", "again") is None


@_claim
def versions(cache: BaseCache) -> None:
    """A key has a value in each version; a version can be counted up and down."""
    cache.set("key", "one", version=1)
    cache.set("key", "two", version=2)
    assert [cache.get("key", version=number) for number in (None, 1, 2, 3)] == ["one", "one", "two", None]
    assert cache.incr_version("key", version=2) == 3
    assert [cache.get("key", version=number) for number in (1, 2, 3)] == ["one", None, "two"]
    assert cache.decr_version("key", version=3) == 2
    assert "none" in _raised(lambda: cache.incr_version("none"), ValueError)


@_claim
def values_expire(cache: BaseCache) -> None:
    """After its timeout a value is gone in every way, and its place can be taken; others stay."""
    cache.set("short", "x", timeout=1)
    cache.set("number", 1, timeout=1)
    cache.set("long", "y", timeout=1000)
    assert cache.get("short") == "x"
    _wait_until_gone(cache, "short")
    _wait_until_gone(cache, "number")
    assert not cache.has_key("short")
    assert cache.delete("short") is False
    assert cache.touch("short") is False
    assert cache.add("short", "z") is True
    _raised(lambda: cache.incr("number"), ValueError)
    assert cache.get("long") == "y"


@_claim
def no_timeout_is_no_time(cache: BaseCache) -> None:
    """A timeout of 0 or less keeps nothing, and forgets what was there; None is for ever."""
    for timeout in (0, -1):
        cache.set("key", "x")
        cache.set("key", "y", timeout=timeout)
        assert cache.get("key") is None
    assert cache.add("key", "x", timeout=0) is True
    assert cache.get("key") is None
    cache.set("key", "x", timeout=None)
    assert cache.get("key") == "x"


@_claim
def touch_changes_the_timeout(cache: BaseCache) -> None:
    """`touch` lets a value live longer or shorter, tells whether there is one, and 0 ends it."""
    cache.set_many({"short": "x", "number": 7})
    assert cache.touch("short", timeout=1) is True
    assert cache.touch("number", timeout=1) is True
    cache.set("long", "y", timeout=1)
    assert cache.touch("long", timeout=1000) is True
    _wait_until_gone(cache, "short")
    _wait_until_gone(cache, "number")
    assert cache.get("long") == "y"
    assert cache.touch("long", timeout=0) is True
    assert cache.get("long") is None
    assert cache.touch("none") is False


@_claim
def counting_keeps_the_timeout(cache: BaseCache) -> None:
    """A number that is counted goes at its time, as if it was not."""
    cache.set("number", 1, timeout=1)
    cache.incr("number")
    _wait_until_gone(cache, "number")


@_claim
def clear_forgets_all(cache: BaseCache) -> None:
    """`clear` forgets everything."""
    cache.set_many({"a": 1, "b": 2})
    cache.clear()
    assert cache.get_many(["a", "b"]) == {}


@_claim
def keys_may_be_in_any_script(cache: BaseCache) -> None:
    """Keys that are not ASCII, or long, are keys like others."""
    cache.set_many({"ключ": 1, "k" * 240: 2})
    assert cache.get("ключ") == 1
    assert cache.get("k" * 240) == 2


def full_cache(cache: BaseCache) -> None:
    """With more values than it has room for, those go that were not used for longest; what is used stays."""
    cache.set("used", "kept")
    for number in range(MAX_ENTRIES * 2):
        cache.set(f"key{number}", number)
        assert cache.get("used") == "kept"
    there = cache.get_many(f"key{number}" for number in range(MAX_ENTRIES * 2))
    assert list(there.values()) == list(range(MAX_ENTRIES + 1, MAX_ENTRIES * 2)), there


def large_value(cache: BaseCache) -> None:
    """A value that is too large is not kept, and neither is the one it was to replace."""
    cache.set("key", "x" * (BLOCK_BYTES - 100))
    assert cache.get("key") is not None
    cache.set("key", "x" * BLOCK_BYTES)
    assert cache.get("key") is None
    assert cache.add("key", "x" * BLOCK_BYTES) is False


#: Claims about the limits of uWSGI's caches.
LIMITS: dict[str, Callable[[BaseCache], None]] = {"full_cache": full_cache, "large_value": large_value}
