"""Monitors of others: found by their entry points, and told with what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import imperator.monitors
from imperator.errors import SettingsError
from imperator.monitors import UnusableTargetError, make_monitor
from imperator.settings import Watching

MODULE = """
from imperator.errors import SettingsError

class Good:
    source = "xyzzy://here"
    def __init__(self, *words):
        self.words = words
    def look_now(self): ...
    async def news(self):
        yield None

class Nameless(Good):
    source = ""

class Blind(Good):
    look_now = None

class Mute(Good):
    async def news(self): ...

def refusing(rest, watching, directory):
    raise SettingsError("target 'xyzzy://'", wanted="a", found="b", remedy="C.")

def failing(rest, watching, directory):
    raise ValueError("xyzzy://" + rest)

text = "text"
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a directory that distributions may be put into, with one module."""
    (tmp_path / "xyzzy.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("import a_driver_that_is_not_there\n")
    (tmp_path / "bad.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in ("xyzzy", "broken", "bad"):
        sys.modules.pop(name, None)


def register(site: Path, name: str, entry_point: str) -> None:
    """Put a distribution there that registers something."""
    directory = site / f"{name.replace('-', '_')}-1.5.dist-info"
    directory.mkdir()
    (directory / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
    (directory / "entry_points.txt").write_text(f"[imperator.monitors]\n{entry_point}\n")


def test_registered_monitor_is_made(site: Path) -> None:
    """What an entry point leads to is called with the rest of the target, how to watch, and the directory."""
    register(site, "imperator-xyzzy", "xyzzy = xyzzy:Good")
    watching = Watching()
    monitor = make_monitor("xyzzy://a/b?c", watching, "/here")
    assert monitor.source == "xyzzy://here"
    assert vars(monitor)["words"] == ("a/b?c", watching, "/here")


def test_nothing_is_imported_before_its_scheme_is_used(site: Path) -> None:
    """A distribution that cannot even be imported spoils no other target."""
    register(site, "imperator-bad", "bad = bad:Good")
    make_monitor("glob://*.ini", Watching(), "/")
    with pytest.raises(UnusableTargetError, match=r"there is no monitor for badd://\. Did you mean bad://\?"):
        make_monitor("badd://x", Watching(), "/")
    assert "bad" not in sys.modules


WRONG = [
    ("xyzzy = broken:Good", "it cannot be imported: ModuleNotFoundError: No module named 'a_driver_that_is_not_there'"),
    ("xyzzy = bad:Good", "it cannot be imported: ZeroDivisionError: division by zero"),
    ("xyzzy = xyzzy:Missing", "it cannot be imported: AttributeError: module 'xyzzy' has no attribute 'Missing'"),
    ("xyzzy = xyzzy:text", "'text', which cannot be called"),
    ("xyzzy = xyzzy:failing", "it fails: ValueError: xyzzy://user:***@host"),
    (
        "xyzzy = xyzzy:Good.look_now",
        "it fails: TypeError: Good.look_now() takes 1 positional argument but 3 were given",
    ),
    ("xyzzy = xyzzy:Nameless", "it makes Nameless, which has no source: a text that names it"),
    ("xyzzy = xyzzy:Blind", "it makes Blind, which has no method look_now"),
    ("xyzzy = xyzzy:Mute", "it makes Mute, which has no asynchronous generator news"),
]


@pytest.mark.parametrize(("entry_point", "found"), WRONG)
def test_what_is_no_monitor_is_told(site: Path, entry_point: str, found: str) -> None:
    """The error names scheme, distribution and object, what is wrong with it, and whose it is to repair."""
    register(site, "imperator-xyzzy", entry_point)
    with pytest.raises(UnusableTargetError) as raised:
        make_monitor("xyzzy://user:secret@host", Watching(), "/")
    error = raised.value
    value = entry_point.partition(" = ")[2]
    assert error.found == found
    assert error.wanted == f"the monitor that imperator-xyzzy 1.5 registers for xyzzy:// ({value})"
    assert "imperator-xyzzy 1.5" in error.remedy
    assert "secret" not in str(error)


def test_two_of_one_scheme_are_one_too_many(site: Path) -> None:
    """Which of them is meant nobody can tell."""
    register(site, "imperator-one", "xyzzy = xyzzy:Good")
    register(site, "imperator-two", "xyzzy = xyzzy:Good")
    with pytest.raises(UnusableTargetError) as raised:
        make_monitor("xyzzy://", Watching(), "/")
    assert raised.value.found == "imperator-one 1.5 and imperator-two 1.5 each register one"


def test_own_error_of_a_monitor_is_left_as_it_is(site: Path) -> None:
    """What it has against the target it says itself."""
    register(site, "imperator-xyzzy", "xyzzy = xyzzy:refusing")
    with pytest.raises(SettingsError, match=r"^target 'xyzzy://': wanted a, found b\. C\.$"):
        make_monitor("xyzzy://", Watching(), "/")


def test_our_own_schemes_are_not_for_others(site: Path) -> None:
    """A distribution cannot put itself in the place of a monitor of ours."""
    register(site, "imperator-glob", "glob = xyzzy:Good")
    assert make_monitor("glob://*.ini", Watching(), "/").source == "*.ini"


def test_all_that_is_public_is_there() -> None:
    """Every name of the package can be imported, and no other."""
    assert all(getattr(imperator.monitors, name) is not None for name in imperator.monitors.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'xyzzy'"):
        imperator.monitors.xyzzy  # noqa: B018
