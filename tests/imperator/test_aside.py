"""Work on files away from the loop: in order, the newest of each vassal, and a stuck source on its own."""

from __future__ import annotations

import asyncio
import threading

import pytest

from imperator.aside import Aside
from imperator.policy.vassal import VassalSpec

LIMIT_SECONDS = 30.0


def spec(name: str, source: str = "here", version: int = 1) -> VassalSpec:
    return VassalSpec(name, source, version=version, modified=0.0, directory="/")


class Workshop:
    """Work that can be held up, and what came of it.

    :param held: Sources whose work waits until `gate` opens.
    """

    def __init__(self, *held: str) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.told: list[tuple[str, int]] = []
        self._held = held
        self._changed = asyncio.Event()
        self.aside = Aside(self._work, self._done)

    def _work(self, spec: VassalSpec) -> str:
        if spec.source in self._held:
            self.begun.set()
            assert self.gate.wait(LIMIT_SECONDS)
        return spec.name

    def _done(self, spec: VassalSpec, result: str) -> None:
        assert result == spec.name
        assert isinstance(spec.version, int)
        self.told.append((spec.name, spec.version))
        self._changed.set()

    async def begin(self, *specs: VassalSpec) -> None:
        """Put specs, and return when a held one is being worked on."""
        for one in specs:
            self.aside.put(one)
        assert await asyncio.to_thread(self.begun.wait, LIMIT_SECONDS)

    async def wait_for(self, *told: tuple[str, int]) -> None:
        async with asyncio.timeout(LIMIT_SECONDS):
            while self.told != [*told]:
                await self._changed.wait()
                self._changed.clear()


async def test_order_is_kept() -> None:
    """All are told, in the order in which they came, more than go into one turn included."""
    workshop = Workshop()
    for number in range(250):
        workshop.aside.put(spec(f"{number}.ini"))
    await workshop.wait_for(*((f"{number}.ini", 1) for number in range(250)))
    assert len(workshop.aside) == 0


async def test_source_that_hangs_holds_up_itself_alone() -> None:
    """While a file system does not answer, other sources are served; what waits for it is told when it does."""
    workshop = Workshop("stuck")
    await workshop.begin(spec("a.ini", "stuck"), spec("b.ini", "stuck"))
    workshop.aside.put(spec("c.ini"))
    await workshop.wait_for(("c.ini", 1))
    workshop.gate.set()
    await workshop.wait_for(("c.ini", 1), ("a.ini", 1), ("b.ini", 1))


async def test_newer_spec_takes_the_place_of_an_older_one() -> None:
    """Of a vassal that changes while it is looked at, only the newest is told."""
    workshop = Workshop("slow")
    await workshop.begin(spec("a.ini", "slow", 1))
    workshop.aside.put(spec("a.ini", "slow", 2))
    workshop.aside.put(spec("a.ini", "slow", 3))
    assert [*workshop.aside.values()] == [spec("a.ini", "slow", 3)]
    workshop.gate.set()
    await workshop.wait_for(("a.ini", 3))


async def test_dropped_vassal_is_not_told() -> None:
    """Who is gone while it is looked at, or before, is told no more."""
    workshop = Workshop("slow")
    await workshop.begin(spec("a.ini", "slow"))
    workshop.aside.put(spec("b.ini", "slow"))
    workshop.aside.put(spec("c.ini", "slow"))
    workshop.aside.drop(("slow", "a.ini", 0))
    workshop.aside.drop(("slow", "b.ini", 0))
    workshop.gate.set()
    await workshop.wait_for(("c.ini", 1))


async def test_bug_met_with_one_is_told_and_leaves_the_others_alone() -> None:
    """What the work raises for one spec is told to the loop; those before and behind it are told as ever."""
    told: list[str] = []
    bugs: list[str] = []

    def work(spec: VassalSpec) -> str:
        if spec.name == "bad.ini":
            raise RuntimeError("a bug")
        return spec.name

    asyncio.get_running_loop().set_exception_handler(lambda _, context: bugs.append(str(context["exception"])))
    aside = Aside(work, lambda _, name: told.append(name))
    for name in ("a.ini", "bad.ini", "b.ini"):
        aside.put(spec(name))
    async with asyncio.timeout(LIMIT_SECONDS):
        while len(told) < 2 or not bugs:
            await asyncio.sleep(0.01)
    assert (told, bugs, len(aside)) == (["a.ini", "b.ini"], ["a bug"], 0)


async def test_thread_that_cannot_be_had_now_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the limit of processes is reached nothing is lost: it is said, and done as soon as there is a thread."""
    start, refusals = threading.Thread.start, iter(range(3))

    def refuse_at_first(thread: threading.Thread) -> None:
        if thread.name == "imperator-files" and next(refusals, None) is not None:
            raise RuntimeError("can't start new thread")  # in the words of CPython
        start(thread)

    monkeypatch.setattr("imperator.monitors.threads._RETRY_SECONDS", 0.01)
    monkeypatch.setattr(threading.Thread, "start", refuse_at_first)
    workshop = Workshop()
    workshop.aside.put(spec("a.ini"))
    await workshop.wait_for(("a.ini", 1))
    assert (
        caplog.messages
        == ["can't start new thread: raise the limit of processes (ulimit -u, TasksMax=) or stop what fills it"] * 3
    )
