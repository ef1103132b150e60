"""Which call sets which option, as the docstrings of the groups tell: each parameter there names its source."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .config import Section
from .options.groups import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARAMETER = re.compile(r":param (\w+):")
_SOURCE = re.compile(r"Source:((?:[^`]{0,12}``[^`]+``)+)")
_OPTION = re.compile(r"``([^`]+)``")


class Setter(NamedTuple):
    """A call that sets an option."""

    #: The group of a section, empty for the section itself.
    group: str
    #: The method, or the class whose objects are given to a method.
    name: str
    #: The parameter, empty if the call sets the option without one.
    parameter: str
    #: Whether it is a method of a group, which can be called.
    is_method: bool

    def __str__(self) -> str:
        owner = f"section.{self.group}." if self.group else "section."
        given = f"{self.parameter}=..." if self.parameter else "" if self.is_method else "..."
        return f"{owner}{self.name}({given})"


def setters_of(option: str) -> list[Setter]:
    """Every call that sets an option: methods first, basic parameters before all.

    :param option: The name uWSGI gives it.
    """
    return _index().get(option, [])


@cache
def _index() -> dict[str, list[Setter]]:
    found: dict[str, list[Setter]] = {}
    for option, setter in _all_setters():
        setters = found.setdefault(option, [])
        if setter not in setters:
            setters.append(setter)
    for setters in found.values():
        setters.sort(key=lambda setter: (not setter.is_method, setter.name != "set_basic_params"))
    return found


def _all_setters() -> Iterator[tuple[str, Setter]]:
    yield from _of_methods("", Section)
    for group in NAMES:
        group_class = getattr(Section, group)
        yield from _of_methods(group, group_class)
        yield from _of_nested_classes(group, group_class, ())


def _of_methods(group: str, owner: type) -> Iterator[tuple[str, Setter]]:
    for name, method in inspect.getmembers(owner, inspect.isfunction):
        if not name.startswith("_"):
            for option, parameter in sources(inspect.getdoc(method) or ""):
                yield option, Setter(group, name, parameter, is_method=True)


def _of_nested_classes(group: str, owner: type, path: tuple[str, ...]) -> Iterator[tuple[str, Setter]]:
    """The classes a group offers: kinds of sockets, of alarms, of routing rules."""
    for name, nested in vars(owner).items():
        if not inspect.isclass(nested) or name.startswith("_") or not nested.__module__.startswith(__package__):
            continue
        setter = Setter(group, ".".join((*path, name)), "", is_method=False)
        for option, parameter in sources(inspect.getdoc(nested) or ""):
            yield option, setter._replace(parameter=parameter)
        if path == ("sockets",):  # these are called as the option they set
            yield str(getattr(nested, "name", "")), setter
        if len(path) < 3:
            yield from _of_nested_classes(group, nested, (*path, name))


def sources(docstring: str) -> Iterator[tuple[str, str]]:
    """The options that a docstring names as sources, each with the parameter it is told for, if any."""
    parts = _PARAMETER.split(docstring)
    for parameter, text in zip(["", *parts[1::2]], parts[::2], strict=True):
        for source in _SOURCE.finditer(text):
            for option in _OPTION.findall(source[1]):
                yield option, parameter
