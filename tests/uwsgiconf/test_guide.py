"""The guide tells the truth: its code runs, and the errors it shows are the ones that are raised."""

import re
from pathlib import Path
from typing import Any

import pytest

from uwsgiconf.config import Configuration, Section
from uwsgiconf.exceptions import ConfigurationError
from uwsgiconf.presets.nice import PythonSection

GUIDE = (Path(__file__).parents[2] / "docs" / "uwsgiconf" / "index.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
SHOWN_ERRORS = re.findall(r"^>>> (.*)\n\S+ConfigurationError: (.*(?:\n  .*)?)", GUIDE, re.MULTILINE)


@pytest.mark.parametrize("code", BLOCKS)
def test_code_runs(code: str) -> None:
    """Every block of Python in the guide runs, given the names that blocks before it made."""
    names: dict[str, Any] = {
        "__file__": "/srv/shop/uwsgicfg.py",
        "Section": Section,
        "PythonSection": PythonSection,
        "Configuration": Configuration,
        "section": Section(),
    }
    exec(compile(code, "guide", "exec"), names)


@pytest.mark.parametrize(("code", "text"), SHOWN_ERRORS)
def test_shown_errors(code: str, text: str) -> None:
    """Every error that the guide shows is raised, in these words."""
    with pytest.raises(ConfigurationError) as caught:
        eval(code, {"section": Section()})
    assert str(caught.value) == text


def test_the_guide_has_examples() -> None:
    """The patterns above find what the guide shows."""
    assert len(BLOCKS) >= 8
    assert len(SHOWN_ERRORS) == 2
