"""`imperator check`: what is said of an existing deployment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imperator.cli import main
from imperator.cli.differences import DIFFERENCES
from imperator.cli.options import find_option


@pytest.fixture(autouse=True)
def _deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts in a deployment: an Emperor's file with magic and placeholders, and a good vassal."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vassals").mkdir()
    (tmp_path / "vassals" / "good.ini").write_text("[uwsgi]\nsocket = /tmp/%n.sock\nprocesses = 2\n")
    write_emperor()


def write_emperor(*lines: str) -> None:
    Path("emperor.ini").write_text("\n".join(["[uwsgi]", "base = %d", "emperor = %(base)vassals", *lines]) + "\n")


def check(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    """Return the exit code and what was printed."""
    code = main(["check", *argv])
    return code, capsys.readouterr().out


def check_json(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code, out = check(capsys, "--json", "emperor.ini")
    return code, json.loads(out)


def test_good_deployment(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing wrong: exit code 0; magic variables and placeholders of the Emperor's file lead to its vassals."""
    code, out = check(capsys, "emperor.ini")
    assert code == 0
    assert "honoured: emperor.ini:3: emperor\n" in out
    assert "base" not in out
    assert out.endswith("1 honoured, 0 noted, 0 refused; 1 vassals, none of them with faults\n")


def test_each_option_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    """Honoured, noted, refused and differing options are told apart, each with its line."""
    write_emperor("emperor-freq = 5", "master = true", "call-as-emperor = f", "emperor-frq = 3", "processes = 4")
    code, out = check(capsys, "emperor.ini")
    assert code == 1
    for line in (
        "honoured: emperor.ini:4: emperor-freq",
        "noted: emperor.ini:5: master is not needed: the Emperor is its own master",
        "refused: emperor.ini:6: call-as-emperor: wanted an option of an Emperor, found one that calls a C function",
        "found a name that no option has. Did you mean emperor-freq?",
        "refused: emperor.ini:8: processes: wanted an option of an Emperor, found one of uWSGI's",
        "differs: emperor-freq: it is only the safety rescan",
    ):
        assert line in out


def test_every_vassal_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    """A fault in any vassal is told with its file, line and remedy, though the Emperor's file has faults, too."""
    Path("vassals/bad.ini").write_text("[uwsgi]\nsocket = :0\nprocesss = 2\n")
    Path("vassals/worse.yaml").write_text("uwsgi:\n  workers: many\n")
    Path("vassals/dangling.ini").symlink_to("nowhere")
    write_emperor("emperor-frq = 3")
    code, told = check_json(capsys)
    assert code == 1
    faults = {vassal["id"]: vassal["faults"] for vassal in told["vassals"]}
    assert faults["good.ini"] == []
    ((fault,), (other,)) = (faults["bad.ini"], faults["worse.yaml"])
    assert (fault["file"], fault["line"], fault["kind"]) == ("bad.ini", 3, "unknown-option")
    assert (other["kind"], other["option"]) == ("wrong-kind", "workers")
    assert list(told["unreadable"]) == ["dangling.ini"]
    assert [error["thing"] for error in told["refused"]] == ["emperor.ini:4: emperor-frq"]


def test_templates_and_placeholders_count(capsys: pytest.CaptureFixture[str]) -> None:
    """What the Emperor gives its vassals is known when they are checked; faults of templates are told."""
    Path("template.ini").write_text("[uwsgi]\nset-placeholder = port=80\nno-such = 1\n")
    Path("vassals/app.ini").write_text("[uwsgi]\nsocket = /tmp/%(name).%(port)\n")
    write_emperor("vassal-set = name=app", "vassals-include-before = %dtemplate.ini")
    code, told = check_json(capsys)
    assert code == 1
    (app, good) = told["vassals"]
    assert {(Path(fault["file"]).name, fault["line"]) for fault in app["faults"]} == {("template.ini", 3)}
    assert app["faults"] == good["faults"]


def test_what_cannot_be_looked_into(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs are not run, and files in no known dialect are left alone; both are told and are no fault."""
    Path("vassals/program.ini").write_text("#!/bin/sh\necho ran > ran\n")
    Path("vassals/program.ini").chmod(0o755)
    Path("vassals/own.lic").write_text("whatever")
    write_emperor("emperor-magic-exec = true", "emperor-extra-extension = .lic")
    code, out = check(capsys, "emperor.ini")
    assert code == 0
    assert "not checked: vassal program.ini: it is a program, and programs are not run" in out
    assert "not checked: vassal own.lic: it is none of .ini" in out
    assert not Path("vassals/ran").exists()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["emperor = xyzzy://host"], "refused: target 'xyzzy://host': wanted"),
        (["binary-path = /nonexistent/uwsgi"], "refused: --binary-path: wanted something to start vassals with"),
        (["emperor = missing"], "unreachable: "),
        (["uid = no-such-user"], "refused: user 'no-such-user': wanted"),
        (["chdir = /nonexistent"], "refused: directory /nonexistent: wanted to go there first"),
    ],
)
def test_what_would_fail_later(capsys: pytest.CaptureFixture[str], lines: list[str], told: str) -> None:
    """Targets, sources and binaries that cannot be used are told as well, and all other vassals checked."""
    write_emperor(*lines)
    code, out = check(capsys, "emperor.ini")
    assert code == 1
    assert told in out
    assert "; 1 vassals, " in out


def test_target_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is missing, or a vassal's, is a fault and not a traceback."""
    for argv in (["missing.ini"], ["vassals/good.ini"], ["--ini", "missing.ini"]):
        code, out = check(capsys, *argv)
        assert code == 1
        assert f"{argv[-1]}" in next(line for line in out.splitlines() if line.startswith("refused: "))
    code, out = check(capsys, "--ini", "vassals/good.ini")
    assert code == 1
    assert "refused: vassals/good.ini:2: socket: wanted an option of an Emperor" in out


@pytest.mark.parametrize(
    "argv", [["vassals"], ["vassals/*.ini"], ["--emperor", "vassals"], ["--ini", "emperor.ini"], ["--json", "vassals"]]
)
def test_all_that_can_be_run_can_be_checked(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    """Directories, patterns and whole command lines are checked like files: the vassal is found, its fault is told."""
    Path("vassals/good.ini").write_text("[uwsgi]\nprocesss = 2\n")
    code, out = check(capsys, *argv)
    assert code == 1
    assert "processes" in out
    code, out = check(capsys, *argv, "--emperor-frq=3")
    assert "Did you mean emperor-freq?" in out


def test_nothing_to_check(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a word of what to check it is said what to write."""
    for argv in ([], ["--json"]):
        assert main(["check", *argv]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err == (
            "imperator: check: wanted what `imperator` is told in order to run: a file, a directory, options, "
            "found nothing. Write for example: imperator check /etc/uwsgi/emperor.ini\n"
        )


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """--help shows the usage, wherever it stands."""
    for argv in (["--help"], ["emperor.ini", "-h"]):
        code, out = check(capsys, *argv)
        assert (code, out.startswith("Usage: imperator check [--json] ")) == (0, True)


def test_differences_are_of_options_that_work() -> None:
    """Nothing is said to differ that is not honoured at all."""
    assert all(find_option(name) for name in DIFFERENCES)


def test_names_cannot_forge_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """A vassal's name with a newline stays on its line."""
    Path("vassals/a\nforged.ini").write_text("[uwsgi]\nprocesss = 2\n")
    _, out = check(capsys, "emperor.ini")
    assert "fault: vassal a\\nforged.ini: " in out
