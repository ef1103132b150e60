"""What the kernel tells, by path."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asyncinotify import Mask

from imperator.monitors.inotify import Ear

LIMIT_SECONDS = 30.0


class Listener:
    """Writes down what an ear tells."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, int]] = []
        self.lost: list[str] = []
        self.failures: list[BaseException] = []
        self._told = asyncio.Event()
        self.ear = Ear(heard=self._hear, lost=self._lose, overflowed=self._told.set, failed=self.failures.append)

    async def until(self, amount: int) -> None:
        """Wait until so much was heard and lost."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while len(self.heard) + len(self.lost) < amount:
                await self._told.wait()
                self._told.clear()

    def _hear(self, path: str, name: str, mask: int) -> bool:
        self.heard.append((path, name, mask))
        self._told.set()
        return True

    def _lose(self, path: str) -> None:
        self.lost.append(path)
        self._told.set()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    yield listener
    listener.ear.close()
    assert listener.failures == []


async def test_burst_that_fits_one_read_is_told_to_the_end(tmp_path: Path, listener: Listener) -> None:
    """Events that are read from the kernel in one go are all passed on, though not all in one turn of the loop."""
    for number in range(250):
        (tmp_path / str(number)).touch()
    listener.ear.add(str(tmp_path), contents=False)
    for number in range(250):
        os.utime(tmp_path / str(number))
    await listener.until(250)
    assert [name for _, name, _ in listener.heard] == [str(number) for number in range(250)]


async def test_directory_with_two_paths_is_told_under_both(tmp_path: Path, listener: Listener) -> None:
    """The kernel has one watch for a directory; whoever asked for another path of it is told too, until it is left."""
    real, alias = tmp_path / "real", tmp_path / "alias"
    real.mkdir()
    alias.symlink_to(real)
    for path in (real, alias):
        listener.ear.add(str(path), contents=False)
    (real / "a").mkdir()
    await listener.until(2)
    assert {(path, name) for path, name, _ in listener.heard} == {(str(real), "a"), (str(alias), "a")}
    listener.ear.discard(str(alias))
    (real / "b").mkdir()
    await listener.until(3)
    assert listener.heard[2][:2] == (str(real), "b")
    assert listener.ear.paths == {str(real)}


async def test_path_that_leads_elsewhere_now_is_watched_there(tmp_path: Path, listener: Listener) -> None:
    """Adding a path again follows it to where it leads now, and leaves where it led before."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    link = tmp_path / "link"
    link.symlink_to("old")
    listener.ear.add(str(link), contents=True)
    link.unlink()
    link.symlink_to("new")
    listener.ear.add(str(link), contents=True)
    (tmp_path / "old/unheard").mkdir()
    (tmp_path / "new/heard").mkdir()
    await listener.until(1)
    assert listener.heard[0][:2] == (str(link), "heard")


@pytest.mark.parametrize("how", ["removed", "renamed"])
async def test_directory_that_goes_is_lost_once(tmp_path: Path, listener: Listener, how: str) -> None:
    """A directory that is removed or moved away is lost, and not heard of under its old path any more."""
    path = tmp_path / "watched"
    path.mkdir()
    listener.ear.add(str(path), contents=True)
    if how == "removed":
        path.rmdir()
    else:
        path.rename(tmp_path / "elsewhere")
    await listener.until(1)
    assert listener.lost == [str(path)]
    assert listener.ear.paths == frozenset()
    (tmp_path / "elsewhere").mkdir(exist_ok=True)
    (tmp_path / "elsewhere/unheard").touch()
    listener.ear.add(str(tmp_path), contents=False)
    (tmp_path / "fence").mkdir()
    await listener.until(2)
    assert [name for _, name, _ in listener.heard] == ["fence"]


async def test_contents_are_told_where_asked_for(tmp_path: Path, listener: Listener) -> None:
    """Writes are told of directories that hold configurations, names alone of those on the way to them."""
    for name in ("files", "way"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
        listener.ear.add(str(tmp_path / name), contents=name == "files")
    for name in ("way", "files"):
        (tmp_path / name / "file").write_text("content")
    await listener.until(2)
    assert {(path, bool(mask & (Mask.MODIFY | Mask.CLOSE_WRITE))) for path, _, mask in listener.heard} == {
        (str(tmp_path / "files"), True)
    }
