"""Hooks with real processes: who runs them, in which order, what they are told, and that nobody else waits."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.test_protocol_vassals import in_a_container
from tests.system.waiting import wait_for

AT_A_TERMINAL = """
import fcntl, os, sys, termios
ours, theirs = os.openpty()
os.set_inheritable(ours, True)
fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def wait_for_text(path: Path, text: str, emperor: Empire) -> None:
    wait_for(lambda: path.exists() and path.read_text() == text, f"{text!r} in {path}", otherwise=emperor.log)


def children_of(emperor: Empire) -> list[str]:
    """Return the pids of the Emperor's children, dead ones that are not buried yet included."""
    return Path(f"/proc/{emperor.pid}/task/{emperor.pid}/children").read_text().split()


def write_script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_hooks_run_in_their_order_and_know_their_vassal(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path
) -> None:
    """Each occasion comes in uWSGI's order, and the vassal sees none of the hooks' variables."""
    told = tmp_path / "told"
    start = write_script(tmp_path / "start", f'echo "start $1 $UWSGI_VASSALS_DIR" >> {told}')
    stop = write_script(tmp_path / "stop", f'echo "stop $1 $UWSGI_VASSALS_DIR" >> {told}')
    file = vassals / "app.ini"
    file.write_text("[uwsgi]\n")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--vassals-start-hook", start, "--vassals-stop-hook", stop),
        *("--exec-as-vassal", f"echo exec-as-vassal >> {told}", "--hook-as-vassal", f"appendn:{told} as-vassal"),
        *("--hook-as-vassal-before-drop", f"appendn:{told} before-drop"),
        *("--hook-as-emperor-before-vassal", f"appendn:{told} before-vassal", "--hook-emperor-start", f"create:{told}"),
    )
    own = f"start app.ini {vassals}\nas-vassal\nexec-as-vassal\n"
    emperor.wait_for_log("vassal app.ini is now loyal")
    wait_for_text(told, f"before-vassal\nbefore-drop\n{own}", emperor)
    (started,) = emperor.journal.starts("app.ini")
    assert started.facts["environment"] == {"UWSGI_EMPEROR_FD": "3"}
    assert started.facts["descriptors"][:4] == [0, 1, 2, 3]
    file.unlink()
    wait_for_text(told, f"before-vassal\nbefore-drop\n{own}stop app.ini {vassals}\n", emperor)


def test_commands_of_hooks_hold_nothing_of_the_vassals(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path
) -> None:
    """What a hook runs gets neither channel nor orders nor socket: left behind, it would keep them open."""
    (vassals / "app.ini").write_text("[uwsgi]\n")
    told = tmp_path / "told"
    emperor = start_emperor(
        *("--emperor", str(vassals), "--exec-as-vassal", f"exec >{told}; ls /proc/$$/fd; readlink /proc/$$/fd/0"),
    )
    emperor.wait_for_log("vassal app.ini is now loyal")
    assert told.read_text().split() == ["0", "1", "2", "/dev/null"]


def test_emperors_own_hooks_know_the_process(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """`exec-as-emperor` gets name, pid, uid and gid of the vassal in its environment."""
    told = tmp_path / "told"
    line = "$UWSGI_VASSAL_CONFIG $UWSGI_VASSAL_PID $UWSGI_VASSAL_UID $UWSGI_VASSAL_GID"
    file = vassals / "app.ini"
    file.write_text("[uwsgi]\n")
    emperor = start_emperor("--emperor", str(vassals), "--exec-as-emperor", f'echo "{line}" > {told}')
    emperor.wait_for_log("vassal app.ini is now loyal")
    (started,) = emperor.journal.starts("app.ini")
    wait_for_text(told, f"app.ini {started.pid} {file.stat().st_uid} {file.stat().st_gid}\n", emperor)


@pytest.mark.parametrize("option", ["--vassals-stop-hook", "--hook-as-emperor-before-vassal", "--hook-as-vassal"])
def test_slow_hook_delays_its_own_vassal_only(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, option: str
) -> None:
    """While one vassal's hook waits, others start, become loyal and stop; when it is done its vassal goes on."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    slow = write_script(
        tmp_path / "slow", f'if [ "$1" = slow.ini ] && mkdir {tmp_path}/first; then read line < {gate}; fi'
    )
    hook = slow if option == "--vassals-stop-hook" else f"exec:{slow} slow.ini"
    (vassals / "slow.ini").write_text("[uwsgi]\n")
    emperor = start_emperor("--emperor", str(vassals), option, hook)
    if option == "--vassals-stop-hook":
        emperor.wait_for_log("vassal slow.ini is now loyal")
        os.kill(emperor.journal.starts("slow.ini")[0].pid, signal.SIGKILL)
        emperor.wait_for_log("stop-hook")
    else:
        wait_for(lambda: (tmp_path / "first").exists(), "the slow hook to begin", otherwise=emperor.log)
    before = len(emperor.journal.starts("slow.ini"))
    (vassals / "quick.ini").write_text("[uwsgi]\n")
    emperor.wait_for_log("vassal quick.ini is now loyal")
    (vassals / "quick.ini").unlink()
    emperor.wait_for_log("removed uwsgi instance quick.ini")
    assert len(emperor.journal.starts("slow.ini")) == before
    with gate.open("w") as end:
        end.write("go on\n")
    wait_for(lambda: len(emperor.journal.starts("slow.ini")) == before + 1, "slow.ini to start", otherwise=emperor.log)
    assert emperor.stop() == 0


def test_start_given_up_leaves_no_hook_out_of_the_next(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path
) -> None:
    """A vassal that goes while its `hook-as-emperor-before-vassal` runs: when it comes back, that is run again."""
    gate, told, stats = tmp_path / "gate", tmp_path / "told", tmp_path / "stats"
    os.mkfifo(gate)
    hook = write_script(tmp_path / "hook", f"echo begun >> {told}; read line < {gate}; echo done >> {told}")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--hook-as-emperor-before-vassal", f"exec:{hook}", "--emperor-stats", str(stats))
    )
    (vassals / "app.ini").write_text("[uwsgi]\n")
    wait_for_text(told, "begun\n", emperor)
    (vassals / "app.ini").unlink()
    wait_for(lambda: not read_stats(stats)["vassals"], "app.ini to be gone", otherwise=emperor.log)
    gate.write_text("go on\n")
    wait_for_text(told, "begun\ndone\n", emperor)
    wait_for(
        lambda: len(children_of(emperor)) == 3, "the hook to be buried: three wait for others", otherwise=emperor.log
    )
    (vassals / "app.ini").write_text("[uwsgi]\n")
    wait_for_text(told, "begun\ndone\nbegun\n", emperor)
    gate.write_text("go on\n")
    emperor.wait_for_log("vassal app.ini is now loyal")
    assert told.read_text() == "begun\ndone\n" * 2


def test_stopped_hook_is_ended_at_its_limit(start_emperor: StartEmperor, vassals: Path) -> None:
    """A hook that is stopped hears no alarm: it is killed all the same, and its vassal starts."""
    (vassals / "app.ini").write_text("[uwsgi]\n")
    stop = "exec:kill -STOP $PPID $$"
    emperor = start_emperor("--emperor", str(vassals), "--hook-as-emperor-before-vassal", stop, "--hook-timeout", "1")
    emperor.wait_for_log("vassal app.ini: the process of its hooks was killed by SIGKILL")
    emperor.wait_for_log("vassal app.ini is now loyal")
    assert emperor.stop() == 0


def test_hook_has_no_terminal_to_ask_at(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """Where the Emperor runs at a terminal its hooks cannot read from it: they fail at once, and are not stopped."""
    (vassals / "app.ini").write_text("[uwsgi]\n")
    at_a_terminal = write_script(tmp_path / "at", f'exec {shlex.quote(sys.executable)} -c "{AT_A_TERMINAL}" "$@"')
    emperor = start_emperor(
        *("--emperor", str(vassals), "--hook-as-emperor-before-vassal", "exec:read answer < /dev/tty"),
        before=(at_a_terminal,),
    )
    emperor.wait_for_log("cannot open /dev/tty")
    emperor.wait_for_log("vassal app.ini is now loyal")
    assert emperor.stop() == 0


@pytest.mark.parametrize("goes", ["2>/dev/full", "2>&-", "2> >(exec <&-)"], ids=["full", "closed", "nobody reads"])
def test_log_that_takes_nothing_keeps_no_hook_from_running(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, goes: str
) -> None:
    """Where the disk is full or nobody reads the log, hooks and what comes after them are run as ever."""
    told, stats = tmp_path / "told", tmp_path / "stats"
    (vassals / "app.ini").write_text("[uwsgi]\n")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--hook-as-emperor-before-vassal", f"appendn:{told} before"),
        *("--hook-as-vassal", f"appendn:{told} as", "--hook-as-vassal", "print:hello", "--emperor-stats", str(stats)),
        before=("bash", "-c", f'exec "$0" "$@" {goes}'),
    )
    emperor.wait_for_running({"app.ini": "[uwsgi]\n"})
    assert told.read_text() == "before\nas\n"
    assert emperor.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--hook-as-vassal", "exec:exit 7"), '"exec:exit 7" (as-vassal) failed: it exited with 7'),
        (("--hook-as-vassal", "mkdir:/nowhere/at/all"), '"mkdir:/nowhere/at/all" (as-vassal) failed: [Errno 2]'),
        (("--hook-as-vassal", "!exec:true secret; exit 7"), "a private hook (as-vassal) failed"),
        (("--exec-as-vassal", "exit 3"), '"exec:exit 3" (as-vassal) failed: it exited with 3'),
        (("--hook-as-vassal-before-drop", "exec:exit 3"), '"exec:exit 3" (as-vassal-before-drop) failed'),
        (("--hook-as-vassal", "exit:5"), "app.ini exited with 5"),
        (("--mount-as-vassal", "proc proc"), "it takes a type, a source, a directory"),
        (("--umount-as-vassal", "/nowhere detach"), '"umount:/nowhere detach" (as-vassal) failed: [Errno 2]'),
        (("--hook-as-vassal", "exec:sleep 1000", "--hook-timeout", "1"), "app.ini was killed by SIGALRM"),
    ],
)
def test_failing_hook_ends_that_vassal_only(
    start_emperor: StartEmperor, vassals: Path, arguments: tuple[str, ...], says: str
) -> None:
    """A hook that has to succeed and does not: the log tells why, and nothing of the vassal's has run."""
    (vassals / "app.ini").write_text("[uwsgi]\n")
    emperor = start_emperor("--emperor", str(vassals), *arguments)
    log = emperor.wait_for_log("unloyal bad behaving vassal found: app.ini")
    assert says in log
    assert "secret" not in log
    assert emperor.journal.starts("app.ini") == []
    assert emperor.stop() == 0


def test_failing_hook_of_the_emperor_is_told_and_forgiven(start_emperor: StartEmperor, vassals: Path) -> None:
    """Where the Emperor's own hooks fail, or take too long, the log tells and the vassal lives."""
    (vassals / "app.ini").write_text("[uwsgi]\n")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--hook-timeout", "1", "--vassals-stop-hook", "/nowhere/hook"),
        *("--hook-as-emperor-before-vassal", "exec:exit 4", "--hook-as-emperor", "exec:sleep 1000"),
    )
    emperor.wait_for_log("vassal app.ini is now loyal")
    emperor.wait_for_log('"exec:exit 4" (as-emperor-before-vassal) failed: it exited with 4')
    emperor.wait_for_log("vassal app.ini: hooks took longer than 1 s: ended")
    assert emperor.stop() == 0
    assert "stop-hook /nowhere/hook cannot be run: No such file or directory" in emperor.log()
    assert emperor.processes() == []


def test_emperor_does_not_start_without_its_hooks(start_emperor: StartEmperor, vassals: Path) -> None:
    """What has to succeed before there are vassals and does not ends the Emperor, with the reason."""
    (vassals / "app.ini").write_text("[uwsgi]\n")
    emperor = start_emperor("--emperor", str(vassals), "--hook-emperor-start", "exec:exit 1")
    assert emperor.wait_for_exit() == 1
    assert "hook-emperor-start: wanted hooks that succeed before there are vassals" in emperor.log()
    assert emperor.journal.starts("app.ini") == []


def test_end_asked_for_during_the_first_hooks_is_an_end(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path
) -> None:
    """SIGTERM while the Emperor waits for its own start hook: no vassal is started, and it ends as asked."""
    gate, begun = tmp_path / "gate", tmp_path / "begun"
    os.mkfifo(gate)
    (vassals / "app.ini").write_text("[uwsgi]\n")
    emperor = start_emperor(
        "--emperor", str(vassals), "--hook-emperor-start", f"exec:touch {begun}; read -r _ < {gate}"
    )
    wait_for(begun.exists, "the hook to begin", otherwise=emperor.log)
    emperor.send(signal.SIGTERM)
    emperor.wait_for_log("RAGNAROK EVOKED")
    gate.write_text("\n")
    assert emperor.wait_for_exit() == 0
    assert emperor.journal.starts("app.ini") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a PID namespace: run the tests as root")
def test_first_process_of_a_container_knows_how_its_hooks_ended(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Burying orphans takes no exit status away from those who wait for it: hooks, and commands that tell sockets."""
    monkeypatch.setattr("tests.system.empire.EMPEROR_COMMAND", in_a_container())
    (vassals / "app.ini").write_text("[uwsgi]\n")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--hook-emperor-start", "exec:true", "--hook-as-emperor", "exec:true"),
        *("--hook-as-emperor-before-vassal", "exec:true", "--vassals-stop-hook", "/bin/true"),
        *("--emperor-on-demand-exec", "true"),
    )
    emperor.wait_for_log("vassal app.ini is now loyal")
    (vassals / "app.ini").unlink()
    emperor.wait_for_log("removed uwsgi instance app.ini")
    assert "hooks" not in emperor.log()
    assert "its socket is not known" not in emperor.log()


def test_actions_do_what_they_say(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """Files are made, written, appended to and removed, directories entered, FIFOs without a reader passed over."""
    os.mkfifo(tmp_path / "fifo")
    (vassals / "app.ini").write_text("[uwsgi]\n")
    (tmp_path / "old").touch()
    hooks = [
        *(f"mkdir:{tmp_path}/made", f"write:{tmp_path}/made/a one", f"append:{tmp_path}/made/a  two"),
        *(f"writen:{tmp_path}/made/b x y", f"appendn:{tmp_path}/made/b", f"create:{tmp_path}/made/c"),
        *(f"unlink:{tmp_path}/old", f"writefifo:{tmp_path}/fifo nobody", f"chdir:{tmp_path}/made", "exec:pwd > d"),
        *("safeexec:exit 9", "print:printed", f"chdir:{vassals}"),
    ]
    emperor = start_emperor("--emperor", str(vassals), *(word for hook in hooks for word in ("--hook-as-vassal", hook)))
    emperor.wait_for_log("vassal app.ini is now loyal")
    made = {path.name: path.read_text() for path in (tmp_path / "made").iterdir()}
    assert made == {"a": "one two", "b": "x y\n\n", "c": "", "d": f"{tmp_path}/made\n"}
    assert not (tmp_path / "old").exists()
    assert "\nprinted\n" in emperor.log()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount: sudo make test")
def test_mounts_stay_in_the_vassals_own_namespace(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """With namespaces of its own a vassal's mounts and host name are seen by the vassal, and by nobody else."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (vassals / "app.ini").write_text("[uwsgi]\n")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-use-clone", "fs,uts"),
        *("--mount-as-vassal", f"tmpfs none {inside} nodev,nosuid size=1M", "--hook-as-vassal", "hostname:castle"),
        *("--exec-as-vassal", f"touch {inside}/here && test $(uname -n) = castle"),
    )
    emperor.wait_for_log("vassal app.ini is now loyal")
    assert list(inside.iterdir()) == []
    assert os.uname().nodename != "castle"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make namespaces: sudo make test")
def test_hook_in_the_namespaces_of_a_vassal(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """`hook-as-emperor-setns` is run by the Emperor where the vassal lives, and knows whose place that is."""
    (vassals / "app.ini").write_text("[uwsgi]\n")
    told = tmp_path / "told"
    facts = "$(readlink /proc/self/ns/uts /proc/self/ns/mnt) $UWSGI_VASSAL_CONFIG $UWSGI_VASSAL_PID"
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-use-clone", "fs,uts,ipc,net,pid"),
        *("--hook-as-emperor-setns", f"exec:echo {facts} > {told}.new; mv {told}.new {told}"),
    )
    emperor.wait_for_log("vassal app.ini is now loyal")
    wait_for(told.exists, "the hook to have run", otherwise=emperor.log)
    uts, mounts, name, pid = told.read_text().split()
    assert (name, [uts, mounts]) == ("app.ini", [os.readlink(f"/proc/{pid}/ns/{kind}") for kind in ("uts", "mnt")])
    assert uts != os.readlink("/proc/self/ns/uts")
    assert emperor.stop() == 0


def test_hook_for_namespaces_that_nobody_has(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """Where vassals have no namespaces of their own, `hook-as-emperor-setns` is run all the same."""
    (vassals / "app.ini").write_text("[uwsgi]\n")
    emperor = start_emperor(
        "--emperor", str(vassals), "--hook-as-emperor-setns", f"exec:echo $UWSGI_VASSAL_CONFIG > {tmp_path}/told"
    )
    wait_for_text(tmp_path / "told", "app.ini\n", emperor)


def test_lines_of_hooks_are_objects_where_the_log_is(start_emperor: StartEmperor, vassals: Path) -> None:
    """With --log-json each line that tells of a hook or is printed by one is an object like all the others."""
    (vassals / 'a"\x07.ini').write_text("[uwsgi]\n")
    emperor = start_emperor(
        *(
            "--emperor",
            str(vassals),
            "--log-json",
            "--hook-as-vassal",
            'print:"said"',
            "--hook-as-emperor",
            "exec:exit 7",
        )
    )
    emperor.wait_for_log('exec:exit 7\\" (as-emperor) failed: it exited with 7')
    emperor.wait_for_log("is now loyal")
    lines = [json.loads(line) for line in emperor.log().splitlines()]
    assert all(line.keys() == {"time", "level", "event", "vassal", "message"} for line in lines)
    staged = {(line["event"], line["vassal"], line["message"]) for line in lines if line["event"] in ("stage", "print")}
    assert ("print", None, '"said"') in staged
    assert ("stage", 'a"\x07.ini', 'running "print:"said"" (as-vassal)') in staged
    times = [line["time"] for line in lines]
    assert all(len(time) == len("2026-01-01T00:00:00.000Z") and time.endswith("Z") for time in times)
