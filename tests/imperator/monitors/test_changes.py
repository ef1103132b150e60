"""What counts as a change of a file, and how often it is told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imperator.monitors.interface import Gone, News, Present, Unreadable
from imperator.settings import Watching
from tests.imperator.monitors.watcher import watch

OLD_NS = 1_000_000_000 * 10**9


def touch(path: Path) -> None:
    subprocess.run(["touch", str(path)], check=True)


def set_older(path: Path) -> None:
    os.utime(path, ns=(OLD_NS, OLD_NS))


def rewrite(path: Path) -> None:
    path.write_text("written anew")


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("more\n")


def rewrite_with_same_time_and_size(path: Path) -> None:
    before = path.stat()
    with path.open("r+") as file:
        file.write(path.read_text()[::-1])
        file.flush()
        os.utime(file.fileno(), ns=(before.st_atime_ns, before.st_mtime_ns))


def write_in_many_steps(path: Path) -> None:
    with path.open("w") as file:
        for number in range(50):
            file.write(f"line {number}\n")
            file.flush()


def replace_by_rename(path: Path) -> None:
    new = path.with_name("temporary")
    new.write_text(path.read_text())
    status = path.stat()
    os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
    new.rename(path)


def edit_in_place_with_sed(path: Path) -> None:
    subprocess.run(["sed", "-i", "s/first/second/", str(path)], check=True)


def copy_over_keeping_times(path: Path) -> None:
    source = path.with_name("source")
    source.write_text("from elsewhere")
    set_older(source)
    subprocess.run(["cp", "-p", str(source), str(path)], check=True)


def save_as_vim_does(path: Path) -> None:
    backup = path.with_name(path.name + "~")
    path.rename(backup)
    path.write_text("saved")
    path.chmod(0o644)
    backup.unlink()


def remove_and_write_anew(path: Path) -> None:
    path.unlink()
    path.write_text("again")


def empty_then_fill(path: Path) -> None:
    path.write_text("")
    path.write_text("filled")


def move_away_and_back(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.with_name("elsewhere").rename(path)


def chmod(path: Path) -> None:
    path.chmod(0o600)


def read(path: Path) -> None:
    path.read_text()


def open_for_writing_only(path: Path) -> None:
    path.open("r+").close()


def remove(path: Path) -> None:
    path.unlink()


def rename_away(path: Path) -> None:
    path.rename(path.with_name("app.disabled"))


def replace_by_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


ONCE: list[type[News]] = [Present]
CHANGES: list[tuple[Callable[[Path], None], list[type[News]]]] = [
    (touch, ONCE),
    (set_older, ONCE),
    (rewrite, ONCE),
    (append, ONCE),
    (rewrite_with_same_time_and_size, ONCE),
    (write_in_many_steps, ONCE),
    (replace_by_rename, ONCE),
    (edit_in_place_with_sed, ONCE),
    (copy_over_keeping_times, ONCE),
    (save_as_vim_does, ONCE),
    (remove_and_write_anew, ONCE),
    (empty_then_fill, ONCE),
    (move_away_and_back, ONCE),
    (chmod, []),
    (read, []),
    (open_for_writing_only, []),
    (remove, [Gone]),
    (rename_away, [Gone]),
    (replace_by_directory, [Unreadable]),
]


@pytest.mark.parametrize(("change", "told"), CHANGES, ids=[change.__name__ for change, _ in CHANGES])
async def test_change_is_told_exactly(tmp_path: Path, change: Callable[[Path], None], told: list[type[News]]) -> None:
    """Each way to change a file is told once, with a version it never had, and what is no change is not told."""
    path = tmp_path / "app.ini"
    path.write_text("the first content")
    set_older(path)
    os.utime(path, ns=(OLD_NS + 10**9, OLD_NS + 10**9))
    async with watch(tmp_path) as watcher:
        before = watcher.specs["app.ini"]
        watcher.forget()
        change(path)
        await watcher.until_all_is_told()
        assert watcher.reports("app.ini") == told
        if told == ONCE:
            assert watcher.specs["app.ini"].version != before.version


def save_slowly_as_vim_does(path: Path) -> Iterator[None]:
    backup = path.with_name(path.name + "~")
    path.rename(backup)
    yield
    with path.open("w") as file:
        yield
        file.write("saved")
        file.flush()
        yield
    yield
    path.chmod(0o600)
    yield
    backup.unlink()


def remove_then_write(path: Path) -> Iterator[None]:
    path.unlink()
    yield
    path.write_text("again")


def empty_then_write(path: Path) -> Iterator[None]:
    path.write_text("")
    yield
    with path.open("a") as file:
        yield
        file.write("filled")


def upload_in_steps(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        for number in range(10):
            file.write(f"line {number}\n")
            file.flush()
            yield
        os.utime(path, ns=(OLD_NS, OLD_NS))
        yield


def set_time_while_open(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        os.utime(file.fileno())
        yield


SLOW_SAVES = [save_slowly_as_vim_does, remove_then_write, empty_then_write, upload_in_steps, set_time_while_open]


@pytest.mark.parametrize("save", SLOW_SAVES)
async def test_save_in_steps_is_told_once(tmp_path: Path, save: Callable[[Path], Iterator[None]]) -> None:
    """Though each step of a save is heard on its own, the file is never gone and is told of once."""
    path = tmp_path / "app.ini"
    path.write_text("the first content")
    os.utime(path, ns=(OLD_NS + 10**9, OLD_NS + 10**9))
    async with watch(tmp_path) as watcher:
        for _ in save(path):
            await watcher.until_all_is_heard()
        await watcher.until_all_is_told()
        assert watcher.reports("app.ini") == ONCE


CREATIONS: list[tuple[str, Callable[[Path], object]]] = [
    ("written", lambda path: path.write_text("content")),
    ("empty", lambda path: touch(path)),
    ("renamed into place", lambda path: _write(path.parent.parent / "made").rename(path)),
    ("hard link", lambda path: os.link(_write(path.parent.parent / "made"), path)),
    ("symbolic link", lambda path: path.symlink_to(_write(path.parent.parent / "made"))),
    ("copied", lambda path: subprocess.run(["cp", "-p", "/etc/passwd", str(path)], check=True)),
    ("made without a name, then linked", lambda path: _link_nameless(path)),
]


def _write(path: Path) -> Path:
    path.write_text("content")
    return path


def _link_nameless(path: Path) -> None:
    descriptor = os.open(path.parent, os.O_TMPFILE | os.O_RDWR)
    os.write(descriptor, b"content")
    root = os.open("/", os.O_PATH)  # os.link follows links only where it is given a directory
    os.link(f"proc/self/fd/{descriptor}", path, src_dir_fd=root, follow_symlinks=True)
    os.close(root)
    os.close(descriptor)


@pytest.mark.parametrize(("how", "create"), CREATIONS, ids=[how for how, _ in CREATIONS])
async def test_new_file_is_told_once(tmp_path: Path, how: str, create: Callable[[Path], object]) -> None:
    """However a file comes to be, it is told of once."""
    vassals = tmp_path / "vassals"
    vassals.mkdir()
    async with watch(vassals) as watcher:
        create(vassals / "app.ini")
        await watcher.until(lambda: "app.ini" in watcher.specs)
        await watcher.until_all_is_told()
        assert watcher.reports("app.ini") == ONCE


async def test_two_edits_at_once_are_two_versions(tmp_path: Path) -> None:
    """An edit right after the last one was told has a version of its own, though time and size may be the same."""
    path = tmp_path / "app.ini"
    path.write_text("0")
    versions = set()
    async with watch(tmp_path) as watcher:
        versions.add(watcher.specs["app.ini"].version)
        for number in range(1, 10):
            told = len(watcher.reports("app.ini"))
            path.write_text(str(number))
            await watcher.until(lambda told=told: len(watcher.reports("app.ini")) > told)  # type: ignore[misc]
            versions.add(watcher.specs["app.ini"].version)
    assert len(versions) == 10


async def test_half_written_file_is_not_told(tmp_path: Path) -> None:
    """While a file is being written neither an event, a touch nor a rescan tells of it; closing it does, once."""
    path = tmp_path / "app.ini"
    path.write_text("the first content")
    async with watch(tmp_path) as watcher:
        watcher.forget()
        with path.open("w") as file:
            file.write("[uws")
            file.flush()
            os.utime(path)
            watcher.monitor.look_now()
            await watcher.until_all_is_told()
            assert watcher.reports("app.ini") == []
            file.write("gi]\n")
        await watcher.until_all_is_told()
        assert watcher.reports("app.ini") == ONCE


async def test_file_that_stays_open_is_told_after_a_while(tmp_path: Path) -> None:
    """A writer that never closes its file does not keep its content from being told for ever."""
    path = tmp_path / "app.ini"
    async with watch(tmp_path) as watcher:
        with path.open("w") as file:
            file.write("complete")
            file.flush()
            await watcher.until(lambda: "app.ini" in watcher.specs)


async def test_emptied_file_is_told_as_empty_when_nothing_follows(tmp_path: Path) -> None:
    """Emptying a file is a change in the end: it is held back only so that its new content can follow."""
    path = tmp_path / "app.ini"
    path.write_text("content")
    async with watch(tmp_path) as watcher:
        watcher.forget()
        path.write_text("")
        await watcher.until_all_is_told()
        assert watcher.reports("app.ini") == []
        await watcher.until(lambda: watcher.reports("app.ini") == ONCE)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
async def test_new_owner_is_told_with_the_same_version(tmp_path: Path) -> None:
    """A file's owner is part of what is wanted, but no reason to reload."""
    path = tmp_path / "app.ini"
    path.write_text("content")
    async with watch(tmp_path) as watcher:
        before = watcher.specs["app.ini"]
        os.chown(path, 1234, 5678)
        await watcher.until(lambda: watcher.specs["app.ini"].uid == 1234)
        assert watcher.specs["app.ini"].gid == 5678
        assert watcher.specs["app.ini"].version == before.version


async def test_version_is_the_same_in_the_next_life(tmp_path: Path) -> None:
    """Who starts to watch anew finds the versions as they were."""
    path = tmp_path / "app.ini"
    path.write_text("content")
    async with watch(tmp_path) as watcher:
        path.write_text("other content")
        await watcher.until(lambda: watcher.reports("app.ini") == ONCE)
        first = watcher.specs
    async with watch(tmp_path) as watcher:
        assert watcher.specs == first


async def test_rescan_finds_what_no_event_tells(tmp_path: Path) -> None:
    """A change through a hard link elsewhere makes no event here: the rescan tells of it."""
    elsewhere, vassals = tmp_path / "elsewhere.ini", tmp_path / "vassals"
    vassals.mkdir()
    elsewhere.write_text("content")
    os.link(elsewhere, vassals / "app.ini")
    async with watch(vassals, Watching(rescan_seconds=0.2)) as watcher:
        elsewhere.write_text("changed content")
        await watcher.until(lambda: Present in watcher.reports("app.ini"))


async def test_look_now_compares_at_once(tmp_path: Path) -> None:
    """A rescan can be asked for, without waiting for its turn."""
    elsewhere, vassals = tmp_path / "elsewhere.ini", tmp_path / "vassals"
    vassals.mkdir()
    elsewhere.write_text("content")
    os.link(elsewhere, vassals / "app.ini")
    async with watch(vassals) as watcher:
        elsewhere.write_text("changed content")
        watcher.monitor.look_now()
        await watcher.until(lambda: Present in watcher.reports("app.ini"))
