"""Whatever happens to the files, the last word on each name is what is on the disk."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from imperator.monitors.files import SIGNATURE_BYTES, ConfigurationFile, look
from imperator.monitors.interface import News, Present
from imperator.settings import Watching
from tests.imperator.monitors.watcher import Watcher, watch

NAMES = [f"{number}.ini" for number in range(20)]
OPERATIONS = 400


class Vandal:
    """Does random things to twenty files and remembers when each last changed.

    :ivar changed_at: By name, how much had been told when its last change was made.
    """

    def __init__(self, root: Path, watcher: Watcher, seed: int) -> None:
        self.vassals = root / "vassals"
        self.targets = root / "targets"
        self.watcher = watcher
        self.changed_at: dict[str, int] = {}
        self._random = random.Random(seed)
        self._operations: list[Callable[[Path], bool]] = [
            self._write,
            self._append,
            self._rename_over,
            self._touch_older,
            self._touch_newer,
            self._remove,
            self._link,
            self._write_target,
            self._save_as_vim_does,
            self._write_in_steps,
        ]

    def act(self) -> None:
        """Do one thing, if it can be done."""
        path = self.vassals / self._random.choice(NAMES)
        told = len(self.watcher.news)
        if self._random.choice(self._operations)(path):
            self.changed_at[path.name] = told

    def pause(self) -> float:
        """Choose for how long the monitor has a chance to come between."""
        return self._random.choice([0.0, 0.0, 0.0, 0.001, 0.005])

    def _write(self, path: Path) -> bool:
        path.unlink(missing_ok=True) if path.is_symlink() else None
        path.write_text(self._random.choice("abc"))
        return True

    def _append(self, path: Path) -> bool:
        if path.is_symlink():
            return False
        with path.open("a") as file:
            file.write("more")
        return True

    def _rename_over(self, path: Path) -> bool:
        new = path.with_name("temporary")
        new.write_text("renamed")
        new.rename(path)
        return True

    def _touch_older(self, path: Path) -> bool:
        return self._touch(path, self._random.randrange(10**9))

    def _touch_newer(self, path: Path) -> bool:
        return self._touch(path, 2 * 10**9 + self._random.randrange(10**9))

    def _touch(self, path: Path, seconds: int) -> bool:
        if path.is_symlink() or not path.exists():
            return False
        os.utime(path, (seconds, seconds))
        return True

    def _remove(self, path: Path) -> bool:
        if not path.is_symlink() and not path.exists():
            return False
        path.unlink()
        return True

    def _link(self, path: Path) -> bool:
        target = self.targets / path.name
        target.write_text("target")
        path.unlink(missing_ok=True)
        path.symlink_to(self._random.choice([target, Path("..", "targets", path.name)]))
        return True

    def _write_target(self, path: Path) -> bool:
        if not path.is_symlink():
            return False
        path.resolve().write_text(self._random.choice("def"))
        return True

    def _save_as_vim_does(self, path: Path) -> bool:
        if path.is_symlink() or not path.exists():
            return False
        backup = path.with_name(path.name + "~")
        path.rename(backup)
        path.write_text("saved")
        backup.unlink()
        return True

    def _write_in_steps(self, path: Path) -> bool:
        if path.is_symlink():
            return False
        with path.open("w") as file:
            for _ in range(5):
                file.write("step\n")
                file.flush()
        return True


def _matches_disk(watcher: Watcher, vassals: Path) -> bool:
    found = {name: look(str(vassals / name)) for name in NAMES}
    wanted = {name: sight.signature for name, sight in found.items() if isinstance(sight, ConfigurationFile)}
    told = {name: _read_signature(spec.version) for name, spec in watcher.specs.items()}
    return told == wanted


def _read_signature(version: object) -> bytes:
    assert isinstance(version, bytes)
    return version[:SIGNATURE_BYTES]


def _untold_changes(watcher: Watcher, vandal: Vandal) -> list[str]:
    """Return the names that are wanted and of which nothing was told after their last change."""
    return [
        name
        for name, told in vandal.changed_at.items()
        if name in watcher.specs and not _is_told(watcher.news[told:], name)
    ]


def _is_told(news: list[News], name: str) -> bool:
    return any(isinstance(one, Present) and one.spec.name == name for one in news)


@pytest.mark.parametrize("seed", range(6))
async def test_last_word_is_the_truth(tmp_path: Path, seed: int) -> None:
    """After hundreds of random changes every name is told as it is, and was told after its last change."""
    (tmp_path / "vassals").mkdir()
    (tmp_path / "targets").mkdir()
    async with watch(tmp_path / "vassals") as watcher:
        vandal = Vandal(tmp_path, watcher, seed)
        for _ in range(OPERATIONS):
            vandal.act()
            await asyncio.sleep(vandal.pause())
        await watcher.until(lambda: _matches_disk(watcher, vandal.vassals) and not _untold_changes(watcher, vandal))
        await watcher.until_all_is_told()
        assert _matches_disk(watcher, vandal.vassals)


async def test_last_word_is_the_truth_without_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The surveys alone come to the same end."""
    (tmp_path / "vassals").mkdir()
    (tmp_path / "targets").mkdir()
    device = tmp_path.stat().st_dev
    monkeypatch.setattr("imperator.monitors.survey.read_remote_devices", lambda: frozenset({device}))
    async with watch(tmp_path / "vassals", Watching(rescan_seconds=0.1)) as watcher:
        vandal = Vandal(tmp_path, watcher, seed=7)
        for _ in range(OPERATIONS):
            vandal.act()
            await asyncio.sleep(vandal.pause())
        await watcher.until(lambda: _matches_disk(watcher, vandal.vassals))


async def test_last_word_over_directories_that_come_and_go(tmp_path: Path) -> None:
    """The same for a pattern, while the directories it matches are made, renamed and removed."""
    chance = random.Random(11)
    async with watch("*/app.ini", directory=tmp_path) as watcher:
        for _ in range(OPERATIONS):
            site = tmp_path / f"site{chance.randrange(8)}"
            _change_site(site, chance)
            await asyncio.sleep(chance.choice([0.0, 0.0, 0.001, 0.005]))

        def is_true() -> bool:
            found = {f"{path.parent.name}/app.ini": look(str(path)) for path in tmp_path.glob("*/app.ini")}
            wanted = {name: sight.signature for name, sight in found.items() if isinstance(sight, ConfigurationFile)}
            return {name: _read_signature(spec.version) for name, spec in watcher.specs.items()} == wanted

        await watcher.until(is_true)


def _change_site(site: Path, chance: random.Random) -> None:
    config = site / "app.ini"
    match chance.randrange(4):
        case 0 | 1:
            site.mkdir(exist_ok=True)
            config.write_text(chance.choice("abc"))
        case 2:
            config.unlink(missing_ok=True)
            site.rmdir() if site.exists() else None
        case _:
            other = site.with_name(f"site{chance.randrange(8)}")
            if site.exists() and not other.exists():
                site.rename(other)
