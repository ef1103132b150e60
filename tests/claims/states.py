"""Claims about what processes share: caches, locks, metrics."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.claims import seen
from tests.claims.table import World, claim, step
from uwsgiconf import uwsgi
from uwsgiconf.runtime.caching import Cache
from uwsgiconf.runtime.locking import Lock, lock
from uwsgiconf.runtime.monitoring import Metric

SMALL = Cache("small")  # 4 items of 32 bytes
COUNTING = Cache("counting", timeout=0)  # math_initial=10
SHARED = Cache("shared")
LRU = Cache("lru")  # 4 items, the least used goes


@claim("caching")
def what_is_set_is_read(world: World) -> None:
    """Text, numbers and bytes come back as text, as a number, as bytes; what is not there as the default."""
    assert SHARED.set("text", "grüße")
    assert SHARED.get("text") == "grüße"
    assert SHARED.set("number", 7)
    assert (SHARED.get("number"), SHARED.get("number", as_int=True)) == ("7", 7)
    assert SHARED.set("bytes", b"\x00\xff")
    assert SHARED.get("bytes", preserve_bytes=True) == b"\x00\xff"
    assert SHARED.get("nothing", default="else") == "else"
    assert SHARED.get("nothing") is None


@claim("caching")
def a_setter_fills_the_cache(world: World) -> None:
    """What a setter returns is returned and stored; it is not called for what is there."""
    calls: list[str] = []

    def setter(key: str) -> int:
        calls.append(key)
        return 12345678

    assert SHARED.get("filled", setter=setter) == "12345678"
    assert SHARED.get("filled", setter=setter, as_int=True) == 12345678
    assert calls == ["filled"]


@claim("caching")
def set_replaces(world: World) -> None:
    """A second value takes the place of the first; deleting tells whether there was one."""
    assert SHARED.set("twice", "one")
    assert SHARED.set("twice", "two")
    assert SHARED.get("twice") == "two"
    assert "twice" in SHARED
    assert [SHARED.delete("twice"), SHARED.delete("twice")] == [True, False]
    assert "twice" not in SHARED


@claim("caching")
def a_cache_is_shared(world: World) -> None:
    """What one worker stores another one reads, and the other way round."""
    SHARED.set("to-other", "hello")
    assert world.ask("answer_in_cache") == "hello"
    assert SHARED.get("from-other") == "hello back"


@step
def answer_in_cache() -> str:
    """Read what the first worker stored, and answer."""
    found: str = SHARED.get("to-other")
    SHARED.set("from-other", f"{found} back")
    return found


@claim("caching")
def caches_of_other_instances(world: World) -> None:
    """A cache of another instance is reached by its address; where nobody answers, nothing is there."""
    remote = Cache(f"shared@{world.address}")
    assert remote.set("far", b"away \xff")
    assert remote.get("far", preserve_bytes=True) == b"away \xff"
    assert "far" in remote
    assert remote.delete("far")
    assert remote.get("far") is None
    assert not Cache("shared@127.0.0.1:1").set("far", "away")


@claim("caching")
def counting(world: World) -> None:
    """Numbers begin at the cache's initial value; division goes towards zero, and by zero makes zero."""
    key = "counted"
    assert COUNTING.incr(key, delta=5)
    assert COUNTING.get(key, as_int=True) == 15
    assert COUNTING.mul(key, value=-3)
    assert COUNTING.get(key, as_int=True) == -45
    assert COUNTING.div(key)
    assert COUNTING.get(key, as_int=True) == -22
    assert COUNTING.decr(key)
    assert COUNTING.get(key, as_int=True) == -23
    assert COUNTING.div(key, value=0)
    assert COUNTING.get(key, as_int=True) == 0


@claim("caching")
def limits_of_a_cache(world: World) -> None:
    """Nothing empty, nothing larger than a block, no key that is too long, and one item fewer than configured."""
    assert not SMALL.set("", "x")
    assert not SMALL.set("empty", "")
    assert SMALL.set("fits", "x" * 32)
    assert not SMALL.set("too-large", "x" * 33)
    assert not SMALL.set("k" * 17, "the key is too long")
    assert [SMALL.set(str(number), "x") for number in range(4)] == [True, True, False, False]
    assert sorted(SMALL.keys) == ["0", "1", "fits"]
    SMALL.clear()
    assert SMALL.keys == []


@claim("caching")
def the_least_used_goes(world: World) -> None:
    """A cache with `purge_lru` takes more than it has room for; what was read last stays."""
    for number in range(3):
        assert LRU.set(str(number), "x")
    assert LRU.get("0") == "x"
    assert LRU.set("3", "x")
    assert sorted(LRU.keys) == ["0", "2", "3"]


@claim("caching")
def no_such_cache(world: World) -> None:
    """A cache that is not there stores nothing, has nothing, and cannot be listed."""
    nowhere = Cache("nowhere")
    assert not nowhere.set("a", "b")
    assert nowhere.get("a") is None
    with pytest.raises(ValueError, match="no local uWSGI cache"):
        assert nowhere.keys


@claim("caching", check=lambda: Cache("lazy").get("short") is None and Cache("lazy").get("long") == "x")
def items_go(world: World) -> None:
    """An item goes when its time is over, and one with a longer time stays."""
    lazy = Cache("lazy", timeout=60)
    assert lazy.set("short", "x", timeout=1)
    assert lazy.set("long", "x")
    assert lazy.get("short") == "x"


@claim("locking")
def a_lock_is_held_across_workers(world: World) -> None:
    """A lock that one worker holds is held for another one too, until it is released."""
    with lock(1) as held:
        assert held.is_set
        assert world.ask("is_lock_one_set") == "True"
        assert world.ask("is_lock_zero_set") == "False"
    assert world.ask("is_lock_one_set") == "False"


@step
def is_lock_one_set() -> bool:
    """Tell about lock 1."""
    return Lock(1).is_set


@step
def is_lock_zero_set() -> bool:
    """Tell about lock 0."""
    return Lock().is_set


@claim("locking")
def who_wants_a_lock_waits(world: World) -> None:
    """Another worker gets the lock when it is released, and not before."""
    Lock(2).acquire()
    other = threading.Thread(target=world.ask, args=("write_under_lock_two",))
    other.start()
    other.join(0.2)
    assert other.is_alive()
    assert seen.read("under-lock") == ""
    Lock(2).release()
    other.join(20)
    assert seen.read("under-lock") == "written"


@step
@lock(2)
def write_under_lock_two() -> None:
    """Write something down while holding lock 2."""
    seen.write("under-lock", "written")


@step
@lock()
def write_under_lock_zero() -> str:
    """Hold lock 0 for a moment."""
    return "written"


@claim("locking")
def a_lock_is_released_on_the_way_out(world: World) -> None:
    """A function or a block that fails leaves its lock free."""

    @lock()
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert not Lock().is_set


@claim("locking")
def no_such_lock(world: World) -> None:
    """A lock that is not configured is refused."""
    for number in (3, -1):
        with pytest.raises(ValueError, match="Invalid lock number"):
            Lock(number).acquire()
        with pytest.raises(ValueError, match="Invalid lock number"):
            assert Lock(number).is_set


@claim("monitoring")
def metrics_are_counted(world: World) -> None:
    """A metric is set, counted and limited; one that is not there takes nothing."""
    metric = Metric("claimed")
    assert metric.set(10)
    assert metric.incr(5)
    assert metric.decr()
    assert metric.mul(3)
    assert metric.div(2)
    assert metric.value == 21
    assert [metric.set(5, mode="max"), metric.value] == [True, 21]
    assert [metric.set(5, mode="min"), metric.value] == [True, 5]
    assert [Metric("nowhere").incr(), Metric("nowhere").value] == [False, 0]
    with pytest.raises(ValueError, match="wanted `max`, `min` or None, found 'up'"):
        metric.set(1, mode="up")


@claim("monitoring")
def metrics_begin_somewhere(world: World) -> None:
    """A metric begins with its initial value, and a minimum goes down to that, not below."""
    metric = Metric("from-seven")
    assert metric.value == 7
    assert metric.incr(5)
    assert [metric.set(8, mode="min"), metric.value] == [True, 8]
    assert [metric.set(7, mode="min"), metric.value] == [True, 8]


#: Calls whose arguments are not what the functions of uWSGI take.
REFUSED: dict[str, tuple[Callable[[], object], type[Exception] | tuple[type[Exception], ...]]] = {
    "a fraction of a second": (lambda: SHARED.set("a", "b", timeout=1.5), TypeError),  # type: ignore[arg-type]
    "a time without end": (lambda: SHARED.set("a", "b", timeout=2**63), OverflowError),
    "no key": (lambda: SHARED.get(None), TypeError),  # type: ignore[arg-type]
    "a number as a key": (lambda: SHARED.set(1, "b"), TypeError),  # type: ignore[arg-type]
    "a count of a fraction": (lambda: COUNTING.incr("a", delta=0.5), TypeError),  # type: ignore[arg-type]
    "bytes that can change": (lambda: uwsgi.cache_get(bytearray(b"a"), "shared"), TypeError),  # type: ignore[arg-type]
    "a lock of a name": (lambda: Lock("a").acquire(), TypeError),  # type: ignore[arg-type]
    "a metric of a fraction": (lambda: Metric("claimed").set(0.5), TypeError),  # type: ignore[arg-type]
    "a metric of bytes": (lambda: Metric(b"claimed").value, TypeError),  # type: ignore[arg-type]
    "a name of an argument": (lambda: uwsgi.cache_get(key="a"), TypeError),
    "no cache": (lambda: uwsgi.cache_get("a", None), TypeError),
    "a farm of text": (lambda: uwsgi.mule_msg("a", "pair"), (TypeError, ValueError)),  # type: ignore[arg-type]
    "a task of text": (lambda: uwsgi.spool({b"a": "b"}), ValueError),  # type: ignore[dict-item]
    "no task": (lambda: uwsgi.spool(), ValueError),
}


@claim("caching")
def what_uwsgi_does_not_take(world: World) -> None:
    """Values of other types than uWSGI's functions take are refused with its kind of error."""
    for what, (call, error) in REFUSED.items():
        try:
            call()
        except error:
            continue
        raise AssertionError(what)


@claim("caching")
def a_block_of_the_usual_size(world: World) -> None:
    """A value of 64 KiB fits where nothing else is configured, and one byte more does not."""
    assert SHARED.set("full", b"x" * 65_536)
    assert not SHARED.set("full", b"x" * 65_537)


def take_a_lock_twice() -> None:
    """Take a lock, and take it again: nobody gets to the end of this."""
    with Lock(), Lock():
        pass
