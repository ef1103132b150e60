"""Who we become before anything is watched or run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from imperator.errors import HostingError, SettingsError

__all__ = ["Identity", "drop_privileges", "find_identity"]


_LARGEST_ID = 2**32 - 2
"""The next one is -1 to the kernel, which means "as before": we would stay root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A user and a group, and the supplementary groups that go with them."""

    uid: int
    gid: int
    groups: tuple[int, ...]

    def become(self) -> None:
        """Drop privileges for good: groups first, for without the user's rights they could not be changed.

        :raises HostingError: We are not allowed to, or the rights could be taken back.
        """
        if (os.getresuid(), os.getresgid()) == ((self.uid,) * 3, (self.gid,) * 3):
            return
        try:
            if os.geteuid() == 0:
                os.setgroups(self.groups)
            os.setresgid(self.gid, self.gid, self.gid)
            os.setresuid(self.uid, self.uid, self.uid)
        except PermissionError as error:
            raise HostingError(
                f"uid {self.uid}, gid {self.gid}",
                wanted="to become this user and group",
                found=f"we run as uid {os.geteuid()}, which is not allowed to",
                remedy="Start as root, or leave uid and gid out.",
            ) from error


def drop_privileges(identity: Identity | None, capabilities: Sequence[int] | None) -> None:
    """Become who is meant, with the capabilities that are meant.

    :param identity: None: we stay who we are.
    :param capabilities: Their numbers. None: those that come with the user.
    :raises HostingError: We are not allowed to, or do not have them.
    Source: ``uid``, ``gid``, ``cap``.
    """
    if capabilities is None:
        if identity is not None:
            identity.become()
        return
    from imperator.process.capabilities import CAPABILITIES, keep_capabilities, keep_through_change_of_user

    try:
        if identity is not None:
            keep_through_change_of_user()
            identity.become()
        keep_capabilities(capabilities)
    except OSError as error:
        names = ",".join(CAPABILITIES[number] if number < len(CAPABILITIES) else str(number) for number in capabilities)
        raise HostingError(
            f"cap {names}",
            wanted="to keep these capabilities",
            found=error.strerror or str(error),
            remedy="Start as root, or with at least these (systemd: AmbientCapabilities=), or name those that we have.",
        ) from error


def find_identity(uid: str | None, gid: str | None) -> Identity | None:
    """Look up who is meant.

    :param uid: A user's name or number. None: the user stays.
    :param gid: A group's name or number. None: the user's own group, or the group stays where no user is given.
    :returns: None where nothing is to change.
    :raises SettingsError: There is no such user or group.
    """
    if uid is None:
        if gid is None:
            return None
        only = _find_group(gid)
        return Identity(uid=os.getuid(), gid=only, groups=(only,))
    number, name, own_group = _find_user(uid)
    group = own_group if gid is None else _find_group(gid)
    if group is None:
        raise SettingsError(
            f"uid {uid}",
            wanted="a group to become",
            found="a number that is no known user's",
            remedy="Add the group: gid.",
        )
    return Identity(uid=number, gid=group, groups=tuple(os.getgrouplist(name, group)) if name else (group,))


def _find_user(wanted: str) -> tuple[int, str | None, int | None]:
    """Return number, name and group of a user; a number need not be in the user database."""
    import pwd  # only who drops privileges needs it

    number = _read_number("uid", wanted)
    try:
        entry = pwd.getpwnam(wanted) if number is None else pwd.getpwuid(number)
    except KeyError:
        if number is None:
            raise _unknown("user", wanted) from None
        return number, None, None
    return entry.pw_uid, entry.pw_name, entry.pw_gid


def _find_group(wanted: str) -> int:
    import grp

    number = _read_number("gid", wanted)
    if number is not None:
        return number
    try:
        return grp.getgrnam(wanted).gr_gid
    except KeyError:
        raise _unknown("group", wanted) from None


def _read_number(option: str, wanted: str) -> int | None:
    """Return the number that is written there, or None for a name."""
    if not (wanted.isascii() and wanted.isdecimal()):
        return None
    number = int(wanted)
    if number > _LARGEST_ID:
        raise SettingsError(
            f"{option} {wanted}",
            wanted=f"a number up to {_LARGEST_ID}",
            found="a larger one",
            remedy="Give a name, or the number that `id` shows.",
        )
    return number


def _unknown(kind: str, wanted: str) -> SettingsError:
    return SettingsError(
        f"{kind} {wanted!r}",
        wanted=f"the name or number of a {kind}",
        found=f"no {kind} of that name on this machine",
        remedy=f"Create it, or give the {kind}'s number.",
    )
