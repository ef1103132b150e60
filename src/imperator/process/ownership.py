"""Whose a configuration is, and who else can decide what its name leads to: what Tyrant mode rests on.

A name is looked up here one directory at a time, each held open while the next is entered, so that what is judged is
what is there, whatever is renamed meanwhile. Where nobody but root, the Emperor and the owner can change what the name
leads to, the vassal may read the file itself: nobody else can swap it. Where others can, the vassal is handed the very
bytes that were judged.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field

from imperator.errors import ImperatorError

__all__ = ["Owned", "OwnershipError", "check_ids", "find_owner"]

_LINKS_AT_MOST = 40
_OPEN_TO_JUDGE = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
# A lease or a device could make an ordinary open() wait.
_OPEN_TO_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_REMEDIES = {
    errno.EMFILE: "Raise the limit of open files (ulimit -n, LimitNOFILE=).",
    errno.ENFILE: "Raise the system's limit of open files (sysctl fs.file-max).",
}


class OwnershipError(ImperatorError):
    """A configuration cannot be run as its owner."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A configuration that may be run as its owner.

    :param config: Its content, where others than the owner could swap what its name leads to. None: the name will do.
    """

    uid: int
    gid: int
    config: bytes | None


@dataclass(slots=True)
class _Step:
    """One directory on the way, and what was taken out of it."""

    directory: str
    held: os.stat_result
    entry: os.stat_result


@dataclass(slots=True)
class _Way:
    """The way from the root directory to a file.

    :param at: Descriptor of where it has come to.
    :param path: The same, for people.
    """

    at: int
    path: str = "/"
    links: int = 0
    steps: list[_Step] = field(default_factory=list)

    def follow(self, path: str) -> None:
        """Go along a path, links included.

        :raises OSError: It leads nowhere.
        """
        ahead = path.split("/")[::-1]
        if path.startswith("/"):
            self._enter(os.open("/", _OPEN_TO_JUDGE), "/")
        while ahead:
            name = ahead.pop()
            if name in ("", "."):
                continue
            target = self.take(name)
            if target is not None:
                if target.startswith("/"):
                    self._enter(os.open("/", _OPEN_TO_JUDGE), "/")
                ahead.extend(target.split("/")[::-1])

    def take(self, name: str) -> str | None:
        """Take one step. A link is not entered: its target is returned."""
        held = os.fstat(self.at)
        found = os.open(name, _OPEN_TO_JUDGE, dir_fd=self.at)
        entry = os.fstat(found)
        self.steps.append(_Step(self.path, held, entry))
        if not stat.S_ISLNK(entry.st_mode):
            self._enter(found, os.path.normpath(os.path.join(self.path, name)))
            return None
        try:
            self.links += 1
            if self.links > _LINKS_AT_MOST:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            return os.readlink("", dir_fd=found)
        finally:
            os.close(found)

    def _enter(self, descriptor: int, path: str) -> None:
        os.close(self.at)
        self.at, self.path = descriptor, path

    def close(self) -> None:
        os.close(self.at)


def find_owner(name: str, path: str, *, link_counts: bool, most_bytes: int) -> Owned:
    """Tell who a vassal has to run as, and hand out its configuration where its name is not safe to use.

    :param name: The vassal's name, for errors.
    :param path: Its configuration, absolute.
    :param link_counts: The owner of a link counts, not that of what it leads to. Source: ``emperor-tyrant-nofollow``.
    :param most_bytes: The longest content that can be handed to a vassal.
    :raises OwnershipError: It belongs to root, or somebody else could have put it there.
    """
    try:
        way = _Way(os.open("/", _OPEN_TO_JUDGE))
        try:
            return _judge(name, path, way, link_counts=link_counts, most_bytes=most_bytes)
        finally:
            way.close()
    except OSError as failure:
        raise OwnershipError(
            f"vassal {name}",
            wanted="a configuration whose owner can be told",
            found=failure.strerror or str(failure),
            remedy=_REMEDIES.get(failure.errno or 0, "Check the file, and the links and directories on the way to it."),
        ) from failure


def _judge(name: str, path: str, way: _Way, *, link_counts: bool, most_bytes: int) -> Owned:
    way.follow(os.path.dirname(path))
    target = way.take(os.path.basename(path))
    first = len(way.steps) - 1
    if target is not None:
        way.follow(target)
    file = os.fstat(way.at)
    owner = way.steps[first].entry if link_counts else file
    _check_file(name, file, owner)
    trusted = {0, os.geteuid(), owner.st_uid}
    _check_placing(name, way, trusted, way.steps[first] if link_counts else way.steps[-1])
    if all(_is_firm(step, trusted) for step in way.steps):
        return Owned(owner.st_uid, owner.st_gid, None)
    return Owned(owner.st_uid, owner.st_gid, _read(name, way, file, owner, most_bytes))


def check_ids(name: str, uid: int, gid: int) -> None:
    """Refuse what would run as root.

    :raises OwnershipError: It would.
    """
    for kind, number, command in (("user", uid, "chown"), ("group", gid, "chgrp")):
        if number == 0:
            raise _refusal(
                name,
                f"a configuration that belongs to a {kind} other than root",
                f"{kind} 0",
                f"Give it to the {kind} the vassal is to run as ({command}).",
            )


def _check_file(name: str, file: os.stat_result, owner: os.stat_result) -> None:
    if not stat.S_ISREG(file.st_mode):
        raise _refusal(name, "a regular file", stat.filemode(file.st_mode), "Remove it, or put a file there.")
    check_ids(name, owner.st_uid, owner.st_gid)
    if file.st_mode & stat.S_IWOTH:
        raise _refusal(
            name,
            "a configuration that not everybody may write",
            f"mode {stat.filemode(file.st_mode)}",
            "Take the right away (chmod o-w).",
        )


def _check_placing(name: str, way: _Way, trusted: set[int], last: _Step) -> None:
    """Refuse what somebody else can have put there without being its owner: links of either kind, and given groups."""
    for step in way.steps:
        if stat.S_ISLNK(step.entry.st_mode) and _others_may_add(step, trusted) and step.entry.st_uid not in trusted:
            raise _refusal(
                name,
                "links that belong to root or to the owner of the configuration",
                f"one of user {step.entry.st_uid} in {step.directory}, which leads to another's file",
                f"Remove it, or make it anew as the owner (chown -h), or let only root write to {step.directory}.",
            )
    if last.entry.st_nlink > 1 and _others_may_add(last, trusted):
        raise _refusal(
            name,
            "a configuration with one name",
            f"{last.entry.st_nlink} hard links, and {last.directory} may be written by others than its owner",
            f"Put a copy in its place, or let only root write to {last.directory}.",
        )
    given = stat.S_ISGID | stat.S_IWOTH
    if last.held.st_mode & given == given and last.held.st_gid == last.entry.st_gid:
        raise _refusal(
            name,
            "a group that is the owner's",
            f"group {last.held.st_gid}, which {last.directory} gives to everybody's files",
            f"Take that away (chmod g-s {last.directory}) or let only its group write there (chmod o-w).",
        )


def _others_may_add(step: _Step, trusted: set[int]) -> bool:
    """Whether somebody we do not trust can make new entries in a directory."""
    held = step.held
    if held.st_uid not in trusted or held.st_mode & stat.S_IWOTH:
        return True
    # A group with its user's number is that user's own.
    return bool(held.st_mode & stat.S_IWGRP) and held.st_gid not in (0, held.st_uid)


def _is_firm(step: _Step, trusted: set[int]) -> bool:
    """Whether nobody we do not trust can put something else in the place of what was found."""
    if not _others_may_add(step, trusted):
        return True
    is_sticky = bool(step.held.st_mode & stat.S_ISVTX)
    return is_sticky and step.held.st_uid in trusted and step.entry.st_uid in trusted


def _read(name: str, way: _Way, file: os.stat_result, owner: os.stat_result, most_bytes: int) -> bytes:
    """Read the file that was judged, for somebody who could have read it himself."""
    open_to_all = file.st_mode & stat.S_IROTH and all(step.held.st_mode & stat.S_IXOTH for step in way.steps)
    if file.st_uid != owner.st_uid and not open_to_all:
        raise _refusal(
            name,
            f"a configuration that user {owner.st_uid} may read",
            f"a link to a file of user {file.st_uid} that is not open to all",
            "Let everybody read the file and enter its directories, or link to another one.",
        )
    descriptor = os.open(f"/proc/self/fd/{way.at}", _OPEN_TO_READ)
    try:
        content = os.read(descriptor, most_bytes + 1)
        now = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if (now.st_uid, now.st_gid, now.st_mode) != (file.st_uid, file.st_gid, file.st_mode):
        raise _refusal(name, "a file that keeps its owner", "one that is changing hands", "It is looked at again.")
    if len(content) > most_bytes:
        raise _refusal(
            name,
            f"at most {most_bytes} bytes, since others can change what its name leads to",
            "more",
            "Let only root and the owner write to the directories on the way to it, or shorten it.",
        )
    return content


def _refusal(name: str, wanted: str, found: str, remedy: str) -> OwnershipError:
    return OwnershipError(f"vassal {name}", wanted=wanted, found=found, remedy=remedy)
