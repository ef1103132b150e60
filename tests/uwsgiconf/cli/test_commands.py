"""What the commands print, and how they end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from imperator import __version__
from uwsgiconf import catalogue
from uwsgiconf.cli import main

MODULE = """\
from uwsgiconf.config import Configuration, Section, configure_uwsgi

print("hello")


def get_configurations():
    one = Section().networking.register_socket(Section.networking.sockets.http("127.0.0.1:8000"))
    two = Section().workers.set_basic_params(count=2)
    return [Configuration([one], alias="one"), Configuration([two], alias="two")]


configure_uwsgi(get_configurations)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run every command in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    """Run the command with these arguments."""
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_help_names_every_command() -> None:
    """The help has a line about each command, and each command has a help of its own."""
    shown = run("--help")

    for name in ("check", "compile", "explain", "import", "probe-plugins", "run", "sysinit"):
        assert f"  {name} " in shown.output
        assert run(name, "--help").exit_code == 0


def test_an_unknown_command_is_refused() -> None:
    """A command that is none ends with code 2 and is named."""
    done = run("cheque")

    assert done.exit_code == 2
    assert "cheque" in done.output


def test_an_unknown_option_is_refused() -> None:
    """An option that is none is not taken for a module."""
    done = run("run", "--no-such")

    assert done.exit_code == 2
    assert "No such option" in done.output
    assert "--no-such" in done.output


def test_help_imports_nothing_of_uwsgiconf_but_its_errors() -> None:
    """Help and completion stay quick because no command is imported for them."""
    code = (
        "import sys\nfrom uwsgiconf.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted(name for name in sys.modules if name.startswith('uwsgiconf')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.splitlines()[-1] == "['uwsgiconf', 'uwsgiconf.cli', 'uwsgiconf.exceptions']"


def test_python_m_uwsgiconf_is_the_command() -> None:
    """The module can be run as the command."""
    command = [sys.executable, "-m", "uwsgiconf", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout == f"uwsgiconf {__version__}\n"


def test_check_tells_all_faults_of_all_files(here: Path) -> None:
    """Faults go to standard output, one per line; the exit code is 1."""
    (here / "a.ini").write_text("[uwsgi]\nprocesess = 4\nmaster = maybe\n")
    (here / "b.yaml").write_text("uwsgi:\n  procesess: 4\n")

    done = run("check", "a.ini", "b.yaml")

    assert done.exit_code == 1
    assert done.stdout == (
        "a.ini:2: wanted an option of uWSGI 2.0, found 'procesess', which it does not know. Did you mean processes?\n"
        "a.ini:3: wanted true or false, found master = maybe. Give master true or false.\n"
        "b.yaml:2: wanted an option of uWSGI 2.0, found 'procesess', which it does not know. Did you mean processes?\n"
    )
    assert done.stderr == "2 files, 3 faults\n"


def test_check_says_when_all_is_well(here: Path) -> None:
    """Without faults the exit code is 0."""
    (here / "a.ini").write_text("[uwsgi]\nprocesses = 4\n")

    done = run("check", "a.ini")

    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "1 file, no faults\n")


def test_check_speaks_json(here: Path) -> None:
    """With --json there is one array, with every part of every fault."""
    (here / "a.ini").write_text("[uwsgi]\nprocesess = 4\n")

    done = run("check", "--json", "a.ini")

    assert done.exit_code == 1
    assert json.loads(done.stdout) == [
        {
            "file": "a.ini",
            "line": 2,
            "kind": "unknown-option",
            "option": "procesess",
            "wanted": "an option of uWSGI 2.0",
            "found": "'procesess', which it does not know",
            "remedy": "Did you mean processes?",
        }
    ]
    assert json.loads(run("check", "--json", os.devnull + ".ini").stdout)[0]["kind"] == "refused"


def test_check_takes_modules(here: Path) -> None:
    """A configuration module is checked by what it compiles to, all sections with what they include."""
    (here / "good.py").write_text(MODULE)
    (here / "bad.py").write_text(
        "from uwsgiconf.config import Section\n"
        "configuration = Section().include(Section('more').set_option('chdir', '%(nope)'))\n"
    )

    done = run("check", "good.py", "bad.py")

    assert done.exit_code == 1
    assert done.stdout == (
        "bad.py: wanted an option or placeholder 'nope' for %(nope), found none, on line 5 of what it compiles to. "
        "Define it with set-placeholder = nope=..., or correct the name.\n"
    )


def test_check_reads_a_module_as_it_will_be_read(here: Path) -> None:
    """A section that another one includes is read there, with what that defines, and for the uWSGI it is for."""
    (here / "good.py").write_text(
        "from uwsgiconf.config import Section\n"
        "part = Section('part', uwsgi_version='2.1-dev').set_option('chdir', '%(base)').set_option('ienv', 'A=1')\n"
        "configuration = Section(uwsgi_version='2.1-dev').set_placeholder('base', '/srv').include(part)\n"
    )

    done = run("check", "good.py")

    assert (done.exit_code, done.stdout) == (0, "")


def test_check_prints_what_any_terminal_can_show(here: Path) -> None:
    """Bytes that are no text, and control characters, are told in escapes on one line."""
    (here / "a.ini").write_bytes(b"[uwsgi]\nmaster = \xff\x1b[31m\n")

    done = run("check", "a.ini")

    assert json.loads(run("check", "--json", "a.ini").stdout)[0]["found"] == "master = \udcff\x1b[31m"
    assert done.stdout.count("\n") == 1
    assert r"master = \udcff\x1b[31m" in done.stdout


def test_check_knows_another_series(here: Path) -> None:
    """Checked for 2.1-dev, its options are no faults."""
    (here / "a.ini").write_text("[uwsgi]\nienv = A=1\n")

    assert run("check", "a.ini").exit_code == 1
    assert run("check", "--uwsgi-version", "2.1-dev", "a.ini").exit_code == 0


def test_check_asks_a_binary(here: Path) -> None:
    """A binary that does not exist is an error of its own, not a fault."""
    (here / "a.ini").write_text("[uwsgi]\nprocesses = 4\n")

    done = run("check", "--binary", "/nope/uwsgi", "a.ini")

    assert done.exit_code == 1
    assert "/nope/uwsgi" in done.stderr


def test_compile_prints_every_configuration(here: Path) -> None:
    """All configurations are printed, or the one asked for; what the module prints is kept out of it."""
    (here / "uwsgicfg.py").write_text(MODULE)

    everything = run("compile", "--no-stamp")
    one = run("compile", "--no-stamp", "--only", "two")

    assert everything.stdout == "[uwsgi]\nhttp-socket = 127.0.0.1:8000\n\n[uwsgi]\nworkers = 2\n\n"
    assert everything.stderr == "hello\n"
    assert one.stdout == "[uwsgi]\nworkers = 2\n\n"


def test_compile_stamps_by_default(here: Path) -> None:
    """uWSGI will print what wrote its configuration, unless that is unwanted."""
    (here / "uwsgicfg.py").write_text(MODULE)

    assert "This configuration was written by uwsgiconf" in run("compile").stdout


def test_compile_can_make_arguments(here: Path) -> None:
    """The other formatter gives a command line for a shell."""
    (here / "uwsgicfg.py").write_text(
        "from uwsgiconf.config import Section\nconfiguration = Section().env('A', 'b c')\n"
    )

    done = run("compile", "--no-stamp", "--formatter", "args")

    assert done.exit_code == 0
    assert "'A=b c'" in done.stdout or "'--env=A=b c'" in done.stdout


def test_an_alias_that_is_none_is_refused(here: Path) -> None:
    """The error names the aliases there are."""
    (here / "uwsgicfg.py").write_text(MODULE)

    done = run("compile", "--only", "three")

    assert done.exit_code == 1
    assert "uwsgicfg.py: --only three: wanted one of the aliases one, two, found 'three'" in done.stderr


def test_import_writes_a_module(here: Path) -> None:
    """What import writes can be compiled, and says what the file says."""
    (here / "app.ini").write_text("[uwsgi]\nmaster = true\nworkers = 2\n")

    (here / "uwsgicfg.py").write_text(run("import", "app.ini").stdout)

    assert run("compile", "--no-stamp").stdout == "[uwsgi]\nmaster = true\nworkers = 2\n\n"


def test_import_tells_what_it_cannot_read() -> None:
    """A file that is not there is told without a traceback."""
    done = run("import", "nope.ini")

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: nope.ini: wanted a configuration file that can be read, found no such file")


EXPLAINED = {
    "workers": ["takes        a whole number", "section.workers.set_basic_params(count=...)", "-p"],
    "php-ini": ["comes with   the plugin php", "section.set_option('php-ini', ...)"],
    "ienv": ["since        2.1-dev, which is not released"],
    "listen": ["acted upon   when it is read, before references are replaced"],
    "master-fifo": ["switches on  master"],
    "http-socket": ["uWSGI says   bind to the specified UNIX/TCP socket using HTTP protocol"],
}


@pytest.mark.parametrize(("option", "lines"), EXPLAINED.items())
def test_explain_tells_about_an_option(option: str, lines: list[str]) -> None:
    """Kind, plugin, version, uWSGI's own words and the call that sets it are told."""
    done = run("explain", option)

    assert done.exit_code == 0
    assert done.stdout.startswith(option)
    for line in lines:
        assert line in done.stdout


def test_explain_finds_what_was_meant() -> None:
    """A misspelt name gives the nearest, a word gives the options that are about it."""
    assert "  processes " in run("explain", "procesess").stdout
    assert "  log-date" in run("explain", "logdat").stdout
    assert "  harakiri" in run("explain", "harak").stdout


def test_explain_says_when_nothing_is_like_it() -> None:
    """A word that no option is about ends with code 1."""
    done = run("explain", "q0w9e8r7")

    assert done.exit_code == 1
    assert done.stderr == "No option is called q0w9e8r7, or like it.\n"


def test_every_option_can_be_explained() -> None:
    """There is something to say about every option of the catalogue."""
    from uwsgiconf.cli.explain import _print_option

    for option in catalogue.all_options():
        _print_option(option, "")


def test_probe_plugins_lists_what_is_built_in() -> None:
    """The plugins of the uWSGI beside this Python are listed, by what they do."""
    done = run("probe-plugins")

    assert done.exit_code == 0
    requests, others = done.stdout.split("Others:\n")
    assert "  python\n" in requests
    assert "  http\n" in others


def test_uwsgi_without_any_plugin_is_one(tmp_path: Path) -> None:
    """Distributions build uWSGI with no plugin at all: that it has none is an answer, and files are checked by it."""
    bare = tmp_path / "uwsgi"
    bare.write_text(
        "#!/bin/sh\nprintf '\\n*** uWSGI loaded generic plugins ***\\n\\n*** uWSGI loaded request plugins ***\\n"
        "--- end of plugins list ---\\n\\n*** Starting uWSGI 2.0.21-debian ***\\n'\nexit 1\n"
    )
    bare.chmod(0o755)
    done = run("probe-plugins", "--binary", str(bare))
    assert (done.exit_code, done.stdout) == (0, "Answering requests:\nOthers:\n")
