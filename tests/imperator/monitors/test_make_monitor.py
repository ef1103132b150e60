"""Which monitor a target means."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from imperator.monitors import UnusableTargetError, make_monitor
from imperator.settings import Watching

TARGETS = [
    ("dir://vassals", "{here}/vassals"),
    ("glob://vassals/*.ini", "vassals/*.ini"),
    ("vassals", "{here}/vassals"),
    ("vassals.ini", "{here}/vassals.ini"),  # it is a directory
    ("*.ini", "*.ini"),
    ("missing.ini", "missing.ini"),
    ("missing.extra", "missing.extra"),
    ("missing", "{here}/missing"),
    ("/", "/"),
]


@pytest.mark.parametrize(("target", "source"), TARGETS)
def test_target_means_directory_or_glob(tmp_path: Path, target: str, source: str) -> None:
    """Without a scheme an existing directory is one, a pattern or a configuration's name a glob, else a directory."""
    (tmp_path / "vassals").mkdir()
    (tmp_path / "vassals.ini").mkdir()
    monitor = make_monitor(target, Watching(extra_extensions=(".extra",)), str(tmp_path))
    assert monitor.source == source.format(here=tmp_path)


UNUSABLE = [
    ("globs://x", "there is no monitor for globs://", "Did you mean glob://?"),
    ("mongo://x", "there is no monitor for mongo://", "Did you mean mongodb://?"),
    ("xyzzy://x", "there is no monitor for xyzzy://", "Correct the scheme."),
    ("glob://vassals/", "it names no files", "Did you mean 'vassals/*.ini'?"),
    ("dir://", "it names no files", "Add a path behind the scheme."),
]


@pytest.mark.parametrize(("target", "found", "advice"), UNUSABLE)
def test_unusable_target_says_what_to_do(target: str, found: str, advice: str) -> None:
    """A target nothing can be made of names itself, what is wrong, what is taken and what to do."""
    with pytest.raises(UnusableTargetError) as raised:
        make_monitor(target, Watching(), "/")
    error = raised.value
    assert (error.target, error.found, error.remedy) == (target, found, advice)
    assert str(error) == f"target {target!r}: wanted {error.wanted}, found {found}. {advice}"


def test_modules_are_imported_when_used() -> None:
    """Who watches no files does not pay for what watching them needs."""
    program = "import sys, imperator.monitors; print('asyncinotify' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
