"""A configuration file that can be read, changed in places, and written back with all else as it was."""

import os
from pathlib import Path
from typing import Protocol

from uwsgiconf.exceptions import ConfigurationError

from . import ini, json, xml, yaml
from .faults import DialectError, Place
from .items import USUAL_SECTION, BrokenTextError, Comment, Edit, Item, Scan
from .magic import decode, encode
from .scanning import scan
from .sources import Dialect, Target, read_bytes


def read(target: str | Path, *, text: bytes | None = None, dialect: Dialect | None = None) -> "Document":
    """Read a configuration file as it is written: nothing is replaced, followed or decided.

    :param target: The file, as `file` or `file:section`; its suffix says the dialect.
    :param text: What to take for the content of the file, instead of reading it.
    :param dialect: The dialect, if the suffix does not say it.
    :raises DialectError: when it cannot be read, or is no JSON or XML though its name says so.
    """
    path, section = Target.parse(target)
    content = read_bytes(path) if text is None else text
    return Document(path, section, dialect or Target(path, section).dialect, content)


class Document:
    """What is in a configuration file, to the byte.

    :param path: Where it was read from, and where `write` puts it.
    :param section: The section meant; empty for the usual one.
    :param dialect: What it is written in.
    :param content: The bytes of it.
    :raises DialectError: when the content is not in that dialect.
    """

    def __init__(self, path: str, section: str, dialect: Dialect, content: bytes) -> None:
        self.path = path
        self.dialect = dialect
        self.section = section or ("" if dialect == "xml" else USUAL_SECTION)
        self._text = decode(content)
        self._scan = self._scanned(self._text)

    @property
    def text(self) -> bytes:
        """All of the file, as `write` would write it."""
        return encode(self._text)

    @property
    def items(self) -> list[Item]:
        """Every option of every section, in order."""
        return list(self._scan.items)

    @property
    def sections(self) -> list[str]:
        """The names of the sections, in order."""
        return list(self._scan.sections)

    @property
    def comments(self) -> list[Comment]:
        """Every comment, in order; JSON has none."""
        return list(self._scan.comments)

    @property
    def remarks(self) -> list[DialectError]:
        """What uWSGI passes over in this file, though it can hardly be meant."""
        return [remark.problem.at(Place(self.path, remark.line)) for remark in self._scan.remarks]

    def get(self, name: str, section: str | None = None) -> list[Item]:
        """The options of that name, in order.

        :param section: Where to look; by default in the section meant.
        """
        where = self.section if section is None else section
        return [item for item in self._scan.items if (item.section, item.name) == (where, name)]

    def set_value(self, item: Item, value: str) -> None:
        """Give an option another value.

        :param item: One of `items`.
        :param value: The value, as uWSGI is to read it.
        :raises ConfigurationError: when this dialect cannot say that value.
        """
        expected = [(*_said(known)[:2], value) if known == item else _said(known) for known in self.items]
        self._change(self._editor.edit_value(self._text, item, value), expected, f"{item.name} = {value}")

    def remove(self, item: Item) -> None:
        """Take an option out of the file.

        :param item: One of `items`.
        """
        expected = [_said(known) for known in self.items if known != item]
        self._change(self._editor.edit_out(self._text, item), expected, f"{item.name} = {item.value}")

    def add(self, name: str, value: str, section: str | None = None) -> None:
        """Write one more option at the end of a section.

        :param section: A section of the file; by default the one meant.
        :raises ConfigurationError: when the file has no such section, or its dialect cannot say that option.
        """
        where = self.section if section is None else section
        if where not in self._scan.sections:
            raise ConfigurationError(
                f"{self.path}: a new option {name!r}",
                wanted=f"one of the sections {', '.join(self.sections)}",
                found=repr(where),
                remedy="Name a section that is there.",
            )
        edit = self._editor.edit_in(self._text, self._scan.sections[where], name, value)
        place = sum(item.start < edit.start for item in self.items)
        expected = [_said(item) for item in self.items]
        self._change(edit, [*expected[:place], (where, name, value), *expected[place:]], f"{name} = {value}")

    def write(self, path: str | Path | None = None) -> None:
        """Put the file where it was, or elsewhere; a reader finds the old content or the new one, never half of it.

        :param path: Where to; by default where it was read from.
        """
        destination = Path(path or self.path).resolve()  # what a link leads to changes, not the link
        beside = destination.with_name(f".{destination.name}.{os.getpid()}")
        beside.write_bytes(self.text)
        if destination.exists():
            before = destination.stat()
            beside.chmod(before.st_mode & 0o7777)
            if os.geteuid() == 0:
                os.chown(beside, before.st_uid, before.st_gid)
        beside.replace(destination)

    @property
    def _editor(self) -> "_Editor":
        return _EDITORS[self.dialect]

    def _change(self, edit: Edit, expected: list[tuple[str, str, str]], option: str) -> None:
        """Make a change, if what is read afterwards is what was meant."""
        text = self._text[: edit.start] + edit.replacement + self._text[edit.end :]
        changed = self._scanned(text)
        if [_said(item) for item in changed.items] != expected:
            raise ConfigurationError(
                f"{self.path}: {option!r}",
                wanted=f"an option that {self.dialect} can say",
                found="one that uWSGI would read as something else",
                remedy="Change the value, or write this option in another dialect.",
            )
        self._text, self._scan = text, changed

    def _scanned(self, text: str) -> Scan:
        try:
            return scan(self.dialect, text)
        except BrokenTextError as error:
            raise error.problem.at(Place(self.path, error.line)) from error


class _Editor(Protocol):
    """What the module of each dialect knows about changing a text."""

    def edit_value(self, text: str, item: Item, value: str) -> Edit: ...

    def edit_out(self, text: str, item: Item) -> Edit: ...

    def edit_in(self, text: str, position: int, name: str, value: str) -> Edit: ...


_EDITORS: dict[Dialect, _Editor] = {"ini": ini, "yaml": yaml, "json": json, "xml": xml}


def _said(item: Item) -> tuple[str, str, str]:
    return item.section, item.name, item.value
