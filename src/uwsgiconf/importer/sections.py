"""A section of a file as calls on a `Section`."""

from __future__ import annotations

import keyword
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uwsgiconf import catalogue
from uwsgiconf.dialects import custom
from uwsgiconf.dialects.conditions import CONDITIONS, ENDINGS
from uwsgiconf.dialects.placeholders import references
from uwsgiconf.exceptions import ConfigurationError

from .calls import Call, Option, call_for, joined

if TYPE_CHECKING:
    from uwsgiconf.dialects import Document, Item


@dataclass(slots=True)
class Part:
    """One section of the module to be written."""

    #: Its name in uWSGI, and the variable it is in.
    name: str
    variable: str
    version: str
    #: Calls, comments, and parts that are included at their place.
    steps: list[Call | str | Part] = field(default_factory=list)
    #: What uWSGI takes once and this part has already.
    once: set[str] = field(default_factory=set)

    def add(self, call: Call) -> None:
        """Make a call, together with the one before if both can be one."""
        before = self.steps[-1] if self.steps else None
        both = joined(before, call, self.version) if isinstance(before, Call) else None
        if both is not None:
            self.steps[-1] = both
        else:
            self.steps.append(call)


class Parts:
    """The sections that a document becomes.

    :param document: The file.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._comments = list(document.comments)
        self._declared: dict[str, str] = {}
        self._is_conditional = False
        is_new = any(_since(item.name) == catalogue.VERSIONS[-1] for item in document.items)
        self._version = catalogue.VERSIONS[-1] if is_new else catalogue.NEWEST_RELEASE
        #: Each section of the file by its name, then those made on the way; the one meant is the last.
        self.all: list[Part] = []
        self._by_name: dict[str, Part] = {}
        self.main = self._read(document.section)

    def _read(self, section: str) -> Part:
        part = self._new(section or "uwsgi")
        self._by_name[section] = part
        for item in self._document.items:
            if item.section == section:
                self._add_comments(part, item.line)
                self._add(part, item)
        self.all.append(part)
        return part

    def _new(self, name: str) -> Part:
        taken = {part.variable for part in (*self.all, *self._by_name.values())}
        base = "section" if not self._by_name else re.sub(r"\W", "_", name)
        base = f"section_{base}" if not base.isidentifier() or keyword.iskeyword(base) else base
        variable, number = base, 2
        while variable in taken:
            variable, number = f"{base}_{number}", number + 1
        return Part(name, variable, self._version)

    def _add_comments(self, part: Part, line: int) -> None:
        while self._comments and self._comments[0].line <= line:
            part.steps.append(self._comments.pop(0).text)

    def _add(self, part: Part, item: Item) -> None:
        own_section = self._own_section(item)
        if own_section is not None:
            known = self._by_name.get(own_section)
            part.steps.append(known if known is not None else self._read(own_section))
            return
        for option in self._options(item):
            self._add_option(part, option, item)

    def _own_section(self, item: Item) -> str | None:
        """The section of this file that an item includes, None if it is something else."""
        if item.name != "ini" or self._document.dialect != "ini":
            return None
        path, colon, section = item.value.rpartition(":")
        is_here = path in ("", self._document.path, os.path.basename(self._document.path))
        return section if colon and is_here and section in self._document.sections else None

    def _options(self, item: Item) -> list[Option]:
        """What an item is in names that uWSGI has: placeholders are set, declared options split up."""
        if item.name in CONDITIONS:
            self._is_conditional = True
        if item.name in ENDINGS:
            self._is_conditional = False
            return [Option("endif" if item.name == "end" else item.name, item.value)]
        if item.name in ("declare-option", "declare-option2"):
            name, _, template = item.value.partition("=")
            self._declared[name] = template
            return []
        if item.name in self._declared:
            stands_for = custom.split(self._declared[item.name], item.value)
            return [Option(*pair) for pair in stands_for if catalogue.find(pair[0]) is not None]
        if catalogue.find(item.name) is None:
            # uWSGI replaces nothing in what set-placeholder sets.
            has_references = any(references(item.value, symbol) for symbol in "$@%")
            return [Option("set" if has_references else "set-placeholder", f"{item.name}={item.value}")]
        return [Option(item.name, item.value)]

    def _add_option(self, part: Part, option: Option, item: Item) -> None:
        known = catalogue.find(option.name)
        call = call_for(option, self._version)
        if call is None:
            raise ConfigurationError(
                f"{self._document.path}:{item.line}",
                wanted="an option that can be written into one line of an ini file",
                found=f"{item.name} = {item.value!r}",
                remedy="Remove it, and write it into the module by hand.",
            )
        if known is None or known.repeatable:
            part.add(call)
        elif option.name not in part.once:
            part.once.add(option.name)
            part.add(call)
        else:
            self._add_again(part, call, item)

    def _add_again(self, part: Part, call: Call, item: Item) -> None:
        """Put what a section can hold only once into a section of its own, included at its place."""
        if self._is_conditional and "%(_)" in item.value:
            raise ConfigurationError(
                f"{self._document.path}:{item.line}",
                wanted=f"{item.name} once, or without %(_)",
                found=f"{item.name} = {item.value}",
                remedy="Write this condition by hand: Python has better ones.",
            )
        again = self._new(f"{part.name}-{item.name}-{item.line}")
        again.add(call)
        self.all.append(again)
        part.steps.append(again)


def _since(name: str) -> str:
    option = catalogue.find(name)
    return option.since if option is not None and not option.for_emperor else catalogue.NEWEST_RELEASE
