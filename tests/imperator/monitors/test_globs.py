"""Patterns: what they match, what vassals are named, and directories that come and go."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imperator.monitors.interface import Gone, Listing, Present, Unreachable
from imperator.monitors.wildcards import compile_component, has_wildcards, strip_escapes
from tests.imperator.monitors.watcher import watch

FNM_PERIOD = 4

BRACKET_ITEMS = st.sampled_from(["a", "b", "a-c", ".", "!", "\\]", "[:alpha:]", "[:punct:]", "*"])
BRACKETS = st.builds(
    "[{}{}{}{}]".format,
    st.sampled_from(["", "!", "^"]),
    st.sampled_from(["", "]"]),
    st.lists(BRACKET_ITEMS, min_size=1, max_size=3).map("".join),
    st.sampled_from(["", "-"]),
)
COMPONENTS = st.lists(BRACKETS | st.sampled_from([*"ab.*?]-!", "\\*", "\\a", "\\["]), min_size=1, max_size=5)


@example(["[a"], "[a")
@example(["["], "[")
@example(["*"], ".hidden")
@example(["[.]a"], ".a")
@example(["**"], "abc")
@example(["[[:digit:]]"], "5")
@example(["a\\"], "a\\")
@example(["[b-a]"], "a")
@example(["*"], "two\nlines")
@given(COMPONENTS, st.text("ab.-]![\\*", min_size=1, max_size=5))
def test_component_matches_as_in_libc(parts: list[str], name: str) -> None:
    """One component of a pattern matches exactly the names that the C library says it does."""
    pattern = "".join(parts)
    expected = ctypes.CDLL(None).fnmatch(pattern.encode(), name.encode(), FNM_PERIOD) == 0
    assert (compile_component(pattern).fullmatch(name) is not None) == expected
    if not has_wildcards(pattern) and not pattern.endswith("\\"):
        assert (strip_escapes(pattern) == name) == expected


FILES = ("one/app.ini", "two/app.ini", "two/b.ini", ".hidden/app.ini", "two/.dot.ini", "top.ini", "two/deep/app.ini")
PATTERNS: list[tuple[str, set[str]]] = [
    ("*.ini", {"top.ini"}),
    ("./*.ini", {"./top.ini"}),
    ("*/app.ini", {"one/app.ini", "two/app.ini"}),
    ("*//app.ini", {"one//app.ini", "two//app.ini"}),
    ("*/*.ini", {"one/app.ini", "two/app.ini", "two/b.ini"}),
    ("*/.*.ini", {"two/.dot.ini"}),
    (".h*/app.ini", {".hidden/app.ini"}),
    ("t[uvw]o/?.ini", {"two/b.ini"}),
    ("*/*/app.ini", {"two/deep/app.ini"}),
    ("**/app.ini", {"one/app.ini", "two/app.ini"}),
    ("two/../top.ini", {"two/../top.ini"}),
    ("{one,two}/app.ini", set()),
    ("top.ini", {"top.ini"}),
    ("two/*", {"two/app.ini", "two/b.ini"}),
]


@pytest.mark.parametrize(("pattern", "names"), PATTERNS)
async def test_pattern_names_vassals_as_matched(tmp_path: Path, pattern: str, names: set[str]) -> None:
    """A relative pattern matches from the Emperor's directory; vassals are named by the match and start there."""
    _make(tmp_path, *FILES)
    async with watch(f"glob://{pattern}", directory=tmp_path, listed=not pattern.startswith("{")) as watcher:
        await watcher.until(lambda: bool(watcher.news))
        assert set(watcher.specs) == names
        assert watcher.monitor.source == pattern
        assert {(spec.source, spec.directory) for spec in watcher.specs.values()} <= {(pattern, str(tmp_path))}
        for name in names:
            (tmp_path / name).write_text("changed")
            await watcher.until(lambda name=name: watcher.reports(name) == [Present])  # type: ignore[misc]


async def test_absolute_pattern_names_vassals_by_absolute_paths(tmp_path: Path) -> None:
    """An absolute pattern gives absolute names."""
    _make(tmp_path, *FILES)
    async with watch(f"{tmp_path}/*/app.ini", directory=tmp_path) as watcher:
        assert set(watcher.specs) == {f"{tmp_path}/one/app.ini", f"{tmp_path}/two/app.ini"}


def _make(root: Path, *files: str) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(file)


async def test_new_directories_are_watched_on_every_level(tmp_path: Path) -> None:
    """A directory that a pattern names may be made at any time, with its files in one go or one by one."""
    async with watch("*/conf/*.ini", directory=tmp_path) as watcher:
        for number in range(20):
            _make(tmp_path, f"{number}/conf/app.ini")
        await watcher.until(lambda: len(watcher.specs) == 20)
        _make(tmp_path, "7/conf/second.ini")
        await watcher.until(lambda: "7/conf/second.ini" in watcher.specs)


async def test_removed_and_renamed_directories(tmp_path: Path) -> None:
    """What a wildcard matched and is removed is gone; what is renamed has a new name; what comes back is there."""
    _make(tmp_path, "one/app.ini", "two/app.ini", "three/app.ini")
    async with watch("*/app.ini", directory=tmp_path) as watcher:
        shutil.rmtree(tmp_path / "one")
        (tmp_path / "two").rename(tmp_path / "zwei")
        await watcher.until(lambda: set(watcher.specs) == {"zwei/app.ini", "three/app.ini"})
        (tmp_path / "zwei/app.ini").write_text("changed")
        await watcher.until(lambda: watcher.reports("zwei/app.ini") == [Present, Present])
        _make(tmp_path, "one/app.ini")
        await watcher.until(lambda: "one/app.ini" in watcher.specs)
        assert watcher.said(Unreachable) == []


async def test_directory_of_a_pattern_that_vanishes_takes_nothing_with_it(tmp_path: Path) -> None:
    """The directory a pattern starts with is as precious as that of dir://."""
    _make(tmp_path, "vassals/app.ini")
    async with watch("vassals/*.ini", directory=tmp_path) as watcher:
        (tmp_path / "vassals").rename(tmp_path / "kept")
        await watcher.until(lambda: bool(watcher.said(Unreachable)))
        assert watcher.said(Gone) == []
        (tmp_path / "kept").rename(tmp_path / "vassals")
        await watcher.until(lambda: len(watcher.said(Listing)) == 2)
        assert set(watcher.specs) == {"vassals/app.ini"}


async def test_one_file_may_appear_later(tmp_path: Path) -> None:
    """A target that is one file is a pattern with one match, whenever that comes."""
    async with watch("app.ini", directory=tmp_path) as watcher:
        assert watcher.specs == {}
        (tmp_path / "app.ini").touch()
        await watcher.until(lambda: "app.ini" in watcher.specs)
        (tmp_path / "app.ini").unlink()
        await watcher.until(lambda: watcher.specs == {})


async def test_directory_links_are_followed(tmp_path: Path) -> None:
    """A link to a directory matches like a directory, and retargeting it tells what changed by it."""
    _make(tmp_path, "releases/1/app.ini", "releases/2/app.ini", "sites/plain/app.ini")
    (tmp_path / "sites/live").symlink_to("../releases/1")
    async with watch("sites/*/app.ini", directory=tmp_path) as watcher:
        before = watcher.specs["sites/live/app.ini"].version
        (tmp_path / "next").symlink_to("../releases/2")
        (tmp_path / "next").rename(tmp_path / "sites/live")
        await watcher.until(lambda: watcher.specs["sites/live/app.ini"].version != before)
        (tmp_path / "releases/2").rename(tmp_path / "releases/away")
        await watcher.until(lambda: set(watcher.specs) == {"sites/plain/app.ini"})
        (tmp_path / "releases/away").rename(tmp_path / "releases/2")
        await watcher.until(lambda: "sites/live/app.ini" in watcher.specs)


async def test_one_directory_under_two_names(tmp_path: Path) -> None:
    """A directory that a pattern reaches over two paths is one to the kernel and two to us."""
    _make(tmp_path, "real/app.ini")
    os.symlink("real", tmp_path / "alias")
    async with watch("*/app.ini", directory=tmp_path) as watcher:
        (tmp_path / "real/app.ini").write_text("changed")
        await watcher.until(lambda: watcher.reports("real/app.ini") == watcher.reports("alias/app.ini") == [Present])
