"""Configuration modules: what they may do, and what is said when they do something else."""

import sys
from pathlib import Path

import pytest

from uwsgiconf.config import Configuration
from uwsgiconf.modules import ModuleError, load_configurations

HEADER = "from uwsgiconf.config import Configuration, Section, configure_uwsgi\n"

DESCRIBES = {
    "a section": "configuration = Section()",
    "a configuration": "configuration = Configuration([Section()])",
    "a list": "configuration = [Section()]",
    "a function": "def configuration():\n    return Section()",
    "a function for configure_uwsgi": "configure_uwsgi(lambda: Section())",
}


@pytest.mark.parametrize("text", DESCRIBES.values(), ids=DESCRIBES)
def test_a_module_describes_uwsgi(tmp_path: Path, text: str) -> None:
    """However a module says it, there is one configuration."""
    path = tmp_path / "cfg.py"
    path.write_text(HEADER + text)

    (configuration,) = load_configurations(str(path))

    assert isinstance(configuration, Configuration)


BAD = {
    "nothing": ("", 0, "a module that describes uWSGI", "one without `configuration`"),
    "something else": (
        "configuration = 5",
        0,
        "a function that returns a Section, a Configuration, or a list of them",
        "5 (int)",
    ),
    "an error": ("x = 1\nraise ValueError('broken')", 3, "a module that runs to its end", "ValueError: broken"),
    "an error in a function": (
        "def configuration():\n    return 1 / 0",
        3,
        "a module that runs to its end",
        "ZeroDivisionError: division by zero",
    ),
    "an exit": ("import sys\nsys.exit(3)", 3, "a module that runs to its end", "SystemExit: 3"),
    "no Python": ("x =", 2, "a module that runs to its end", "SyntaxError: invalid syntax (cfg.py, line 2)"),
    "a missing import": (
        "import no_such_module_",
        2,
        "a module that runs to its end",
        "ModuleNotFoundError: No module named 'no_such_module_'",
    ),
    "an unknown parameter": (
        "Section().workers(cound=2)",
        2,
        "one of the parameters ",
        "Workers.set_basic_params: `cound`",
    ),
}


@pytest.mark.parametrize(
    ("text", "line", "wanted", "found"), [pytest.param(*case, id=title) for title, case in BAD.items()]
)
def test_a_bad_module_is_told_with_its_line(tmp_path: Path, text: str, line: int, wanted: str, found: str) -> None:
    """The error names the line of the module that is to blame, and has four parts."""
    path = tmp_path / "cfg.py"
    path.write_text(HEADER + text)

    with pytest.raises(ModuleError) as caught:
        load_configurations(str(path))

    error = caught.value
    assert (error.file, error.line) == (str(path), line)
    assert error.thing == (f"{path}:{line}" if line else str(path))
    assert error.wanted.startswith(wanted)
    assert error.found == found
    assert error.remedy


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    """A path where nothing is, is told as such."""
    with pytest.raises(ModuleError) as caught:
        load_configurations(str(tmp_path / "nope.py"))

    assert caught.value.found == "no such file"
    assert "uwsgicfg.py" in caught.value.remedy


def test_a_module_can_import_its_neighbours(tmp_path: Path) -> None:
    """The directory of the module can be imported from while it runs, and not longer."""
    (tmp_path / "neighbour_of_cfg.py").write_text("COUNT = 3\n")
    (tmp_path / "cfg.py").write_text(
        HEADER + "import neighbour_of_cfg\nconfiguration = Section().workers.set_basic_params(count=3)"
    )

    load_configurations(str(tmp_path / "cfg.py"))

    assert str(tmp_path) not in sys.path


def test_what_a_module_prints_does_not_get_into_the_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is left to the command that was given."""
    (tmp_path / "cfg.py").write_text(HEADER + "print('hello')\nconfiguration = Section()")

    load_configurations(str(tmp_path / "cfg.py"))

    assert capsys.readouterr() == ("", "hello\n")
