"""Which names are configurations, and which of those uWSGI could not take as an argument."""

from __future__ import annotations

import os

__all__ = ["EXTENSIONS", "NAME_LIMIT_BYTES", "is_configuration", "read_name_fault"]

EXTENSIONS = (".xml", ".ini", ".yml", ".yaml", ".js", ".json")
"""Endings uWSGI's Emperor takes for configurations."""

NAME_LIMIT_BYTES = 254
"""uWSGI copies a vassal's name into 255 bytes, the last of which is the end of the string."""


def is_configuration(name: str, extra_extensions: tuple[str, ...] = ()) -> bool:
    """Tell whether a file of that name is meant to be a vassal.

    :param name: A file name or path.
    :param extra_extensions: Further endings, dot included. Source: ``emperor-extra-extension``.
    """
    return name.endswith(EXTENSIONS + extra_extensions)


def read_name_fault(name: str) -> str | None:
    """Say why uWSGI could not be given this name, and what to do; None when it could.

    :param name: The vassal's name as its monitor gives it.
    """
    size_bytes = len(os.fsencode(name))
    if size_bytes > NAME_LIMIT_BYTES:
        return f"its name is {size_bytes} bytes long and uWSGI takes at most {NAME_LIMIT_BYTES}: rename it"
    if ":" in name:
        return "its name has a colon, which uWSGI takes for the start of a section's name: rename it"
    return None
