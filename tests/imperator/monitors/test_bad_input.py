"""What lies about in a directory of vassals: nothing of it stops the monitor, and people are told what to do."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imperator.monitors.interface import Listing, Present, Unreachable, Unreadable
from imperator.settings import Watching
from tests.imperator.monitors.watcher import watch


def _bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


REFUSED: list[tuple[str, str, Callable[[Path], object], str]] = [
    ("FIFO", "x.ini", os.mkfifo, "it is a FIFO and a configuration has to be a regular file: remove it or rename it"),
    ("socket", "x.ini", _bind, "it is a socket and a configuration has to be a regular file: remove it or rename it"),
    ("directory", "x.ini", os.mkdir, "it is a directory and a configuration has to be a regular file"),
    ("device link", "x.ini", lambda path: path.symlink_to("/dev/null"), "it is a character device and"),
    ("dangling link", "x.ini", lambda path: path.symlink_to("none"), "a link to 'none', which does not exist: create"),
    ("loop", "x.ini", lambda path: path.symlink_to("x.ini"), "Too many levels of symbolic links): check the"),
    ("255 bytes", "x" * 251 + ".ini", Path.touch, "its name is 255 bytes long and uWSGI takes at most 254: rename it"),
    ("colon", "x:y.ini", Path.touch, "its name has a colon, which uWSGI takes for the start of a section's name"),
]
REFUSED_IDS = [what for what, *_ in REFUSED]


@pytest.mark.parametrize(("what", "name", "make", "reason"), REFUSED, ids=REFUSED_IDS)
async def test_listing_tells_what_cannot_be_a_vassal(
    tmp_path: Path, what: str, name: str, make: Callable[[Path], object], reason: str
) -> None:
    """What is there at the start and can be no vassal is listed with the reason; a file beside it is a vassal."""
    make(tmp_path / name)
    (tmp_path / "good.ini").touch()
    async with watch(tmp_path) as watcher:
        assert set(watcher.specs) == {"good.ini"}
        assert set(watcher.unreadable) == {name}
        assert reason in watcher.unreadable[name]


@pytest.mark.parametrize(("what", "name", "make", "reason"), REFUSED, ids=REFUSED_IDS)
async def test_what_cannot_be_a_vassal_is_told_as_it_appears(
    tmp_path: Path, what: str, name: str, make: Callable[[Path], object], reason: str
) -> None:
    """The same while we watch: told once, and gone when it is removed."""
    async with watch(tmp_path) as watcher:
        make(tmp_path / name)
        await watcher.until(lambda: name in watcher.unreadable)
        await watcher.until_all_is_told()
        assert reason in watcher.unreadable[name]
        assert watcher.reports(name) == [Unreadable]
        os.rmdir(tmp_path / name) if what == "directory" else os.unlink(tmp_path / name)
        await watcher.until(lambda: name not in watcher.unreadable)


FINE = [
    ("spaces", b"my app.ini"),
    ("quotes", b'it\'s "quoted".ini'),
    ("newline", b"two\nlines.ini"),
    ("leading dash", b"-rf.ini"),
    ("not UTF-8", b"caf\xe9.ini"),
    ("hidden", b".hidden.ini"),
    ("254 bytes", b"x" * 250 + b".ini"),
    ("pattern", b"[a]*?.ini"),
    ("only the extension", b".ini"),
]


@pytest.mark.parametrize(("what", "raw"), FINE, ids=[what for what, _ in FINE])
async def test_unusual_name_is_a_vassal_like_any_other(tmp_path: Path, what: str, raw: bytes) -> None:
    """Names may hold anything that uWSGI can be given: they are listed, told when changed and told when gone."""
    name = os.fsdecode(raw)
    path = tmp_path / name
    path.write_text("content")
    async with watch(tmp_path) as watcher:
        assert set(watcher.specs) == {name}
        path.write_text("changed")
        await watcher.until(lambda: watcher.reports(name) == [Present])
        path.unlink()
        await watcher.until(lambda: name not in watcher.specs)


CONTENTS = [("empty", b""), ("10 MiB", b"#" * (10 << 20)), ("junk", bytes(range(256)) * 40), ("not UTF-8", b"\xff\xfe")]


@pytest.mark.parametrize(("what", "content"), CONTENTS, ids=[what for what, _ in CONTENTS])
async def test_content_is_no_matter_of_the_monitor(tmp_path: Path, what: str, content: bytes) -> None:
    """Whatever a file holds, it is what the vassal is to be given: uWSGI says what is wrong with it."""
    async with watch(tmp_path) as watcher:
        (tmp_path / "app.ini").write_bytes(content)
        await watcher.until(lambda: "app.ini" in watcher.specs)


async def test_other_files_are_not_told(tmp_path: Path) -> None:
    """Only uWSGI's endings and the extra ones are configurations."""
    for name in ("a.xml", "b.ini", "c.yml", "d.yaml", "e.js", "f.json", "g.extra", "h.ini~", "i.log", "ini", "j.INI"):
        (tmp_path / name).touch()
    async with watch(tmp_path, Watching(extra_extensions=(".extra",))) as watcher:
        assert set(watcher.specs) == {"a.xml", "b.ini", "c.yml", "d.yaml", "e.js", "f.json", "g.extra"}
        assert watcher.unreadable == {}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be a user without privileges: root may read everything."""
    uid = os.geteuid()
    if uid == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(uid)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that everybody may enter: pytest's own are for their owner alone."""
    with tempfile.TemporaryDirectory(prefix="imperator-") as name:
        path = Path(name)
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
        yield path


async def test_permission_denied_until_it_is_granted(open_directory: Path) -> None:
    """A file we may not read is told with the reason; letting us read it makes it a vassal at once."""
    with as_nobody():
        path = open_directory / "app.ini"
        path.touch(mode=0o000)
        async with watch(open_directory) as watcher:
            assert "permission denied: let user" in watcher.unreadable["app.ini"]
            path.chmod(0o644)
            await watcher.until(lambda: "app.ini" in watcher.specs)
            version = watcher.specs["app.ini"].version
            path.chmod(0o000)
            await watcher.until(lambda: "app.ini" in watcher.unreadable)
            assert "app.ini" in watcher.specs
            path.chmod(0o644)
            await watcher.until(lambda: "app.ini" not in watcher.unreadable)
            assert watcher.specs["app.ini"].version == version


async def test_directory_that_may_not_be_read(open_directory: Path) -> None:
    """A directory we may not list is unreachable, and listed as soon as we may."""
    with as_nobody():
        vassals = open_directory / "vassals"
        vassals.mkdir(mode=0o300)
        (vassals / "app.ini").touch()
        async with watch(vassals, listed=False) as watcher:
            await watcher.until(lambda: bool(watcher.news))
            assert isinstance(news := watcher.news[0], Unreachable)
            assert f"directory {vassals} cannot be read by user" in news.reason
            vassals.chmod(0o755)
            await watcher.until(lambda: "app.ini" in watcher.specs)


async def test_unreadable_file_keeps_its_vassal(tmp_path: Path) -> None:
    """A vassal whose file was replaced by something else goes on: only what is gone is stopped."""
    path = tmp_path / "app.ini"
    path.touch()
    async with watch(tmp_path) as watcher:
        path.unlink()
        path.mkdir()
        await watcher.until(lambda: "app.ini" in watcher.unreadable)
        await watcher.until_all_is_told()
        assert "app.ini" in watcher.specs
        assert len(watcher.said(Listing)) == 1
