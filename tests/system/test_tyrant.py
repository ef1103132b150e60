"""Tyrant mode with real processes: who vassals are, what they hold, and what happens when owners change."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.waiting import wait_for

ALICE, BOB, STAFF = 1001, 1002, 1500

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")

PORTRAIT = """#!/usr/bin/env -S {python} -IS
import json, os, sys
status = dict(line.rstrip("\\n").partition(":\\t")[::2] for line in open("/proc/self/status"))
config = os.environ.get("UWSGI_EMPEROR_FD_CONFIG")
name = sys.argv[2].removeprefix("emperor://")
portrait = dict(
    pid=os.getpid(), name=name, uids=os.getresuid(), gids=os.getresgid(), groups=sorted(os.getgroups()),
    caps={{key: int(status[key], 16) for key in ("CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd")}},
    descriptors=sorted(int(name) for name in os.listdir("/proc/self/fd")), env=sorted(os.environ),
    session=os.getsid(0) == os.getpid(), argv=sys.argv[1:], ignored=int(status["SigIgn"], 16),
    blocked=int(status["SigBlk"], 16), no_new_privileges=status["NoNewPrivs"], stdin=os.readlink("/proc/self/fd/0"),
    namespaces={{name: os.readlink("/proc/self/ns/" + name) for name in ("pid", "ipc", "uts", "net", "mnt")}},
    config=os.read(int(config), 70000)[4:].decode() if config else open(name).read(),
)
with open("{portraits}", "a") as file:
    file.write(json.dumps(portrait) + "\\n")
os.write(3, b"\\1\\5\\21")
while (message := os.read(3, 1)) == b"\\1":
    if config:
        os.write(3, b"\\2")
        portrait["config"] = os.read(int(config), 70000)[4:].decode()
    else:
        portrait["config"] = open(name).read()
    with open("{portraits}", "a") as file:
        file.write(json.dumps(portrait) + "\\n")
    os.write(3, b"\\5")
"""


def find_open_python() -> str:
    """Return a Python that every user may run; root's own may be in root's home."""
    for path in (os.path.realpath(sys.executable), "/usr/bin/python3", "/usr/local/bin/python3"):
        ways = [Path(os.path.realpath(path)), *Path(os.path.realpath(path)).parents]
        if all(way.exists() and way.stat().st_mode & 0o001 for way in ways):
            return path
    pytest.skip("no Python that other users may run; install one with: apt-get install python3")


FAST, STAGED = (), ("--emperor-wrapper-fallback", "/bin/false")
"""Ways through setpriv and through our own stage."""

RIGHTS = "+setuid,+setgid,+kill,+dac_read_search"
"""Of an Emperor that is not root; the last one only because its Python may be in root's home."""


class City:
    """A directory everybody may enter, an Emperor with vassals that draw their portraits, and those portraits."""

    def __init__(self, root: Path, start_emperor: StartEmperor) -> None:
        self.root = root
        self._start = start_emperor
        self.vassals = root / "vassals"
        self.vassals.mkdir()
        self.portraits_path = root / "portraits"
        self.portraits_path.touch()
        self.portraits_path.chmod(0o666)
        self.wrapper = root / "portrait"
        self.wrapper.write_text(PORTRAIT.format(python=find_open_python(), portraits=self.portraits_path))
        self.wrapper.chmod(0o755)

    def start(self, *arguments: str, is_tyrant: bool = True, **options: Any) -> Empire:
        tyrant = ("--emperor-tyrant",) if is_tyrant else ()
        stats = ("--emperor-stats", str(self.root / "stats"))
        wrapper = ("--emperor-wrapper", str(self.wrapper))
        self.emperor = self._start(
            *("--emperor", str(self.vassals), *tyrant, *stats, *wrapper, *arguments),
            fake_vassals=False,
            **options,
        )
        return self.emperor

    def write(self, name: str, uid: int, gid: int, text: str = "[uwsgi]\n") -> Path:
        new = self.root / f"new-{name}"
        new.write_text(text)
        os.chown(new, uid, gid)
        return new.rename(self.vassals / name)

    def portraits(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        """Return the portraits of a vassal once there are so many."""

        def drawn() -> list[dict[str, Any]]:
            whole_lines = self.portraits_path.read_text().rpartition("\n")[0].splitlines()
            return [portrait for portrait in map(json.loads, whole_lines) if portrait["name"] == name]

        wait_for(lambda: len(drawn()) >= count, f"portrait {count} of {name}", otherwise=lambda: self.emperor.log())
        return drawn()

    def unreadable(self, name: str, text: str) -> None:
        """Wait until stats tell why a vassal is refused."""

        def told() -> bool:
            entries = read_stats(self.root / "stats")["unreadable"]
            return any(entry["id"] == name and text in entry["reason"] for entry in entries)

        self.emperor.wait_for_log("vassal")
        wait_for(lambda: (self.root / "stats").exists() and told(), f"{text!r} for {name}", otherwise=self.emperor.log)


@pytest.fixture
def city(start_emperor: StartEmperor) -> Iterator[City]:
    """Return an empty city."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield City(Path(directory), start_emperor)


@pytest.mark.parametrize("way", [FAST, STAGED], ids=["setpriv", "stage"])
def test_vassal_is_its_owner_and_nothing_else(city: City, way: tuple[str, ...]) -> None:
    """All ids are the owner's, there are no other groups, no capabilities, and nothing of ours is left open."""
    city.write("app.ini", ALICE, STAFF)
    os.setgroups([4, 20, 27])
    try:
        city.start(*way, environment={"NOTIFY_SOCKET": "/nowhere", "UWSGI_RELOADS": "1"})
    finally:
        os.setgroups([])
    (seen,) = city.portraits("app.ini")
    assert (seen["uids"], seen["gids"], seen["groups"]) == ([ALICE] * 3, [STAFF] * 3, [])
    assert {name: seen["caps"][name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == dict.fromkeys(
        ("CapInh", "CapPrm", "CapEff", "CapAmb"), 0
    )
    listing = 1  # the descriptor that lists them
    assert len(seen["descriptors"]) == len({0, 1, 2, 3}) + listing
    allowed = {*os.environ, "UWSGI_EMPEROR_FD", "IMPERATOR_TEST_MARK", "FAKE_VASSAL_JOURNAL", "LC_CTYPE"}
    assert set(seen["env"]) <= allowed
    assert seen["session"] is True
    assert seen["argv"] == ["--ini", "app.ini"]


@pytest.mark.parametrize("way", [FAST, STAGED], ids=["setpriv", "stage"])
def test_initgroups_gives_the_groups_of_the_user(city: City, way: tuple[str, ...]) -> None:
    """`emperor-tyrant-initgroups`: a vassal has the groups its user would have; without a user there is no vassal."""
    import pwd

    name = next((user.pw_name for user in pwd.getpwall() if user.pw_uid not in (0, 65534)), None)
    assert name is not None
    user = pwd.getpwnam(name)
    city.write("known.ini", user.pw_uid, STAFF)
    city.write("unknown.ini", 54321, STAFF)
    city.start("--emperor-tyrant-initgroups", *way)
    (seen,) = city.portraits("known.ini")
    assert seen["groups"] == sorted(os.getgrouplist(name, user.pw_gid))
    assert seen["gids"] == [STAFF] * 3
    log = city.emperor.wait_for_log("unloyal bad behaving vassal found: unknown.ini")
    assert "54321" in log


def test_what_is_roots_is_refused_until_it_is_given_away(city: City) -> None:
    """Files of user or group 0 are told in log and stats with what to do, and start once that is done."""
    file = city.write("app.ini", 0, STAFF)
    city.write("group.ini", ALICE, 0)
    city.start()
    city.unreadable("app.ini", "found user 0, wanted a configuration that belongs to a user other than root")
    city.unreadable("group.ini", "Give it to the group the vassal is to run as (chgrp)")
    os.chown(file, BOB, STAFF)
    (seen,) = city.portraits("app.ini")
    assert seen["uids"] == [BOB] * 3
    wait_for(
        lambda: [entry["id"] for entry in read_stats(city.root / "stats")["unreadable"]] == ["group.ini"],
        "no complaint about app.ini",
    )


def test_change_of_owner_stops_the_vassal(city: City) -> None:
    """A vassal whose configuration changes hands is stopped and starts anew as the new owner; root's stays down."""
    file = city.write("app.ini", ALICE, STAFF)
    city.start()
    city.portraits("app.ini")
    os.chown(file, BOB, STAFF)
    city.emperor.wait_for_log("vassal app.ini: permissions of its configuration changed: stopping the instance")
    assert city.portraits("app.ini", 2)[1]["uids"] == [BOB] * 3
    os.chown(file, 0, STAFF)
    city.unreadable("app.ini", "found user 0")
    wait_for(
        lambda: read_stats(city.root / "stats")["vassals"][0]["pid"] == -1,
        "nothing that runs",
        otherwise=city.emperor.log,
    )


@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_reload_is_judged_again(city: City, mode: int) -> None:
    """A reload takes the new content, from file or pipe; one that could be somebody else's is not made."""
    city.vassals.chmod(mode)
    file = city.write("app.ini", ALICE, STAFF, "[uwsgi]\n; one\n")
    city.start()
    assert city.portraits("app.ini")[0]["config"] == "[uwsgi]\n; one\n"
    city.write("app.ini", ALICE, STAFF, "[uwsgi]\n; two\n")
    seen = city.portraits("app.ini", 2)
    assert (seen[1]["config"], seen[1]["pid"]) == ("[uwsgi]\n; two\n", seen[0]["pid"])
    hostile = city.root / "hostile.ini"
    hostile.write_text("[uwsgi]\n; three\n")
    os.chown(hostile, ALICE, STAFF)
    hostile.chmod(0o666)
    hostile.rename(file)
    city.unreadable("app.ini", "wanted a configuration that not everybody may write")
    city.write("app.ini", ALICE, STAFF, "[uwsgi]\n; four\n")
    seen = city.portraits("app.ini", 3)
    assert (seen[2]["config"], seen[2]["pid"]) == ("[uwsgi]\n; four\n", seen[0]["pid"])


def test_way_that_becomes_loose_restarts_the_vassal(city: City) -> None:
    """A vassal reads its file by itself no longer once others could swap it: it starts anew on the pipe."""
    city.write("app.ini", ALICE, STAFF)
    city.start()
    assert city.portraits("app.ini")[0]["argv"] == ["--ini", "app.ini"]
    city.vassals.chmod(0o777)
    city.write("app.ini", ALICE, STAFF, "[uwsgi]\n; two\n")
    second = city.portraits("app.ini", 2)[1]
    assert (second["argv"], second["config"]) == (["--ini", "emperor://app.ini"], "[uwsgi]\n; two\n")


def test_owner_of_a_link_counts_with_nofollow(city: City) -> None:
    """`emperor-tyrant-nofollow`: one template of root's, run by everybody who links to it, each as himself."""
    template = city.root / "template.ini"
    template.write_text("[uwsgi]\n; shared\n")
    for name, uid in (("alice.ini", ALICE), ("bob.ini", BOB)):
        link = city.vassals / name
        link.symlink_to(template)
        os.chown(link, uid, uid, follow_symlinks=False)
    city.start("--emperor-tyrant-nofollow")
    for name, uid in (("alice.ini", ALICE), ("bob.ini", BOB)):
        (seen,) = city.portraits(name)
        assert (seen["uids"], seen["config"]) == ([uid] * 3, "[uwsgi]\n; shared\n")


@pytest.mark.parametrize("way", [FAST, STAGED], ids=["setpriv", "stage"])
def test_capabilities_are_bounded(city: City, way: tuple[str, ...]) -> None:
    """`emperor-cap`: no program of a vassal's can ever have another capability than those that are named."""
    city.write("app.ini", ALICE, STAFF)
    city.start("--emperor-cap", "chown,kill", *way)
    (seen,) = city.portraits("app.ini")
    assert seen["caps"]["CapBnd"] == (1 << 0) | (1 << 5)


def test_namespaces_are_the_vassals_own(city: City) -> None:
    """`emperor-use-clone`: all namespaces are new, the vassal is the first process in its own, and it ends as asked."""
    city.write("app.ini", ALICE, STAFF)
    city.start("--emperor-use-clone", "pid,ipc,uts,net,fs")
    (seen,) = city.portraits("app.ini")
    ours = {name: os.readlink(f"/proc/self/ns/{name}") for name in seen["namespaces"]}
    assert not set(seen["namespaces"].items()) & set(ours.items())
    assert seen["pid"] == 1
    assert city.emperor.stop() == 0
    assert "removed uwsgi instance app.ini (exited with 0)" in city.emperor.log()
    assert os.readlink("/proc/self/ns/pid") == ours["pid"]


@pytest.mark.parametrize("way", [FAST, STAGED], ids=["setpriv", "stage"])
def test_emperor_without_root_needs_two_capabilities(city: City, way: tuple[str, ...]) -> None:
    """An Emperor of another user drops to owners with CAP_SETUID and CAP_SETGID alone, and vassals inherit neither."""
    chain = ["setpriv", "--reuid=1600", "--regid=1600", "--clear-groups", f"--bounding-set=-all,{RIGHTS}"]
    chain += [f"--inh-caps={RIGHTS}", f"--ambient-caps={RIGHTS}", "--"]
    city.write("app.ini", ALICE, STAFF)
    os.chown(city.root, 1600, 1600)
    city.start(*way, before=chain)
    (seen,) = city.portraits("app.ini")
    assert (seen["uids"], seen["gids"], seen["groups"]) == ([ALICE] * 3, [STAFF] * 3, [])
    assert all(seen["caps"][name] == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"))


def test_emperor_without_rights_says_so(city: City) -> None:
    """An Emperor that cannot become the owners tells which rights it lacks, and nothing runs as somebody else."""
    city.write("app.ini", ALICE, STAFF)
    os.chown(city.root, 1600, 1600)
    chain = [
        "setpriv",
        "--reuid=1600",
        "--regid=1600",
        "--clear-groups",
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--",
    ]
    city.start(*STAGED, before=chain)
    city.emperor.wait_for_log(
        f"vassal app.ini: it cannot become user {ALICE}, group {STAFF}: run the Emperor as root, or with CAP_SETUID"
    )
    assert city.portraits_path.read_text() == ""


KEPT = "setuid,setgid,kill,dac_read_search"
"""What `cap` has to keep for an Emperor of another user; the last one only as in `RIGHTS`."""


def capabilities_of(pid: int) -> dict[str, int]:
    """Return the capability sets of a process."""
    status = dict(line.partition(":\t")[::2] for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}


def test_emperor_keeps_the_capabilities_it_is_told_to(city: City) -> None:
    """`cap`: started as root it becomes another user and can still become owners; vassals have nothing of it."""
    os.chown(city.root, 1600, 1600)
    city.write("app.ini", ALICE, STAFF)
    city.start("--uid", "1600", "--gid", "1600", "--cap", KEPT)
    (seen,) = city.portraits("app.ini")
    assert (seen["uids"], seen["gids"], seen["groups"]) == ([ALICE] * 3, [STAFF] * 3, [])
    assert [seen["caps"][name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")] == [0] * 4
    kept = sum(1 << number for number in (2, 5, 6, 7))
    assert capabilities_of(city.emperor.pid) == {"CapInh": 0, "CapPrm": kept, "CapEff": kept, "CapAmb": 0}
    assert Path(f"/proc/{city.emperor.pid}").stat().st_uid == 1600
    assert city.emperor.stop() == 0


@pytest.mark.parametrize("way", [(), ("--exec-as-vassal", "true")], ids=["at once", "after hooks"])
def test_capabilities_of_the_emperor_are_not_the_vassals(
    city: City, start_emperor: StartEmperor, way: tuple[str, ...]
) -> None:
    """`cap` without Tyrant: vassals are of the Emperor's user and have no capability, hooks before them or not."""
    os.chown(city.root, 1600, 1600)
    city.write("app.ini", 1600, 1600)
    city.emperor = start_emperor(
        *("--emperor", str(city.vassals), "--emperor-wrapper", str(city.wrapper)),
        *("--uid", "1600", "--gid", "1600", "--cap", KEPT, *way),
        fake_vassals=False,
    )
    (seen,) = city.portraits("app.ini")
    assert (seen["uids"], seen["gids"]) == ([1600] * 3, [1600] * 3)
    assert [seen["caps"][name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")] == [0] * 4


def test_capabilities_that_are_not_there_cannot_be_kept(city: City) -> None:
    """An Emperor that is told to keep what it does not have ends at once, with what to do."""
    city.write("app.ini", ALICE, STAFF)
    os.chown(city.root, 1600, 1600)
    reading = "+dac_read_search"
    chain = ["setpriv", "--reuid=1600", "--regid=1600", "--clear-groups"]
    city.start("--cap", "setuid", before=[*chain, f"--inh-caps={reading}", f"--ambient-caps={reading}", "--"])
    assert city.emperor.wait_for_exit() == 1
    assert "cap setuid: wanted to keep these capabilities, found Operation not permitted." in city.emperor.log()
