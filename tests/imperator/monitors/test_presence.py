"""Whether single files are still there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from imperator.monitors import presence as module
from imperator.monitors.files import ConfigurationFile, Refused, Sight
from imperator.monitors.presence import Presence
from imperator.settings import Watching

Seen = asyncio.Queue[tuple[str, Sight, bool]]
LIMIT_SECONDS = 30


@asynccontextmanager
async def looking(watching: Watching = Watching()) -> AsyncIterator[tuple[Presence, Seen]]:  # noqa: B008 - it is frozen
    """Return one that looks, and what it sees."""
    seen: Seen = asyncio.Queue()
    failures: list[BaseException] = []
    presence = Presence(watching, lambda *sight: seen.put_nowait(sight), failures.append)
    task = asyncio.create_task(presence.run())
    yield presence, seen
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    presence.close()
    assert failures == []


async def until(seen: Seen, wanted: Callable[[Sight], bool]) -> tuple[str, Sight, bool]:
    """Return the first sight of a kind."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while not wanted((found := await seen.get())[1]):
            pass
    return found


async def test_file_comes_and_goes(tmp_path: Path) -> None:
    """A watched path is told as it is, when it appears, and when it is gone; an answer to a question says so."""
    path = tmp_path / "a.ini"
    async with looking() as (presence, seen):
        presence.watch(str(path))
        assert await until(seen, lambda sight: True) == (str(path), None, False)
        path.write_text("x")
        await until(seen, lambda sight: isinstance(sight, ConfigurationFile))
        presence.ask(str(path))
        assert (await until(seen, lambda sight: isinstance(sight, ConfigurationFile)))[2]
        path.unlink()
        assert (await until(seen, lambda sight: sight is None))[2] is False


async def test_directory_that_goes_takes_its_files(tmp_path: Path) -> None:
    """A directory that is renamed or removed is heard of, and what was in it is gone."""
    directory = tmp_path / "site"
    directory.mkdir()
    (directory / "a.ini").write_text("x")
    async with looking() as (presence, seen):
        presence.ask(str(directory / "a.ini"))
        await until(seen, lambda sight: isinstance(sight, ConfigurationFile))
        directory.rename(tmp_path / "elsewhere")
        await until(seen, lambda sight: sight is None)


async def test_file_of_an_unmounted_file_system_is_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the nearest directory that is left lies on another device, nothing is known of the file."""
    path = tmp_path / "a.ini"
    path.write_text("x")
    async with looking() as (presence, seen):
        presence.watch(str(path))
        await until(seen, lambda sight: isinstance(sight, ConfigurationFile))
        monkeypatch.setattr(module, "_device_of", lambda path: -1)
        path.unlink()
        sight = (await until(seen, lambda sight: not isinstance(sight, ConfigurationFile)))[1]
        assert isinstance(sight, Refused)
        assert "is mounted no longer: mount it again" in sight.reason
        presence.ask(str(path))
        await until(seen, lambda sight: sight is None)


async def test_files_are_polled_where_the_kernel_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without inotify a file that is gone is found out at the next look."""

    def refuse(**_: object) -> None:
        raise OSError(24, "no inotify instance left")

    monkeypatch.setattr(module, "Ear", refuse)
    path = tmp_path / "a.ini"
    path.write_text("x")
    async with looking(Watching(rescan_seconds=0.05)) as (presence, seen):
        presence.watch(str(path))
        await until(seen, lambda sight: isinstance(sight, ConfigurationFile))
        path.unlink()
        await until(seen, lambda sight: sight is None)


async def test_forgotten_file_is_told_of_no_more(tmp_path: Path) -> None:
    """Of two files in one directory the one that was forgotten is not looked at again."""
    for name in ("a.ini", "b.ini"):
        (tmp_path / name).write_text("x")
    async with looking() as (presence, seen):
        for name in ("a.ini", "b.ini"):
            presence.watch(str(tmp_path / name))
            assert (await until(seen, lambda sight: True))[0] == str(tmp_path / name)
        presence.forget(str(tmp_path / "a.ini"))
        presence.forget(str(tmp_path / "a.ini"))
        (tmp_path / "a.ini").unlink()
        (tmp_path / "b.ini").unlink()
        assert (await until(seen, lambda sight: sight is None))[0] == str(tmp_path / "b.ini")
        assert seen.empty()
