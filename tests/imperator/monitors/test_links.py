"""Links: what they lead to counts, or the link itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from imperator.monitors.interface import Gone, Present, Unreadable
from imperator.monitors.trails import MAX_LINKS, read_trail
from imperator.settings import Watching
from tests.imperator.monitors.watcher import Watcher, watch


@pytest.fixture
def vassals(tmp_path: Path) -> Path:
    """A directory with ``app.ini`` -> ``current/app.ini``, where ``current`` is a link to a release."""
    for release in ("one", "two"):
        (tmp_path / "releases" / release).mkdir(parents=True)
        (tmp_path / "releases" / release / "app.ini").write_text(release)
    (tmp_path / "current").symlink_to("releases/one")
    (tmp_path / "vassals").mkdir()
    (tmp_path / "vassals" / "app.ini").symlink_to("../current/app.ini")
    return tmp_path / "vassals"


def replace_link(link: Path, target: str) -> None:
    """Retarget a link as deployment tools do: the new one is renamed over the old one."""
    new = link.with_name("new-link")
    new.symlink_to(target)
    new.rename(link)


FOLLOWED: list[tuple[str, Callable[[Path], object]]] = [
    ("the target is written", lambda root: (root / "releases/one/app.ini").write_text("changed")),
    ("the target is touched", lambda root: os.utime(root / "releases/one/app.ini", ns=(1, 1))),
    ("the target is replaced", lambda root: (root / "releases/two/app.ini").rename(root / "releases/one/app.ini")),
    ("a directory link on the way is retargeted", lambda root: replace_link(root / "current", "releases/two")),
    ("the link is retargeted", lambda root: replace_link(root / "vassals/app.ini", "../releases/two/app.ini")),
    ("the link becomes a file", lambda root: _replace_by_file(root / "vassals/app.ini")),
]


def _replace_by_file(link: Path) -> None:
    link.unlink()
    link.write_text("a file")


@pytest.mark.parametrize(("what", "change"), FOLLOWED, ids=[what for what, _ in FOLLOWED])
async def test_change_behind_a_link_is_told(vassals: Path, what: str, change: Callable[[Path], object]) -> None:
    """Whatever changes what a link leads to is a change, told once."""
    async with watch(vassals) as watcher:
        before = watcher.specs["app.ini"].version
        change(vassals.parent)
        await watcher.until(lambda: watcher.specs["app.ini"].version != before)
        await watcher.until_all_is_told()
        assert watcher.reports("app.ini") == [Present]


async def test_new_link_is_followed_at_once(tmp_path: Path) -> None:
    """What a link leads to is watched from the moment the link is told of."""
    target = tmp_path / "target.conf"
    target.write_text("first")
    vassals = tmp_path / "vassals"
    vassals.mkdir()
    async with watch(vassals) as watcher:
        (vassals / "app.ini").symlink_to(target)
        await watcher.until(lambda: "app.ini" in watcher.specs)
        before = watcher.specs["app.ini"].version
        target.write_text("second")
        await watcher.until(lambda: watcher.specs["app.ini"].version != before)


async def test_link_whose_target_goes_is_gone_and_comes_back(vassals: Path) -> None:
    """A link that dangles and did not before is gone; it is there again when its target is."""
    target = vassals.parent / "releases/one/app.ini"
    async with watch(vassals) as watcher:
        target.unlink()
        await watcher.until(lambda: watcher.reports("app.ini") == [Gone])
        watcher.monitor.look_now()
        await watcher.until_all_is_told()
        assert watcher.reports("app.ini") == [Gone]
        target.write_text("back")
        await watcher.until(lambda: "app.ini" in watcher.specs)


async def test_release_that_is_removed_and_restored(vassals: Path) -> None:
    """A whole directory behind a link may go and come back."""
    release = vassals.parent / "releases/one"
    async with watch(vassals) as watcher:
        release.rename(vassals.parent / "releases/kept")
        await watcher.until(lambda: watcher.reports("app.ini") == [Gone])
        (vassals.parent / "releases/kept").rename(release)
        await watcher.until(lambda: "app.ini" in watcher.specs)


async def test_link_that_always_dangled_is_unreadable_until_its_target_comes(tmp_path: Path) -> None:
    """A link to nothing is told of with the reason, and becomes a vassal when there is something."""
    vassals = tmp_path / "vassals"
    vassals.mkdir()
    (vassals / "app.ini").symlink_to("../etc/app.conf")
    async with watch(vassals) as watcher:
        assert "a link to '../etc/app.conf', which does not exist: create that" in watcher.unreadable["app.ini"]
        (tmp_path / "etc").mkdir()
        (tmp_path / "etc/app.conf").write_text("content")
        await watcher.until(lambda: "app.ini" in watcher.specs)


async def _edit_target(watcher: Watcher, vassals: Path) -> None:
    (vassals.parent / "releases/one/app.ini").write_text("changed")
    await watcher.until_all_is_told()
    assert watcher.reports("app.ini") == []


async def test_nofollow_counts_the_link_alone(vassals: Path) -> None:
    """With nofollow the target's changes are none, and the link's own time is one."""
    async with watch(vassals, Watching(follow_links=False)) as watcher:
        await _edit_target(watcher, vassals)
        os.utime(vassals / "app.ini", ns=(1, 1), follow_symlinks=False)
        await watcher.until(lambda: watcher.reports("app.ini") == [Present])
        assert watcher.specs["app.ini"].modified < 1.0
        replace_link(vassals / "app.ini", "../releases/two/app.ini")
        await watcher.until(lambda: watcher.reports("app.ini") == [Present, Present])


async def test_loop_of_links_is_unreadable(tmp_path: Path) -> None:
    """Links that lead in a circle are told of and do not stop anything."""
    (tmp_path / "a.ini").symlink_to("b.ini")
    (tmp_path / "b.ini").symlink_to("a.ini")
    (tmp_path / "good.ini").write_text("")
    async with watch(tmp_path) as watcher:
        assert set(watcher.specs) == {"good.ini"}
        assert "Too many levels of symbolic links" in watcher.unreadable["a.ini"]


async def test_unreadable_link_does_not_hide_a_link_to_it(tmp_path: Path) -> None:
    """A link to another vassal's file beside it is a vassal of its own and changes with it."""
    (tmp_path / "app.ini").write_text("content")
    (tmp_path / "also.ini").symlink_to("app.ini")
    async with watch(tmp_path) as watcher:
        (tmp_path / "app.ini").write_text("new content")
        await watcher.until(lambda: watcher.reports("app.ini") == watcher.reports("also.ini") == [Present])


async def test_fifo_behind_a_link_is_unreadable(tmp_path: Path) -> None:
    """What a link leads to is judged like a file of its own."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "app.ini").symlink_to("pipe")
    async with watch(tmp_path) as watcher:
        assert "it is a FIFO" in watcher.unreadable["app.ini"]
        assert Unreadable not in watcher.reports("app.ini")


TRAILS: list[tuple[dict[str, str], str, list[str]]] = [
    ({"x": "file"}, "x", ["file"]),
    ({"x": "dir/file"}, "x", ["dir/file"]),
    ({"x": "./dir//file"}, "x", ["dir/file"]),
    ({"x": "y", "y": "file"}, "x", ["y", "file"]),
    ({"x": "current/file", "current": "dir"}, "x", ["current", "dir/file"]),
    ({"x": "nowhere/deep/file"}, "x", ["nowhere"]),
    ({"dir/x": "../file"}, "dir/x", ["file"]),
]


@pytest.mark.parametrize(("links", "start", "steps"), TRAILS)
def test_trail_holds_every_step(tmp_path: Path, links: dict[str, str], start: str, steps: list[str]) -> None:
    """The trail of a link is every link on its way and where it ends."""
    root = Path(os.path.realpath(tmp_path))
    (root / "dir").mkdir()
    (root / "dir/file").touch()
    (root / "file").touch()
    for link, target in links.items():
        (root / link).symlink_to(target)
    assert read_trail(str(root / start)) == tuple(str(root / step) for step in steps)


def test_trail_of_a_loop_ends(tmp_path: Path) -> None:
    """A circle of links is followed as far as the kernel would."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert len(read_trail(str(tmp_path / "a"))) == MAX_LINKS
