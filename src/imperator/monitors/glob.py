"""``glob://``: every configuration file that a pattern matches is a vassal."""

from __future__ import annotations

import os

from imperator.monitors.layout import Layout, literal_levels, pattern_levels
from imperator.monitors.tree import FilesMonitor
from imperator.settings import Watching

__all__ = ["make_glob_monitor"]


def make_glob_monitor(pattern: str, watching: Watching, directory: str) -> FilesMonitor:
    """Make the monitor of a pattern; none of what it names has to exist yet.

    :param pattern: As glob(3) takes it. Vassals are named by the paths it matches, relative if it is relative.
    :param directory: Absolute path that a relative pattern starts from, and where vassals start.
    """
    directory = os.path.abspath(directory)
    base = () if pattern.startswith("/") else literal_levels(directory)
    levels = (*base, *pattern_levels(pattern))
    return FilesMonitor(Layout(pattern, levels, names_from=directory, directory=directory), watching)
