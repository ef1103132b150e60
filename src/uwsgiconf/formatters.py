"""Turning sections into what uWSGI reads: ini text, or arguments of its command line."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, ClassVar

from . import catalogue
from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Match

    from .config import Section

_COLORS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")

_VARIABLE = re.compile("%.", re.DOTALL)

# uWSGI replaces this with the escape character that starts an ANSI sequence.
_ESCAPE = "%["


def format_print_text(text: str, *, color_fg: str | None = None, color_bg: str | None = None) -> str:
    """Colour a text that uWSGI is going to print.

    :param text: What to print.
    :param color_fg: Colour of the letters: black, red, green, yellow, blue, magenta, cyan or white.
    :param color_bg: Colour of the background, one of the same.
    :raises ConfigurationError: There is no such colour.
    """
    codes = [str(base + _color_number(color)) for base, color in ((30, color_fg), (40, color_bg)) if color]
    return f"{_ESCAPE}[{';'.join(codes)}m{text}{_ESCAPE}[0m" if codes else text


def _color_number(color: str) -> int:
    if color not in _COLORS:
        raise ConfigurationError(
            "format_print_text",
            wanted=f"a colour of {', '.join(_COLORS)}",
            found=repr(color),
            remedy="Use one of these.",
        )
    return _COLORS.index(color)


class FormatterBase:
    """Walks the options of sections; subclasses say what to make of them.

    :param sections: The sections, the main one first.
    """

    alias: ClassVar[str | None] = None

    def __init__(self, sections: list[Section]) -> None:
        self.sections = sections

    def iter_options(self) -> Iterator[tuple[str, str, str]]:
        """Yield (section name, option name, text) in the order the options were set."""
        for section in self.sections:
            for entry in section.entries:
                yield section.name, entry.name, entry.text

    def format(self) -> str | list[str]:
        """The sections in the form this formatter stands for."""
        raise NotImplementedError


class IniFormatter(FormatterBase):
    """Writes uWSGI's ini: one `[section]` after the other, one `option = value` per line."""

    alias = "ini"

    def format(self) -> str:
        """The text of the ini file."""
        lines: list[str] = []
        for section in self.sections:
            lines.append(f"[{section.name}]")
            lines += [f"{entry.name} = {entry.text}" for entry in section.entries]
            lines.append("")
        return "\n".join(lines)


class ArgsFormatter(FormatterBase):
    """Writes arguments for uWSGI's command line: those of the first section, and of the ones it includes.

    A command line has no sections, so options of an included section stand where the section was included. Nor does
    uWSGI replace variables there: those that this process knows the values of are replaced here.
    """

    alias = "args"

    def format(self) -> list[str]:
        """The arguments, one string each."""
        return list(self._arguments(self.sections[0])) if self.sections else []

    def _arguments(self, section: Section) -> Iterator[str]:
        included = {f":{other.name}": other for other in self.sections if other is not section}
        for entry in section.entries:
            if entry.name == "ini" and entry.text in included:
                yield from self._arguments(included[entry.text])
                continue
            yield _argument(entry.name, entry.text)


def _value_of(variable: Match[str]) -> str:
    """What uWSGI would put in the place of a variable, as far as that is the same for both of us."""
    from .variables import Variables

    if variable[0] == Variables.CPU_CORES:
        return str(os.cpu_count() or 1)
    if variable[0] == Variables.HOST_NAME:
        return os.uname().nodename
    if variable[0] == Variables.USER_ID:
        return str(os.getuid())
    if variable[0] == Variables.GROUP_ID:
        return str(os.getgid())
    return "%" if variable[0] == "%%" else variable[0]


def _argument(name: str, text: str) -> str:
    option = catalogue.find(name)
    text = _VARIABLE.sub(_value_of, text)
    if option is None or option.argument != "no":
        # Joined by "=", as an option whose argument is optional does not look at the next word.
        return f"--{name}={text}"
    # Some options that take no argument on the command line take one in a file; `set` is the way around.
    return f"--{name}" if text in {"true", "1"} else f"--set={name}={text}"


#: The formatters by the name that `Configuration.format` takes.
FORMATTERS: dict[str, type[FormatterBase]] = {
    "args": ArgsFormatter,
    "ini": IniFormatter,
}
