"""Targets that carry credentials: where else they may be kept, and how they are shown."""

from __future__ import annotations

import os
import re

from imperator.errors import SettingsError

__all__ = ["hide_passwords", "read_address", "read_kept"]

_MOST_CHARACTERS = 1 << 20

_IN_URL = re.compile(r"(//[^/@\s:;,]*):[^/\s;]*@")
_AS_KEYWORD = re.compile(r"((?:password|passwd|sslpassword)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&;]*)", re.IGNORECASE)


_IN_MECHANISM = re.compile(r"(AWS_SESSION_TOKEN:)[^&,\s]*")


def hide_passwords(target: str) -> str:
    """Return a target with ``***`` in the place of every password that is recognizable as one."""
    return _IN_MECHANISM.sub(r"\1***", _AS_KEYWORD.sub(r"\1***", _IN_URL.sub(r"\1:***@", target)))


def read_address(scheme: str, rest: str) -> str:
    """Return the address a target means: written in the target, or kept where the process list does not show it.

    :param rest: What follows ``scheme://``. ``@`` and a path with a slash: the first line of that file. ``@NAME``: that
        variable of our environment. Anything else is the address itself.
    :raises SettingsError: It is kept nowhere, or may not be read.
    """
    if not rest.startswith("@"):
        return rest
    remedy = f"Write what would follow {scheme}:// there."
    kept = read_kept(f"{scheme}://{rest}", rest[1:], wanted="an address", remedy=remedy)
    return kept.partition("\n")[0].strip().removeprefix(f"{scheme}://")


def read_kept(target: str, place: str, *, wanted: str, remedy: str) -> str:
    """Return the text that is kept in a file or in a variable of our environment, without space around it.

    :param target: Whose it is, for the error.
    :param place: With a slash: the file. Else: the variable.
    :param wanted: What is looked for there, and what to do where nothing is there.
    :raises SettingsError: It is kept nowhere, or may not be read.
    """
    kind = "the file" if "/" in place else "the environment variable"
    wanted = f"{wanted} in {kind} {place}"
    try:
        text = _read_file(place) if "/" in place else os.environ.get(place, "")
    except (OSError, UnicodeDecodeError) as failure:
        found = (failure.strerror or "an error") if isinstance(failure, OSError) else "bytes that are no UTF-8"
        advice = "Check the path and its permissions."
        raise SettingsError(f"target {target!r}", wanted=wanted, found=found, remedy=advice) from failure
    if not (text := text.strip()):
        raise SettingsError(f"target {target!r}", wanted=wanted, found="nothing in it", remedy=remedy)
    return text


def _read_file(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read(_MOST_CHARACTERS)
