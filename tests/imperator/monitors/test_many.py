"""Many files, lost events, and kernels and file systems that tell nothing."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from pathlib import Path

import pytest
from asyncinotify import Event, Inotify, Mask, Watch

from imperator.monitors.interface import Gone, Listing, Present, Unreachable
from imperator.monitors.layout import Layout, literal_levels
from imperator.monitors.mounts import is_remote_type, read_remote_devices
from imperator.monitors.reach import Reach
from imperator.monitors.tree import FilesMonitor
from imperator.settings import Watching
from tests.imperator.monitors.watcher import watch

POLLED = Watching(rescan_seconds=0.2)


async def test_ten_thousand_files(tmp_path: Path) -> None:
    """Ten thousand files are listed, changed and removed like one, and nothing is told twice."""
    names = [f"{number}.ini" for number in range(10_000)]
    for name in names:
        (tmp_path / name).touch()
    async with watch(tmp_path) as watcher:
        assert len(watcher.specs) == 10_000
        watcher.forget()
        watcher.monitor.look_now()
        await watcher.until_all_is_told()
        assert len(watcher.news) == 2  # the fence, come and gone: a survey that finds nothing tells nothing
        watcher.forget()
        for name in names:
            os.utime(tmp_path / name)
        await watcher.until(lambda: len(watcher.said(Present)) >= 10_000)
        for name in names[:-1]:
            (tmp_path / name).unlink()
        await watcher.until(lambda: set(watcher.specs) == {names[-1]})
        assert len(watcher.said(Present)) == 10_000
        assert len(watcher.said(Gone)) == 9_999


async def test_surveys_leave_the_loop_free(tmp_path: Path) -> None:
    """While ten thousand files are compared, the loop goes on turning."""
    for number in range(10_000):
        (tmp_path / f"{number}.ini").touch()
    async with watch(tmp_path, listed=False) as watcher:
        turns = 0
        while not watcher.said(Listing):
            turns += 1
            await asyncio.sleep(0)
        assert turns > 20


class LossyKernel:
    """Drops all events while it is lossy and tells of the overflow, as the kernel does when its queue is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_lossy = False
        self._real_get = Inotify.sync_get
        kernel = self

        def get(inotify: Inotify) -> Event | None:
            event = kernel._real_get(inotify)
            if event is None or not kernel.is_lossy:
                return event
            while kernel._real_get(inotify) is not None:
                pass
            return Event(None, Mask.Q_OVERFLOW, 0, None)

        monkeypatch.setattr(Inotify, "sync_get", get)


async def test_queue_overflow_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the kernel drops events, everything is compared at once: additions, changes and removals are told."""
    for name in ("changed.ini", "removed.ini", "same.ini"):
        (tmp_path / name).write_text(name)
    kernel = LossyKernel(monkeypatch)
    async with watch(tmp_path) as watcher:
        kernel.is_lossy = True
        (tmp_path / "changed.ini").write_text("something else")
        (tmp_path / "removed.ini").unlink()
        (tmp_path / "added.ini").touch()
        await watcher.until(lambda: set(watcher.specs) == {"changed.ini", "same.ini", "added.ini"})
        await watcher.until(lambda: watcher.reports("changed.ini") == [Present])
        kernel.is_lossy = False
        await watcher.until_all_is_told()
        assert watcher.reports("same.ini") == []
        assert watcher.reports("added.ini") == [Present]


async def test_new_directories_survive_an_overflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Directories made while events were dropped are found and watched."""
    kernel = LossyKernel(monkeypatch)
    async with watch("*/app.ini", directory=tmp_path) as watcher:
        kernel.is_lossy = True
        (tmp_path / "site").mkdir()
        (tmp_path / "site/app.ini").write_text("first")
        await watcher.until(lambda: "site/app.ini" in watcher.specs)
        kernel.is_lossy = False
        (tmp_path / "site/app.ini").write_text("second")
        await watcher.until(lambda: watcher.reports("site/app.ini") == [Present, Present])


def _refuse_watches(inotify: Inotify, path: os.PathLike[str], mask: Mask) -> Watch:
    raise OSError(errno.ENOSPC, "No space left on device")


def _refuse_instances(inotify: Inotify, **_: object) -> None:
    raise OSError(errno.EMFILE, "Too many open files")


LIMITS = [("watches", "add_watch", _refuse_watches), ("instances", "__init__", _refuse_instances)]


@pytest.mark.parametrize(("what", "method", "refuse"), LIMITS, ids=[what for what, *_ in LIMITS])
async def test_limit_of_the_kernel_means_polling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, method: str, refuse: object
) -> None:
    """Where the kernel gives no watch it is said once which limit to raise, and files are polled."""
    (tmp_path / "app.ini").touch()
    monkeypatch.setattr(Inotify, method, refuse)
    async with watch(tmp_path, POLLED) as watcher:
        await watcher.until(lambda: bool(watcher.said(Unreachable)) and isinstance(watcher.news[-1], Listing))
        assert isinstance(told := watcher.said(Unreachable)[0], Unreachable)
        assert f"`sysctl fs.inotify.max_user_{what}=" in told.reason
        assert set(watcher.specs) == {"app.ini"}
        (tmp_path / "app.ini").write_text("changed")
        (tmp_path / "new.ini").touch()
        await watcher.until(lambda: watcher.reports("app.ini") == watcher.reports("new.ini") == [Present])
        (tmp_path / "app.ini").unlink()
        await watcher.until(lambda: set(watcher.specs) == {"new.ini"})
        assert len(watcher.said(Unreachable)) == 1


async def test_network_file_system_is_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where other machines write, files are polled and not watched, without a word: nothing is wrong."""
    device = tmp_path.stat().st_dev
    monkeypatch.setattr("imperator.monitors.survey.read_remote_devices", lambda: frozenset({device}))
    monkeypatch.setattr(Inotify, "add_watch", lambda *_: pytest.fail("a network file system was watched"))
    (tmp_path / "app.ini").touch()
    async with watch(tmp_path, POLLED) as watcher:
        (tmp_path / "app.ini").write_text("changed")
        await watcher.until(lambda: watcher.reports("app.ini") == [Present])
        (tmp_path / "app.ini").unlink()
        await watcher.until(lambda: watcher.specs == {})
        assert watcher.said(Unreachable) == []


INTERVALS = [(None, False, 60.0), (None, True, 3.0), (7.0, False, 7.0), (7.0, True, 7.0)]


@pytest.mark.parametrize(("chosen", "is_deaf", "seconds"), INTERVALS)
def test_time_between_surveys(chosen: float | None, is_deaf: bool, seconds: float) -> None:
    """Surveys are rare where events tell of changes, and what was chosen always holds."""
    reach = Reach(Layout("/srv", literal_levels("/srv/x"), "/srv", None), Watching(rescan_seconds=chosen))
    assert reach.rescan_seconds(is_deaf) == seconds


TYPES = [("nfs4", True), ("cifs", True), ("fuse.sshfs", True), ("fuse", True), ("9p", True), ("virtiofs", True)]


@pytest.mark.parametrize(
    ("name", "is_remote"),
    [*TYPES, ("ext4", False), ("overlay", False), ("tmpfs", False), ("fuseblk", False), ("btrfs", False)],
)
def test_type_of_file_system(name: str, is_remote: bool) -> None:
    """Only file systems that others write to behind the kernel's back are remote."""
    assert is_remote_type(name) == is_remote


def test_mount_table_is_read(tmp_path: Path) -> None:
    """Devices of remote file systems are found in the mount table; without one there are none."""
    table = tmp_path / "mountinfo"
    table.write_text(
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        "36 27 0:45 / /mnt/a\\040b rw,relatime shared:7 - nfs4 server:/export rw,vers=4.2\n"
        "37 27 0:46 / /mnt/c rw - fuse.sshfs host:/ rw\n"
    )
    assert read_remote_devices(str(table)) == {os.makedev(0, 45), os.makedev(0, 46)}
    assert read_remote_devices(str(tmp_path / "missing")) == frozenset()


async def test_bug_of_ours_is_raised_and_not_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect while an event, a timer or a survey is handled reaches whoever fetches the news."""
    async with watch(tmp_path) as watcher:
        monkeypatch.setattr("imperator.monitors.ledger.Ledger.take", lambda *_, **__: 1 // 0)
        (tmp_path / "app.ini").touch()
        with pytest.raises(ZeroDivisionError):
            await watcher.until(lambda: False)


async def test_busy_log_beside_the_vassals_hides_nothing(tmp_path: Path) -> None:
    """However much is written beside them, changes of vassals' files are told, once each."""
    (tmp_path / "app.ini").touch()
    async with watch(tmp_path) as watcher:
        with (tmp_path / "busy.log").open("a") as log:
            for number in range(3_000):
                log.write("line\n")
                log.flush()
                if number % 300 == 0:
                    os.utime(tmp_path / "app.ini", ns=(number, number))
                await asyncio.sleep(0)
        await watcher.until_all_is_told()
        assert watcher.specs["app.ini"].modified == (tmp_path / "app.ini").stat().st_mtime
        assert len(watcher.reports("app.ini")) <= 10
        assert {news.spec.name for news in watcher.said(Present) if isinstance(news, Present)} == {
            "app.ini",
            "fence.ini",
        }


async def test_thousand_directories_of_a_pattern(tmp_path: Path) -> None:
    """Directories that a pattern matches may come and go by the thousand."""
    sites = tmp_path / "sites"
    for number in range(1_000):
        (sites / str(number)).mkdir(parents=True)
        (sites / str(number) / "app.ini").touch()
    async with watch("sites/*/app.ini", directory=tmp_path) as watcher:
        assert len(watcher.specs) == 1_000
        for number in range(999):
            (sites / str(number) / "app.ini").unlink()
            (sites / str(number)).rmdir()
        await watcher.until(lambda: set(watcher.specs) == {"sites/999/app.ini"})
        (sites / "999/app.ini").write_text("changed")
        await watcher.until(lambda: watcher.reports("sites/999/app.ini") == [Present])


async def test_nothing_is_left_open(tmp_path: Path) -> None:
    """Who stops watching leaves no descriptor behind, and may start again."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        async with watch(tmp_path):
            assert len(os.listdir("/proc/self/fd")) > before
    assert len(os.listdir("/proc/self/fd")) == before


async def test_link_to_a_network_file_system_is_polled_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One link that leads to another machine means polling, also after surveys that found nothing new."""
    remote = "/dev/shm"
    monkeypatch.setattr("imperator.monitors.survey.read_remote_devices", lambda: frozenset({os.stat(remote).st_dev}))
    with tempfile.NamedTemporaryFile(dir=remote) as target:
        (tmp_path / "app.ini").symlink_to(target.name)
        async with watch(tmp_path, POLLED) as watcher:
            for content in ("first", "the second"):
                told = len(watcher.reports("app.ini"))
                Path(target.name).write_text(content)
                await watcher.until(lambda told=told: len(watcher.reports("app.ini")) > told)  # type: ignore[misc]
            assert isinstance(monitor := watcher.monitor, FilesMonitor)
            assert monitor.is_polling
