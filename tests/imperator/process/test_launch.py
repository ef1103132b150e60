"""What a vassal is started with: command line, environment, descriptors; and what is said when it cannot be."""

from __future__ import annotations

import json
import os
import resource
import select
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from imperator.policy.vassal import VassalSpec
from imperator.process.burial import Death, bury, kill
from imperator.process.channel import ToVassal, hear, send
from imperator.process.launch import Launched, Launcher, LaunchError, NoBinaryError
from imperator.settings import Launching

LIMIT_SECONDS = 30.0

SELF_PORTRAIT = """#!{python} -IS
import json, os, resource, signal, sys
portrait = dict(
    argv=sys.argv, cwd=os.getcwd(), env=dict(os.environ), group=os.getpgrp() == os.getpid(),
    descriptors=sorted(int(fd) for fd in os.listdir("/proc/self/fd")), stdin=os.readlink("/proc/self/fd/0"),
    limit=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    ignored=[s.name for s in signal.Signals if signal.getsignal(s) is signal.SIG_IGN and s.name != "SIGXFZ"],
    blocked=len(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
)
if "UWSGI_EMPEROR_FD_CONFIG" in os.environ:
    portrait["config"] = list(os.read(int(os.environ["UWSGI_EMPEROR_FD_CONFIG"]), 100))
os.write(3, b"\\1")
with open("portrait.json.new", "w") as file:
    json.dump(portrait, file)
os.rename("portrait.json.new", "portrait.json")
code = os.read(3, 1)
sys.exit(code[0] if code else 99)
"""


@pytest.fixture
def wrapper(tmp_path: Path) -> str:
    """Return a program that writes down how it was started and exits with the first byte it is told."""
    path = tmp_path / "wrapper"
    path.write_text(SELF_PORTRAIT.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def spec(tmp_path: Path) -> VassalSpec:
    """Return a vassal whose directory is the test's own."""
    return VassalSpec("app.ini", str(tmp_path), version=1, modified=0.0, directory=str(tmp_path))


@pytest.fixture(autouse=True)
def _stay_here() -> object:
    here = os.getcwd()
    yield
    os.chdir(here)


def wait_readable(descriptor: int) -> None:
    """Wait until there is something to read, or the end of the other side."""
    assert select.select([descriptor], [], [], LIMIT_SECONDS)[0], "nothing came"


def portrait_of(launched: Launched, directory: str) -> dict[str, object]:
    """Wait for a vassal's self-portrait, end the vassal and return the portrait."""
    wait_readable(launched.channel)
    assert hear(launched.channel) == b"\1"
    send(launched.channel, ToVassal.STOP)
    wait_readable(launched.pidfd)
    assert bury(launched, with_followers=False) == Death(0, "exited with 0")
    launched.close()
    return dict(json.loads(Path(directory, "portrait.json").read_text()))


def is_passed_on(descriptor: int) -> bool:
    """Tell whether a descriptor goes to every process we start, as those do that we were started with."""
    try:
        return os.get_inheritable(descriptor)
    except OSError:
        return False


FULL = Launching(
    binary="/opt/uwsgi",
    inherits_before=("tb1", "tb2"),
    includes_before=("ib",),
    placeholders=("k=v", "l=w"),
    inherits=("ta",),
    includes=("ia",),
)


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("a.ini", "--ini"),
        ("a.xml", "--xml"),
        ("a.yml", "--yaml"),
        ("a.yaml", "--yaml"),
        ("a.js", "--json"),
        ("a.json", "--json"),
        ("a.conf", "--config"),
        ("a.other", "--inherit"),
        ("with space.ini", "--ini"),
        ("-dash.ini", "--ini"),
        ("new\nline.ini", "--ini"),
        ("quo'te\".ini", "--ini"),
    ],
)
def test_flag_follows_the_extension(wrapper: str, spec: VassalSpec, name: str, flag: str) -> None:
    """uWSGI is told the kind of the file by a flag; the name is one argument whatever is in it."""
    launcher = Launcher(Launching(wrapper=wrapper), [".conf"])
    assert launcher.command_line(replace(spec, name=name)) == [wrapper, flag, name]


def test_directory_that_was_made_anew_is_entered_anew(wrapper: str, tmp_path: Path) -> None:
    """A name that means another directory than at the launch before leads there, not to the one that was removed."""
    launcher = Launcher(Launching(wrapper=wrapper))
    directory = tmp_path / "vassals"
    spec = VassalSpec("app.ini", str(directory), version=1, modified=0.0, directory=str(directory))
    for _ in range(2):
        directory.mkdir()
        assert portrait_of(launcher.launch(spec), str(directory))["cwd"] == str(directory)
        directory.rename(tmp_path / "away")
        (tmp_path / "away" / "portrait.json").unlink()
        (tmp_path / "away").rmdir()


def test_templates_and_placeholders_stand_where_uwsgi_puts_them(wrapper: str, spec: VassalSpec) -> None:
    """The order is that of uWSGI's Emperor: before forms, placeholders, the file, after forms."""
    launcher = Launcher(replace(FULL, wrapper=wrapper))
    assert launcher.command_line(spec) == [
        *(wrapper, "--inherit", "tb1", "--inherit", "tb2", "--include", "ib", "--set", "k=v", "--set", "l=w"),
        *("--ini", "app.ini", "--inherit", "ta", "--include", "ia"),
    ]


@pytest.mark.parametrize(("mode", "name"), [(0o755, "exec://app.ini"), (0o644, "app.ini")])
def test_magic_exec_runs_executable_configurations(
    wrapper: str, spec: VassalSpec, tmp_path: Path, mode: int, name: str
) -> None:
    """With `emperor-magic-exec` an executable file is run for its output, any other is read."""
    (tmp_path / "app.ini").touch()
    (tmp_path / "app.ini").chmod(mode)
    launcher = Launcher(Launching(wrapper=wrapper, magic_exec=True))
    assert launcher.command_line(spec)[1:] == ["--ini", name]


def test_vassal_finds_what_the_protocol_promises(wrapper: str, spec: VassalSpec, tmp_path: Path) -> None:
    """Directory, descriptors, stdin, signals, process group and environment are the documented ones, and no more."""
    environment = {
        "PATH": os.environ["PATH"],
        "UWSGI_RELOADS": "3",
        "NOTIFY_SOCKET": "/run/notify",
        "UWSGI_EMPEROR_FD": "77",
        "UWSGI_VASSAL_HTTP": ":8080",
        "UWSGI_OTHER": "kept",
    }
    passed_on_to_us = {fd for fd in map(int, os.listdir("/proc/self/fd")) if fd > 2 and is_passed_on(fd)}
    with (tmp_path / "ours").open("w"):
        launcher = Launcher(Launching(wrapper=wrapper), environment=environment)
        portrait = portrait_of(launcher.launch(spec), spec.directory)
    assert portrait["cwd"] == spec.directory
    assert portrait["stdin"] == "/dev/null"
    descriptors = portrait["descriptors"]
    assert isinstance(descriptors, list)
    listing = 1  # the descriptor that lists them
    assert len(set(descriptors) - passed_on_to_us) == len({0, 1, 2, 3}) + listing
    assert portrait["group"] is True
    assert portrait["blocked"] == 0
    env = portrait["env"]
    assert isinstance(env, dict)
    seen = {name: value for name, value in env.items() if name.startswith(("UWSGI_", "NOTIFY_"))}
    assert seen == {"UWSGI_EMPEROR_FD": "3", "UWSGI_HTTP": ":8080", "UWSGI_OTHER": "kept"}


def test_vassal_gets_the_descriptor_limit_it_would_have_had(wrapper: str, spec: VassalSpec) -> None:
    """The Emperor's own raised limit is not passed on, and is still raised afterwards."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    launcher = Launcher(Launching(wrapper=wrapper), descriptor_limit=100)
    assert portrait_of(launcher.launch(spec), spec.directory)["limit"] == 100
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)


def test_text_goes_through_the_configuration_pipe(wrapper: str, spec: VassalSpec) -> None:
    """A configuration that is no file arrives with its four-byte header, and its name says where it comes from."""
    launcher = Launcher(Launching(wrapper=wrapper))
    text = replace(spec, config=b"[uwsgi]\n")
    portrait = portrait_of(launcher.launch(text), spec.directory)
    assert portrait["config"] == [115, 8, 0, 0, *b"[uwsgi]\n"]
    assert portrait["argv"] == [wrapper, "--ini", "emperor://app.ini"]


@pytest.mark.parametrize("code", [0, 1, 26, 255])
def test_exit_code_is_told(wrapper: str, spec: VassalSpec, code: int) -> None:
    """What a vassal exits with is what its burial tells."""
    launched = Launcher(Launching(wrapper=wrapper)).launch(spec)
    os.write(launched.channel, bytes((code,)))
    wait_readable(launched.pidfd)
    assert bury(launched, with_followers=True) == Death(code, f"exited with {code}")
    launched.close()


def test_killing_is_told_by_name(wrapper: str, spec: VassalSpec) -> None:
    """A killed vassal has no exit code but the name of its signal; one that lives is not buried."""
    launched = Launcher(Launching(wrapper=wrapper)).launch(spec)
    assert bury(launched, with_followers=False) is None
    kill(launched)
    wait_readable(launched.pidfd)
    assert bury(launched, with_followers=False) == Death(None, "was killed by SIGKILL")
    launched.close()


def test_followers_of_a_dead_master_go_with_it(spec: VassalSpec, tmp_path: Path) -> None:
    """Workers that outlive their master would keep its sockets: they are killed when it is buried."""
    script = tmp_path / "master"
    script.write_text("#!/bin/sh\nsleep 1000 </dev/null >/dev/null 2>&1 3<&- & echo $! > worker\nexit 1\n")
    script.chmod(0o755)
    launched = Launcher(Launching(wrapper=str(script))).launch(spec)
    wait_readable(launched.pidfd)
    worker = os.pidfd_open(int((tmp_path / "worker").read_text()))
    assert bury(launched, with_followers=True) == Death(1, "exited with 1")
    wait_readable(worker)
    os.close(worker)
    launched.close()


def _missing(directory: Path) -> Path:
    return directory / "missing"


def _not_executable(directory: Path) -> Path:
    path = directory / "plain"
    path.write_text("#!/bin/sh\n")
    return path


@pytest.mark.parametrize(
    ("make", "found"), [(_missing, "which does not exist"), (_not_executable, "which may not be executed")]
)
@pytest.mark.parametrize("option", ["--binary-path", "--emperor-wrapper"])
def test_unusable_binary_is_told_at_the_start(tmp_path: Path, make: object, found: str, option: str) -> None:
    """An Emperor that could start nothing says so before it begins, and names the option."""
    path = str(make(tmp_path))  # type: ignore[operator]
    launching = Launching(binary=path) if option == "--binary-path" else Launching(wrapper=path)
    with pytest.raises(NoBinaryError) as caught:
        Launcher(launching)
    assert caught.value.thing == option
    assert caught.value.found == f"{path}, {found}"


def _vanished(wrapper: Path) -> None:
    wrapper.unlink()


def _bad_interpreter(wrapper: Path) -> None:
    wrapper.write_text("#!/nowhere/python\n")


def _no_program(wrapper: Path) -> None:
    wrapper.write_bytes(b"\x7fNOT AN ELF")


@pytest.mark.parametrize(
    ("spoil", "found", "remedy"),
    [
        (
            _vanished,
            "No such file or directory",
            "Check that it, and the interpreter that its first line names, exist.",
        ),
        (_bad_interpreter, "No such file or directory", "Check that it, and the interpreter"),
        (_no_program, "Exec format error", "neither a binary for this machine nor a script"),
    ],
)
def test_launch_that_fails_leaves_nothing_behind(
    wrapper: str, spec: VassalSpec, spoil: object, found: str, remedy: str
) -> None:
    """A binary spoilt while the Emperor runs: the error has its four parts, and no descriptor leaks."""
    launcher = Launcher(Launching(wrapper=wrapper))
    spoil(Path(wrapper))  # type: ignore[operator]
    before = os.listdir("/proc/self/fd")
    with pytest.raises(LaunchError) as caught:
        launcher.launch(spec)
    assert os.listdir("/proc/self/fd") == before
    error = caught.value
    assert (error.thing, error.wanted, error.found) == ("vassal app.ini", f"to start {wrapper}", found)
    assert remedy in error.remedy
    assert isinstance(error.__cause__, OSError)


@pytest.mark.parametrize(
    "wrong",
    [{"name": "a\0.ini"}, {"name": "\ud800.ini"}, {"directory": "/\0"}, {"attributes": (("run", "/bin/\0"),)}],
    ids=["name", "no text", "directory", "attribute"],
)
def test_what_no_kernel_takes_is_an_error_like_any_other(
    wrapper: str, spec: VassalSpec, wrong: dict[str, object]
) -> None:
    """What somebody's monitor took and no file can be named like: told, tried again, and nothing leaks."""
    launcher, before = Launcher(Launching(wrapper=wrapper, wrapper_attribute="run")), os.listdir("/proc/self/fd")
    with pytest.raises(LaunchError, match=r"embedded null|surrogates not allowed") as caught:
        launcher.launch(replace(spec, **wrong))  # type: ignore[arg-type]
    assert caught.value.remedy.startswith("Correct its name, directory and attributes where it comes from")
    assert os.listdir("/proc/self/fd") == before


def test_exhausted_descriptors_are_told(wrapper: str, spec: VassalSpec) -> None:
    """Without descriptors no vassal can be started: the error says which limit to raise, and nothing leaks."""
    launcher = Launcher(Launching(wrapper=wrapper))
    os.chdir(spec.directory)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = os.listdir("/proc/self/fd")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, before)), hard))
    held = []
    try:
        while True:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    try:
        with pytest.raises(LaunchError, match=r"Too many open files\. Raise the limit of open files"):
            launcher.launch(spec)
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert os.listdir("/proc/self/fd") == before


def test_vanished_directory_is_told(wrapper: str, spec: VassalSpec) -> None:
    """A vassal's directory that cannot be entered is named."""
    with pytest.raises(LaunchError, match="to enter its directory /nowhere, found No such file or directory"):
        Launcher(Launching(wrapper=wrapper)).launch(replace(spec, directory="/nowhere"))


@pytest.mark.parametrize(
    ("programs", "runs"),
    [
        ({"wrapper_overrides": ("{0}/over", "{0}/also-over")}, "over"),
        ({"wrapper_overrides": ("{0}/missing", "{0}/also-over")}, "also-over"),
        ({"wrapper_overrides": ("{0}/plain", "{0}/missing")}, "wrapper"),
        ({"wrapper_fallbacks": ("{0}/fall",)}, "wrapper"),
        ({"wrapper": "{0}/missing", "wrapper_fallbacks": ("{0}/plain", "{0}/fall", "{0}/over")}, "fall"),
        ({"wrapper": "{0}/missing", "wrapper_overrides": ("{0}/missing",), "wrapper_fallbacks": ("{0}/fall",)}, "fall"),
        ({"wrapper": "{0}/no-program", "wrapper_fallbacks": ("{0}/fall",)}, "fall"),
    ],
)
def test_first_program_that_can_be_executed_runs(
    wrapper: str, spec: VassalSpec, tmp_path: Path, programs: dict[str, object], runs: str
) -> None:
    """Overrides come first, then wrapper or binary, then fallbacks; all get the same arguments."""
    _not_executable(tmp_path)
    (tmp_path / "no-program").write_bytes(b"\x7fNOT AN ELF")
    (tmp_path / "no-program").chmod(0o755)
    for name in ("over", "also-over", "fall"):
        (tmp_path / name).write_text(Path(wrapper).read_text())
        (tmp_path / name).chmod(0o755)
    told = {
        key: tuple(path.format(tmp_path) for path in value) if isinstance(value, tuple) else str(value).format(tmp_path)
        for key, value in programs.items()
    }
    launcher = Launcher(Launching(**{"wrapper": wrapper} | told))  # type: ignore[arg-type]
    portrait = portrait_of(launcher.launch(spec), spec.directory)
    assert portrait["argv"] == [str(tmp_path / runs), "--ini", "app.ini"]


def test_use_of_a_fallback_is_told(spec: VassalSpec, wrapper: str, caplog: pytest.LogCaptureFixture) -> None:
    """That the binary cannot be executed is a warning, even where a fallback takes over."""
    launcher = Launcher(Launching(wrapper="/nowhere/uwsgi", wrapper_fallbacks=(wrapper,)))
    portrait_of(launcher.launch(spec), spec.directory)
    told = "vassal app.ini: /nowhere/uwsgi cannot be executed (No such file or directory): trying the next program"
    assert told in caplog.messages


def test_failure_names_all_programs(spec: VassalSpec) -> None:
    """Where nothing can be executed the error tells all that was tried."""
    launching = Launching(wrapper="/no/w", wrapper_overrides=("/no/o",), wrapper_fallbacks=("/no/f",))
    with pytest.raises(LaunchError, match="to start /no/o or /no/w or /no/f, found No such file or directory"):
        Launcher(launching).launch(spec)
