"""The guides for code inside uWSGI and for its tests tell the truth: what they show runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from uwsgiconf.emulator import Emulator

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parents[2] / "docs" / "uwsgiconf"

BLOCKS = re.findall(r"^```python\n(.*?)^```", (DOCS / "inside-uwsgi.md").read_text(), re.MULTILINE | re.DOTALL)
FILES = re.findall(r'^```python title="(.*?)"\n(.*?)^```', (DOCS / "testing.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", BLOCKS)
def test_the_guide_runs(code: str) -> None:
    """Every block of the guide runs; signals, timers, messages and tasks of it are handled."""
    names: dict[str, Any] = {"__name__": "guide"}
    with Emulator() as uwsgi:
        exec(compile(code, "guide", "exec"), names)
        uwsgi.fork()
        uwsgi.advance(600)
    assert len(BLOCKS) >= 12


@pytest.mark.parametrize("configured", [False, True])
def test_the_tests_of_the_guide_pass(pytester: pytest.Pytester, configured: bool) -> None:
    """The application and the tests that the guide shows pass, with and without a section of their own."""
    files = {name: text for name, text in FILES if configured or name != "conftest.py"}
    assert {"shop.py", "test_shop.py"} <= set(files)
    for name, text in files.items():
        (pytester.path / name).write_text(text)
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-o", "asyncio_mode=auto").assert_outcomes(passed=3)
