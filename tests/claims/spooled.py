"""Claims about work that is left to spoolers."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.claims import seen
from tests.claims.table import World, claim
from uwsgiconf import uwsgi
from uwsgiconf.runtime.locking import Lock
from uwsgiconf.runtime.spooler import (
    ResultProcessed,
    ResultRescheduled,
    Spooler,
    SpoolerTask,
    TaskResult,
    spooler_task_types,
)


@Spooler.task()
def plain(*args: object, **kwargs: object) -> bool:
    """Write down what came."""
    seen.write("spooled", f"{seen.whoami()} {args} {kwargs}")
    return True


@claim("spooler", check=lambda: seen.read("spooled") == "spooler (1,) {'b': b'x'}")
def a_call_is_made_by_a_spooler(world: World) -> None:
    """A call returns the path of its file, and the spooler makes it with all arguments."""
    assert "/uwsgi_spoolfile_on_" in plain(1, b=b"x")


@Spooler.task()
def fails_twice() -> bool:
    """Fail, and fail again."""
    seen.note("tried")
    if seen.count("tried") < 3:
        raise LookupError("tried again")
    return True


@claim("spooler", check=lambda: seen.count("tried") == 3)
def what_fails_is_tried_again(world: World) -> None:
    """A task that raises is tried at the next look, until it does not."""
    fails_twice()


@Spooler.task()
def exits_once() -> bool:
    """Exit, as a command line program does, unless it did before."""
    seen.note("exits")
    if seen.count("exits") == 1:
        sys.exit(2)
    return True


@Spooler.task()
def behind_it() -> bool:
    """Count."""
    seen.note("behind-it")
    return True


@claim("spooler", check=lambda: seen.count("exits") == 2 and seen.count("behind-it") == 1)
def who_exits_is_tried_again(world: World) -> None:
    """A task that exits does not take the spooler along: it is tried again, and those behind it are done."""
    exits_once()
    behind_it()


@Spooler.task()
def rescheduled_once() -> TaskResult:
    """Ask for another try."""
    seen.note("rescheduled")
    return ResultRescheduled() if seen.count("rescheduled") == 1 else ResultProcessed("done")


@claim("spooler", check=lambda: seen.count("rescheduled") == 2)
def results_say_what_becomes_of_a_task(world: World) -> None:
    """A task whose result says so is tried again; one that is processed is not."""
    rescheduled_once()


@Spooler.task()
def skipped() -> None:
    """Ignore the task."""
    seen.note("skipped")


@claim("spooler", check=lambda: seen.count("skipped") >= 2)
def an_ignored_task_stays(world: World) -> None:
    """A task that returns nothing stays, and is seen at each look."""
    path = skipped()
    world.remember(path)


SPOOLER = Spooler.get_by_basename("tasks") or Spooler("tasks")


@SPOOLER.task(postpone=timedelta(seconds=2))
def postponed(due_micros: int) -> bool:
    """Write down whether it was late enough."""
    seen.write("postponed", str(uwsgi.micros() >= due_micros))
    return True


@claim("spooler", check=lambda: seen.read("postponed") == "True")
def a_postponed_task_waits(world: World) -> None:
    """A postponed task is not done before its time."""
    postponed(uwsgi.micros() + 2_000_000)


class Raw(SpoolerTask):
    """Messages of no kind."""

    type_id = "raw"

    def process(self) -> TaskResult | bool | None:
        """Write down what came."""
        seen.write(f"raw-{self.message}", f"{seen.whoami()} {self.payload} {self.name.startswith('uwsgi_spoolfile')}")
        return self.mark_processed()


@claim("spooler", check=lambda: seen.read("raw-hello") == "spooler {'a': 1} True")
def raw_messages_have_a_class(world: World) -> None:
    """A raw message and its payload reach the class of that kind."""
    assert spooler_task_types["raw"] is Raw
    Spooler.send_message_raw("hello", payload={"a": 1}, postpone=datetime.now(UTC) - timedelta(days=1))


class Large(SpoolerTask):
    """Tasks of a kind of our own."""

    type_id = "large"

    def process(self) -> TaskResult | bool | None:
        """Write down how much came."""
        seen.write("large", str(len(self.payload)))
        return True


@claim("spooler", check=lambda: seen.read("large") == "1000000")
def payloads_may_be_large(world: World) -> None:
    """A task of a kind of one's own carries a payload of any size."""
    Large.send(payload=b"x" * 1_000_000)
    with pytest.raises(ValueError, match="wanted at most 65535 bytes besides the payload, found 70044 bytes"):
        Large.send(message="x" * 70_000)


@Spooler.task(priority=2)
def second() -> bool:
    """Count."""
    seen.write("order", seen.read("order") + "2")
    return True


@Spooler.task(priority=1)
def first() -> bool:
    """Count."""
    seen.write("order", seen.read("order") + "1")
    return True


@Spooler.task()
def last() -> bool:
    """Count."""
    seen.write("order", seen.read("order") + "9")
    return True


@Spooler.task()
def spool_three() -> bool:
    """Leave three tasks from within the spooler, which sees all of them at its next look."""
    last()
    second()
    first()
    return True


@claim("spooler", check=lambda: seen.read("order") == "129")
def priorities_order_tasks(world: World) -> None:
    """The lower the priority's number the sooner; those without one come last."""
    spool_three()


@Spooler.task()
def lock_in_spooler() -> bool:
    """Try to lock."""
    try:
        Lock().acquire()
    except ValueError as fault:
        seen.write("lock-in-spooler", str(fault))
    return True


@claim("locking", check=lambda: "cannot lock" in seen.read("lock-in-spooler"))
def spoolers_cannot_lock(world: World) -> None:
    """A spooler that takes a lock is refused."""
    lock_in_spooler()


@claim("spooler")
def spoolers_are_found(world: World) -> None:
    """Spoolers are listed, and found by the names of their directories; another one is refused."""
    found = Spooler.get_by_basename("tasks")
    assert found in Spooler.get_spoolers()
    assert Spooler.get_by_basename("nowhere") is None
    assert len(Spooler.get_pids()) == 1
    with pytest.raises(ValueError, match="unable to spool job"):
        Spooler.send_message_raw("x", spooler="/nowhere")


@claim("spooler")
def tasks_are_read(world: World) -> None:
    """The file of a task that waits can be found and read."""
    path = Spooler.send_message_raw("waits", postpone=timedelta(days=1))
    world.remember(path)
    assert path in Spooler.get_tasks()
    content = Spooler.read_task_file(path)
    assert content is not None
    assert content[b"uwsgiconf_message"] == b"waits"
    assert Spooler.read_task_file("/nowhere") is None


@Spooler.task(postpone=timedelta(days=1))
def postponed_a_day() -> bool:
    """Tell that it was done."""
    seen.write("postponed-a-day", "done")
    return True


@Spooler.task()
def fails_until_reload() -> bool:
    """Fail in the first life of an instance, and tell in which one not."""
    is_a_reload: object = uwsgi.is_a_reload  # a plain value inside uWSGI
    if is_a_reload is not True:
        raise LookupError("not before a reload")
    seen.write("tried-after-reload", "done")
    return True
