"""From the name of a file to its text as uWSGI parses it: injected files around it, magic variables replaced."""

import os
from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

from .faults import Place
from .host import Host
from .magic import MagicVariables, SourceText
from .sources import Dialect, Target, read_bytes


class PlacedText(NamedTuple):
    """Text to parse that knows where its lines were written."""

    path: str
    section: str
    source: SourceText
    #: The files it was joined of: each with the line of the joined text it starts on, ascending.
    parts: list[Place]

    @property
    def text(self) -> str:
        """What is to be parsed."""
        return self.source.text

    def place(self, text_line: int) -> Place:
        """The file and line that a line of the text comes from; line 0 is the file as a whole."""
        if not text_line:
            return Place(self.path, 0)
        joined_line = self.source.line_in_file(text_line)
        part = self.parts[bisect_right(self.parts, joined_line, key=lambda part: part.line) - 1]
        return Place(part.file, joined_line - part.line + 1)


class Reader:
    """Reads one file after the other, as the includes of a configuration ask for them.

    :param host: The machine and process it reads for.
    :param magic: What single magic letters are to stand for.
    """

    def __init__(self, host: Host, magic: Mapping[str, str] | None) -> None:
        self._host = host
        self._magic = MagicVariables(host, magic)
        self._last_ini = ""
        self._given: dict[str, bytes] = {}
        #: Files whose text comes before and after that of every file read from now on.
        self.before: list[str] = []
        self.after: list[str] = []

    def resolve(self, name: str, dialect: Dialect) -> Target:
        """The file and section that a name means; `:section` is one of the ini file read last."""
        target = Target.parse(name)
        is_same_file = dialect == "ini" and name.startswith(":") and not target.path
        return Target(self._last_ini, target.section) if is_same_file else target

    def read(self, name: str, dialect: Dialect, *, keep_first: bool, data: bytes | None = None) -> PlacedText:
        """The text of a file.

        :param name: The file, as `file` or `file:section`.
        :param dialect: The dialect it is to be parsed in.
        :param keep_first: Whether the magic capitals stay as they are.
        :param data: What to take for its content instead of reading it.
        :raises DialectError: when a file cannot be read.
        """
        path, section = self.resolve(name, dialect)
        self._magic.enter_file(name, keep_first=keep_first)
        if data is not None:
            self._given[path] = data  # also for its other sections
        joined, parts = self._join(path)
        if dialect == "ini":
            self._last_ini = path
        source = self._magic.apply(joined, drops_last_percent=dialect != "xml")
        return PlacedText(path, section, source, parts)

    def _join(self, path: str) -> tuple[bytes, list[Place]]:
        """A file with what is injected around it, and where each of them starts."""
        line, pieces, parts = 1, [], []
        for file in (*self.before, path, *self.after):
            piece = self._read(file)
            pieces.append(piece)
            parts.append(Place(file, line))
            line += piece.count(b"\n")
        return b"".join(pieces), parts

    def _read(self, path: str) -> bytes:
        return self._given[path] if path in self._given else read_bytes(path, relative_to=self._host.cwd)

    def key(self, name: str, dialect: Dialect) -> tuple[str, str, Dialect]:
        """What two names have in common that mean the same section of the same file."""
        path, section = self.resolve(name, dialect)
        return os.path.realpath(self._host.path(path)), section, dialect
