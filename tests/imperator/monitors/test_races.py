"""What happens while a thread looks at the disk."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from imperator.monitors import vigil
from imperator.monitors.interface import Gone, Listing, Present, Unreachable
from imperator.monitors.threads import run_in_thread
from tests.imperator.monitors.watcher import watch

T = TypeVar("T")


class Disk:
    """Lets a test come between what a thread does and what the loop makes of it.

    :ivar after: Called once after the next look of a thread, while the loop does not know yet what it found.
    :ivar delay_seconds: How long each look waits for the disk.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.after: Callable[[], object] | None = None
        self.delay_seconds = 0.0
        monkeypatch.setattr(vigil, "run_in_thread", self._run)

    async def _run(self, work: Callable[[], T]) -> T:
        await asyncio.sleep(self.delay_seconds)
        result = await run_in_thread(work)
        if self.after is not None:
            after, self.after = self.after, None
            after()
            await asyncio.sleep(0.05)  # the kernel tells, and the loop hears of places it does not know
        return result


async def test_file_made_in_a_new_directory_after_it_was_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file made after a new directory was walked and before the loop knew of the directory is not lost."""
    disk = Disk(monkeypatch)
    async with watch("*/*.ini", directory=tmp_path) as watcher:
        disk.after = (tmp_path / "site/late.ini").touch
        (tmp_path / "site").mkdir()
        await watcher.until(lambda: "site/late.ini" in watcher.specs)


async def test_file_made_while_the_first_listing_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at the start."""
    disk = Disk(monkeypatch)
    disk.after = (tmp_path / "late.ini").touch
    async with watch(tmp_path) as watcher:
        await watcher.until(lambda: "late.ini" in watcher.specs)


async def test_target_written_after_a_new_link_was_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of what a link leads to, made between looking at the link and knowing its way, is not lost."""
    vassals, target = tmp_path / "vassals", tmp_path / "target"
    vassals.mkdir()
    target.write_text("first")
    disk = Disk(monkeypatch)
    async with watch(vassals) as watcher:
        disk.after = lambda: target.write_text("the second")
        (vassals / "app.ini").symlink_to(target)
        await watcher.until(
            lambda: "app.ini" in watcher.specs and watcher.specs["app.ini"].modified == target.stat().st_mtime
        )
        assert Present in watcher.reports("app.ini")


async def test_files_removed_with_their_directory_are_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the files are removed first and the disk is too slow to tell of the directory in time, none is gone."""
    vassals = tmp_path / "vassals"
    vassals.mkdir()
    for number in range(20):
        (vassals / f"{number}.ini").touch()
    disk = Disk(monkeypatch)
    async with watch(vassals) as watcher:
        disk.delay_seconds = 0.4
        shutil.rmtree(vassals)
        await watcher.until(lambda: bool(watcher.said(Unreachable)))
        assert watcher.said(Gone) == []
        assert len(watcher.said(Listing)) == 1


async def test_link_replaced_by_a_file_while_it_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look of a thread that was overtaken by a newer one does not have the last word, nor its link's way."""
    vassals, target, new = tmp_path / "vassals", tmp_path / "target", tmp_path / "new"
    vassals.mkdir()
    target.write_text("behind the link")
    new.write_text("the file")
    disk = Disk(monkeypatch)
    async with watch(vassals) as watcher:
        disk.after = lambda: new.rename(vassals / "app.ini")
        (vassals / "app.ini").symlink_to(target)
        await watcher.until(lambda: "app.ini" in watcher.specs)
        target.write_text("changed, but no more of interest")
        await watcher.until_all_is_told()
        assert watcher.reports("app.ini") == [Present]
        assert watcher.specs["app.ini"].modified == (vassals / "app.ini").stat().st_mtime
