"""What the kernel tells of directories, by the path they are watched under.

The kernel counts watches by inode: two paths to one directory share a watch, and a directory that was moved keeps the
one it had under its old path. Both are put right here.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from asyncinotify import Event, Inotify, Mask, Watch

__all__ = ["Ear"]

_SELF = Mask.ONLYDIR | Mask.MASK_ADD | Mask.EXCL_UNLINK | Mask.DELETE_SELF | Mask.MOVE_SELF
_ENTRIES = _SELF | Mask.CREATE | Mask.DELETE | Mask.MOVED_FROM | Mask.MOVED_TO | Mask.ATTRIB
_CONTENTS = _ENTRIES | Mask.MODIFY | Mask.CLOSE_WRITE

_LOST = int(Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.UNMOUNT | Mask.IGNORED)
_OVERFLOW = int(Mask.Q_OVERFLOW)

_BATCH_EVENTS = 200
"""How many are passed on before the loop sees to others."""
_NOISY_BATCHES = 8
_NOISE_PAUSE_SECONDS = 0.004
"""After so many batches in a row that concerned nobody, nothing is read for so long: a busy log beside the vassals is
written thousands of times a second, and equal events that were not read yet are one."""


class Ear:
    """Hears what happens in directories.

    :param heard: Called on the loop with a watched path, a name in it and the event's mask; tells whether it mattered.
    :param lost: Called on the loop with a path that is watched no longer: removed, moved away or unmounted.
    :param overflowed: Called on the loop when the kernel dropped events.
    :param failed: Called with whatever these raise.
    :raises OSError: The kernel gives no further inotify instance.
    """

    def __init__(
        self,
        *,
        heard: Callable[[str, str, int], bool],
        lost: Callable[[str], None],
        overflowed: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._heard, self._lost, self._overflowed, self._failed = heard, lost, overflowed, failed
        self._inotify = Inotify(cache_size=32, sync_timeout=0)
        self._watch_numbers: dict[str, int] = {}
        self._paths: dict[int, set[str]] = {}
        self._watches: dict[int, Watch] = {}
        self._lock = threading.Lock()  # surveys add from their thread; held for dict work only, never for a system call
        self._loop = asyncio.get_running_loop()
        self._noisy_batches = 0
        self._is_closed = False
        self._loop.add_reader(self._inotify.fd, self._read)

    @property
    def paths(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._watch_numbers)

    def add(self, path: str, *, contents: bool) -> None:
        """Watch the directory that a path leads to now; may be called from any thread, and again.

        :param contents: Tell of writes to its files too, not only of names that come and go.
        :raises OSError: It cannot be watched. ENOSPC: the kernel's limit of watches is reached.
        """
        watch = self._inotify.add_watch(path, _CONTENTS if contents else _ENTRIES)
        number = watch.wd
        with self._lock:
            self._watches[number] = watch
            before = self._watch_numbers.get(path)
            self._watch_numbers[path] = number
            self._paths.setdefault(number, set()).add(path)
        if before is not None and before != number:
            self._leave(before, path)

    def discard(self, path: str) -> None:
        """Watch a path no longer."""
        with self._lock:
            number = self._watch_numbers.pop(path, None)
        if number is not None:
            self._leave(number, path)

    def close(self) -> None:
        self._is_closed = True
        self._loop.remove_reader(self._inotify.fd)
        self._inotify.close()

    def _leave(self, number: int, path: str) -> None:
        with self._lock:
            paths = self._paths.get(number)
            if paths is None:
                return
            paths.discard(path)
            if paths:
                return
            del self._paths[number]
        self._remove_watch(number)

    def _remove_watch(self, number: int) -> None:
        try:
            self._inotify.rm_watch(self._watches.pop(number))
        except OSError:  # EINVAL: the kernel has removed it already, with the directory
            return

    def _read(self) -> None:
        if self._is_closed:
            return
        try:
            mattered, is_drained = self._pass_on_batch()
        except Exception as failure:  # noqa: BLE001 - handed to whoever fetches the news, who raises it
            self._failed(failure)
            return
        self._noisy_batches = 0 if mattered else self._noisy_batches + 1
        if not is_drained:  # the rest was read from the kernel already, so the loop would not call us for it
            self._loop.call_soon(self._read)
        elif self._noisy_batches >= _NOISY_BATCHES:
            self._loop.remove_reader(self._inotify.fd)
            self._loop.call_later(_NOISE_PAUSE_SECONDS, self._listen_again)

    def _listen_again(self) -> None:
        if self._is_closed:
            return
        self._loop.add_reader(self._inotify.fd, self._read)
        self._read()

    def _pass_on_batch(self) -> tuple[bool, bool]:
        """Pass some events on, and tell whether any mattered and whether none is left."""
        mattered = False
        for _ in range(_BATCH_EVENTS):
            event = self._inotify.sync_get()
            if event is None:
                return mattered, True
            mattered |= self._pass_on(event)
        return mattered, False

    def _pass_on(self, event: Event) -> bool:
        mask = int(event.mask)
        if mask & _OVERFLOW:
            self._overflowed()
            return True
        watch = event.watch
        if watch is None:
            return False
        if mask & _LOST:
            return self._lose(watch.wd)
        if event.name is None:
            return False
        name = str(event.name)
        mattered = False
        for path in tuple(self._paths.get(watch.wd, ())):
            mattered |= self._heard(path, name, mask)
        return mattered

    def _lose(self, number: int) -> bool:
        with self._lock:
            paths = self._paths.pop(number, set())
            for path in paths:
                del self._watch_numbers[path]
        if paths:
            self._remove_watch(number)  # a moved directory would go on telling under the path it had
        for path in paths:
            self._lost(path)
        return bool(paths)
