"""``dir://``: every configuration file of one directory is a vassal."""

from __future__ import annotations

import os
import re

from imperator.monitors.layout import Layout, Level, literal_levels
from imperator.monitors.tree import FilesMonitor
from imperator.settings import Watching

__all__ = ["make_directory_monitor"]

_ANY_NAME = re.compile(r".*", re.DOTALL)


def make_directory_monitor(path: str, watching: Watching, directory: str) -> FilesMonitor:
    """Make the monitor of a directory, which may not exist yet.

    :param path: The directory. Vassals are named by their files' names and start in it.
    :param directory: Absolute path that a relative one starts from.
    """
    target = os.path.join(directory, path)
    # A ".." behind a link leads elsewhere than its text says, so only the file system can take it out.
    target = os.path.realpath(target) if ".." in target.split("/") else os.path.normpath(target)
    target = "/" + target.lstrip("/")
    levels = (*literal_levels(target), Level(None, _ANY_NAME, shown=True))
    return FilesMonitor(Layout(target, levels, names_from=target, directory=None), watching)
