"""What hostile owners of configurations try under Tyrant with files, names, sockets and what their vassals say."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire
from tests.system.fortress import LOYAL, MALLORY, VICTIM, Fortress, is_socket
from tests.system.waiting import wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")


@pytest.fixture
def fortress(start_emperor: StartEmperor) -> Iterator[Fortress]:
    """Yield a fortress with a victim's vassal in it; its Emperor is not started yet."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        fortress = Fortress(Path(directory), start_emperor)
        fortress.loyal("victim.ini", VICTIM)
        yield fortress


def link(path: Path, target: str | Path, uid: int) -> None:
    path.symlink_to(target)
    os.chown(path, uid, uid, follow_symlinks=False)


# ---- to run as somebody else


def _link(fortress: Fortress, target: Path) -> None:
    link(fortress.open / "evil.ini", target, MALLORY)


def _hard_link(fortress: Fortress, target: Path) -> None:
    os.link(target, fortress.open / "evil.ini")


def _linked_directory(fortress: Fortress, target: Path) -> None:
    link(fortress.homes[MALLORY] / "vassals", target.parent, MALLORY)
    target.rename(target.with_name("evil.ini"))


@pytest.mark.parametrize("plant", [_link, _hard_link, _linked_directory])
@pytest.mark.parametrize("owner", [VICTIM, 0], ids=["victim", "root"])
def test_nobody_has_anothers_file_run(fortress: Fortress, owner: int, plant: Callable[[Fortress, Path], None]) -> None:
    """A link of either kind to somebody's file, or a directory that leads to it, runs nothing as that somebody."""
    mark = fortress.open / "ran"
    directory = fortress.directory("uploads", owner, 0o755)
    plant(fortress, fortress.vassal("upload.ini", owner, f"id -u > {mark}\n", directory, 0o644))
    place = fortress.homes[MALLORY] / "vassals" if plant is _linked_directory else fortress.open
    fortress.start("--emperor", str(place))
    fortress.wait_refused("evil.ini", "wanted")
    fortress.wait_loyal("victim.ini")
    assert not mark.exists()
    assert fortress.state_of("evil.ini").get("pid", -1) == -1


def test_directory_gives_nobody_a_group(fortress: Fortress) -> None:
    """A group that a directory gives to everybody's files is not one that a vassal runs with."""
    fortress.open.chmod(0o3777)
    os.chown(fortress.open, 0, VICTIM)
    file = fortress.vassal("evil.ini", MALLORY, f"id -g > {fortress.notes(MALLORY)}\n", fortress.open)
    os.chown(file, MALLORY, VICTIM)
    fortress.start("--emperor", str(fortress.open))
    fortress.wait_refused("evil.ini", "wanted a group that is the owner's")
    assert not fortress.notes(MALLORY).exists()


def test_swapped_files_run_as_their_own_owners(fortress: Fortress) -> None:
    """However often two users' files change places in a directory of everybody's: what runs is whose it runs as."""
    place = fortress.directory("market", 0, 0o777)
    told = fortress.directory("told", 0, 0o1777)
    script = f"echo {{uid}} as $(id -u) >> {told}/$(id -u)\n{LOYAL}dd bs=1 count=1 <&3 >/dev/null 2>&1\n"
    files = {uid: fortress.write(fortress.root / f"of-{uid}", script.format(uid=uid), uid) for uid in (VICTIM, MALLORY)}
    fortress.write(
        fortress.gate,
        '#!/bin/sh\nif [ -n "$UWSGI_EMPEROR_FD_CONFIG" ]; then\n'
        '  dd bs=1 count=4 <&4 >/dev/null 2>&1; script=$(dd bs=65535 count=1 <&4 2>/dev/null); eval "$script"\n'
        'else . "./$2"; fi\n',
        0,
        0o755,
    )
    current = place / "evil.ini"
    os.link(files[VICTIM], place / ".next")
    (place / ".next").rename(current)
    fortress.start("--emperor", str(place), "--emperor-throttle", "10")
    done = threading.Event()

    def swap() -> None:
        turn = 0
        while not done.is_set():
            uid = (VICTIM, MALLORY)[turn % 2]
            text = script.format(uid=uid)
            fortress.write(current, text, uid)
            turn += 1

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        wait_for(lambda: len(list(told.iterdir())) == 2, "both to have run", otherwise=fortress.emperor.log)
    finally:
        done.set()
        swapper.join()
    lines = [line.split() for path in told.iterdir() for line in path.read_text().splitlines()]
    assert lines
    assert [line for line in lines if line[0] != line[2]] == []


def test_executable_configuration_is_executed_as_its_owner(fortress: Fortress) -> None:
    """With `emperor-magic-exec` the Emperor leaves the execution to the vassal, which is the owner's by then."""
    fortress.vassal("evil.ini", MALLORY, f"id -u > {fortress.notes(MALLORY)}\n" + LOYAL + "read line <&3\n", mode=0o755)
    fortress.start("--emperor-magic-exec")
    assert fortress.wait_for_note(fortress.notes(MALLORY), "\n") == f"{MALLORY}\n"


@pytest.mark.parametrize("name", ["--uid=0.ini", "-.ini", "$(id).ini", "a;id.ini", "x y.ini", "%n.ini"])
def test_name_is_a_name_and_nothing_else(fortress: Fortress, name: str) -> None:
    """Whatever a configuration is called, its program gets the name as one argument, and runs as its owner."""
    told = fortress.notes(MALLORY)
    fortress.write(fortress.gate, f'#!/bin/sh\nprintf "%s|" "$@" >> "{told}-$(id -u)"\n', 0, 0o755)
    (fortress.vassals / "victim.ini").unlink()
    fortress.vassal(name, MALLORY, "")
    fortress.start()
    path = told.with_name(f"notes-{MALLORY}")
    assert fortress.wait_for_note(path, "|").startswith(f"--ini|{name}|")


def test_program_of_ones_own_runs_as_oneself(fortress: Fortress) -> None:
    """Where configurations may name their program, it is run as their owner, whatever it is."""
    told = fortress.notes(MALLORY)
    program = fortress.write(fortress.homes[MALLORY] / "program", f"#!/bin/sh\nid -u > {told}\n", MALLORY, 0o755)
    fortress.vassal("evil.ini", MALLORY, f"[emperor]\nprogram = {program}\n")
    fortress.start("--emperor-collect-attribute", "program", "--emperor-wrapper-attr", "program")
    assert fortress.wait_for_note(told, "\n") == f"{MALLORY}\n"


# ---- to read what is another's


def test_nobody_starts_where_he_may_not_go(fortress: Fortress) -> None:
    """Where configurations may name their directory, another's private one is not entered with the Emperor's rights."""
    told = fortress.notes(MALLORY)
    fortress.write(fortress.gate, f"#!/bin/sh\npwd > {told}-$(id -u)\n", 0, 0o755)
    fortress.vassal("evil.ini", MALLORY, f"[emperor]\nplace = {fortress.homes[VICTIM]}\n")
    fortress.start("--emperor-collect-attribute", "place", "--emperor-chdir-attr", "place")
    fortress.emperor.wait_for_log(
        f"vassal evil.ini: wanted to enter its directory {fortress.homes[VICTIM]}, found Permission denied."
    )
    assert not told.with_name(f"notes-{MALLORY}").exists()


def test_link_shows_nobody_what_he_may_not_read(fortress: Fortress) -> None:
    """With `emperor-tyrant-nofollow`, a link to a private file is refused, and its content is nowhere."""
    link(fortress.open / "evil.ini", fortress.secret, MALLORY)
    fortress.start("--emperor", str(fortress.open), "--emperor-tyrant-nofollow")
    fortress.wait_refused("evil.ini", f"wanted a configuration that user {MALLORY} may read")
    assert "swordfish" not in fortress.emperor.log() + str(fortress.told())


def test_address_shows_nobody_what_he_may_not_read(fortress: Fortress) -> None:
    """A file of an address that leads to a private file shows none of it, in log or stats."""
    fortress.vassal("evil.ini", MALLORY, "", fortress.open)
    link(fortress.open / "evil.ini.socket", fortress.secret, MALLORY)
    fortress.start("--emperor", str(fortress.open), "--emperor-on-demand-extension", ".socket")
    fortress.wait_refused("evil.ini", "is a link: put a file there")
    fortress.wait_loyal("victim.ini")
    assert "swordfish" not in fortress.emperor.log() + str(fortress.told())
    assert "[uwsgi]" not in str(fortress.told())


def test_private_hooks_are_not_shown(fortress: Fortress) -> None:
    """What the Emperor was told about its hooks, their process shows to nobody, the vassal's own user included."""
    told = fortress.notes(MALLORY)
    spy = (
        f'test "$(id -u)" = {MALLORY} || exit 0; cat /proc/$PPID/environ > {told}; '
        f"ls /proc/$PPID/fd | grep . >> {told}; "
        f"head -c 9 /proc/$PPID/mem >> {told}; echo end >> {told}"
    )
    fortress.loyal("evil.ini", MALLORY)
    fortress.start("--exec-as-vassal", spy, "--hook-as-vassal", "!print:")
    assert fortress.wait_for_note(told, "end") == "end\n"


# ---- to make the Emperor write where it should not


@pytest.mark.parametrize("address", ["{root}/victim/app.sock", "{root}/vassals/x.ini", "127.0.0.1:99", "relative.sock"])
def test_address_takes_no_place_that_its_owner_could_not_take(fortress: Fortress, address: str) -> None:
    """An owner's file of an address makes nothing in another's directory, and takes no privileged port."""
    fortress.vassal("evil.ini", MALLORY, "")
    fortress.write(fortress.vassals / "evil.ini.socket", address.format(root=fortress.root), MALLORY)
    before = sorted(path for path in fortress.root.rglob("*"))
    fortress.start("--emperor-on-demand-extension", ".socket")
    fortress.wait_refused("evil.ini", "name a port from 1024 on or an abstract socket, or give the file to root")
    fortress.wait_loyal("victim.ini")
    made = set(fortress.root.rglob("*")) - set(before)
    assert [path for path in made if is_socket(path)] == [fortress.stats]
    fortress.check_victim()


def test_address_of_another_is_refused(fortress: Fortress) -> None:
    """An address that is neither root's nor the owner's own is not listened on for him."""
    fortress.vassal("evil.ini", MALLORY, "", fortress.open)
    fortress.write(fortress.open / "evil.ini.socket", "@somewhere", VICTIM)
    fortress.start("--emperor", str(fortress.open), "--emperor-on-demand-extension", ".socket")
    fortress.wait_refused("evil.ini", f"is no file of root's or of user {MALLORY}'s")


def test_planted_links_lead_the_emperor_nowhere(fortress: Fortress) -> None:
    """Links where pidfile and sockets are to be, in a directory of everybody's, leave what they lead to as it is."""
    precious = fortress.write(fortress.root / "precious", "precious\n", 0)
    for name in ("pidfile", "commands"):
        link(fortress.open / name, precious, MALLORY)
    emperor = fortress.start("--emperor-pidfile", str(fortress.open / "pidfile"))
    fortress.wait_loyal("victim.ini")
    assert (fortress.open / "pidfile").read_text() == f"{emperor.pid}\n"
    other = fortress._start(
        "--emperor", str(fortress.vassals), "--emperor-command-socket", str(fortress.open / "commands")
    )
    assert other.wait_for_exit() == 1
    assert "a file that is no socket" in other.log()
    assert precious.read_text() == "precious\n"


def test_no_name_writes_a_line_of_its_own(fortress: Fortress) -> None:
    """A name with ends of lines in it, and what its vassal's hooks tell, are one line of the log each."""
    name = "x\n[emperor] vassal victim.ini is gone\n.ini"
    fortress.vassal(name, MALLORY, LOYAL + "read line <&3\n")
    fortress.start("--exec-as-vassal", ":", "--exec-as-emperor", ":")
    fortress.wait_loyal("victim.ini")
    fortress.emperor.wait_for_log(r"is gone\n.ini is now loyal")
    assert not [
        line for line in fortress.emperor.log().splitlines() if line.startswith("[emperor] vassal victim.ini is gone")
    ]


# ---- to stop or starve others


def _fifo(path: Path) -> None:
    os.mkfifo(path)
    os.chown(path, MALLORY, MALLORY)


def _device(path: Path) -> None:
    link(path, "/dev/zero", MALLORY)


def _endless_link(path: Path) -> None:
    link(path, path, MALLORY)


def _directory(path: Path) -> None:
    path.mkdir()
    os.chown(path, MALLORY, MALLORY)


@pytest.mark.parametrize("plant", [_fifo, _device, _endless_link, _directory])
def test_what_is_no_file_holds_nobody_up(fortress: Fortress, plant: Callable[[Path], None]) -> None:
    """In the place of a configuration, what would make a reader wait or never end does so to nobody."""
    plant(fortress.open / "evil.ini")
    plant(fortress.open / "evil.ini.socket")
    fortress.vassal("other.ini", MALLORY, LOYAL + "read line <&3\n", fortress.open)
    fortress.start("--emperor", str(fortress.open), "--emperor-on-demand-extension", ".socket")
    fortress.wait_loyal("victim.ini", "other.ini")
    fortress.check_victim()
    assert fortress.state_of("evil.ini").get("pid", -1) == -1


FLOOD = "while :; do printf '{byte}{byte}{byte}{byte}{byte}{byte}{byte}{byte}'; done >&3\n"


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        (LOYAL + FLOOD.format(byte=r"\143"), ()),
        (LOYAL + FLOOD.format(byte=r"\2"), ()),
        (LOYAL + FLOOD.format(byte=r"\36"), ("--emperor-broodlord", "2")),
        (LOYAL + FLOOD.format(byte=r"\32"), ("--emperor-required-heartbeat", "5")),
        (LOYAL + FLOOD.format(byte=r"\5"), ()),
        ("exit 1\n", ("--emperor-throttle", "1")),
        (LOYAL + "exec 3<&-\nsleep 1000\n", ()),
        (LOYAL + "kill -STOP $$\n", ()),
    ],
    ids=["unknown-bytes", "wants-configuration", "wants-zergs", "heartbeats", "accepting", "dies", "mute", "stopped"],
)
def test_noise_of_one_keeps_nobody_from_being_served(
    fortress: Fortress, script: str, arguments: tuple[str, ...]
) -> None:
    """Whatever a vassal says without end, or however it dies, others are reloaded, and it is stopped with the rest."""
    evil = fortress.vassal("evil.ini", MALLORY, script)
    fortress.start(*arguments, "--emperor-curse-tolerance", "1")
    fortress.wait_loyal("victim.ini")
    if "exit" not in script:
        fortress.wait_loyal("evil.ini")
    for _ in range(3):
        fortress.check_victim()
    assert len([vassal for vassal in fortress.told()["vassals"] if vassal["zerg"]]) <= 2
    evil.unlink()
    wait_for(lambda: not fortress.state_of("evil.ini"), "it to be gone", otherwise=fortress.emperor.log)
    fortress.check_victim()
    wait_for(lambda: not fortress.processes_of(MALLORY), "nothing of it to run", otherwise=fortress.emperor.log)


def test_storm_of_edits_keeps_nobody_from_being_served(fortress: Fortress) -> None:
    """An owner who touches his file without end delays nobody else's reload."""
    file = fortress.loyal("evil.ini", MALLORY)
    fortress.start()
    fortress.wait_loyal("victim.ini", "evil.ini")
    done = threading.Event()

    def storm() -> None:
        while not done.is_set():
            os.utime(file)

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        for _ in range(3):
            fortress.check_victim()
    finally:
        done.set()
        thread.join()


def test_what_ignores_its_end_is_ended(fortress: Fortress) -> None:
    """A vassal that hears no stop, with followers that hold its channel, goes with them, and keeps nobody waiting."""
    stubborn = "trap '' TERM INT HUP\n" + LOYAL + "sleep 1000 &\nwhile :; do sleep 1000; done\n"
    evil = fortress.vassal("evil.ini", MALLORY, stubborn)
    fortress.start("--emperor-curse-tolerance", "1")
    fortress.wait_loyal("victim.ini", "evil.ini")
    evil.unlink()
    fortress.check_victim()
    fortress.emperor.wait_for_log("removed uwsgi instance evil.ini")
    wait_for(lambda: not fortress.processes_of(MALLORY), "all of it to be gone", otherwise=fortress.emperor.log)


def test_long_configuration_on_a_loose_way_is_refused(fortress: Fortress) -> None:
    """More than the pipe carries is refused, and neither read to its end nor kept."""
    place = fortress.directory("market", 0, 0o777)
    fortress.vassal("evil.ini", MALLORY, "#" * 5_000_000, place)
    fortress.start("--emperor", str(place))
    fortress.wait_refused("evil.ini", "wanted at most 65535 bytes")
    fortress.check_victim()


def _kept(emperor: Empire) -> int:
    return len(os.listdir(f"/proc/{emperor.pid}/fd"))


def test_dying_over_and_over_leaves_nothing(fortress: Fortress) -> None:
    """Lives that end at once cost no descriptor, no process and no more starts than the throttle allows."""
    starts = fortress.notes(MALLORY)
    fortress.vassal("evil.ini", MALLORY, f"echo start >> {starts}\nexit 1\n")
    emperor = fortress.start("--emperor-throttle", "20", "--emperor-max-throttle", "40", "--exec-as-vassal", ":")
    fortress.wait_loyal("victim.ini")
    fortress.wait_for_note(starts, "start\n" * 3)
    before = _kept(emperor)
    count = starts.read_text().count("start")
    wait_for(lambda: starts.read_text().count("start") >= count + 10, "ten more lives", otherwise=emperor.log)
    assert _kept(emperor) <= before + 4  # what belongs to one life
