"""The commands of manage.py, as far as they need no running uWSGI."""

from __future__ import annotations

import os
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from uwsgiconf.config import Section
from uwsgiconf.contrib.django.uwsgify import serving
from uwsgiconf.exceptions import ConfigurationError


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be a project `shop`, and a directory for its running instance."""
    (runtime_dir / "shop").mkdir()
    monkeypatch.setattr("sys.argv", [str(tmp_path / "manage.py")])
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop.settings")


def output_of(*arguments: str) -> str:
    """What a command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def fifo(runtime_dir: Path) -> int:
    """The reading end of the FIFO that a master would have."""
    path = runtime_dir / "shop" / "uwsgi.fifo"
    os.mkfifo(path)
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK)


def test_compile_prints_what_would_be_served() -> None:
    """`uwsgi_run --compile` prints the ini, starts nothing and makes no directory."""
    text = output_of("uwsgi_run", "--compile")

    assert text.startswith("[uwsgi]\n")
    assert "http-socket = 127.0.0.1:8000\n" in text
    assert "static-map = /static=" in text


@pytest.mark.parametrize(
    ("arguments", "is_there"),
    [
        ([], True),
        (["--nostatic"], False),
        (["--nostatic", "--contribute-static"], True),
        (["--contribute-static"], True),
    ],
)
def test_the_last_word_counts(arguments: list[str], *, is_there: bool) -> None:
    """Each contribution has a word for it and one against it; the last one given counts."""
    assert ("static-map" in output_of("uwsgi_run", "--compile", *arguments)) is is_there


@pytest.mark.parametrize(
    ("command", "letter"),
    [
        (["uwsgi_reload"], "r"),
        (["uwsgi_reload", "--force"], "R"),
        (["uwsgi_reload", "--workers"], "w"),
        (["uwsgi_reload", "--workers", "--force"], "W"),
        (["uwsgi_reload", "--chain"], "c"),
        (["uwsgi_stop"], "q"),
        (["uwsgi_stop", "--force"], "Q"),
        (["uwsgi_stats"], "s"),
        (["uwsgi_log", "--reopen"], "l"),
        (["uwsgi_log", "--rotate"], "L"),
    ],
)
def test_commands_reach_the_master(tmp_path: Path, fifo: int, command: list[str], letter: str) -> None:
    """Each command is the letter that uWSGI documents for it, and one letter only."""
    (tmp_path / "uwsgicfg.py").write_text(
        "from uwsgiconf.presets.nice import PythonSection\nconfiguration = PythonSection(log_into='uwsgi.log')\n"
    )
    output_of(*command)

    assert os.read(fifo, 10).decode() == letter
    os.close(fifo)


@pytest.mark.parametrize("arguments", [[], ["--reopen", "--rotate"]])
def test_the_log_command_wants_one_thing(arguments: list[str]) -> None:
    """Neither nothing nor two things are done to the log."""
    with pytest.raises(CommandError, match="wanted --reopen or --rotate, found both or none"):
        output_of("uwsgi_log", *arguments)


def test_without_a_log_file_there_is_nothing_to_rotate(fifo: int) -> None:
    """uWSGI would do nothing and say nothing; the command says what is missing."""
    with pytest.raises(CommandError, match=r"uwsgi_log: wanted a log file, found .*\n.*log_into"):
        output_of("uwsgi_log", "--rotate")
    os.close(fifo)


def test_nobody_there_is_told(runtime_dir: Path) -> None:
    """Without a running uWSGI the commands say so and what to do, whether or not a FIFO was left behind."""
    with pytest.raises(
        CommandError, match=r"uwsgi.fifo: wanted the FIFO of a running uWSGI, found no such file\n.*uwsgi_run"
    ):
        output_of("uwsgi_reload")
    os.mkfifo(runtime_dir / "shop" / "uwsgi.fifo")
    with pytest.raises(CommandError, match="found nobody who reads from it"):
        output_of("uwsgi_stop")


def test_a_file_in_the_fifos_place_is_not_written_to(runtime_dir: Path) -> None:
    """Something else in the FIFO's place is told, and stays as it is."""
    path = runtime_dir / "shop" / "uwsgi.fifo"
    path.write_text("mine")
    with pytest.raises(CommandError, match="found a file that is no FIFO"):
        output_of("uwsgi_stop")

    assert path.read_text() == "mine"


def test_a_broken_uwsgicfg_is_told_with_its_line(tmp_path: Path) -> None:
    """A fault of uwsgicfg.py ends a command with file and line, not with a traceback."""
    (tmp_path / "uwsgicfg.py").write_text("\nraise ValueError('no')\n")

    with pytest.raises(CommandError, match=r"uwsgicfg.py:2: wanted .*, found ValueError: no"):
        output_of("uwsgi_run", "--compile")


def test_a_project_with_broken_urls_can_be_stopped(fifo: int) -> None:
    """What is wrong with the project does not keep commands from the instance that runs."""
    with override_settings(ROOT_URLCONF="no.such.urls"):
        output_of("uwsgi_stop")

    assert os.read(fifo, 10) == b"q"
    os.close(fifo)


def test_a_second_one_is_not_started(fifo: int) -> None:
    """While an instance reads from the FIFO no second one is started, which would take FIFO and pidfile away."""
    with pytest.raises(CommandError, match=r"served already: use uwsgi_reload, or uwsgi_stop first"):
        output_of("uwsgi_run")
    os.close(fifo)


def test_sysinit_runs_manage_py() -> None:
    """The unit starts `manage.py uwsgi_run` with this Python, in the directory of manage.py, with what was left out."""
    unit = output_of("uwsgi_sysinit", "--nostatic")
    manager = Path(sys.argv[0])

    assert f"ExecStart={sys.executable} {manager} uwsgi_run --nostatic\n" in unit
    assert f"WorkingDirectory={manager.parent}\n" in unit
    assert "Description=shop on uWSGI\n" in unit


def test_sysinit_knows_upstart() -> None:
    """`--systype upstart` prints a job for upstart."""
    assert f"exec {sys.executable} {sys.argv[0]} uwsgi_run\n" in output_of("uwsgi_sysinit", "--systype", "upstart")


def test_directories_are_made_for_who_runs(tmp_path: Path) -> None:
    """The directories of FIFO and pidfile are made, once."""
    section = Section().master_process.set_basic_params(fifo_file=tmp_path / "a" / "b" / "fifo")
    for _ in range(2):
        serving.make_runtime_directories([section.as_configuration()])

    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make directories for others; run the tests as root")
@pytest.mark.parametrize("uid", ["nobody", "65534"])
def test_directories_belong_to_who_runs(tmp_path: Path, uid: str) -> None:
    """Started by root to run as somebody else, uWSGI can make its FIFO in the directory."""
    section = Section().master_process.set_basic_params(fifo_file=tmp_path / "run" / "fifo")
    section.main_process.set_owner_params(uid=uid, gid="nogroup")
    serving.make_runtime_directories([section.as_configuration()])

    assert (tmp_path / "run").owner() == "nobody"
    assert (tmp_path / "run").group() == "nogroup"


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A directory that cannot be made is told with the setting that names another."""
    (tmp_path / "file").touch()
    section = Section().master_process.set_basic_params(fifo_file=tmp_path / "file" / "run" / "fifo")
    with pytest.raises(ConfigurationError) as caught:
        serving.make_runtime_directories([section.as_configuration()])

    assert caught.value.thing == str(tmp_path / "file" / "run")
    assert "Not a directory" in caught.value.found
    assert "UWSGIFY_RUNTIME_DIR" in caught.value.remedy


def test_embedding_needs_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `pyuwsgi` there is nothing to embed, which is told."""
    monkeypatch.setitem(sys.modules, "pyuwsgi", None)
    with pytest.raises(CommandError, match=r"wanted the module `pyuwsgi`, found none\n  Install it"):
        output_of("uwsgi_run", "--embedded")


def test_a_mutator_that_is_none_is_told() -> None:
    """A name in UWSGIFY_SECTION_MUTATOR that leads nowhere ends the command with that name."""
    with (
        override_settings(UWSGIFY_SECTION_MUTATOR="shop.nowhere.Mutator"),
        pytest.raises(CommandError, match=r"shop\.nowhere\.Mutator"),
    ):
        output_of("uwsgi_run", "--compile")
