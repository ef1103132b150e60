"""Targets that carry credentials: where else they may be kept, and how they are shown."""

from __future__ import annotations

import os
import re

from imperator.errors import SettingsError

__all__ = ["hide_passwords", "read_address"]

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
    place = rest[1:]
    if "/" in place:
        try:
            with open(place, encoding="utf-8") as file:
                address = file.readline(65_536).strip()
        except (OSError, UnicodeDecodeError) as failure:
            found = failure.strerror if isinstance(failure, OSError) else "bytes that are no UTF-8"
            raise _no_address(scheme, rest, f"{found}", "Check the path and its permissions.") from failure
    else:
        address = os.environ.get(place, "").strip()
    if not address:
        raise _no_address(scheme, rest, "nothing in it", f"Write what would follow {scheme}:// there.")
    return address.removeprefix(f"{scheme}://")


def _no_address(scheme: str, rest: str, found: str, remedy: str) -> SettingsError:
    kind = "the file" if "/" in rest else "the environment variable"
    return SettingsError(
        f"target '{scheme}://{rest}'", wanted=f"an address in {kind} {rest[1:]}", found=found, remedy=remedy
    )
