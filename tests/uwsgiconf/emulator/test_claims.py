"""Every claim about `uwsgiconf.runtime` holds for the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.claims.conversation import EXCHANGES, GOODBYE, converse
from tests.claims.section import configure
from tests.claims.table import CLAIMS, STEPS
from uwsgiconf.config import Section
from uwsgiconf.emulator import Emulator, Harakiri
from uwsgiconf.emulator.registries import Registries

_registries = Registries()
from tests.claims import instances, processes, scheduled, spooled, states  # noqa: E402

_registries_with_claims = Registries()
_registries.restore()  # what the claims register is for these tests only

__all__ = ["instances", "processes", "scheduled", "spooled", "states"]

#: How long a claim may take on the emulator's clock.
_LIMIT_SECONDS = 180


class EmulatedWorld:
    """Claims on an emulator."""

    is_real = False
    address = "127.0.0.1:3031"

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        emulator.remote(self.address).functions["joined"] = processes.joined
        self.remembered: list[str] = []

    def ask(self, name: str) -> str:
        """Take a step as worker 2."""
        with self._emulator.as_worker(2):
            return str(STEPS[name]())

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self._emulator.advance(seconds)

    def fork(self) -> None:
        """Fork."""
        self._emulator.fork()

    def touch(self, path: str) -> None:
        """Change a file."""
        self._emulator.touch(path)

    def remember(self, path: str) -> None:
        """Note a task that stays."""
        self.remembered.append(path)

    def wait_for_log(self, text: str) -> None:
        """See that a text was logged."""
        assert text in self._emulator.log

    def wait_for_alarm(self, name: str, message: str) -> None:
        """See that an alarm was raised."""
        assert (name, message) in self._emulator.alarms


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """Return an instance as the claims want it."""
    outside = Registries()
    _registries_with_claims.restore()
    section = configure(Section(), tmp_path)
    section.master_process.set_basic_params(enable=True)
    section.python.set_basic_params(enable_threads=True)
    with Emulator(section, now=scheduled.LOADED_AT) as emulator:
        yield emulator
    outside.restore()


@pytest.mark.parametrize("name", CLAIMS)
def test_claim(name: str, emulator: Emulator) -> None:
    """A claim holds for the emulator."""
    claim = CLAIMS[name]
    world = EmulatedWorld(emulator)
    claim.do(world)
    begun = emulator.now_seconds
    while claim.check is not None and not claim.check():
        assert emulator.now_seconds < begun + _LIMIT_SECONDS, claim.text
        emulator.advance(0.5)
    if world.remembered:
        assert emulator.tasks == world.remembered


def test_a_websocket_conversation(emulator: Emulator) -> None:
    """A client and the application exchange texts and binary data."""
    for said, _ in EXCHANGES:
        emulator.websocket.send(said)
    emulator.websocket.send(GOODBYE)
    assert list(converse()) == [b""]
    assert emulator.websocket.received == [heard for _, heard in EXCHANGES]


def test_harakiri_kills_what_it_should(emulator: Emulator) -> None:
    """What takes longer than it may is killed."""
    with pytest.raises(Harakiri, match="worker 1: the time set"):
        instances.take_too_long(EmulatedWorld(emulator))
