"""A walk over everything a source holds. It runs in a thread: a disk may be slow and a file server dead."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from imperator.monitors.files import ConfigurationFile, Refused, Sight, look
from imperator.monitors.layout import ROOT, Layout, Level, Place, join
from imperator.monitors.mounts import read_remote_devices
from imperator.monitors.names import is_configuration, read_name_fault
from imperator.monitors.trails import read_trail
from imperator.settings import Watching

__all__ = ["Known", "Survey", "Surveyor"]


class Known(Protocol):
    """What was told before. Only read, from the survey's thread."""

    def names(self) -> Collection[str]: ...

    def agrees(self, name: str, sight: ConfigurationFile | Refused) -> bool: ...


@dataclass(slots=True)
class Survey:
    """What one walk found.

    :param top: Where it started.
    :param places: The directories it went through, by path.
    :param sights: Names that are not what was told before; None for what was told and is not there.
    :param trails: For each link met, by path, what decides where it leads.
    :param unreachable: Why the anchor could not be listed.
    :param deaf: Directories the kernel will tell nothing of: files on another machine, or no watch to be had.
    :param deaf_reason: Why the kernel gives no watch, and what to do.
    :param anchor: Device and inode of the anchor.
    :param anchor_is_mount: The anchor is the root of a file system of its own.
    :param directory: Where vassals start.
    """

    top: Place
    places: dict[str, Place] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    sights: dict[str, Sight] = field(default_factory=dict)
    trails: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unreachable: str | None = None
    deaf: set[str] = field(default_factory=set)
    deaf_reason: str | None = None
    anchor: tuple[int, int] | None = None
    anchor_is_mount: bool = False
    directory: str = ""

    @property
    def is_full(self) -> bool:
        return self.top == ROOT


class Surveyor:
    """Walks over one source.

    :param listen: Watches a directory before it is walked, so that nothing happens unseen between; the flag asks for
        writes to its files too. None where the kernel gives no inotify at all.
    """

    def __init__(self, layout: Layout, watching: Watching, listen: Callable[[str, bool], None] | None) -> None:
        self._layout = layout
        self._watching = watching
        self._listen = listen
        self._remote_devices: frozenset[int] = frozenset()

    def survey(self, top: Place, known: Known) -> Survey:
        """Walk over everything below one place."""
        survey = Survey(top, directory=self._layout.directory or os.path.realpath(self._layout.anchor))
        if survey.is_full:
            self._remote_devices = read_remote_devices()
        elif os.path.islink(top.path):
            survey.trails[top.path] = self.follow(top.path, survey)
        ahead = [top]
        while ahead and survey.unreachable is None:
            ahead.extend(self._walk(ahead.pop(), survey, known))
        if survey.unreachable is None:
            for name in _names_below(top, self._layout, known):
                if name not in survey.names:
                    survey.sights[name] = _look(self._layout.path_of(name), self._watching)
        return survey

    def examine(self, names: Iterable[str]) -> Survey:
        """Look at single files that a link or a file server may be behind."""
        survey = Survey(ROOT)
        for name in names:
            path = self._layout.path_of(name)
            if self._watching.follow_links and os.path.islink(path):
                survey.trails[path] = self.follow(path, survey)
            survey.sights[name] = see(name, path, self._watching)
        return survey

    def follow(self, link: str, survey: Survey) -> tuple[str, ...]:
        """Watch everything on the way from a link to what it leads to, and return that way."""
        trail = read_trail(link)
        for step in trail:
            self._watch(os.path.dirname(step), survey, contents=True)
        return trail

    def _walk(self, place: Place, survey: Survey, known: Known) -> list[Place]:
        """See to one directory and return those to go on with."""
        layout = self._layout
        holds_files = layout.is_last(place)
        try:
            status = os.stat(place.path)
            if not stat.S_ISDIR(status.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), place.path)
            survey.places[place.path] = place
            self._watch(place.path, survey, contents=holds_files, device=status.st_dev)
            entries = _read_entries(place.path, layout.levels[place.depth])
        except OSError as error:
            if place.depth <= layout.anchor_depth:
                survey.unreachable = _describe_unreachable(place.path, error)
            return []
        if place.depth == layout.anchor_depth:
            survey.anchor = (status.st_dev, status.st_ino)
            survey.anchor_is_mount = os.path.ismount(os.path.realpath(place.path))
        if holds_files:
            for entry in entries:
                self._see(place, entry, survey, known)
            return []
        return self._descend(place, entries, survey)

    def _descend(self, place: Place, entries: list[str], survey: Survey) -> list[Place]:
        level = self._layout.levels[place.depth]
        below = [place.enter(level, entry) for entry in entries]
        for child in below:
            if os.path.islink(child.path):
                survey.trails[child.path] = self.follow(child.path, survey)
        # Above the anchor what is missing is told; below it, what is no directory just holds no vassals.
        return (
            below
            if place.depth < self._layout.anchor_depth
            else [child for child in below if os.path.isdir(child.path)]
        )

    def _see(self, place: Place, entry: str, survey: Survey, known: Known) -> None:
        if not is_configuration(entry, self._watching.extra_extensions):
            return
        name = place.name(self._layout.levels[place.depth], entry)
        path = join(place.path, entry)
        sight = see(name, path, self._watching)
        if sight is None:
            return
        survey.names.add(name)
        if known.agrees(name, sight):
            return
        if self._watching.follow_links and os.path.islink(path):
            survey.trails[path] = self.follow(path, survey)
            sight = see(name, path, self._watching)  # what changed before its way was watched
        survey.sights[name] = sight

    def _watch(self, path: str, survey: Survey, *, contents: bool, device: int | None = None) -> None:
        try:
            if (os.stat(path).st_dev if device is None else device) in self._remote_devices:
                survey.deaf.add(path)
            elif self._listen is None:
                survey.deaf_reason = _describe_limit("instances")
            else:
                self._listen(path, contents)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                survey.deaf_reason = _describe_limit("watches")
                survey.deaf.add(path)
            elif error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP) and contents:
                survey.deaf.add(path)  # it may be entered but not read, as inotify has to


def see(name: str, path: str, watching: Watching) -> Sight:
    """Look at one file, and at whether its name can be used at all."""
    sight = _look(path, watching)
    fault = read_name_fault(name)
    return Refused(fault) if sight is not None and fault is not None else sight


def _look(path: str, watching: Watching) -> Sight:
    return look(path, follow_links=watching.follow_links, owner_of_links=watching.owner_of_links)


def _read_entries(path: str, level: Level) -> list[str]:
    if level.literal is not None:
        return [level.literal]
    with os.scandir(path) as entries:
        return [entry.name for entry in entries if level.matches(entry.name)]


def _names_below(top: Place, layout: Layout, known: Known) -> list[str]:
    if top.depth <= layout.anchor_depth:
        return list(known.names())
    prefix = top.prefix + "/"
    return [name for name in known.names() if name.startswith(prefix)]


def _describe_unreachable(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"directory {path} does not exist: create it (it is picked up at once), or correct the target"
    if isinstance(error, NotADirectoryError):
        return f"{path} is no directory: put a directory there, or correct the target"
    if isinstance(error, PermissionError):
        return f"directory {path} cannot be read by user {os.geteuid()}: let it read and enter the directory"
    return f"directory {path} cannot be read ({error.strerror}): see to its file system"


def _describe_limit(what: str) -> str:
    return (
        f"the kernel reports no changes here: the limit of inotify {what} is reached. It is looked at every few "
        f"seconds instead; raise the limit with `sysctl fs.inotify.max_user_{what}=...`"
    )
