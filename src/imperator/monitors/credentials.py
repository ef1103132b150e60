"""Targets that carry credentials: where else they may be kept, and how they are shown."""

from __future__ import annotations

import os
import re

from imperator.errors import SettingsError

__all__ = ["hide_passwords", "read_address", "read_kept"]

_IN_URL = re.compile(r"(//[^/@\s:;,]*):[^/\s;]*@")
_AS_EXTENSION = re.compile(r"(x-bindpw=)[^,\s]*", re.IGNORECASE)
_AS_KEYWORD = re.compile(r"((?:password|passwd|sslpassword)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&;]*)", re.IGNORECASE)


def hide_passwords(target: str) -> str:
    """Return a target with ``***`` in the place of every password that is recognizable as one."""
    return _AS_EXTENSION.sub(r"\1***", _AS_KEYWORD.sub(r"\1***", _IN_URL.sub(r"\1:***@", target)))


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


def read_kept(thing: str, wanted: str, place: str, *, remedy: str) -> str:
    """Return what is kept where the process list does not show it, without blanks around it.

    :param thing: What it is for.
    :param wanted: What it should be.
    :param place: With a slash: a file, of which the first line counts. Else a variable of our environment.
    :param remedy: What to do where there is nothing.
    :raises SettingsError: It is kept nowhere, or may not be read.
    """
    if "/" in place:
        wanted = f"{wanted} in the file {place}"
        try:
            with open(place, encoding="utf-8") as file:
                kept = file.readline(65_536).strip()
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
