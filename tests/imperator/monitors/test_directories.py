"""The directory of vassals itself: missing, vanishing, coming back, replaced."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from imperator.monitors.directory import make_directory_monitor
from imperator.monitors.files import Refused
from imperator.monitors.interface import Gone, Listing, Unreachable
from imperator.monitors.layout import ROOT, Layout, literal_levels
from imperator.monitors.reach import Reach, Turn
from imperator.monitors.survey import Survey
from imperator.settings import Watching
from tests.imperator.monitors.watcher import watch


async def test_spec_says_where_the_vassal_starts(tmp_path: Path) -> None:
    """A vassal's name is its file's, and it starts in the real directory."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real/app.ini").touch()
    (tmp_path / "link").symlink_to("real")
    async with watch("link", directory=tmp_path) as watcher:
        spec = watcher.specs["app.ini"]
        assert spec.directory == os.path.realpath(tmp_path / "real")
        assert spec.source == watcher.monitor.source == str(tmp_path / "link")
        status = (tmp_path / "real/app.ini").stat()
        assert (spec.uid, spec.gid, spec.modified) == (status.st_uid, status.st_gid, status.st_mtime)


SPELLINGS = [("vassals", "{root}/vassals"), ("./vassals/", "{root}/vassals"), ("a/../vassals", "{root}/vassals")]


@pytest.mark.parametrize(("written", "source"), [*SPELLINGS, ("{root}//vassals//", "{root}/vassals")])
def test_source_is_the_absolute_directory(tmp_path: Path, written: str, source: str) -> None:
    """However the directory is written, stats show its absolute path."""
    monitor = make_directory_monitor(written.format(root=tmp_path), Watching(), str(tmp_path))
    assert monitor.source == source.format(root=tmp_path)


VANISHING: list[tuple[str, Callable[[Path], object], Callable[[Path], object]]] = [
    ("renamed", lambda path: path.rename(path.with_name("kept")), lambda path: path.with_name("kept").rename(path)),
    (
        "a parent renamed",
        lambda path: _rename_parent(path, "app", "old"),
        lambda path: _rename_parent(path, "old", "app"),
    ),
    ("removed and copied back", lambda path: _back_up_and_remove(path), lambda path: _copy_back(path)),
    ("replaced by a file", lambda path: _replace_by_file(path), lambda path: _replace_file_by_copy(path)),
]


def _rename_parent(path: Path, old: str, new: str) -> None:
    (path.parent.parent / old).rename(path.parent.parent / new)


def _back_up_and_remove(path: Path) -> None:
    shutil.copytree(path, path.parent / "backup")
    path.rename(path.parent / "removed")
    shutil.rmtree(path.parent / "removed")


def _replace_by_file(path: Path) -> None:
    _back_up_and_remove(path)
    path.touch()


def _replace_file_by_copy(path: Path) -> None:
    path.unlink()
    _copy_back(path)


def _copy_back(path: Path) -> None:
    shutil.copytree(path.parent / "backup", path)


@pytest.mark.parametrize(("how", "vanish", "come_back"), VANISHING, ids=[how for how, *_ in VANISHING])
async def test_directory_that_vanishes_takes_nothing_with_it(
    tmp_path: Path, how: str, vanish: Callable[[Path], object], come_back: Callable[[Path], object]
) -> None:
    """A directory that disappears is unreachable, no vassal is gone; when it is back it is watched again."""
    vassals = tmp_path / "app" / "vassals"
    vassals.mkdir(parents=True)
    for number in range(20):
        (vassals / f"{number}.ini").touch()
    async with watch(vassals) as watcher:
        watcher.forget()
        vanish(vassals)
        await watcher.until(lambda: bool(watcher.said(Unreachable)))
        assert watcher.said(Gone) == []
        come_back(vassals)
        await watcher.until(lambda: bool(watcher.said(Listing)))
        assert len(watcher.specs) == 20
        assert watcher.said(Gone) == []
        (vassals / "new.ini").touch()
        await watcher.until(lambda: "new.ini" in watcher.specs)


async def test_files_removed_while_the_directory_is_away_are_gone_with_the_listing(tmp_path: Path) -> None:
    """The listing after the return holds what is there then."""
    vassals = tmp_path / "vassals"
    vassals.mkdir()
    (vassals / "stays.ini").touch()
    (vassals / "goes.ini").touch()
    async with watch(vassals) as watcher:
        vassals.rename(tmp_path / "kept")
        await watcher.until(lambda: bool(watcher.said(Unreachable)))
        (tmp_path / "kept/goes.ini").unlink()
        (tmp_path / "kept").rename(vassals)
        await watcher.until(lambda: set(watcher.specs) == {"stays.ini"})


async def test_directory_missing_at_the_start_is_picked_up(tmp_path: Path) -> None:
    """A directory that is not there yet is one clear error, and watched for on every level of its path."""
    vassals = tmp_path / "etc" / "uwsgi" / "vassals"
    async with watch(vassals, listed=False) as watcher:
        await watcher.until(lambda: bool(watcher.news))
        assert isinstance(news := watcher.news[0], Unreachable)
        assert news.reason.startswith(f"directory {tmp_path}/etc does not exist: create it")
        vassals.mkdir(parents=True)
        (vassals / "app.ini").touch()
        await watcher.until(lambda: set(watcher.specs) == {"app.ini"})
        assert all(
            "does not exist" in news.reason for news in watcher.said(Unreachable) if isinstance(news, Unreachable)
        )


async def test_directory_replaced_by_another_is_listed_anew(tmp_path: Path) -> None:
    """Another directory under the same name is another source of truth: a link that is retargeted in one step."""
    for release, name in (("one", "old.ini"), ("two", "new.ini")):
        (tmp_path / release).mkdir()
        (tmp_path / release / name).touch()
        (tmp_path / release / "both.ini").touch()
    (tmp_path / "current").symlink_to("one")
    async with watch(tmp_path / "current") as watcher:
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").rename(tmp_path / "current")
        await watcher.until(lambda: set(watcher.specs) == {"new.ini", "both.ini"})
        assert watcher.specs["both.ini"].directory == os.path.realpath(tmp_path / "two")
        (tmp_path / "two/new.ini").unlink()
        await watcher.until(lambda: set(watcher.specs) == {"both.ini"})


async def test_moved_directory_is_watched_no_longer(tmp_path: Path) -> None:
    """What happens in a directory that was moved away is not taken for what happens under its old path."""
    vassals, moved = tmp_path / "vassals", tmp_path / "moved"
    vassals.mkdir()
    (vassals / "app.ini").touch()
    async with watch(vassals) as watcher:
        vassals.rename(moved)
        vassals.mkdir()
        (vassals / "other.ini").touch()
        await watcher.until(lambda: set(watcher.specs) == {"other.ini"})
        (moved / "late.ini").touch()
        await watcher.until_all_is_told()
        assert set(watcher.specs) == {"other.ini"}


def _survey(*, mount: bool, names: set[str], unreachable: str | None = None) -> Survey:
    inode = 2 if mount else 77
    return Survey(
        ROOT, anchor=(inode, inode), anchor_is_mount=mount, names=names, unreachable=unreachable, directory="/srv"
    )


def _make_reach() -> Reach:
    return Reach(Layout("/srv", literal_levels("/srv/x"), "/srv", None), Watching())


def test_unmounted_directory_is_lost_and_not_empty() -> None:
    """The empty directory that unmounting leaves is no empty source, a mounted one is reached again."""
    reach = _make_reach()
    assert reach.judge(_survey(mount=True, names={"app.ini"}), 0.0).turn is Turn.REACHED
    assert reach.judge(_survey(mount=False, names=set()), 1.0).turn is Turn.LOST
    told = reach.judge(_survey(mount=False, names=set()), 2.0)
    assert told.reason == "directory /srv was a file system of its own, which is mounted no longer: mount it again"
    assert reach.judge(_survey(mount=True, names={"app.ini"}), 3.0).turn is Turn.UNSURE
    assert reach.judge(_survey(mount=True, names={"app.ini"}), 3.5).turn is Turn.REACHED


RETURNS: list[tuple[str, list[tuple[float, set[str]]], list[Turn]]] = [
    (
        "the same for half a second",
        [(0.0, {"a"}), (0.1, {"a"}), (0.5, {"a"})],
        [Turn.UNSURE, Turn.UNSURE, Turn.REACHED],
    ),
    (
        "still being filled",
        [(0.0, {"a"}), (0.5, {"a", "b"}), (1.0, {"a", "b"})],
        [Turn.UNSURE, Turn.UNSURE, Turn.REACHED],
    ),
    ("empty", [(0.0, set()), (5.0, set()), (10.0, set())], [Turn.UNSURE, Turn.UNSURE, Turn.REACHED]),
    ("empty, then filled", [(0.0, set()), (5.0, {"a"}), (5.5, {"a"})], [Turn.UNSURE, Turn.UNSURE, Turn.REACHED]),
    ("never quiet", [(0.0, {"a"}), (8.0, {"b"}), (15.0, {"c"})], [Turn.UNSURE, Turn.UNSURE, Turn.REACHED]),
]


@pytest.mark.parametrize(("how", "surveys", "turns"), RETURNS, ids=[how for how, *_ in RETURNS])
def test_directory_that_is_back_is_listed_when_it_is_quiet(
    how: str, surveys: list[tuple[float, set[str]]], turns: list[Turn]
) -> None:
    """However often it is looked at, a directory that came back is listed only when it is no more being filled."""
    reach = _make_reach()
    reach.judge(_survey(mount=False, names={"a"}), 0.0)
    reach.judge(_survey(mount=False, names=set(), unreachable="away"), 0.0)
    told = []
    for now, names in surveys:
        survey = _survey(mount=False, names=names)
        survey.sights = {name: Refused(name) if name in names else None for name in ("a", "b", "c")}
        told.append(reach.judge(survey, 100.0 + now).turn)
    assert told == turns


def test_lost_source_is_retried_with_growing_capped_delays() -> None:
    """A source that stays away is told at each try, and looked for less and less often, but always again."""
    reach = _make_reach()
    verdicts = [reach.judge(_survey(mount=False, names=set(), unreachable="away"), 0.0) for _ in range(8)]
    assert [verdict.again_seconds for verdict in verdicts] == [1, 2, 4, 8, 15, 15, 15, 15]
    assert [verdict.reason for verdict in verdicts] == ["away"] * 8
