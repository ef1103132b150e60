"""Read a command line the way uWSGI reads its own: options anywhere, by their long names, values after space or ``=``.

Not click: an Emperor runs for months, and what reads its command line once would stay in memory all that time. The same
table of options reads files, so that a flag and a line of a file cannot mean different things.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from imperator.cli.options import FILE_FLAGS, OPTIONS, find_option, nearest_name
from imperator.cli.values import Permissions
from imperator.errors import SettingsError

__all__ = ["Arguments", "Given", "parse_arguments"]


@dataclass(frozen=True, slots=True)
class Given:
    """An option as it was written.

    :param name: Its name, without dashes.
    :param value: Its value; empty for a switch that stands alone.
    :param place: ``file:line``; empty for the command line.
    """

    name: str
    value: str
    place: str = ""

    @property
    def thing(self) -> str:
        """The option and where it is written, as errors and notes name it."""
        return f"{self.place}: {self.name}" if self.place else f"--{self.name}"


@dataclass(slots=True)
class Arguments:
    """A command line, taken apart.

    :param words: What is no option: targets.
    :param given: Options, in order.
    :param files: The Emperor's own configuration files, each with the dialect its flag names, or ``config``.
    :param faults: What cannot be read.
    """

    words: list[str] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)
    faults: list[SettingsError] = field(default_factory=list)
    wants_help: bool = False
    wants_version: bool = False


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Take a command line apart. Faults are collected, not raised.

    :param argv: The words after the command's name.
    """
    arguments = Arguments()
    rest = deque(argv)
    while rest:
        word = rest.popleft()
        if word == "--":
            arguments.words.extend(rest)
            break
        if word in ("-h", "--help"):
            arguments.wants_help = True
        elif word in ("-V", "--version"):
            arguments.wants_version = True
        elif word.startswith("--"):
            _take_option(arguments, *word[2:].partition("="), rest)
        elif word.startswith("-") and len(word) > 1:
            _take_letters(arguments, word[1:], rest)
        else:
            arguments.words.append(word)
    return arguments


def _take_letters(arguments: Arguments, letters: str, rest: deque[str]) -> None:
    """Take ``-d log``, ``-dlog``, or switches that stand together: ``-Md log``."""
    while letters:
        letter, letters = letters[0], letters[1:]
        name = _named_by(letter)
        if name is None:
            arguments.faults.append(
                SettingsError(
                    f"-{letter}",
                    wanted="an option by its long name",
                    found="a letter that stands for none",
                    remedy="See imperator --help.",
                )
            )
            return
        if _may_take_value(name):
            _take_option(arguments, name, "=" if letters else "", letters, rest)
            return
        _take_option(arguments, name, "", "", rest)


def _take_option(arguments: Arguments, name: str, equals: str, value: str, rest: deque[str]) -> None:
    if not equals and _takes_value(name, rest):
        if not rest:
            arguments.faults.append(
                SettingsError(f"--{name}", wanted=_wanted(name), found="nothing", remedy="Write its value after it.")
            )
            return
        value = rest.popleft()
    if name in FILE_FLAGS:
        arguments.files.append((FILE_FLAGS[name], value))
    else:
        arguments.given.append(Given(name, value))


def _named_by(letter: str) -> str | None:
    """Return the option that a letter stands for: one of ours, else one of uWSGI's."""
    for option in OPTIONS:
        if option.short == letter:
            return option.name
    from uwsgiconf import catalogue  # large, and rarely needed

    names = [option.name for option in catalogue.all_options() if option.short == letter]
    return next((name for name in names if find_option(name) or name in FILE_FLAGS), next(iter(names), None))


def _may_take_value(name: str) -> bool:
    """Whether what stands behind an option's letter, in the same word, is its value."""
    from uwsgiconf import catalogue

    known = catalogue.find(name)
    return known is not None and known.argument != "no"


def _takes_value(name: str, rest: Sequence[str]) -> bool:
    """Whether the next word is the option's value. An option that does nothing here takes what uWSGI's takes."""
    if option := find_option(name):
        # Permissions may be left out: uWSGI only takes those behind an equals sign, people write both.
        may_do_without = isinstance(option.takes, Permissions) and not (rest and rest[0].isdecimal())
        return bool(option.takes.metavar) and not may_do_without
    if name in FILE_FLAGS:
        return True
    from uwsgiconf import catalogue  # large, and rarely needed

    known = catalogue.find(name)
    if known is None:  # a slip: most likely it was meant to take what its nearest neighbour takes
        nearest = nearest_name(name)
        return nearest is not None and _takes_value(nearest, rest)
    return known.argument == "required"


def _wanted(name: str) -> str:
    if option := find_option(name):
        return option.takes.wanted
    return "a file" if name in FILE_FLAGS else "a value"
