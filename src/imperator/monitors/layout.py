"""Where a source's files are: levels of directories, each with the names that matter there.

A directory and a glob are the same thing here. ``dir:///srv/vassals`` is the literal levels ``srv`` and ``vassals``,
then any name; ``/srv/*/uwsgi.ini`` is ``srv``, any name, ``uwsgi.ini``. The leading literal levels lead to the
*anchor*: while that cannot be reached, nothing is known of the source. A directory below it that disappears is gone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from imperator.monitors.wildcards import compile_component, has_wildcards, strip_escapes

__all__ = ["ROOT", "Layout", "Level", "Place", "join", "literal_levels", "pattern_levels"]


def join(directory: str, name: str) -> str:
    return directory.rstrip("/") + "/" + name


@dataclass(frozen=True, slots=True)
class Level:
    """Which names matter in the directories of one level.

    :param literal: The only one that does.
    :param expression: What they match, if there may be several.
    :param separator: The slashes written before it: glob(3) gives a path as it was written.
    :param shown: The name at this level is part of a vassal's name.
    """

    literal: str | None
    expression: re.Pattern[str] | None = None
    separator: str = ""
    shown: bool = False

    def matches(self, entry: str) -> bool:
        return entry == self.literal if self.expression is None else self.expression.fullmatch(entry) is not None


@dataclass(frozen=True, slots=True)
class Place:
    """One directory of a source.

    :param prefix: How the vassals' names under it start.
    """

    path: str
    depth: int
    prefix: str

    def enter(self, level: Level, entry: str) -> Place:
        return Place(join(self.path, entry), self.depth + 1, self.name(level, entry))

    def name(self, level: Level, entry: str) -> str:
        return self.prefix + level.separator + entry if level.shown else self.prefix


ROOT = Place("/", 0, "")


@dataclass(frozen=True, slots=True)
class Layout:
    """All that tells one source from another.

    :param source: As stats show it.
    :param levels: From ``/`` to the files.
    :param names_from: Absolute path that vassals' names are relative to.
    :param directory: Where vassals start. None: in the anchor.
    """

    source: str
    levels: tuple[Level, ...]
    names_from: str
    directory: str | None
    anchor: str = field(init=False)
    anchor_depth: int = field(init=False)

    def __post_init__(self) -> None:
        path, depth = ROOT.path, 0
        for level in self.levels[:-1]:
            if level.literal is None:
                break
            path, depth = join(path, level.literal), depth + 1
        object.__setattr__(self, "anchor", path)
        object.__setattr__(self, "anchor_depth", depth)

    def is_last(self, place: Place) -> bool:
        """Tell whether the place holds files, not further directories."""
        return place.depth == len(self.levels) - 1

    def path_of(self, name: str) -> str:
        """Return the path of a vassal's file, slashes that were written twice once."""
        return re.sub("//+", "/", name) if name.startswith("/") else join(self.names_from, re.sub("//+", "/", name))


def literal_levels(path: str) -> tuple[Level, ...]:
    """Make the levels that lead to an absolute path."""
    return tuple(Level(part) for part in path.split("/") if part)


def pattern_levels(pattern: str) -> tuple[Level, ...]:
    """Make the levels of a glob pattern."""
    levels = []
    for separator, text in re.findall(r"(/*)([^/]+)", pattern):
        if has_wildcards(text):
            levels.append(Level(None, compile_component(text), separator, shown=True))
        else:
            levels.append(Level(strip_escapes(text), None, separator, shown=True))
    return tuple(levels)
