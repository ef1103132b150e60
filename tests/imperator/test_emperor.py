"""The Emperor as a library: inside an asyncio program, and faced with bugs of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from imperator import Emperor, Launching, Rules, Settings
from imperator.deeds import Process, Vassal
from imperator.monitors.following import Following
from imperator.monitors.interface import Gone, Listing, News, Present, Unreachable, Unreadable
from imperator.policy.decide import Decision
from imperator.policy.vassal import VassalKey, VassalSpec, VassalState
from imperator.process.launch import NoBinaryError

LIMIT_SECONDS = 30.0

VASSAL = """#!{python} -IS
import os
os.write(3, b"\\1\\5\\21")
while (message := os.read(3, 1)) not in (b"", b"\\0", b"\\2"):
    os.write(3, b"\\5")
"""


@pytest.fixture(autouse=True)
def _stay_here() -> Iterator[None]:
    here = os.getcwd()
    yield
    os.chdir(here)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings for an Emperor of an empty directory, with vassals that are quick and obey."""
    vassals, wrapper = tmp_path / "vassals", tmp_path / "wrapper"
    vassals.mkdir()
    wrapper.write_text(VASSAL.format(python=sys.executable))
    wrapper.chmod(0o755)
    return Settings(targets=(str(vassals),), launching=Launching(wrapper=str(wrapper)), rules=Rules(curse_seconds=5))


@asynccontextmanager
async def reigning(settings: Settings) -> AsyncIterator[Emperor]:
    """Run an Emperor, with a limit on everything."""
    async with asyncio.timeout(LIMIT_SECONDS), Emperor(settings) as emperor:
        await emperor.settled()
        yield emperor


async def until_loyal(emperor: Emperor, *names: str) -> None:
    """Wait until exactly these vassals run and are loyal."""
    while {vassal["id"]: vassal["loyal"] for vassal in emperor.stats()["vassals"]} != dict.fromkeys(names, 1):
        await asyncio.sleep(0.01)


async def test_block_rules_and_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    """Inside the block files become vassals; after it none of their processes is left."""
    (tmp_path / "vassals" / "a.ini").touch()
    async with reigning(settings) as emperor:
        await until_loyal(emperor, "a.ini")
        (tmp_path / "vassals" / "b.ini").touch()
        await until_loyal(emperor, "a.ini", "b.ini")
        pids = [vassal["pid"] for vassal in emperor.stats()["vassals"]]
        assert emperor.status() == "The Emperor is governing 2 vassals"
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_end_is_told_once(settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where nothing runs any more when it is asked to stop, the Emperor's burial is logged once all the same."""
    (tmp_path / "vassals" / "a.ini").write_text("")
    with caplog.at_level(logging.INFO, "imperator"):
        async with reigning(replace(settings, rules=Rules(wait_for_command=True))) as emperor:
            while [vassal["phase"] for vassal in emperor.stats()["vassals"]] != ["held"]:
                await asyncio.sleep(0.01)
    assert caplog.messages.count("The Emperor is buried.") == 1


async def test_reload_by_name(settings: Settings, tmp_path: Path) -> None:
    """A program can have one vassal reload; a name that nobody has is told."""
    (tmp_path / "vassals" / "a.ini").touch()
    async with reigning(settings) as emperor:
        await until_loyal(emperor, "a.ini")
        assert emperor.reload("a.ini") is True
        assert emperor.reload("b.ini") is False
        while emperor.stats()["vassals"][0]["phase"] != "running":
            await asyncio.sleep(0.01)
        assert emperor.stats()["vassals"][0]["respawns"] == 1


async def test_nothing_to_start_vassals_with_is_told_at_once(settings: Settings) -> None:
    """An Emperor that could not start anything is not made at all."""
    with pytest.raises(NoBinaryError):
        Emperor(replace(settings, launching=Launching(wrapper="/nowhere/vassal")))


async def test_bug_met_with_one_vassal_disturbs_no_other(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with our code, it is told to the loop, and the other vassals are heard as ever."""
    understand, told = Emperor._understand, []

    def break_for_bad(self: Emperor, process: Process, said: bytes) -> None:
        if process.vassal.state.name == "bad.ini":
            raise RuntimeError("a bug")
        understand(self, process, said)

    monkeypatch.setattr(Emperor, "_understand", break_for_bad)
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(str(context["exception"])))
    (tmp_path / "vassals" / "bad.ini").touch()
    async with reigning(settings) as emperor:
        while not told:
            await asyncio.sleep(0.01)
        (tmp_path / "vassals" / "good.ini").touch()
        while not any(vassal["loyal"] for vassal in emperor.stats()["vassals"]):
            await asyncio.sleep(0.01)
        monkeypatch.setattr(Emperor, "_understand", understand)
    assert set(told) == {"a bug"}


async def test_bug_met_with_what_is_to_be_done_disturbs_no_other(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One vassal that nobody can see to: a listing, a reload of all and the end go past it, and it is told."""
    launch, told = Emperor._carry_out_at_rest, []

    def break_for_bad(self: Emperor, decision: Decision, vassal: Vassal) -> None:
        if vassal.state.name == "bad.ini" and vassal.wanted is not None:
            raise RuntimeError("a bug")
        launch(self, decision, vassal)

    monkeypatch.setattr(Emperor, "_carry_out_at_rest", break_for_bad)
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["message"]))
    for name in ("a.ini", "bad.ini", "c.ini", "d.ini"):
        (tmp_path / "vassals" / name).touch()
    async with reigning(settings) as emperor:
        while sum(vassal["loyal"] for vassal in emperor.stats()["vassals"]) < 3:
            await asyncio.sleep(0.01)
        emperor.reload_all()
        while [vassal["respawns"] for vassal in emperor.stats()["vassals"] if vassal["id"] != "bad.ini"] != [1, 1, 1]:
            await asyncio.sleep(0.01)
    assert set(told) == {"bad.ini was not seen to"}
    assert emperor.stats()["vassals"] == []


def spec(name: str) -> VassalSpec:
    return VassalSpec(name, "scripted", version=1, modified=0.0, directory="/")


class ScriptedMonitor:
    """A monitor that tells what the test says; an exception in its script is raised."""

    source = "scripted"

    def __init__(self, *script: News | Exception) -> None:
        self._script = list(script)

    async def news(self) -> AsyncGenerator[News, None]:
        while self._script:
            part = self._script.pop(0)
            if isinstance(part, Exception):
                raise part
            yield part
        await asyncio.Event().wait()

    def look_now(self) -> None:
        """Do nothing: all it has to tell is in its script."""


class Court:
    """What a following told, as the set of vassals that are wanted."""

    def __init__(self) -> None:
        self.wanted: dict[VassalKey, VassalSpec] = {}

    def follow(self, *script: News | Exception) -> Following:
        """Follow one scripted monitor."""
        want, unwant = (lambda one: self.wanted.update({one.key: one})), self.wanted.__delitem__
        following = Following([ScriptedMonitor(*script)], want, unwant, self.known)
        following.start()
        return following

    def known(self) -> dict[VassalKey, Vassal]:
        return {key: Vassal(wanted, VassalState(key)) for key, wanted in self.wanted.items()}

    def names(self) -> list[str]:
        return sorted(key[1] for key in self.wanted)


async def test_only_what_is_gone_is_unwanted() -> None:
    """Gone, unreadable and unreachable are three things: the other two take no vassal away."""
    court = Court()
    following = court.follow(
        Listing((spec("a"), spec("b"), spec("c")), {"d": "no permission"}),
        Unreadable("a", "no permission"),
        Unreachable("the disk is away", 1.0),
        Gone("b"),
    )
    async with asyncio.timeout(LIMIT_SECONDS):
        while court.names() != ["a", "c"]:
            await asyncio.sleep(0.01)
    assert following.unreadable == {("scripted", "d", 0): "no permission", ("scripted", "a", 0): "no permission"}
    assert following.standings["scripted"].trouble == "the disk is away"
    following.stop()
    await following.stopped()


async def test_listing_takes_away_what_it_does_not_hold() -> None:
    """A vassal in neither part of a new listing is gone; one that only cannot be read stays."""
    court = Court()
    following = court.follow(
        Listing((spec("a"), spec("b"), spec("c"))), Unreachable("away", 1.0), Listing((spec("a"),), {"b": "locked"})
    )
    async with asyncio.timeout(LIMIT_SECONDS):
        while court.names() != ["a", "b"]:
            await asyncio.sleep(0.01)
    assert following.standings["scripted"].trouble is None
    following.stop()
    await following.stopped()


async def test_monitor_that_meets_a_bug_starts_anew(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in a monitor takes no vassal away, is logged with its traceback, and the monitor goes on."""
    monkeypatch.setattr("imperator.monitors.following._RETRY_SECONDS", 0.01)
    court = Court()
    with caplog.at_level(logging.ERROR, "imperator"):
        following = court.follow(Listing((spec("a"),)), RuntimeError("a bug"), Present(spec("b")))
        async with asyncio.timeout(LIMIT_SECONDS):
            while court.names() != ["a", "b"]:
                await asyncio.sleep(0.01)
    assert "the monitor of scripted met a bug of ours; its vassals go on" in caplog.text
    assert "RuntimeError: a bug" in caplog.text
    following.stop()
    await following.stopped()


async def test_monitor_that_cannot_look_keeps_no_other_from_looking(caplog: pytest.LogCaptureFixture) -> None:
    """A look at everything goes past a monitor that raises, which is logged with its traceback."""
    looked: list[str] = []

    class Looking(ScriptedMonitor):
        def __init__(self, source: str) -> None:
            super().__init__()
            self.source = source

        def look_now(self) -> None:
            looked.append(self.source)
            if self.source == "broken":
                raise RuntimeError("a bug")

    monitors = [Looking("a"), Looking("broken"), Looking("b")]
    Following(monitors, lambda _: None, lambda _: None, dict).look_now()
    assert looked == ["a", "broken", "b"]
    assert "the monitor of broken met a bug of ours; its vassals go on" in caplog.text
    assert "RuntimeError: a bug" in caplog.text


async def test_each_source_tells_how_it_stands(caplog: pytest.LogCaptureFixture) -> None:
    """A source is connected from its first news to its next failure; one reason is logged once, its return too."""
    court = Court()
    with caplog.at_level(logging.INFO, "imperator"):
        following = court.follow(
            Listing((spec("a"),)),
            Unreachable("the disk is away", 1.0),
            Unreachable("the disk is away", 2.0),
            Listing((spec("a"),)),
            Present(spec("b")),
            Unreadable("c", "no permission"),
        )
        async with asyncio.timeout(LIMIT_SECONDS):
            while not following.unreadable:
                await asyncio.sleep(0.01)
        following.tell_standings()
    standing = following.standings["scripted"]
    assert standing.connected_since is not None
    assert (standing.trouble, standing.next_try_at, standing.last_error) == (None, None, "the disk is away")
    assert standing.changes == 3  # the first listing's one vassal, another one and a refusal: the second had no news
    said = [record.getMessage() for record in caplog.records if "scripted" in record.getMessage()]
    assert [line.partition(" at ")[0] for line in said[:3]] == [
        "scripted: connected",
        "scripted: the disk is away; trying again",
        "scripted: connected again after 0 s",
    ]
    assert re.fullmatch(
        r"source scripted: connected since [\d:]{8}, last change [\d:]{8}, last error [\d:]{8} \(the disk is away\)",
        said[3],
    )
    following.stop()
    await following.stopped()


async def test_source_that_is_away_tells_when_it_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """Each try that failed moves the next one, and single news do not hide that the rest is out of reach."""
    court = Court()
    following = court.follow(Listing((spec("a"),)), Unreachable("away", 1.0), Unreachable("away", 60.0), Gone("a"))
    async with asyncio.timeout(LIMIT_SECONDS):
        while court.names() or not following.settled.is_set():
            await asyncio.sleep(0.01)
    standing = following.standings["scripted"]
    assert (standing.trouble, standing.connected_since) == ("away", None)
    assert standing.next_try_at is not None
    assert standing.last_error_at is not None
    assert standing.next_try_at - standing.last_error_at == pytest.approx(60)
    with caplog.at_level(logging.INFO, "imperator"):
        following.tell_standings()
    assert "source scripted: not connected, last change " in caplog.text
    assert ", next try " in caplog.text
    following.stop()
    await following.stopped()


async def test_stats_hold_what_is_known_of_each_source(settings: Settings, tmp_path: Path) -> None:
    """Moments are those of the wall's clock; what has not happened is 0."""
    (tmp_path / "vassals" / "a.ini").touch()
    missing = str(tmp_path / "missing")
    began = int(time.time())
    async with reigning(replace(settings, targets=(*settings.targets, missing))) as emperor:
        here, away = emperor.stats()["sources"]
        unreachable = emperor.stats()["unreachable"]
    assert (here["monitor"], away["monitor"]) == (settings.targets[0], missing)
    assert (here["connected"], here["changes"], here["last_error"], here["next_try"]) == (1, 1, "", 0)
    assert began <= here["connected_since"] <= time.time()
    assert began <= here["last_change"] <= time.time()
    assert (away["connected"], away["connected_since"], away["last_change"]) == (0, 0, 0)
    assert away["next_try"] >= away["last_error_at"] >= began
    assert unreachable == [{"monitor": missing, "reason": away["last_error"]}]
