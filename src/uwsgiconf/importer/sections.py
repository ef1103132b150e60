"""A section of a file as calls on a `Section`."""

from __future__ import annotations

import keyword
import os
import re
from typing import TYPE_CHECKING

from uwsgiconf import catalogue
from uwsgiconf.config import Section
from uwsgiconf.dialects import custom
from uwsgiconf.dialects.conditions import CONDITIONS, ENDINGS
from uwsgiconf.dialects.placeholders import references
from uwsgiconf.exceptions import ConfigurationError

from .calls import Call, Option, call_for, joined

if TYPE_CHECKING:
    from uwsgiconf.dialects import Document, Item


class Part:
    """One section of the module to be written.

    :param name: Its name in uWSGI.
    :param variable: The variable it is in.
    :param version: The uWSGI series it is for.
    """

    def __init__(self, name: str, variable: str, version: str) -> None:
        self.name = name
        self.variable = variable
        self.version = version
        #: Calls, comments, and parts that are included at their place.
        self.steps: list[Call | str | Part] = []
        #: What the module will make, as far as it is known.
        self.section = Section(name, uwsgi_version=version)
        self._before_last = self.section

    def add(self, option: Option) -> bool:
        """Add the call that sets an option, as part of the one before if both can be one; False if there is none."""
        call = call_for(option, self.section)
        if call is None:
            return False
        last = self.steps[-1] if self.steps else None
        both = joined(last, call, self._before_last) if isinstance(last, Call) else None
        if both is not None:
            self.steps[-1] = both
        else:
            self.steps.append(call)
            self._before_last = Section.derive_from(self.section)
        call.apply(self.section)
        return True

    def include(self, part: Part) -> None:
        """Read another part at this place."""
        self.steps.append(part)
        self.section.include(part.section)

    def has(self, name: str) -> bool:
        """Whether an option is set already."""
        return self.section.entries.last(name) is not None


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
            part.include(self._part_of(own_section, item))
            return
        for option in self._options(item):
            self._add_option(part, option, item)

    def _part_of(self, section: str, item: Item) -> Part:
        """The part that a section of the file becomes, read when it is needed first."""
        known = self._by_name.get(section)
        if known is None:
            return self._read(section)
        if known not in self.all:
            raise ConfigurationError(
                f"{self._document.path}:{item.line}",
                wanted="a section that is not being read already",
                found=f"{item.name} = {item.value}, which leads back to itself",
                remedy="Remove the include that closes the circle: uWSGI would read in it until it dies.",
            )
        return known

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
        target = part
        if known is not None and not known.repeatable and part.has(option.name):
            target = self._part_for_again(part, item)
        if not target.add(option):
            raise ConfigurationError(
                f"{self._document.path}:{item.line}",
                wanted="an option that can be written into one line of an ini file",
                found=f"{item.name} = {item.value!r}",
                remedy="Remove it, and write it into the module by hand.",
            )

    def _part_for_again(self, part: Part, item: Item) -> Part:
        """A part of its own for what a section can hold only once, included at its place."""
        if self._is_conditional and "%(_)" in item.value:
            raise ConfigurationError(
                f"{self._document.path}:{item.line}",
                wanted=f"{item.name} once, or without %(_)",
                found=f"{item.name} = {item.value}",
                remedy="Write this condition by hand: Python has better ones.",
            )
        again = self._new(f"{part.name}-{item.name}-{item.line}")
        self.all.append(again)
        part.include(again)
        return again


def _since(name: str) -> str:
    option = catalogue.find(name)
    return option.since if option is not None and not option.for_emperor else catalogue.NEWEST_RELEASE
