"""What the runtime modules refuse before uWSGI would do something that nobody wants, and what they say."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from uwsgiconf import uwsgi_stub
from uwsgiconf.config import Section
from uwsgiconf.emulator import Emulator
from uwsgiconf.emulator.registries import Registries
from uwsgiconf.exceptions import ConfigurationError, RuntimeConfigurationError
from uwsgiconf.runtime import calls, ticking, websockets
from uwsgiconf.runtime.control import harakiri_imposed, stop
from uwsgiconf.runtime.scheduling import register_timer, register_timer_ms, register_timer_rb
from uwsgiconf.runtime.signals import Signal, get_available_num
from uwsgiconf.runtime.spooler import Spooler
from uwsgiconf.runtime.tasks import read_task


@pytest.fixture(autouse=True)
def _registries_apart() -> Iterator[None]:
    kept = Registries()
    yield
    kept.restore()


def test_errors_are_both_kinds() -> None:
    """What is refused is an error of configuration, and the `ValueError` that uWSGI raises elsewhere."""
    assert issubclass(RuntimeConfigurationError, ConfigurationError)
    assert issubclass(RuntimeConfigurationError, ValueError)


def test_priorities_need_order() -> None:
    """A priority is refused where spoolers would never find the task."""
    section = Section().spooler.add("/emulated/tasks")
    with Emulator(section), pytest.raises(RuntimeConfigurationError) as caught:
        Spooler.send_message_raw("x", priority=1)
    assert caught.value.thing == "priority of a spooler task"
    assert caught.value.found == "no `spooler-ordered`"
    assert "order_tasks=True" in caught.value.remedy


@pytest.mark.parametrize("priority", [-1, 1.5, True])
def test_priorities_are_numbers(priority: Any) -> None:
    """A priority whose directory no spooler looks into is refused."""
    with pytest.raises(RuntimeConfigurationError, match="wanted a whole number, 0 or more, found") as caught:
        Spooler.send_message_raw("x", priority=priority)
    assert caught.value.found == repr(priority)


@pytest.mark.parametrize(
    ("function", "call"),
    [
        ("spool", lambda: Spooler.send_message_raw("x")),
        ("spooler_jobs", Spooler.get_tasks),
        ("spooler_pids", Spooler.get_pids),
        ("set_spooler_frequency", lambda: Spooler.set_period(1)),
        ("spooler_get_task", lambda: Spooler.read_task_file("/x")),
    ],
)
def test_there_has_to_be_a_spooler(function: str, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a spooler uWSGI has not even the functions; that is told as what to configure."""
    monkeypatch.delattr(uwsgi_stub, function)
    with pytest.raises(RuntimeConfigurationError, match="spooler: wanted one at least, found none"):
        call()


def test_unknown_kinds_of_tasks() -> None:
    """A task of a kind that this process does not know is named, with those that it knows."""
    with pytest.raises(RuntimeConfigurationError, match="spooler task of kind `other`: wanted one of fcall"):
        read_task({b"uwsgiconf_task": b"other"})


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("no_such_module:function", "no module `no_such_module` that can be imported"),
        ("json:no_such_function", "a module `json` that does not have it"),
    ],
)
def test_unknown_functions(name: str, found: str) -> None:
    """A call of a function that this process does not have is named, with how to have it there."""
    with pytest.raises(RuntimeConfigurationError) as caught:
        calls.make(calls.pack(name, (), {}))
    assert caught.value.thing == f"call of `{name}`"
    assert caught.value.found == found
    assert "lazy-apps" in caught.value.remedy


def test_all_signals_taken() -> None:
    """When all signals are registered, that is told, and not one of them given away again."""
    with Emulator():
        for number in range(256):
            if not Signal(number).registered:
                Signal(number)(lambda: None)
        with pytest.raises(RuntimeConfigurationError, match="found all 256 registered"):
            get_available_num()


def test_a_second_handler_is_refused() -> None:
    """A signal that has a handler does not get another one."""
    with Emulator():
        signal = Signal(7)
        signal(lambda: None)
        with pytest.raises(ValueError, match="unable to register signal"):
            signal(lambda: None)


def test_context_of_requests_needs_another_uwsgi(monkeypatch: pytest.MonkeyPatch) -> None:
    """`request_context` is refused with the version at hand, where uWSGI does not take it."""
    monkeypatch.setattr(uwsgi_stub, "websocket_send", lambda message: None)
    with pytest.raises(RuntimeConfigurationError, match=r"wanted a uWSGI that takes it, 2\.1, found 0\.0\.0"):
        websockets.send(message="x", request_context=object())


def test_handshakes_need_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TLS in uWSGI the handshake is written here, and a request without a key is none."""
    monkeypatch.delattr(uwsgi_stub, "i_am_the_lord")
    with pytest.raises(OSError, match="no Sec-WebSocket-Key"):
        websockets.handshake()


def test_handshakes_in_threads_are_told_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where uWSGI tells of no request, as it has threads, the key has to be passed; then all is as it is elsewhere."""
    sent: list[bytes] = []

    def send(data: bytes) -> bool:
        sent.append(data)
        return True

    monkeypatch.delattr(uwsgi_stub, "i_am_the_lord")
    monkeypatch.delattr(uwsgi_stub, "env")
    monkeypatch.setattr(uwsgi_stub, "send", send)
    with pytest.raises(RuntimeConfigurationError, match="wanted the request, or its key") as caught:
        websockets.handshake()
    assert "security_key=environ" in caught.value.remedy
    websockets.handshake(security_key="dGhlIHNhbXBsZSBub25jZQ==", origin="http://here", protocol="chat")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in sent[0]
    assert b"Sec-WebSocket-Origin: http://here\r\nSec-WebSocket-Protocol: chat\r\n\r\n" in sent[0]


@pytest.mark.parametrize("register", [register_timer, register_timer_rb, register_timer_ms])
@pytest.mark.parametrize("period", [0, -1, 1.5, "5"])
def test_periods_of_timers(register: Callable[[Any], Any], period: Any) -> None:
    """A timer that would never ring, or ring without a pause, is refused by its name and period."""
    with pytest.raises(RuntimeConfigurationError, match="wanted a whole number, 1 or more") as caught:
        register(period)
    assert caught.value.thing == f"{register.__name__}({period!r})"


def test_millisecond_timers_need_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where uWSGI has no such timers, threads take their place; without them that is told."""
    monkeypatch.delattr(uwsgi_stub, "add_ms_timer")
    with pytest.raises(RuntimeConfigurationError, match="wanted threads") as caught:
        register_timer_ms(10)(lambda: None)
    assert "enable_threads=True" in caught.value.remedy


def test_threads_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread in the place of a timer sends its signal again and again, in worker 1 only."""
    sent: list[int] = []
    thrice = threading.Event()

    def send(number: int) -> None:
        sent.append(number)
        if len(sent) == 3:
            ticking._periods.clear()  # ends the thread
            thrice.set()

    stand_ins: dict[str, Any] = {"has_threads": 1, "signal": send, "worker_id": lambda: 2}
    for name, value in stand_ins.items():
        monkeypatch.setattr(uwsgi_stub, name, value)
    monkeypatch.setattr(ticking, "_periods", {})
    ticking.tick(9, 1)
    ticking._start_all()
    assert not [thread for thread in threading.enumerate() if thread.name == "timer of signal 9"]
    monkeypatch.setattr(uwsgi_stub, "worker_id", lambda: 1)
    ticking._start_all()
    assert thrice.wait(10)
    assert sent == [9, 9, 9]


@pytest.mark.parametrize("master", [42, 0])
def test_stop_is_an_end(master: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where uWSGI's own stop would reload, the master, or else this process alone, gets what is always the end."""
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr("os.kill", lambda pid, number: killed.append((pid, number)))
    for name, value in {"is_stub": False, "opt": {"die-on-term": b"true"}, "masterpid": lambda: master}.items():
        monkeypatch.setattr(uwsgi_stub, name, value)
    assert stop() is True
    assert killed == [(master or os.getpid(), 2)]


def test_limits_of_time_below_zero() -> None:
    """A time that is over before it began is no limit."""
    with pytest.raises(RuntimeConfigurationError, match="wanted seconds, or 0 for no limit, found -1"):
        harakiri_imposed(-1)


def test_limits_of_several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thread has its limits, which end with their blocks, wherever; the one with the least time left counts."""
    told: list[int] = []
    monkeypatch.setattr(uwsgi_stub, "micros", lambda: 0)
    monkeypatch.setattr(uwsgi_stub, "set_user_harakiri", told.append)

    def in_a_thread(step: Callable[[], None]) -> None:
        thread = threading.Thread(target=step)
        thread.start()
        thread.join()

    elsewhere = harakiri_imposed(30)
    with harakiri_imposed(4):
        in_a_thread(elsewhere.__enter__)
        with harakiri_imposed(60):
            assert told == [4, 4, 30]
    assert told == [4, 4, 30, 4, 30]
    elsewhere.__exit__()
    assert told[-1] == 0
