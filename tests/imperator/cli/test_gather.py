"""From flags and files to settings."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from imperator.cli.arguments import parse_arguments
from imperator.cli.gather import gather_settings
from imperator.cli.options import INSTEAD, OPTIONS, Option, find_option
from imperator.cli.unsupported import NOTED, REFUSED
from imperator.errors import UsageError
from imperator.settings import Settings
from uwsgiconf import catalogue


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts in a directory of its own that has one vassal."""
    monkeypatch.chdir(tmp_path)
    Path("vassals").mkdir()
    Path("vassals/app.ini").write_text("[uwsgi]\nsocket = :0\n")


def gather(*argv: str) -> Settings:
    return gather_settings(parse_arguments(argv))[0]


def notes(*argv: str) -> list[str]:
    return gather_settings(parse_arguments(argv))[1]


def faults(*argv: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        gather(*argv)
    return [str(fault) for fault in caught.value.faults]


def field_of(settings: Settings, path: str) -> Any:
    found: Any = settings
    for name in path.split("."):
        found = getattr(found, name)
    return found


def emperor_file(*lines: str, name: str = "emperor.ini") -> str:
    Path(name).write_text("\n".join(["[uwsgi]", "emperor = vassals", *lines]) + "\n")
    return name


VALUES = [
    ("emperor", "vassals", ("vassals",)),
    ("emperor-freq", "5", 5.0),
    ("emperor-freq", "0.5e1", 5.0),
    ("emperor-nofollow", "true", False),
    ("emperor-nofollow", "off", True),
    ("emperor-extra-extension", ".lic", (".lic",)),
    ("emperor-extra-ext", ".lic", (".lic",)),
    ("emperor-magic-exec", "1", True),
    ("emperor-on-demand-extension", ".socket", ".socket"),
    ("emperor-on-demand-ext", ".socket", ".socket"),
    ("emperor-on-demand-directory", "/run/apps", "/run/apps"),
    ("emperor-on-demand-dir", "/run/apps", "/run/apps"),
    ("emperor-on-demand-exec", "where-is --socket", "where-is --socket"),
    ("chmod-socket", "660", 0o660),
    ("listen", "1024", 1024),
    ("emperor-broodlord", "40", 40),
    ("reloads-at-once", "3", 3),
    ("binary-path", "/bin/uwsgi", "/bin/uwsgi"),
    ("emperor-wrapper", "/bin/w", "/bin/w"),
    ("emperor-wrapper-override", "/w", ("/w",)),
    ("emperor-wrapper-fallback", "/w", ("/w",)),
    ("emperor-tyrant", "true", True),
    ("emperor-tyrant-nofollow", "true", True),
    ("emperor-tyrant-initgroups", "true", True),
    ("emperor-use-clone", "pid,fs", 0x20000000 | 0x00020000),
    ("emperor-cap", "kill,CAP_CHOWN,41", (0, 5, 41)),
    ("vassal-cap", "0", (0,)),
    ("vassals-cap", "setuid,setgid", (6, 7)),
    ("vassal-set", "a=b", ("a=b",)),
    ("vassals-set", "a=b", ("a=b",)),
    ("vassals-inherit", "t.ini", ("t.ini",)),
    ("vassals-inherit-before", "t.ini", ("t.ini",)),
    ("vassals-include", "t.ini", ("t.ini",)),
    ("vassals-include-before", "t.ini", ("t.ini",)),
    ("vassals-start-hook", "/bin/h", "/bin/h"),
    ("vassals-stop-hook", "/bin/h", "/bin/h"),
    ("hook-as-vassal-before-drop", "exec:x", ("exec:x",)),
    ("hook-as-vassal", "!exec:x", ("!exec:x",)),
    ("mount-as-vassal", "proc none /proc", ("proc none /proc",)),
    ("umount-as-vassal", "/mnt detach", ("/mnt detach",)),
    ("exec-as-vassal", "true", ("true",)),
    ("hook-as-emperor-before-vassal", "mkdir:/x", ("mkdir:/x",)),
    ("hook-as-emperor", "print:x", ("print:x",)),
    ("mount-as-emperor", "proc none /proc", ("proc none /proc",)),
    ("umount-as-emperor", "/mnt", ("/mnt",)),
    ("exec-as-emperor", "true", ("true",)),
    ("hook-emperor-start", "create:/x", ("create:/x",)),
    ("hook-as-on-demand-vassal", "create:/x", ("create:/x",)),
    ("hook-as-on-config-vassal", "create:/x", ("create:/x",)),
    ("hook-as-emperor-setns", "create:/x", ("create:/x",)),
    ("hook-emperor-stop", "create:/x", ("create:/x",)),
    ("hook-emperor-reload", "create:/x", ("create:/x",)),
    ("hook-emperor-lost", "create:/x", ("create:/x",)),
    ("hook-timeout", "5", 5.0),
    ("cap", "setuid,setgid", (6, 7)),
    ("emperor-collect-attribute", "plan", ("plan",)),
    ("emperor-collect-attr", "plan", ("plan",)),
    ("emperor-wrapper-attr", "wrapper", "wrapper"),
    ("emperor-chdir-attr", "start-in", "start-in"),
    ("emperor-force-config-pipe", "true", True),
    ("emperor-throttle", "1500", 1.5),
    ("emperor-max-throttle", "60000", 60.0),
    ("emperor-no-blacklist", "yes", False),
    ("emperor-curse-tolerance", "7", 7.0),
    ("emperor-required-heartbeat", "7", 7.0),
    ("emperor-graceful-shutdown", "on", True),
    ("reload-mercy", "7", 7.0),
    ("chdir", "/", "/"),
    ("daemonize", "log", "log"),
    ("uid", "www", "www"),
    ("gid", "33", "33"),
    ("emperor-pidfile", "pid", "pid"),
    ("emperor-procname", "the Emperor", "the Emperor"),
    ("emperor-stats", "127.0.0.1:9191", "127.0.0.1:9191"),
    ("emperor-stats-server", "/run/s", "/run/s"),
    ("emperor-wait-for-command", "true", True),
    ("emperor-wait-for-command-ignore", "a.ini", ("a.ini",)),
    ("emperor-subreaper", "true", True),
    ("emperor-command-socket", "/run/c", "/run/c"),
    ("emperor-trigger-socket", "/run/t", "/run/t"),
    ("stats-http", "true", True),
    ("logto", "log", "log"),
    ("imperial-monitor-list", "true", True),
    ("imperial-monitors-list", "true", True),
    ("log-json", "true", True),
    ("log-level", "debug", "debug"),
]


@pytest.mark.parametrize(("name", "text", "value"), VALUES)
def test_same_from_flag_and_file(name: str, text: str, value: object) -> None:
    """Every option means the same as a flag and in a file, in the setting's own unit."""
    option = find_option(name)
    assert option is not None
    Path("e.ini").write_text(f"[uwsgi]\n{name} = {text}\n")
    from_flag = gather("--emperor", "vassals", f"--{name}={text}") if name != "emperor" else gather(f"--{name}={text}")
    from_file = gather("--ini", "e.ini", *([] if name == "emperor" else ["--emperor", "vassals"]))
    assert from_flag == from_file
    assert field_of(from_flag, option.sets) == value


def test_every_name_is_tried() -> None:
    """The table above leaves no option out."""
    assert {name for name, _, _ in VALUES} == {name for option in OPTIONS for name in option.names}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_option_sets_a_field_that_exists(option: Option) -> None:
    """Each option's setting is a field of Settings, and no two options share one."""
    assert field_of(Settings(targets=()), option.sets) is not Ellipsis
    assert [other for other in OPTIONS if other.sets == option.sets] == [option]


def test_every_emperor_option_of_uwsgi_is_known() -> None:
    """Whatever uWSGI has with emperor or vassal in its name works, or is refused or noted by its name."""
    emperors = {
        option.name for option in catalogue.all_options() if "emperor" in option.name or "vassal" in option.name
    }
    answered = {name for option in OPTIONS for name in option.names} | set(REFUSED) | set(NOTED)
    assert emperors <= answered


def test_every_name_is_uwsgis() -> None:
    """No name is made up: it is uWSGI's, or said to be ours."""
    theirs = {option.name for option in catalogue.all_options()}
    ours = {option.name for option in OPTIONS if option.is_ours}
    named = {name for option in OPTIONS for name in option.names} | set(REFUSED) | set(NOTED) | set(INSTEAD)
    assert named - theirs == ours


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused(name: str) -> None:
    """An option that cannot be honoured is refused by its name, with the reason and the way around."""
    (fault,) = faults("vassals", f"--{name}=x")
    assert fault == f"--{name}: wanted an option of an Emperor, found {REFUSED[name].found}. {REFUSED[name].remedy}"


@pytest.mark.parametrize("name", sorted(NOTED))
def test_noted(name: str) -> None:
    """An option that is not needed is accepted, and the log says why it does nothing."""
    file = emperor_file(f"{name} = x")
    assert notes(file) == [f"{file}:3: {name} is not needed: {NOTED[name]}"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("http = :80", "e.ini:2: http: wanted an option of an Emperor, found one of uWSGI's that does nothing here."),
        ("processes = 4", "e.ini:2: processes: wanted an option of an Emperor"),
        ("pidfile = x", "Use emperor-pidfile: here the Emperor is a process of its own."),
        ("emperor-frq = 3", "found a name that no option has. Did you mean emperor-freq?"),
        ("emperor_stats = x", "Did you mean emperor-stats?"),
        ("proceses = 3", "Did you mean processes?"),
        ("xyzzy = 3", "found a name that no option has. See imperator --help."),
        ("emperor-freq = soon", "e.ini:2: emperor-freq: wanted seconds, 1 to 86400, found 'soon'."),
        ("emperor-freq = 0", "found '0'. Correct the value, or leave the option out."),
        ("emperor-freq = -3", "found '-3'"),
        ("emperor-freq = nan", "found 'nan'"),
        ("emperor-freq = inf", "found 'inf'"),
        ("emperor-freq = 3s", "found '3s'"),
        ("emperor-throttle = -1", "e.ini:2: emperor-throttle: wanted milliseconds, 0 to 86400000, found '-1'."),
        ("emperor-nofollow = maybe", "emperor-nofollow: wanted true or false, found 'maybe'."),
        ("vassal-set = novalue", "vassal-set: wanted KEY=VALUE, found 'novalue'."),
        ("vassal-set = =x", "vassal-set: wanted KEY=VALUE, found '=x'."),
        (
            "emperor-use-clone = user",
            "wanted namespaces with commas between them: fs, ipc, mnt, mount, net, ns, pid, uts",
        ),
        ("hook-as-vassal = call:f", "have none to call here: use exec), found 'call:f'"),
        ("hook-as-emperor = true", "hook-as-emperor: wanted ACTION:ARGUMENTS with an action of append"),
        ("emperor-cap = fly", "wanted capabilities with commas between them"),
        ("log-level = loud", "log-level: wanted one of debug, info, warning, error, found 'loud'."),
        ("emperor-stats =", "emperor-stats: wanted a value (ADDRESS), found nothing."),
    ],
)
def test_refused_line(line: str, told: str) -> None:
    """A line that cannot be right is told with file, line, what was wanted and what to do."""
    Path("e.ini").write_text(f"[uwsgi]\n{line}\nemperor = vassals\n")
    (fault,) = faults("e.ini")
    assert told in fault


def test_all_faults_at_once() -> None:
    """Everything that is wrong is told together: in the file, on the command line, in the targets."""
    file = emperor_file("http = :80", "emperor-freq = x", "vassal-fork-base = x")
    told = faults(file, "--emperor-throttle", "y", "missing")
    assert [fault.partition(" ")[0] for fault in told] == [
        "emperor.ini:3:",
        "emperor.ini:4:",
        "emperor.ini:5:",
        "--emperor-throttle:",
        "target",
    ]


def test_placeholders() -> None:
    """Names that other lines refer to need not be options, whichever way they are set."""
    Path("e.ini").write_text("[uwsgi]\nbase = vass\nset-placeholder = end=als\nemperor = %(base)%(end)\n")
    assert gather("e.ini").targets == ("vassals",)


def test_command_line_goes_over_file() -> None:
    """A flag replaces a file's value without a word; lists are joined."""
    file = emperor_file("emperor-freq = 5", "vassal-set = a=1")
    argv = (file, "--emperor-freq", "9", "--vassal-set", "b=2")
    settings = gather(*argv)
    assert settings.watching.rescan_seconds == 9
    assert settings.launching.placeholders == ("a=1", "b=2")
    assert notes(*argv) == []


def test_given_twice() -> None:
    """The last one counts, as under uWSGI, and the log says so."""
    file = emperor_file("emperor-stats = :1", "emperor-stats-server = :2")
    assert gather(file).stats == ":2"
    assert notes(file) == ["emperor.ini:4: emperor-stats-server replaces what emperor.ini:3: emperor-stats said"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("e.ini", "[uwsgi]\nemperor = vassals\nemperor-nofollow = true\n"),
        ("e.yml", "uwsgi:\n  emperor: vassals\n  emperor-nofollow: true\n"),
        ("e.yaml", "uwsgi:\n  emperor: vassals\n  emperor-nofollow: true\n"),
        ("e.json", json.dumps({"uwsgi": {"emperor": "vassals", "emperor-nofollow": True}})),
        ("e.js", json.dumps({"uwsgi": {"emperor": "vassals", "emperor-nofollow": True}})),
        ("e.xml", "<uwsgi><emperor>vassals</emperor><emperor-nofollow/></uwsgi>"),
    ],
)
def test_dialects(name: str, text: str) -> None:
    """An Emperor's file may be written in any dialect that uWSGI reads."""
    Path(name).write_text(text)
    expected = dataclasses.replace(gather("vassals", "--emperor-nofollow"), targets=("vassals",))
    assert gather(name) == expected


def test_section_and_flag_dialect() -> None:
    """A section may be named after a colon, and a flag says the dialect whatever the file's ending."""
    Path("e.ini").write_text("[prod]\nemperor = vassals\n")
    assert gather("e.ini:prod").targets == ("vassals",)
    Path("e.conf").write_text("[uwsgi]\nemperor = vassals\n")
    assert gather("--ini", "e.conf").targets == ("vassals",)


@pytest.mark.parametrize("flag", ["--ini", "--yaml", "--json", "--xml", "--config"])
def test_file_that_cannot_be_read(flag: str) -> None:
    """A file that is not there is told by its name."""
    (fault,) = faults(flag, "missing.ini", "--emperor", "vassals")
    assert fault.startswith("missing.ini")


def test_broken_file() -> None:
    """A file that uWSGI could not parse is told with the line."""
    Path("e.json").write_text('{"uwsgi": {\n"emperor": }\n}')
    (fault,) = faults("e.json")
    assert fault.startswith("e.json:2: ")


@pytest.mark.parametrize(
    "target", ["vassals", "*.ini", "dir://x", "glob://x/*.ini", "vassals/*.ini", "pg://host=x;SELECT 1", "./vassals"]
)
def test_targets(target: str) -> None:
    """Directories, patterns and URLs are passed on as they are."""
    assert gather(target).targets == (target,)


def test_order_of_targets() -> None:
    """The command line's own targets come first, then those of files, then flags."""
    file = emperor_file()
    assert gather(file, "--emperor", "later", "*.yml").targets == ("*.yml", "vassals", "later")


def test_target_in_another_directory(tmp_path: Path) -> None:
    """Relative targets start where chdir leads, as under uWSGI."""
    Path("srv/apps").mkdir(parents=True)
    assert gather("apps", "--chdir", "srv").targets == ("apps",)
    assert "nothing of that name" in faults("vassals", "--chdir", str(tmp_path / "srv"))[0]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ((), "imperator: wanted at least one target, found none."),
        (("missing",), "target 'missing': wanted a directory, a quoted glob"),
        (("missing.ini",), "found nothing of that name. Create it first, or write --emperor before it to wait for it."),
        (("plain.txt",), "found a file that is neither. Name the directory it is in, or a pattern: '*.txt'."),
        (("conf.py",), "conf.py: wanted a module that describes uWSGI, found one without `configuration`."),
        (("vassals/app.ini",), "found no emperor option: a vassal's configuration."),
    ],
)
def test_targets_that_cannot_be_right(argv: tuple[str, ...], told: str) -> None:
    """A target that is a slip of the hand is told at once."""
    Path("plain.txt").touch()
    Path("conf.py").touch()
    (fault,) = faults(*argv)
    assert told in fault


PYTHON = """
from uwsgiconf.config import Section, configure_uwsgi

configure_uwsgi(lambda: Section().empire.set_emperor_params(
    vassals_home=["vassals", "glob:///srv/*.ini"], stats_address="127.0.0.1:9191", links_no_follow=True,
).empire.set_throttle_params(level=500).empire.set_mode_broodlord_params(zerg_count=3))
"""


def test_python_module_is_an_emperors_file() -> None:
    """A module whose section has Empire options says the same as a file with these options."""
    Path("uwsgicfg.py").write_text(PYTHON)
    lines = ("emperor = glob:///srv/*.ini", "emperor-stats = 127.0.0.1:9191", "emperor-nofollow = true")
    more = ("emperor-throttle = 500", "emperor-broodlord = 3")
    assert gather("uwsgicfg.py") == gather(emperor_file(*lines, *more))


def test_python_module_that_fails_is_told_with_its_line() -> None:
    """What a module raises is a fault of its line, and no traceback of ours."""
    Path("uwsgicfg.py").write_text("\n1/0\n")
    assert faults("uwsgicfg.py") == [
        (
            "uwsgicfg.py:2: wanted a module that runs to its end, found ZeroDivisionError: division by zero. "
            "Mend the line; run the module with python."
        )
    ]


def test_unquoted_pattern() -> None:
    """When the shell has expanded a pattern to vassals, one line says to quote it."""
    names = [f"v{number}.ini" for number in range(5)]
    for name in names:
        Path(name).write_text("[uwsgi]\nsocket = :0\n")
    (fault,) = faults(*names)
    assert fault.startswith("target v0.ini, v1.ini, v2.ini and 2 more: ")
    assert "quote the pattern: imperator '*.ini'" in fault


def test_emperor_flag_waits_for_what_is_missing() -> None:
    """What --emperor names need not be there yet."""
    assert gather("--emperor", "/missing/later").targets == ("/missing/later",)
