"""What one path holds: a configuration, something that cannot be one, or nothing. Nothing is ever opened here.

Opening a FIFO would block and opening a device may do anything, so permission is asked of the kernel instead.
"""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import dataclass

__all__ = ["SIGNATURE_BYTES", "ConfigurationFile", "Refused", "Sight", "has_content", "look"]

_SIGNATURE = struct.Struct("=Qqq")
SIGNATURE_BYTES = _SIGNATURE.size

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


@dataclass(frozen=True, slots=True)
class ConfigurationFile:
    """A file that can be a vassal's configuration.

    :param signature: Inode, time of last change and size, packed: that takes a third of a tuple's memory. The device is
        left out, since a file system that is mounted anew may get another number.
    """

    signature: bytes
    modified: float
    size_bytes: int
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Something is there that cannot be a vassal's configuration.

    :param reason: What it is and what to do about it.
    :param dangling: It is a link that leads to nothing.
    """

    reason: str
    dangling: bool = False


Sight = ConfigurationFile | Refused | None
"""None: nothing is there."""


def has_content(signature: bytes) -> bool:
    """Tell whether a signature is that of a file which was not empty."""
    size_bytes: int = _SIGNATURE.unpack_from(signature)[2]
    return size_bytes > 0


def look(path: str, *, follow_links: bool = True, owner_of_links: bool = False) -> Sight:
    """Look at one path without opening it.

    :param follow_links: Take time, size and owner of a link's target. False: of the link itself.
    :param owner_of_links: Take the owner of the link itself whatever `follow_links` says.
    """
    try:
        own = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Refused(_describe_failure(error))
    if stat.S_ISLNK(own.st_mode):
        return _look_through(path, own, follow_links, owner_of_links)
    return _judge(path, own, own, own)


def _look_through(path: str, own: os.stat_result, follow_links: bool, owner_of_links: bool) -> Sight:
    try:
        target = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        reason = f"it is a link to {_read_target(path)!r}, which does not exist: create that or remove the link"
        return Refused(reason, dangling=True)
    except OSError as error:
        return Refused(_describe_failure(error))
    counted = target if follow_links else own
    return _judge(path, target, counted, own if owner_of_links else counted)


def _judge(path: str, target: os.stat_result, counted: os.stat_result, owner: os.stat_result) -> Sight:
    """:param target: What has to be a readable file. :param counted: Whose time and size count."""
    if not stat.S_ISREG(target.st_mode):
        kind = _KINDS.get(stat.S_IFMT(target.st_mode), "no file")
        return Refused(f"it is {kind} and a configuration has to be a regular file: remove it or rename it")
    if not os.access(path, os.R_OK, effective_ids=True):
        return Refused(f"permission denied: let user {os.geteuid()} read it (mode is {stat.filemode(target.st_mode)})")
    return ConfigurationFile(
        signature=_SIGNATURE.pack(counted.st_ino, counted.st_mtime_ns, counted.st_size),
        modified=counted.st_mtime,
        size_bytes=counted.st_size,
        uid=owner.st_uid,
        gid=owner.st_gid,
    )


def _read_target(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:  # replaced since: the next look tells
        return "?"


def _describe_failure(error: OSError) -> str:
    return f"it cannot be looked at ({error.strerror}): check the permissions and links on the way to it"
