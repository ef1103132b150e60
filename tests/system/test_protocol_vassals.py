"""The protocol, spoken with real processes: what vassals do, and what the Emperor does about it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import EMPEROR_COMMAND, Empire, read_stats
from tests.system.waiting import wait_for

STOP, RELOAD, STOP_GRACEFULLY = 0, 1, 2


def config(behaviour: str = "", text: str = "") -> str:
    return f"[uwsgi]\nbehave = {behaviour}\n; {text}\n"


def wait_for_starts(emperor: Empire, name: str, count: int) -> None:
    """Wait until a vassal has had this many processes."""
    wait_for(
        lambda: len(emperor.journal.starts(name)) >= count, f"start {count} of {name}", otherwise=lambda: emperor.log()
    )


def wait_for_heard(emperor: Empire, name: str, heard: list[int]) -> None:
    """Wait until a vassal was told exactly this."""
    wait_for(lambda: emperor.journal.heard(name) == heard, f"{name} to hear {heard}", otherwise=lambda: emperor.log())


def touch_later(file: Path) -> None:
    """Touch a file as somebody would much later: no clock tick can make it look untouched."""
    modified = file.stat().st_mtime + 60
    os.utime(file, (modified, modified))


def check_alert(emperor: Empire, vassals: Path) -> None:
    """Check that the Emperor still starts, reloads and stops a vassal that has nothing to do with the others."""
    witness = vassals / "witness.ini"
    witness.write_text(config())
    wait_for_starts(emperor, "witness.ini", 1)
    emperor.wait_for_log("vassal witness.ini is now loyal")
    touch_later(witness)
    wait_for_heard(emperor, "witness.ini", [RELOAD])
    witness.unlink()
    wait_for_heard(emperor, "witness.ini", [RELOAD, STOP])


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        ("exit 1", "unloyal bad behaving vassal found: bad.ini exited with 1: throttling it, next try in 1 s"),
        ("exit 0", "bad.ini exited with 0: throttling it"),
        ("disloyal 3", "bad.ini exited with 3: throttling it"),
        ("exit 26", "vassal bad.ini went into exile"),
        ("mute", None),
        ("never-ready", "vassal bad.ini has been spawned"),
        ("flood", "vassal bad.ini is now loyal"),
        ("say 99 200 255 0 3", "vassal bad.ini is now loyal"),
        ("close-channel", "curse the uwsgi instance bad.ini"),
    ],
)
def test_bad_vassal_disturbs_nobody(emperor: Empire, vassals: Path, behaviour: str, says: str | None) -> None:
    """Whatever a vassal does to itself or its channel, it is told in the log, and others are served as ever."""
    (vassals / "bad.ini").write_text(config(behaviour))
    wait_for_starts(emperor, "bad.ini", 1)
    if says is not None:
        emperor.wait_for_log(says)
    check_alert(emperor, vassals)


def test_each_disloyal_death_throttles_more(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """The waits grow by `emperor-throttle` up to the maximum; stats tell attempts and the next try."""
    stats = tmp_path / "stats"
    (vassals / "bad.ini").write_text(config("exit 1"))
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-throttle", "100", "--emperor-max-throttle", "250"),
        *("--emperor-stats", str(stats)),
    )
    wait_for_starts(emperor, "bad.ini", 4)
    log = emperor.wait_for_log("next try in 0.25 s")
    assert log.index("next try in 0.1 s") < log.index("next try in 0.2 s") < log.index("next try in 0.25 s")
    report = read_stats(stats)
    (item,) = report["blacklist"]
    assert (item["id"], item["throttle_level"] <= 250, item["attempt"] >= 3) == ("bad.ini", True, True)
    assert report["vassals"][0]["last_death"] == "exited with 1"


def test_touch_ends_throttle_and_exile(start_emperor: StartEmperor, vassals: Path) -> None:
    """Whoever mends a configuration need not wait: a change is tried at once."""
    emperor = start_emperor("--emperor", str(vassals), "--emperor-throttle", "1000000")
    for name, behaviour in (("throttled.ini", "exit 1"), ("exiled.ini", "exit 26")):
        (vassals / name).write_text(config(behaviour))
    emperor.wait_for_log("next try in 180 s")
    emperor.wait_for_log("vassal exiled.ini went into exile")
    mended = {name: config(text=f"mended {name}") for name in ("throttled.ini", "exiled.ini")}
    for name, text in mended.items():
        (vassals / name).write_text(text)
    emperor.wait_for_running(mended)


def test_loyal_vassal_that_dies_starts_again_at_once(start_emperor: StartEmperor, vassals: Path) -> None:
    """Loyalty is remembered: no throttle for a vassal that has served."""
    emperor = start_emperor("--emperor", str(vassals), "--emperor-throttle", "1000000")
    (vassals / "app.ini").write_text(config())
    emperor.wait_for_log("vassal app.ini is now loyal")
    os.kill(emperor.journal.starts("app.ini")[0].pid, signal.SIGKILL)
    wait_for_starts(emperor, "app.ini", 2)
    emperor.wait_for_log("vassal app.ini was killed by SIGKILL although it was loyal: it starts again")


def test_no_blacklist_means_no_waiting(start_emperor: StartEmperor, vassals: Path) -> None:
    """`emperor-no-blacklist`: a vassal that dies is started again at once, time after time."""
    (vassals / "bad.ini").write_text(config("exit 1"))
    emperor = start_emperor("--emperor", str(vassals), "--emperor-throttle", "1000000", "--emperor-no-blacklist")
    wait_for_starts(emperor, "bad.ini", 4)


def test_urgent_signal_forgives(start_emperor: StartEmperor, vassals: Path) -> None:
    """SIGURG clears the blacklist: what waits for its next try is tried now."""
    (vassals / "bad.ini").write_text(config("exit 1"))
    emperor = start_emperor("--emperor", str(vassals), "--emperor-throttle", "1000000")
    emperor.wait_for_log("next try in 180 s")
    emperor.send(signal.SIGURG)
    wait_for_starts(emperor, "bad.ini", 2)
    assert "cleaning up blacklist" in emperor.log()


def test_stop_that_is_ignored_ends_in_a_kill(start_emperor: StartEmperor, vassals: Path) -> None:
    """A vassal that stays when asked to go is killed after `emperor-curse-tolerance` seconds."""
    file = vassals / "deaf.ini"
    file.write_text(config("ignore-stop"))
    emperor = start_emperor("--emperor", str(vassals), "--emperor-curse-tolerance", "1")
    emperor.wait_for_log("vassal deaf.ini is now loyal")
    file.unlink()
    emperor.wait_for_log("removed uwsgi instance deaf.ini (was killed by SIGKILL)")
    assert emperor.journal.heard("deaf.ini") == [STOP]
    assert "still there after 1 seconds: killing it" in emperor.log()


def test_cursed_vassal_is_killed_and_replaced(start_emperor: StartEmperor, vassals: Path) -> None:
    """A vassal that closes its channel and lives on is replaced by one that can be spoken to."""
    (vassals / "aloof.ini").write_text(config("close-channel"))
    emperor = start_emperor("--emperor", str(vassals), "--emperor-curse-tolerance", "1")
    wait_for_starts(emperor, "aloof.ini", 2)
    first = emperor.journal.starts("aloof.ini")[0].pid
    assert first not in emperor.processes()


def test_broken_promise_of_heartbeats_is_punished(start_emperor: StartEmperor, vassals: Path) -> None:
    """A vassal that sent one heartbeat and then none is killed and started again."""
    (vassals / "faint.ini").write_text(config("say 26"))
    emperor = start_emperor("--emperor", str(vassals), "--emperor-required-heartbeat", "1")
    wait_for_starts(emperor, "faint.ini", 2)
    assert "vassal faint.ini (pid: " in emperor.wait_for_log("sent no heartbeat in the last 1 seconds: killing it")


def test_vassal_that_is_done_is_stopped_and_starts_anew(emperor: Empire, vassals: Path) -> None:
    """Byte 22: it wants to stop, and is told to; its file is still there, so it starts again."""
    (vassals / "idle.ini").write_text(config("say 22"))
    wait_for_starts(emperor, "idle.ini", 2)
    assert emperor.journal.heard("idle.ini")[0] == STOP


@pytest.mark.parametrize(("options", "message"), [((), STOP), (("--emperor-graceful-shutdown",), STOP_GRACEFULLY)])
def test_removed_file_stops_its_vassal(
    start_emperor: StartEmperor, vassals: Path, options: tuple[str, ...], message: int
) -> None:
    """A vassal whose file is gone hears the stop message that was asked for."""
    file = vassals / "app.ini"
    file.write_text(config())
    emperor = start_emperor("--emperor", str(vassals), *options)
    emperor.wait_for_log("vassal app.ini is now loyal")
    file.unlink()
    wait_for_heard(emperor, "app.ini", [message])
    emperor.wait_for_log("removed uwsgi instance app.ini (exited with 0)")


def _link_elsewhere(link: Path, target: Path) -> None:
    beside = link.with_suffix(".new")
    beside.symlink_to(target)
    beside.rename(link)


def test_retargeted_link_runs_the_new_target(emperor: Empire, vassals: Path, tmp_path: Path) -> None:
    """A deployment that switches a symbolic link is a change, whatever the times of its targets."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text(config(text="old"))
    new.write_text(config(text="new"))
    os.utime(new, (1, 1))
    _link_elsewhere(vassals / "app.ini", old)
    emperor.wait_for_running({"app.ini": config(text="old")})
    _link_elsewhere(vassals / "app.ini", new)
    emperor.wait_for_running({"app.ini": config(text="new")})


def test_hangup_reloads_all_and_starts_what_is_down(start_emperor: StartEmperor, vassals: Path) -> None:
    """SIGHUP: each running vassal hears one reload byte, however many there are; each throttled one starts."""
    names = [f"app-{number:02}.ini" for number in range(20)]
    for name in names:
        (vassals / name).write_text(config())
    (vassals / "down.ini").write_text(config("exit 1"))
    emperor = start_emperor("--emperor", str(vassals), "--emperor-throttle", "1000000")
    for name in names:
        emperor.wait_for_log(f"vassal {name} is now loyal")
    emperor.wait_for_log("next try in 180 s")
    emperor.send(signal.SIGHUP)
    for name in names:
        wait_for_heard(emperor, name, [RELOAD])
    wait_for_starts(emperor, "down.ini", 2)
    assert all(len(emperor.journal.starts(name)) == 1 for name in names)


def test_user_signal_tells_states(emperor: Empire, vassals: Path) -> None:
    """SIGUSR1 writes a line for each vassal."""
    (vassals / "app.ini").write_text(config())
    emperor.wait_for_log("vassal app.ini is now loyal")
    emperor.send(signal.SIGUSR1)
    emperor.wait_for_log("vassal instance app.ini (last modified ")
    assert "status running" in emperor.log()


def test_stats_have_uwsgis_keys(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """Programs that read uWSGI's Emperor stats find every key they know, with the same kinds of values."""
    stats = tmp_path / "stats"
    (vassals / "app.ini").write_text(config())
    emperor = start_emperor("--emperor", str(vassals), "--emperor-stats", str(stats))
    emperor.wait_for_log("vassal app.ini is now loyal")
    report = read_stats(stats)
    texts = ("version", "cwd")
    numbers = ("pid", "uid", "gid", "emperor_tyrant", "throttle_level")
    assert [type(report[key]) for key in (*texts, *numbers)] == [str] * len(texts) + [int] * len(numbers)
    assert report["emperor"] == [str(vassals)]
    assert report["blacklist"] == []
    (vassal,) = report["vassals"]
    assert (vassal["id"], vassal["monitor"], vassal["on_demand"]) == ("app.ini", str(vassals), "")
    assert vassal["pid"] == emperor.journal.starts("app.ini")[0].pid
    assert (vassal["loyal"], vassal["ready"], vassal["accepting"]) == (1, 1, 1)
    moments = ("born", "last_mod", "last_loyal", "last_ready", "last_accepting", "first_run", "last_run")
    assert all(abs(vassal[key] - int((vassals / "app.ini").stat().st_mtime)) < 3600 for key in moments)
    zeros = ("last_heartbeat", "cursed", "zerg", "respawns")
    assert [vassal[key] for key in zeros] == [0] * len(zeros)


def test_two_directories_may_hold_the_same_name(start_emperor: StartEmperor, tmp_path: Path) -> None:
    """Vassals are told apart by where they come from: both run, and removing one leaves the other."""
    directories = [tmp_path / "one", tmp_path / "two"]
    for directory in directories:
        directory.mkdir()
        (directory / "app.ini").write_text(config(text=directory.name))
    emperor = start_emperor("--emperor", str(directories[0]), "--emperor", str(directories[1]))
    wait_for_starts(emperor, "app.ini", 2)
    places = {entry.facts["directory"] for entry in emperor.journal.starts("app.ini")}
    assert places == {str(directory) for directory in directories}
    (directories[0] / "app.ini").unlink()
    wait_for(lambda: set(emperor.journal.running().values()) == {config(text="two")}, "one of them to go on")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a PID namespace: run the tests as root")
def test_first_process_buries_orphans(
    start_emperor: StartEmperor,
    vassals: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As PID 1 of a container the Emperor reaps what others leave behind, and still buries its own."""
    script = tmp_path / "leaves-orphans"
    # The grandchild outlives its parent, tells when init has become its parent, and dies.
    script.write_text(
        '#!/bin/sh\n(setsid sh -c \'until [ "$(cut -d" " -f4 /proc/$$/stat)" = 1 ]; do :; done; '
        f"echo $$ > {tmp_path}/orphan.new; mv {tmp_path}/orphan.new {tmp_path}/orphan' &) \n"
        "head -c 1 <&3 >/dev/null\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr("tests.system.empire.EMPEROR_COMMAND", in_a_container())
    (vassals / "app.ini").write_text(config())
    emperor = start_emperor(*("--emperor", str(vassals), "--emperor-wrapper", str(script)), fake_vassals=False)
    wait_for(lambda: (tmp_path / "orphan").exists(), "the orphan to be adopted", otherwise=emperor.log)
    wait_for(lambda: not _zombies_below(emperor.pid), "no zombie to be left", otherwise=emperor.log)
    (vassals / "app.ini").unlink()
    emperor.wait_for_log("removed uwsgi instance app.ini")


def in_a_container() -> list[str]:
    """Return the command that makes an Emperor the first process of a PID namespace."""
    return ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", *EMPEROR_COMMAND]


def _zombies_below(pid: int) -> list[int]:
    """Return the pids of the dead and unburied children of a process's only child."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if not children:
        return []
    grandchildren = Path(f"/proc/{children[0]}/task/{children[0]}/children").read_text().split()
    return [int(child) for child in grandchildren if " Z " in _stat_of(child)]


def _stat_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return ""
