"""The way from a link to what it leads to: every place whose change makes it lead elsewhere."""

from __future__ import annotations

import os
from collections import deque

__all__ = ["MAX_LINKS", "read_trail"]

MAX_LINKS = 40
"""As the kernel: more links than that on one way are a loop."""


def read_trail(link: str) -> tuple[str, ...]:
    """Follow a link and return the paths that decide what it means, the link itself not among them.

    These are the further links met (anywhere on the way, so ``current`` in ``/srv/current/app.ini``) and the file at
    the end; where something is missing, the way ends with it. Directories on the way that are no links are left out.

    :param link: Absolute path of a symbolic link.
    """
    try:
        target = os.readlink(link)
    except OSError:
        return ()
    steps: list[str] = []
    here = os.path.dirname(link)
    ahead = deque(_split(target))
    if target.startswith("/"):
        here = "/"
    while ahead and len(steps) < MAX_LINKS:
        part = ahead.popleft()
        path = _join(here, part)
        # Text is cut only after a "..": the kernel resolves it from the real directory, which `here` is by then.
        if part == "..":
            here = os.path.dirname(os.path.realpath(here))
            continue
        try:
            inner = os.readlink(path)
        except OSError as error:
            missing = isinstance(error, FileNotFoundError | NotADirectoryError)
            if missing or not ahead:
                steps.append(path)
            if missing:
                break
            here = path
            continue
        steps.append(path)
        here = "/" if inner.startswith("/") else here
        ahead.extendleft(reversed(_split(inner)))
    return tuple(steps)


def _split(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _join(directory: str, name: str) -> str:
    return directory.rstrip("/") + "/" + name
