"""The command's own pages, and what it may cost."""

from __future__ import annotations

import subprocess
import sys

import pytest

from imperator import __version__
from imperator.cli import main
from imperator.cli.options import OPTIONS


def test_help_shows_every_option_once_and_fits(capsys: pytest.CaptureFixture[str]) -> None:
    """Help begins with the friendly forms and names every option, within 120 columns."""
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert text.index("imperator /etc/uwsgi/vassals") < text.index("--emperor-freq")
    for option in OPTIONS:
        for name in option.names:
            assert sum(f"--{name}" in line.replace(",", "").split() for line in text.splitlines()) >= 1, name
    assert max(map(len, text.splitlines())) <= 120


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version tells the version."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"imperator {__version__}\n"


def test_usage_errors_are_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    """Each fault is a line of its own, on standard error."""
    assert main(["--emperor-freq", "x", "/nonexistent"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.split(":")[:2] for line in told.err.splitlines()] == [
        ["imperator", " --emperor-freq"],
        ["imperator", " target '/nonexistent'"],
    ]


@pytest.mark.parametrize("words", [[], ["mysql"], ["pg", "pg"]])
def test_schema_of_nothing_says_what_there_is(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """`imperator schema` without a scheme, or with another, ends with 2 and an example."""
    assert main(["schema", *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "wanted one of ldap, pg, found" in told.err


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["pg", "--help"]])
def test_help_of_schema(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """Who asks how `imperator schema` is used is told, and not that this was wrong."""
    assert main(["schema", *words]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("Usage: imperator schema ldap|pg")
    assert told.err == ""


def test_help_names_the_other_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """What the command does besides running an Emperor is found from its help."""
    main(["--help"])
    text = capsys.readouterr().out
    assert "imperator check " in text
    assert "imperator schema " in text


def test_python_dash_m() -> None:
    """`python -m imperator` is the command."""
    done = subprocess.run(
        [sys.executable, "-m", "imperator", "--version"], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == f"imperator {__version__}\n"


HEAVY = {"asyncio", "click", "rich", "json", "uwsgiconf", "ssl", "argparse", "setproctitle"}


HELP = "from imperator.cli import main; main(['--help'])"
RUN = """
import imperator.cli.run as run
from imperator.cli.arguments import parse_arguments
from imperator.cli.gather import gather_settings
gather_settings(parse_arguments(['/']))
run.import_asyncio_without_tls()
import imperator.cli.reign
import imperator.emperor
"""


@pytest.mark.parametrize(("code", "unwanted"), [(HELP, HEAVY), (RUN, HEAVY - {"asyncio"})], ids=["help", "run"])
def test_nothing_heavy_is_imported(code: str, unwanted: set[str]) -> None:
    """What neither help nor a running Emperor needs is never loaded: every import stays in memory for months."""
    script = f"import sys\n{code}\nsys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert unwanted & set(done.stderr.split()) == set()
