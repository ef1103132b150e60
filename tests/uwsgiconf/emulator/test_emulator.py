"""What tests of applications get: an instance to drive, and a fixture."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from uwsgiconf import uwsgi_stub
from uwsgiconf.config import Section
from uwsgiconf.emulator import Emulator, EmulatorError, Harakiri, WouldWaitForeverError
from uwsgiconf.exceptions import RuntimeConfigurationError
from uwsgiconf.runtime import websockets
from uwsgiconf.runtime.caching import Cache
from uwsgiconf.runtime.control import harakiri_imposed, reload, stop
from uwsgiconf.runtime.locking import Lock
from uwsgiconf.runtime.mules import Farm, Mule
from uwsgiconf.runtime.platform import uwsgi as platform
from uwsgiconf.runtime.scheduling import register_timer, register_timer_rb
from uwsgiconf.runtime.signals import REGISTERED_SIGNALS, Signal
from uwsgiconf.runtime.spooler import Spooler

pytest_plugins = ["pytester"]

RUNS: list[str] = []


@register_timer(60)
def report() -> None:
    """Registered when this module is loaded, with no emulator anywhere."""
    RUNS.append(f"mule {Mule.get_current_id()}")


def test_what_was_registered_at_import_is_there() -> None:
    """An application that was loaded before has its timers in each emulator, at the place that fits."""
    for _ in range(2):
        RUNS.clear()
        with Emulator() as uwsgi:
            uwsgi.advance(timedelta(minutes=2))
        assert RUNS == ["mule 1", "mule 1"]


def test_what_was_registered_meanwhile_is_forgotten() -> None:
    """Nothing that a test registers is left for the next one, and the stand-in is as it was."""
    before, functions = dict(REGISTERED_SIGNALS), dict(vars(uwsgi_stub))
    with Emulator():
        Signal()(lambda: None)
        platform.postfork_hooks.add()(lambda: None)
        assert before != REGISTERED_SIGNALS
    assert before == REGISTERED_SIGNALS
    assert {name: value for name, value in vars(uwsgi_stub).items() if functions.get(name) is not value} == {}


def test_one_at_a_time() -> None:
    """An emulator within another one is refused."""
    with Emulator(), pytest.raises(EmulatorError, match="wanted one at a time, found another one"), Emulator():
        pass


def test_time_stands_still() -> None:
    """The clock is where the test put it, until the test moves it."""
    begin = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with Emulator(now=begin) as uwsgi:
        assert platform.clock == round(begin.timestamp() * 1_000_000)
        uwsgi.advance(1.5)
        assert uwsgi.now_seconds == begin.timestamp() + 1.5


def test_things_happen_in_their_order() -> None:
    """What falls due meanwhile is done at its time, each after what was due before it."""
    happened: list[tuple[str, float]] = []
    with Emulator(now=1_000_000) as uwsgi:
        register_timer(3)(lambda: happened.append(("three", uwsgi.now_seconds)))
        register_timer_rb(2, repeat=2)(lambda: happened.append(("two", uwsgi.now_seconds)))
        uwsgi.advance(7)
    expected = [("two", 2), ("three", 3), ("two", 4), ("three", 6)]
    assert happened == [(name, 1_000_000 + after) for name, after in expected]


def test_nothing_happens_by_itself() -> None:
    """Signals, messages and tasks wait until they are delivered, each by its own function."""
    done: list[str] = []
    with Emulator() as uwsgi:
        signal = Signal()
        signal(lambda: done.append("signal"))

        @Mule(1).offload()
        def offloaded() -> None:
            done.append("mule")

        @Spooler.task()
        def spooled() -> bool:
            done.append("task")
            return True

        signal.send()
        offloaded()
        spooled()
        assert done == []
        assert [uwsgi.deliver_signals(), uwsgi.run_mules(), uwsgi.look_for_tasks()] == [1, 1, 1]
        assert done == ["signal", "mule", "task"]


def test_a_section_says_what_there_is() -> None:
    """With a section there are the caches, locks, mules, farms and metrics that it configures, and no others."""
    section = Section()
    section.workers.set_mules_params(mules=1, farms=[section.workers.mule_farm("one", [1])])
    section.caching.add_cache("mine", 3)
    with Emulator(section) as uwsgi:
        assert Cache("mine").set("a", "b")
        assert not Cache("other").set("a", "b")
        assert [farm.name for farm in Farm.get_farms()] == ["one"]
        with pytest.raises(ValueError, match="Invalid lock number"):
            Lock(1).acquire()
        with pytest.raises(ValueError, match="mule 2"):
            Mule(2).send("x")
        with uwsgi.as_mule(1):
            assert Farm("one").is_mine
        with pytest.raises(RuntimeConfigurationError, match="spooler: wanted one at least, found none"):
            Spooler.send_message_raw("x")
    assert Spooler.send_message_raw("nowhere") == ""


def test_no_mules_are_none() -> None:
    """Where the number of mules is 0, timers ring in workers, and there is none to send anything to."""
    with Emulator(Section().workers.set_mules_params(mules=0)) as uwsgi:
        rung: list[int] = []
        register_timer(1)(lambda: rung.append(platform.worker_id))
        uwsgi.advance(1)
        assert rung == [1]
        with pytest.raises(ValueError, match="no mule configured"):
            Mule(1).send("x")


def test_a_lock_taken_twice() -> None:
    """What would hang a process of uWSGI is an error here, with who holds the lock."""
    with Emulator() as uwsgi, Lock(3):
        with pytest.raises(WouldWaitForeverError, match="lock 3: wanted worker 1 to take it, found worker 1 holds it"):
            Lock(3).acquire()
        with uwsgi.as_mule(2), pytest.raises(WouldWaitForeverError, match="wanted mule 2 to take it"):
            Lock(3).acquire()
        with uwsgi.as_mule(2):
            Lock(3).release()  # not its own: nothing happens
        assert Lock(3).is_set


def test_a_lock_between_threads() -> None:
    """A thread waits for a lock that another one holds."""
    order: list[str] = []
    with Emulator():

        def second() -> None:
            with Lock():
                order.append("second")

        with Lock():
            thread = threading.Thread(target=second)
            thread.start()
            order.append("first")
        thread.join(10)
    assert order == ["first", "second"]


def test_waits_that_nothing_ends() -> None:
    """Waiting for a message, a signal or a client that nobody sent is an error."""
    with Emulator() as uwsgi:
        with uwsgi.as_mule(1):
            assert Mule.get_message(timeout=0) is None
            with pytest.raises(WouldWaitForeverError, match="wanted a message, found none"):
                Mule.get_message()
        with pytest.raises(WouldWaitForeverError, match="wanted signal 9, found none was sent"):
            Signal(9).wait()
        websockets.handshake()
        with pytest.raises(WouldWaitForeverError, match="wanted a message of the client"):
            websockets.recv()


def test_what_brings_itself_about() -> None:
    """Signals, calls and tasks that bring themselves about end with an error instead of never."""
    with Emulator() as uwsgi:
        signal = Signal()
        signal(signal.send)
        signal.send()
        with pytest.raises(EmulatorError, match="signals: wanted an end of them, found 10001, and more waiting"):
            uwsgi.run_pending()
    with Emulator() as uwsgi:

        @Mule(1).offload()
        def again() -> None:
            again()

        again()
        with pytest.raises(EmulatorError, match="messages to mules: wanted an end"):
            uwsgi.run_pending()
    with Emulator() as uwsgi:

        @Spooler.task()
        def once_more() -> bool:
            return bool(once_more())

        once_more()
        with pytest.raises(EmulatorError, match="tasks of spoolers, and what they send: wanted an end"):
            uwsgi.run_pending()


def test_programmed_mules_take_messages() -> None:
    """A mule that runs a program of its own takes messages to it, to any mule, and to its farms."""
    section = Section()
    section.workers.set_mules_params(mules=2, farms=[section.workers.mule_farm("pair", [1, 2])])
    with Emulator(section) as uwsgi:
        Mule(2).send("mine")
        Farm("pair").send("ours")
        with uwsgi.as_mule(2):
            assert Mule.get_message(timeout=0) == "mine"
            assert Mule.get_message(timeout=0) is None
            assert Mule.get_message(timeout=0, farms=True) == "ours"
            Farm("pair").send("again")
            assert Farm.get_message() == "again"


def test_harakiri() -> None:
    """Time that passes a limit kills, whatever the code catches; an inner limit ends with its block."""
    with Emulator() as uwsgi:
        with harakiri_imposed(10), harakiri_imposed(60):
            uwsgi.advance(5)
        limit = harakiri_imposed(10)
        with limit, harakiri_imposed(60):
            uwsgi.advance(8)
        with harakiri_imposed(10):
            with harakiri_imposed(60):
                uwsgi.advance(8)
            with pytest.raises(Harakiri):
                uwsgi.advance(8)
        uwsgi.advance(100)


def test_spooled_tasks_are_drained() -> None:
    """Draining moves the clock until all is done: what is postponed, and what is tried again."""
    done: list[str] = []

    def flaky() -> bool:
        done.append("try")
        if len(done) < 3:
            raise LookupError
        return True

    def late() -> bool:
        done.append("late")
        return True

    with Emulator(now=0) as uwsgi:
        Spooler.task(postpone=timedelta(hours=1))(late)()
        Spooler.task()(flaky)()
        assert len(uwsgi.tasks) == 2
        uwsgi.drain_spooler()
        assert done == ["try", "try", "try", "late"]
        assert 3600 <= uwsgi.now_seconds <= 3630


def test_functions_of_one_name_are_apart() -> None:
    """Two functions that are called the same are two: a call reaches the one that was decorated."""
    done: list[int] = []
    with Emulator() as uwsgi:
        first, second = (Mule(1).offload()(lambda number=number: done.append(number)) for number in (1, 2))
        second()
        first()
        uwsgi.run_mules()
    assert done == [2, 1]


def test_tasks_that_are_never_done() -> None:
    """Draining ends with an error that names what is left."""
    with Emulator() as uwsgi:
        Spooler.task()(lambda: None)()
        with pytest.raises(EmulatorError, match="wanted all done, found 1 left: /emulated/spooler/uwsgi_spoolfile_on_"):
            uwsgi.drain_spooler()


def test_a_websocket() -> None:
    """The test is the client: it sends, receives and goes away."""
    with Emulator() as uwsgi:
        uwsgi.websocket.send("hello")
        with pytest.raises(OSError, match="unable to receive"):
            websockets.send(message="before the handshake")
        websockets.handshake()
        assert websockets.recv() == b"hello"
        assert websockets.recv(non_blocking=True) == b""
        websockets.send(message="text")
        websockets.send(message=b"data")
        assert uwsgi.websocket.received == ["text", b"data"]
        uwsgi.websocket.send("last")
        uwsgi.websocket.close()
        assert websockets.recv() == b"last"
        with pytest.raises(OSError, match="unable to receive"):
            websockets.recv()


def test_what_the_instance_was_told() -> None:
    """Reloads and stops are counted, and other instances keep the signals that they are sent."""
    with Emulator() as uwsgi:
        other = uwsgi.remote("10.0.0.1:3031")
        Signal(5).send(remote="10.0.0.1:3031")
        assert [reload(), stop()] == [True, True]
        assert (uwsgi.reloads, uwsgi.stops, other.signals) == (1, 1, [5])


APPLICATION_TEST = """
import pytest
from uwsgiconf.config import Section
from uwsgiconf.runtime.caching import Cache
from uwsgiconf.runtime.scheduling import register_timer

runs = []

@register_timer(10)
def often():
    runs.append(1)

def test_generous(uwsgi):
    Cache("any").set("a", "b")
    uwsgi.advance(30)
    assert len(runs) == 3

def test_apart(uwsgi):
    assert Cache("any").get("a") is None
    uwsgi.advance(10)
    assert len(runs) == 4

class TestWithSection:
    @pytest.fixture
    def uwsgi_section(self):
        return Section().caching.add_cache("mine", 10)

    def test_configured(self, uwsgi):
        assert Cache("mine").set("a", "b")
        assert not Cache("any").set("a", "b")
"""


def test_the_fixture(pytester: pytest.Pytester) -> None:
    """The plugin of pytest brings an emulator for each test, apart from others, of the section that the test names."""
    pytester.makepyfile(APPLICATION_TEST)
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-o", "asyncio_mode=auto").assert_outcomes(passed=3)
