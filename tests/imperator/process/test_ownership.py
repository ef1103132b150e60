"""Tyrant mode's judgement: whose a configuration is, and what hostile neighbours try."""

from __future__ import annotations

import fcntl
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imperator.policy.vassal import VassalSpec
from imperator.process.judging import Judge
from imperator.process.launch import Launched, Launcher
from imperator.process.ownership import Owned, OwnershipError, check_ids, find_owner
from imperator.settings import Launching
from tests.imperator.process.descriptors import room_for

VICTIM, MALLORY, STAFF = 1001, 1002, 1500

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of several users: sudo make test")


class Land:
    """A directory of vassals and the homes of two users, to play in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.vassals = self.directory("vassals", 0, 0o755)
        self.victims = self.directory("victim", VICTIM, 0o755)
        self.mallorys = self.directory("mallory", MALLORY, 0o755)

    def directory(self, name: str, uid: int, mode: int, gid: int | None = None) -> Path:
        path = self.root / name
        path.mkdir()
        os.chown(path, uid, uid if gid is None else gid)
        path.chmod(mode)
        return path

    def file(self, path: Path, uid: int, gid: int | None = None, mode: int = 0o640, text: str = "[uwsgi]\n") -> Path:
        path.write_text(text)
        os.chown(path, uid, uid if gid is None else gid)
        path.chmod(mode)
        return path

    def link(self, path: Path, target: Path | str, uid: int) -> Path:
        path.symlink_to(target)
        os.chown(path, uid, uid, follow_symlinks=False)
        return path


@pytest.fixture
def land() -> Iterator[Land]:
    """Return a land below a directory that only root can change and everybody may enter."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Land(Path(directory))


def judge(path: Path, *, link_counts: bool = False, most_bytes: int = 0xFFFF) -> Owned:
    return find_owner("app.ini", str(path), link_counts=link_counts, most_bytes=most_bytes)


def _plain(land: Land) -> Path:
    return land.file(land.vassals / "app.ini", VICTIM, STAFF)


def _roots_link(land: Land) -> Path:
    return land.link(land.vassals / "app.ini", land.file(land.victims / "app.ini", VICTIM, STAFF), 0)


def _relative_link_up(land: Land) -> Path:
    land.file(land.victims / "app.ini", VICTIM, STAFF)
    return land.link(land.vassals / "app.ini", "../vassals/./../victim/app.ini", VICTIM)


def _own_directory(land: Land) -> Path:
    return land.file(land.victims / "app.ini", VICTIM, STAFF)


def _own_group_may_write(land: Land) -> Path:
    return land.file(land.directory("private", VICTIM, 0o775) / "app.ini", VICTIM, STAFF)


def _sticky(land: Land) -> Path:
    return land.file(land.directory("shared", 0, 0o1777) / "app.ini", VICTIM, STAFF)


def _linked_directory(land: Land) -> Path:
    land.file(land.victims / "app.ini", VICTIM, STAFF)
    return land.link(land.root / "way", land.victims, 0) / "app.ini"


def _two_names_from_root(land: Land) -> Path:
    os.link(land.file(land.victims / "app.ini", VICTIM, STAFF), land.vassals / "app.ini")
    return land.vassals / "app.ini"


@pytest.mark.parametrize(
    "make",
    [
        *(_plain, _roots_link, _relative_link_up, _own_directory, _own_group_may_write, _sticky, _linked_directory),
        _two_names_from_root,
    ],
)
def test_firm_way_leaves_the_file_to_its_owner(land: Land, make: Callable[[Land], Path]) -> None:
    """Where only root and the owner can change what a name leads to, the name is used as it is."""
    assert judge(make(land)) == Owned(VICTIM, STAFF, None)


def _everybodys_directory(land: Land) -> Path:
    return land.file(land.directory("open", 0, 0o777) / "app.ini", VICTIM, STAFF)


def _groups_directory(land: Land) -> Path:
    return land.file(land.directory("team", 0, 0o775, STAFF) / "app.ini", VICTIM, STAFF)


def _another_users_directory(land: Land) -> Path:
    return land.file(land.mallorys / "app.ini", VICTIM, STAFF)


def _loose_directory_above(land: Land) -> Path:
    directory = land.directory("open", 0, 0o777) / "deep"
    directory.mkdir()
    return land.file(directory / "app.ini", VICTIM, STAFF)


def _link_through_loose_directory(land: Land) -> Path:
    return land.link(land.vassals / "app.ini", _everybodys_directory(land), VICTIM)


@pytest.mark.parametrize(
    "make",
    [
        *(_everybodys_directory, _groups_directory, _another_users_directory, _loose_directory_above),
        _link_through_loose_directory,
    ],
)
def test_loose_way_hands_out_what_was_judged(land: Land, make: Callable[[Land], Path]) -> None:
    """Where others could swap the file after the check, its content goes along with its owner."""
    assert judge(make(land)) == Owned(VICTIM, STAFF, b"[uwsgi]\n")


def _roots_file(land: Land) -> Path:
    return land.file(land.vassals / "app.ini", 0, VICTIM)


def _roots_group(land: Land) -> Path:
    return land.file(land.vassals / "app.ini", VICTIM, 0)


def _link_to_roots_file(land: Land) -> Path:
    return land.link(land.vassals / "app.ini", land.file(land.root / "secret.ini", 0), MALLORY)


def _link_to_victims_file(land: Land) -> Path:
    target = land.file(land.victims / "upload.ini", VICTIM)
    return land.link(land.directory("shared", 0, 0o1777) / "app.ini", target, MALLORY)


def _linked_directory_of_mallory(land: Land) -> Path:
    land.file(land.victims / "app.ini", VICTIM)
    return land.link(land.mallorys / "vassals", land.victims, MALLORY) / "app.ini"


def _hard_link_to_victims_file(land: Land) -> Path:
    os.link(land.file(land.victims / "upload.ini", VICTIM), land.mallorys / "app.ini")
    return land.mallorys / "app.ini"


def _hard_link_in_sticky_directory(land: Land) -> Path:
    path = land.directory("shared", 0, 0o1777) / "app.ini"
    os.link(land.file(land.victims / "upload.ini", VICTIM), path)
    return path


def _hard_link_to_roots_file(land: Land) -> Path:
    path = land.directory("shared", 0, 0o1777) / "app.ini"
    os.link(land.file(land.root / "root.ini", 0), path)
    return path


def _fifo(land: Land) -> Path:
    path = land.vassals / "app.ini"
    os.mkfifo(path)
    os.chown(path, MALLORY, MALLORY)
    return path


def _device(land: Land) -> Path:
    return land.link(land.mallorys / "app.ini", "/dev/zero", MALLORY)


def _directory(land: Land) -> Path:
    return land.directory("vassals/app.ini", MALLORY, 0o755)


def _everybody_may_write_it(land: Land) -> Path:
    return land.file(land.vassals / "app.ini", VICTIM, mode=0o666)


def _given_group(land: Land) -> Path:
    return land.file(land.directory("drop", 0, 0o3777, STAFF) / "app.ini", MALLORY, STAFF)


def _loop(land: Land) -> Path:
    return land.link(land.mallorys / "app.ini", land.mallorys / "app.ini", MALLORY)


def _kernels_link(land: Land) -> Path:
    return land.link(land.mallorys / "app.ini", "/proc/self/fd/0/../../environ", MALLORY)


def _dangling(land: Land) -> Path:
    return land.link(land.mallorys / "app.ini", "nowhere", MALLORY)


def _huge(land: Land) -> Path:
    return land.file(land.directory("open", 0, 0o777) / "app.ini", MALLORY, text="#" * 0x10000)


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (_roots_file, "user 0"),
        (_roots_group, "group 0"),
        (_link_to_roots_file, "user 0"),
        (_link_to_victims_file, "one of user 1002 in"),
        (_linked_directory_of_mallory, "one of user 1002 in"),
        (_hard_link_to_victims_file, "2 hard links"),
        (_hard_link_in_sticky_directory, "2 hard links"),
        (_hard_link_to_roots_file, "user 0"),
        (_fifo, "prw"),
        (_device, "crw"),
        (_directory, "drwx"),
        (_everybody_may_write_it, "mode -rw-rw-rw-"),
        (_given_group, "group 1500, which"),
        (_loop, "Too many levels of symbolic links"),
        (_kernels_link, "Not a directory"),
        (_dangling, "No such file"),
        (_huge, "more"),
    ],
)
def test_hostile_configuration_is_refused(land: Land, make: Callable[[Land], Path], found: str) -> None:
    """Nobody gets a vassal run as somebody else, has the Emperor read what is not his, or makes it wait."""
    before = os.listdir("/proc/self/fd")
    path = make(land)
    with pytest.raises(OwnershipError) as caught:
        judge(path)
    assert found in caught.value.found
    assert caught.value.thing == "vassal app.ini"
    assert caught.value.remedy
    assert os.listdir("/proc/self/fd") == before


def test_lease_does_not_make_the_emperor_wait(land: Land) -> None:
    """A lease on a file would hold back an ordinary open() for as long as its owner likes: it is refused instead."""
    path = land.file(land.directory("open", 0, 0o777) / "app.ini", MALLORY)
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)  # the kernel asks the holder, which is us, to let go
    lease = os.open(path, os.O_RDWR)
    try:
        fcntl.fcntl(lease, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        with pytest.raises(OwnershipError, match="found Resource temporarily unavailable"):
            judge(path)
    finally:
        os.close(lease)
        signal.signal(signal.SIGIO, before)


def test_owner_of_the_link_counts_where_told_so(land: Land) -> None:
    """Several users may share one template that is root's: each runs it as himself."""
    template = land.file(land.root / "template.ini", 0, mode=0o644)
    assert judge(land.link(land.vassals / "a.ini", template, VICTIM), link_counts=True) == Owned(VICTIM, VICTIM, None)
    assert judge(land.link(land.vassals / "b.ini", template, MALLORY), link_counts=True) == Owned(
        MALLORY, MALLORY, None
    )


@pytest.mark.parametrize(
    ("mode", "directory_mode", "content"),
    [(0o644, 0o755, b"secret"), (0o640, 0o755, None), (0o644, 0o700, None)],
)
def test_link_does_not_show_what_its_owner_may_not_read(
    land: Land, mode: int, directory_mode: int, content: bytes | None
) -> None:
    """Content is handed out to the owner of a link only if everybody may read it where it is."""
    land.victims.chmod(directory_mode)
    target = land.file(land.victims / "secret.ini", VICTIM, mode=mode, text="secret")
    link = land.link(land.directory("open", 0, 0o777) / "app.ini", target, MALLORY)
    if content is not None:
        assert judge(link, link_counts=True) == Owned(MALLORY, MALLORY, content)
        return
    with pytest.raises(OwnershipError, match="wanted a configuration that user 1002 may read"):
        judge(link, link_counts=True)


def test_swap_of_a_directory_between_steps_is_seen(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged is what was entered: a directory renamed meanwhile does not lead anywhere else."""
    mine = land.directory("open", 0, 0o777) / "here"
    mine.mkdir()
    land.file(mine / "app.ini", MALLORY, text="mallory's")
    other = land.directory("other", 0, 0o755)
    land.file(other / "app.ini", VICTIM, text="victim's")
    real_open = os.open

    def open_and_swap(path: str, flags: int, *arguments: int, **named: int) -> int:
        descriptor = real_open(path, flags, *arguments, **named)
        if path == "here":
            mine.rename(mine.with_name("gone"))
            other.rename(mine)
        return descriptor

    monkeypatch.setattr(os, "open", open_and_swap)
    assert judge(mine / "app.ini") == Owned(MALLORY, MALLORY, b"mallory's")


@pytest.mark.parametrize(("uid", "gid", "found"), [(0, 5, "user 0"), (5, 0, "group 0"), (0, 0, "user 0")])
def test_nothing_runs_as_root(uid: int, gid: int, found: str) -> None:
    """User or group 0 is refused wherever it comes from, and the error says what to do."""
    with pytest.raises(OwnershipError) as caught:
        check_ids("app.ini", uid, gid)
    assert caught.value.found == found
    assert "Give it to the" in caught.value.remedy


def test_zerg_is_judged_by_the_file_of_its_vassal(land: Land) -> None:
    """A zerg's name is that of a section: whose it is, its vassal's file tells."""
    file = land.file(land.vassals / "app.ini", VICTIM, STAFF)
    launching = Launching(wrapper="/bin/true", tyrant=True)
    launcher, judge = Launcher(launching), Judge(launching)
    spec = VassalSpec("app.ini", "s", version=1, modified=0.0, directory=str(land.vassals), uid=VICTIM, gid=STAFF)
    held = Launched(pid=1, channel=-1, pidfd=-1, owner=(VICTIM, STAFF))
    assert launcher.prepare_reload(judge.judge(spec.as_zerg(1)), held) is True
    os.chown(file, MALLORY, STAFF)
    assert launcher.prepare_reload(judge.judge(spec.as_zerg(1)), held) is False


def test_attributes_come_from_the_text_that_was_judged(land: Land) -> None:
    """What was read before of a file that others can swap counts no more: it may not have been its owner's."""
    swapped = land.directory("open", 0, 0o777)
    land.file(swapped / "app.ini", VICTIM, STAFF, text="[emperor]\nrun = /victims/own\nother = x\n")
    spec = VassalSpec(
        *("app.ini", "s", 1, 0.0, str(swapped), MALLORY, MALLORY),
        attributes=(("home", "/root"), ("run", "/mallorys/own")),
    )
    told = Launching(wrapper="/bin/true", tyrant=True, wrapper_attribute="run", directory_attribute="home")
    judged = Judge(told).judge(spec)
    assert (judged.uid, judged.attributes) == (VICTIM, (("run", "/victims/own"),))


def test_without_a_descriptor_left_nothing_is_judged(land: Land) -> None:
    """That we have no descriptor left is told as such, wherever on the way it comes, and nobody's file is blamed."""
    path = _plain(land)
    for room in (0, 1):
        with (
            room_for(room),
            pytest.raises(OwnershipError, match=r"Too many open files\. Raise the limit of open files"),
        ):
            judge(path)
    assert judge(path) == Owned(VICTIM, STAFF, None)
