"""An Emperor inside a program: its sockets come and go with its block."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imperator import Control, Emperor, Launching, Rules, Settings
from imperator.control import report as report_module
from imperator.errors import HostingError, SettingsError
from imperator.policy.phases import Phase
from imperator.policy.vassal import VassalSpec, VassalState
from tests.imperator.control.packets import packet

LIMIT_SECONDS = 30


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of an Emperor with all sockets and one vassal: a program that ends when it is told to."""
    monkeypatch.chdir(tmp_path)  # the Emperor moves about, and pytest moves back
    program = tmp_path / "vassal"
    program.write_text("#!/bin/sh\nprintf '\\001\\005\\021' >&3\nhead -c 1 <&3 >/dev/null\n")
    program.chmod(0o755)
    (tmp_path / "vassals").mkdir()
    (tmp_path / "vassals" / "app.ini").write_text("[uwsgi]\n")
    return Settings(
        targets=(str(tmp_path / "vassals"),),
        launching=Launching(wrapper=str(program)),
        stats=str(tmp_path / "stats"),
        control=Control(commands=str(tmp_path / "commands"), trigger=str(tmp_path / "trigger")),
    )


async def served_stats(settings: Settings) -> Any:
    reader, writer = await asyncio.open_unix_connection(settings.stats)
    told = json.loads(await reader.read())
    writer.close()
    return told


async def wait_for_phase(emperor: Emperor, phase: Phase) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while [vassal["phase"] for vassal in emperor.stats()["vassals"]] != [phase.value]:
            await asyncio.sleep(0.001)


async def test_sockets_are_served_while_the_block_lasts(settings: Settings, tmp_path: Path) -> None:
    """Inside a program stats are served and commands taken like under the command; afterwards no socket is left."""
    async with Emperor(settings) as emperor:
        await wait_for_phase(emperor, Phase.RUNNING)
        served, asked = await served_stats(settings), emperor.stats()
        assert served == asked
        assert [vassal["id"] for vassal in asked["vassals"]] == ["app.ini"]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.sendto(packet(cmd="stop", vassal="app.ini"), str(tmp_path / "commands"))
        await wait_for_phase(emperor, Phase.HELD)
        assert emperor.spawn("app.ini")
        await wait_for_phase(emperor, Phase.RUNNING)
        assert not emperor.hold("nobody.ini")
    assert {path.name for path in tmp_path.iterdir()} == {"vassal", "vassals"}


async def test_vassal_that_is_held_gets_no_reinforcements(settings: Settings, tmp_path: Path) -> None:
    """A vassal that asks for zergs with its last breath, after it was commanded to stop, is not heard."""
    program = tmp_path / "vassal"
    program.write_text(program.read_text() + "printf '\\036' >&3\n")
    async with Emperor(replace(settings, rules=Rules(zergs=2))) as emperor:
        await wait_for_phase(emperor, Phase.RUNNING)
        emperor.hold("app.ini")
        await wait_for_phase(emperor, Phase.HELD)


@pytest.mark.parametrize(
    ("address", "error"), [("x:y", SettingsError), ("/nonexistent/stats", HostingError)], ids=["no address", "refused"]
)
async def test_address_that_cannot_be(tmp_path: Path, address: str, error: type[Exception]) -> None:
    """An address that cannot be used keeps the block from being entered, and nothing is left of what was tried."""
    wrong = Settings(
        targets=(str(tmp_path),),
        launching=Launching(wrapper="/bin/true"),
        stats=str(tmp_path / "stats"),
        control=Control(trigger=address),
    )
    before = asyncio.all_tasks()
    with pytest.raises(error):
        await Emperor(wrong).__aenter__()
    assert asyncio.all_tasks() == before
    assert not (tmp_path / "stats").exists()


def test_report_describes_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of vassals cost nothing before they are read, and each one only when it is."""
    described = 0
    describe_vassal = report_module._describe_vassal

    def count(*arguments: Any) -> dict[str, Any]:
        nonlocal described
        described += 1
        return describe_vassal(*arguments)

    monkeypatch.setattr(report_module, "_describe_vassal", count)
    spec = VassalSpec("app.ini", "/srv", 1, modified=0.0, directory="/srv")
    everything = report_module.Report([], [(spec, VassalState(spec.key))] * 5000, {}, epoch=0.0)
    description = report_module.describe(everything)
    assert described == 0
    for _ in range(50):
        next(description["vassals"])
    assert described == 50
    assert len(report_module.complete(description)["vassals"]) == 4950
