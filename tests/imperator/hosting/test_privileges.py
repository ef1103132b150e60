"""Who we become."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
import sys

import pytest

from imperator.errors import SettingsError
from imperator.hosting.privileges import Identity, find_identity

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")


def test_nobody_to_become() -> None:
    """Without uid and gid nothing changes."""
    assert find_identity(None, None) is None


def test_user_by_name_and_by_number() -> None:
    """A name and its number mean the same user, with the user's own group and groups."""
    entry = pwd.getpwnam("nobody")
    expected = Identity(uid=entry.pw_uid, gid=entry.pw_gid, groups=tuple(os.getgrouplist("nobody", entry.pw_gid)))
    assert find_identity("nobody", None) == find_identity(str(entry.pw_uid), None) == expected


def test_group_by_name_and_by_number() -> None:
    """A group may be given for itself: then the user stays."""
    name = grp.getgrgid(os.getgid()).gr_name
    identity = Identity(uid=os.getuid(), gid=os.getgid(), groups=(os.getgid(),))
    assert find_identity(None, name) == find_identity(None, str(os.getgid())) == identity


def test_number_of_no_user() -> None:
    """A number that is no known user's is taken where a group is given with it."""
    assert find_identity("54321", "54322") == Identity(uid=54321, gid=54322, groups=(54322,))


@pytest.mark.parametrize(
    ("uid", "gid", "told"),
    [
        ("no-such-user", None, "user 'no-such-user': wanted the name or number of a user, found no user of that name"),
        ("0", "no-such-group", "group 'no-such-group': wanted the name or number of a group"),
        ("54321", None, "uid 54321: wanted a group to become, found a number that is no known user's"),
        ("-1", None, "user '-1'"),
        ("4294967295", "0", "uid 4294967295"),
        ("99999999999999", "0", "uid 99999999999999"),
        ("0", "4294967295", "gid 4294967295"),
    ],
)
def test_nobody_of_that_name(uid: str, gid: str | None, told: str) -> None:
    """An unknown user or group, and numbers that the kernel takes for something else, are refused by name."""
    with pytest.raises(SettingsError) as caught:
        find_identity(uid, gid)
    assert str(caught.value).startswith(told)


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    lines = f"import os\nfrom imperator.hosting.privileges import Identity\n{code}"
    return subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, timeout=60, check=False)


@needs_root
def test_rights_are_gone_for_good() -> None:
    """Real, effective and saved ids and all groups change, and root cannot be taken back."""
    done = in_a_process(
        "Identity(uid=54321, gid=54322, groups=(54322, 54323)).become()\n"
        "print(os.getresuid(), os.getresgid(), os.getgroups())\n"
        "try: os.setuid(0)\n"
        "except PermissionError: print('for good')"
    )
    assert done.stdout.splitlines() == [
        "(54321, 54321, 54321) (54322, 54322, 54322) [54322, 54323]",
        "for good",
    ], done.stderr


@needs_root
def test_refused_by_the_system() -> None:
    """Who is not root is told what that takes; who is that user already needs nothing."""
    done = in_a_process(
        "Identity(uid=54321, gid=54322, groups=()).become()\n"
        "Identity(uid=54321, gid=54322, groups=(1,)).become()\n"
        "Identity(uid=54324, gid=54322, groups=()).become()"
    )
    assert "uid 54324, gid 54322: wanted to become this user and group, found we run as uid 54321" in done.stderr
