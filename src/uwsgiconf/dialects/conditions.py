"""The logic options: `if-*` and `for*`, which hold for what follows them until their end.

Each is a function that says, for one line under its condition, how often that line counts: it yields, for every time,
what `%(_)` stands for there; None leaves `%(_)` alone.
"""

import glob
import io
import os
import re
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .arithmetic import int32, leading_number
from .faults import DialectError
from .host import Host
from .magic import decode
from .sources import read_bytes

#: What ends a condition or a loop, whichever it is.
ENDINGS = frozenset(("end", "endif", "end-if", "endfor", "end-for"))

#: uWSGI reads a file for `for-readline` in pieces of this size; longer lines count several times.
_LINE_BYTES = 1023


class Circumstances(NamedTuple):
    """What a condition can ask about."""

    host: Host
    #: The value of the first option of that name so far, None if there is none.
    option: Callable[[str], str | None]
    #: Whether a plugin is built in, or was loaded so far.
    has_plugin: Callable[[str], bool]


Words = Iterator[str | None]
Condition = Callable[[str, Circumstances], Words]


def _when(holds: Callable[[str, Circumstances], bool], *, negated: bool = False) -> Condition:
    """A condition on its argument, which is also what `%(_)` stands for."""

    def condition(argument: str, now: Circumstances) -> Words:
        if holds(argument, now) is not negated:
            yield argument

    return condition


def _when_equal(lookup: Callable[[str, Circumstances], str | None], *, negated: bool = False) -> Condition:
    """A condition on something named: that it is there, or with `name=value` that it has this value."""

    def condition(argument: str, now: Circumstances) -> Words:
        name, equals, wanted = argument.partition("=")
        value = lookup(name, now)
        holds = value is not None and (not equals or value == wanted)
        if holds is not negated:
            yield value

    return condition


def _when_reload(*, negated: bool = False) -> Condition:
    def condition(argument: str, now: Circumstances) -> Words:
        if now.host.is_reload is not negated:
            yield None

    return condition


def _is_readable(name: str, now: Circumstances) -> bool:
    return os.access(now.host.path(name), os.R_OK)


def _is_regular_file(name: str, now: Circumstances) -> bool:
    try:
        return stat.S_ISREG(os.stat(now.host.path(name)).st_mode)
    except (OSError, ValueError):
        return False


def _is_directory(name: str, now: Circumstances) -> bool:
    return os.path.isdir(now.host.path(name))


def _has_plugin(name: str, now: Circumstances) -> bool:
    return now.has_plugin(name)


def _is_hostname(name: str, now: Circumstances) -> bool:
    return now.host.hostname == name


def _matches_hostname(pattern: str, now: Circumstances) -> bool:
    """What uWSGI 2.0 answers since it is built with PCRE2: it takes a match for none, and a broken pattern for one."""
    try:
        re.compile(pattern)
    except re.error:
        return True
    return False


def _option(name: str, now: Circumstances) -> str | None:
    return now.option(name)


def _variable(name: str, now: Circumstances) -> str | None:
    return now.host.environ.get(name)


def _for_words(words: str, now: Circumstances) -> Words:
    yield from filter(None, words.split(" "))


def _for_glob(pattern: str, now: Circumstances) -> Words:
    found = sorted(glob.glob(pattern, root_dir=now.host.cwd))
    for name in found:
        is_directory = os.path.isdir(now.host.path(name)) and not name.endswith("/")
        yield name + "/" if is_directory else name
    if not found:
        yield pattern


def _for_times(count: str, now: Circumstances) -> Words:
    for number in range(1, int32(leading_number(count)) + 1):
        yield str(number)


def _for_lines(name: str, now: Circumstances) -> Words:
    try:
        lines = io.BytesIO(read_bytes(name, relative_to=now.host.cwd))
    except DialectError:
        return  # uWSGI says so in its log, and goes on without
    while piece := lines.readline(_LINE_BYTES):
        yield decode(piece.rstrip(b"\r\n"))


_EXISTS, _NOT_EXISTS = _when(_is_readable), _when(_is_readable, negated=True)
_DIRECTORY = _when(_is_directory)

#: Every logic option.
CONDITIONS: dict[str, Condition] = {
    "for": _for_words,
    "for-glob": _for_glob,
    "for-times": _for_times,
    "for-readline": _for_lines,
    "if-opt": _when_equal(_option),
    "if-not-opt": _when_equal(_option, negated=True),
    "if-env": _when_equal(_variable),
    "if-not-env": _when_equal(_variable, negated=True),
    "ifenv": _when_equal(_variable),
    "if-reload": _when_reload(),
    "if-not-reload": _when_reload(negated=True),
    "if-hostname": _when(_is_hostname),
    "if-not-hostname": _when(_is_hostname, negated=True),
    "if-hostname-match": _when(_matches_hostname),
    "if-not-hostname-match": _when(_matches_hostname, negated=True),
    "if-exists": _EXISTS,
    "if-not-exists": _NOT_EXISTS,
    "ifexists": _EXISTS,
    "if-plugin": _when(_has_plugin),
    "if-not-plugin": _when(_has_plugin, negated=True),
    "ifplugin": _when(_has_plugin),
    "if-file": _when(_is_regular_file),
    "if-not-file": _when(_is_regular_file, negated=True),
    "if-dir": _DIRECTORY,
    "if-not-dir": _when(_is_directory, negated=True),
    "ifdir": _DIRECTORY,
    "if-directory": _DIRECTORY,
}
