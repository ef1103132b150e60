"""Targets that carry credentials: where else they may be kept, and how they are shown."""

from __future__ import annotations

import os
import re
from itertools import islice

from imperator.errors import SettingsError

__all__ = ["hide_passwords", "read_address", "read_kept"]

_SECRETS = (
    (re.compile(r"(//[^/@:]*):[^/]*@"), r"\1:***@"),
    (re.compile(r"((?:password|passwd)\s*=\s*)('(?:[^'\\]|\\.)*'|(?:\\.|[^\s&;])*)", re.IGNORECASE), r"\1***"),
    (re.compile(r"(x-bindpw=)[^,]*", re.IGNORECASE), r"\1***"),
    (re.compile(r"(AWS_SESSION_TOKEN:)[^&,\s]*"), r"\1***"),
)
"""What gives a secret away, and what is shown: in URLs, libpq's strings, LDAP's extensions, MongoDB's options."""


def hide_passwords(target: str) -> str:
    """Return a target with ``***`` in the place of every password that is recognizable as one."""
    for secret, shown in _SECRETS:
        target = secret.sub(shown, target)
    return target


def read_address(scheme: str, rest: str) -> str:
    """Return the address a target means: written in the target, or kept where the process list does not show it.

    :param rest: What follows ``scheme://``. ``@`` and a path with a slash: the first line of that file. ``@NAME``: that
        variable of our environment. Anything else is the address itself.
    :raises SettingsError: It is kept nowhere, or may not be read.
    """
    if not rest.startswith("@"):
        return rest
    remedy = f"Write what would follow {scheme}:// there."
    return read_kept(f"target '{scheme}://{rest}'", "an address", rest[1:], remedy=remedy).removeprefix(f"{scheme}://")


def read_kept(thing: str, wanted: str, place: str, *, remedy: str, lines: int = 1) -> str:
    """Return what is kept where the process list does not show it, without blanks around it.

    :param thing: What it is for.
    :param wanted: What it should be.
    :param place: With a slash: a file. Else a variable of our environment.
    :param remedy: What to do where there is nothing.
    :param lines: How many of the file's lines count.
    :raises SettingsError: It is kept nowhere, or may not be read.
    """
    if "/" in place:
        wanted = f"{wanted} in the file {place}"
        try:
            with open(place, encoding="utf-8") as file:
                kept = "".join(islice(iter(lambda: file.readline(65_536), ""), lines)).strip()
        except (OSError, UnicodeDecodeError) as failure:
            found = failure.strerror if isinstance(failure, OSError) else "bytes that are no UTF-8"
            remedy = "Check the path and its permissions."
            raise SettingsError(thing, wanted=wanted, found=f"{found}", remedy=remedy) from failure
    else:
        wanted = f"{wanted} in the environment variable {place}"
        kept = os.environ.get(place, "").strip()
    if not kept:
        raise SettingsError(thing, wanted=wanted, found="nothing in it", remedy=remedy)
    return kept
