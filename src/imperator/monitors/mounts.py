"""Which mounted file systems keep their changes from our kernel: what another machine writes makes no inotify event."""

from __future__ import annotations

import os

__all__ = ["REMOTE_TYPES", "is_remote_type", "read_remote_devices"]

REMOTE_TYPES = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs"}
    | {"nfs4", "ocfs2", "orangefs", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs"}
)


def is_remote_type(type_name: str) -> bool:
    """Tell whether files of such a file system may change without our kernel's knowledge.

    :param type_name: As in the mount table. Anything in user space (``fuse.sshfs``) counts, ``fuseblk`` is a disk.
    """
    return type_name in REMOTE_TYPES or type_name == "fuse" or type_name.startswith("fuse.")


def read_remote_devices(path: str = "/proc/self/mountinfo") -> frozenset[int]:
    """Read the device numbers (``st_dev``) of all remote file systems; none where the table cannot be read.

    :param path: The mount table. Source: proc_pid_mountinfo(5).
    """
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as table:
            return frozenset(device for line in table if (device := _read_remote_device(line)) is not None)
    except OSError:
        return frozenset()


def _read_remote_device(line: str) -> int | None:
    mounted, separator, system = line.partition(" - ")
    if not separator or not is_remote_type(system.split(" ", 1)[0]):
        return None
    major, _, minor = mounted.split(" ")[2].partition(":")
    return os.makedev(int(major), int(minor))
