"""Whether single files, wherever they are, are still there: told by the kernel, and looked at now and then."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

from imperator.monitors.delays import rest
from imperator.monitors.files import Refused, Sight, look
from imperator.monitors.hearing import CHANGED_ENTRIES, GONE_SECONDS
from imperator.monitors.inotify import Ear
from imperator.monitors.reach import POLL_SECONDS, RESCAN_SECONDS
from imperator.monitors.threads import run_in_thread
from imperator.settings import Watching

__all__ = ["Presence"]


class Presence:
    """Looks at files when asked, and when they may have come or gone.

    Files are looked at, and directories watched, in threads: a dead network file system stands still by itself.

    :param see: Told what a path is now, and whether that was asked for.
    :param fail: Told of bugs of ours.
    """

    def __init__(
        self, watching: Watching, see: Callable[[str, Sight, bool], None], fail: Callable[[BaseException], None]
    ) -> None:
        self._watching = watching
        self._see = see
        self._paths: set[str] = set()
        self._by_directory: dict[str, set[str]] = {}
        self._devices: dict[str, int] = {}
        self._asked: set[str] = set()
        self._stirred: set[str] = set()
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        try:
            self._ear: Ear | None = Ear(heard=self._heard, lost=self._lost, overflowed=self.look_now, failed=fail)
        except OSError:  # the kernel has no inotify instance left: files are looked at every few seconds
            self._ear = None

    def watch(self, path: str) -> None:
        """Look at a path soon, and whenever it may have come or gone."""
        self._by_directory.setdefault(os.path.dirname(path), set()).add(path)
        self._paths.add(path)
        self._stir({path})

    def ask(self, path: str) -> None:
        """The same, and tell with the first look that it was asked for."""
        self._asked.add(path)
        self.watch(path)

    def forget(self, path: str) -> None:
        """Look at a path no longer."""
        if path not in self._paths:
            return
        self._paths.discard(path)
        self._asked.discard(path)
        self._devices.pop(path, None)
        directory = os.path.dirname(path)
        others = self._by_directory[directory]
        others.discard(path)
        if not others:
            del self._by_directory[directory]
            if self._ear is not None:
                self._ear.discard(directory)

    def look_now(self) -> None:
        """Look at everything."""
        self._stir(self._paths)

    def close(self) -> None:
        if self._ear is not None:
            self._ear.close()

    async def run(self) -> None:
        """Look, until cancelled."""
        while True:
            if not await rest(self._rescan_seconds, self._woken):
                self._stirred.update(self._paths)
            asked, self._asked = self._asked, set()
            paths, self._stirred = tuple(self._stirred & self._paths), set()
            for path, sight, device in await run_in_thread(partial(self._look, paths)):
                if path in self._paths:
                    self._judge(path, sight, device, is_asked=path in asked)

    @property
    def _rescan_seconds(self) -> float:
        if self._watching.rescan_seconds is not None:
            return self._watching.rescan_seconds
        return POLL_SECONDS if self._ear is None else RESCAN_SECONDS

    def _judge(self, path: str, sight: Sight, device: int, *, is_asked: bool) -> None:
        if sight is not None:
            self._devices[path] = device
        elif self._devices.get(path, device) != device and not is_asked:
            sight = Refused("the file system it was in is mounted no longer: mount it again, or announce it anew")
        self._see(path, sight, is_asked)

    def _look(self, paths: Iterable[str]) -> list[tuple[str, Sight, int]]:
        """Watch and look, in that order, so that nothing happens in between. For a thread."""
        found = []
        for path in paths:
            if self._ear is not None:
                with suppress(OSError):  # not there, or no watch is left: it is looked at now and then
                    self._ear.add(os.path.dirname(path), contents=False)
            sight = look(path, follow_links=self._watching.follow_links, owner_of_links=self._watching.owner_of_links)
            found.append((path, sight, _device_of(path)))
        return found

    def _heard(self, directory: str, name: str, mask: int) -> bool:
        path = os.path.join(directory, name)
        if path not in self._paths or not mask & CHANGED_ENTRIES:
            return False
        self._stir_later({path})
        return True

    def _lost(self, directory: str) -> None:
        self._stir_later(self._by_directory.get(directory, set()))

    def _stir_later(self, paths: set[str]) -> None:
        """Whoever replaces a file takes it away for a moment."""
        self._loop.call_later(GONE_SECONDS, self._stir, frozenset(paths))

    def _stir(self, paths: Iterable[str]) -> None:
        self._stirred.update(paths)
        self._woken.set()


def _device_of(path: str) -> int:
    """Return the device of the nearest step of a path that is there."""
    while True:
        try:
            return os.stat(path).st_dev
        except OSError:
            if path in ("/", ""):
                return 0
            path = os.path.dirname(path)
