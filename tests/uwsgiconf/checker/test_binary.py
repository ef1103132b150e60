"""A uWSGI binary can be asked what it knows."""

import sys
from pathlib import Path

import pytest

from uwsgiconf.checker import Knowledge, check_text
from uwsgiconf.exceptions import ConfigurationError
from uwsgiconf.probing import find_binary


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    """What the uWSGI of this environment knows."""
    return Knowledge.of_binary(find_binary())


def test_a_binary_tells_its_options_and_plugins(knowledge: Knowledge) -> None:
    """Options with their descriptions, plugins, and the series are what the binary says of itself."""
    assert knowledge.is_of_binary
    assert knowledge.has("http-socket")
    assert "HTTP" in knowledge.help_lines["http-socket"]
    assert "python" in knowledge.plugins
    assert knowledge.version == "2.0"


def test_options_the_binary_lacks_are_faults(knowledge: Knowledge) -> None:
    """An option that the binary has is none; one it was built without is."""
    lacking = Knowledge(plugins=knowledge.plugins)
    lacking.help_lines = {name: line for name, line in knowledge.help_lines.items() if name != "route"}

    text = b"[uwsgi]\nroute = ^/ break:403\nhttp-socket = :0\n"

    assert check_text(text, "a.ini", knowledge=knowledge) == []
    assert [str(fault) for fault in check_text(text, "a.ini", knowledge=lacking)] == [
        (
            "a.ini:2: wanted an option of this binary, found 'route', which it lacks. "
            "Remove it, or use a uWSGI that was built with it."
        )
    ]


def test_a_binary_that_is_none_is_refused(tmp_path: Path) -> None:
    """A program that is no uWSGI is told by name, with what it said."""
    program = tmp_path / "uwsgi"
    program.write_text(f"#!{sys.executable}\nprint('I am not')\n")
    program.chmod(0o755)

    with pytest.raises(ConfigurationError) as caught:
        Knowledge.of_binary(str(program))

    assert str(program) in caught.value.thing
    assert caught.value.found == "I am not"


def test_no_binary_is_refused(tmp_path: Path) -> None:
    """A path where nothing is, is told as such."""
    with pytest.raises(ConfigurationError) as caught:
        Knowledge.of_binary(str(tmp_path / "nope"))

    assert "nope" in caught.value.thing
