"""Finding out where a vassal is to be listened for: nobody else waits while a file system does not answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from imperator.monitors import on_demand
from imperator.monitors.on_demand import SocketFinder
from imperator.policy.vassal import VassalKey, VassalSpec
from imperator.settings import OnDemand

LIMIT_SECONDS = 30.0


def spec(name: str, source: str = "here") -> VassalSpec:
    return VassalSpec(name, source, version=1, modified=0.0, directory=f"/{source}")


class Court:
    """A finder, and what it has passed on."""

    def __init__(self) -> None:
        self.wanted: dict[str, str | None] = {}
        self.refused: list[VassalKey] = []
        self.finder = SocketFinder(OnDemand(extension=".at"), self._want, lambda key, _: self.refused.append(key))
        self._changed = asyncio.Event()

    def _want(self, spec: VassalSpec) -> None:
        self.wanted[spec.name] = spec.socket
        self._changed.set()

    async def wait_for(self, **wanted: str | None) -> None:
        """Return once exactly these are passed on, each with this socket."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while {name.removesuffix(".ini"): socket for name, socket in self.wanted.items()} != wanted:
                await self._changed.wait()
                self._changed.clear()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let whoever reads an address below `/stuck` wait until this is set; all others are told one at once."""
    gate = threading.Event()

    def read(path: str) -> str:
        if path.startswith("/stuck/"):
            assert gate.wait(LIMIT_SECONDS)
        return f"@{path}"

    monkeypatch.setattr(on_demand, "read_address", read)
    yield gate
    gate.set()


async def test_address_that_cannot_be_read_yet_holds_up_its_own_source_alone(gate: threading.Event) -> None:
    """While a file system does not answer the loop goes on, others get their sockets, and it is passed on at last."""
    court = Court()
    court.finder.present(spec("slow.ini", "stuck"))
    court.finder.present(spec("quick.ini"))
    await court.wait_for(quick="@/here/quick.ini.at")
    assert [key for part in court.finder.pending for key in part] == [spec("slow.ini", "stuck").key]
    gate.set()
    await court.wait_for(quick="@/here/quick.ini.at", slow="@/stuck/slow.ini.at")
    assert not any(court.finder.pending)


async def test_who_is_gone_meanwhile_is_not_passed_on(gate: threading.Event) -> None:
    """A vassal that goes while its address is read is forgotten; the one behind it is not."""
    court = Court()
    court.finder.present(spec("gone.ini", "stuck"))
    court.finder.present(spec("b.ini", "stuck"))
    court.finder.gone(spec("gone.ini", "stuck").key)
    gate.set()
    await court.wait_for(b="@/stuck/b.ini.at")


async def test_what_cannot_be_read_is_no_address(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of the system is told with the file, and the vassal runs as one that is not on demand."""

    def read(path: str) -> str:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(on_demand, "read_address", read)
    court = Court()
    court.finder.present(spec("a.ini"))
    await court.wait_for(a=None)
    assert caplog.messages == ["/here/a.ini.at: Permission denied; its vassal is taken for one that is not on demand"]
    assert not court.refused
