"""Magic variables: `%d`, `%n` and the like, replaced in the text of a file before it is parsed.

Every `%` takes the character after it along, known or not: a `%` at the end of a line swallows the line break. Lines
are therefore counted in the text as it was written, and remembered.
"""

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from .arithmetic import int_as_text
from .host import Host
from .sources import Target, is_elsewhere

_MAGIC = re.compile(rb"%(.?)", re.DOTALL)

#: Letters of the file being read whose capitals keep what they stood for in the first file.
_OF_THE_FIRST_FILE = "odspcenxij"


class SourceText(NamedTuple):
    """The text of a file after the magic, and where each of its lines was written."""

    text: str
    #: The line in the file for each line of the text, both counted from 1: `lines[text_line - 1]`.
    lines: list[int]

    def line_in_file(self, text_line: int) -> int:
        """Where a line of the text was written."""
        return self.lines[min(text_line, len(self.lines)) - 1]


class MagicVariables:
    """What each magic letter stands for while uWSGI goes from file to file.

    :param host: The machine and the process it is for.
    :param overrides: Letters that are to stand for something else, whatever is read.
    """

    def __init__(self, host: Host, overrides: Mapping[str, str] | None = None) -> None:
        self._host = host
        self._overrides = dict(overrides or {})
        self._values = host.magic_letters() | {"%": "%", "(": "%("}
        self._met_first_file = False

    def enter_file(self, name: str, *, keep_first: bool = False) -> None:
        """Let the letters stand for the file that is about to be read.

        :param name: The file, with its section, as the configuration names it.
        :param keep_first: Whether the capitals stay what they are, even if no file was read yet.
        """
        target = Target.parse(name)
        self._values["o"] = target.path
        if is_elsewhere(name):
            return
        if target.path:
            self._values.update(_letters_of_file(target.path, self._host.cwd))
        self._values["x"] = target.section
        if not self._met_first_file and not keep_first:
            first = {letter.upper(): self._values.get(letter, "") for letter in _OF_THE_FIRST_FILE}
            self._values.update(first)
            self._met_first_file = True

    def apply(self, data: bytes, *, drops_last_percent: bool = True) -> SourceText:
        """The text of a file with every magic variable replaced.

        :param data: What is in the file.
        :param drops_last_percent: Whether a `%` that ends the file disappears; uWSGI keeps it in XML only.
        """
        if b"%" not in data:
            return SourceText(decode(data), list(range(1, data.count(b"\n") + 2)))
        values = {letter.encode(): encode(value) for letter, value in (self._values | self._overrides).items()}
        values[b""] = b"" if drops_last_percent else b"%"
        pieces: list[bytes] = []
        lines = [1]
        position, line = 0, 1
        for match in _MAGIC.finditer(data):
            literal = data[position : match.start()]
            for _ in range(literal.count(b"\n")):
                line += 1
                lines.append(line)
            line += match[1] == b"\n"
            pieces += (literal, values.get(match[1], b""))
            lines += [line] * pieces[-1].count(b"\n")
            position = match.end()
        lines += range(line + 1, line + 1 + data.count(b"\n", position))
        pieces.append(data[position:])
        return SourceText(decode(b"".join(pieces)), lines)


def decode(data: bytes) -> str:
    """Text that turns back into exactly these bytes, whatever they are."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` made this text of."""
    return text.encode("utf-8", "surrogateescape")


def _letters_of_file(name: str, cwd: str) -> dict[str, str]:
    full = os.path.join(cwd, name)
    # uWSGI does not follow a link that the configuration file itself is: %d is where the link is.
    full = (full if name.startswith("/") else f"{cwd}/{name}") if os.path.islink(full) else os.path.realpath(full)
    directory, base = full[: full.rindex("/") + 1], full[full.rindex("/") + 1 :]
    stem, dot, extension = base.rpartition(".")
    letters = {
        "p": full,
        "s": base,
        "d": directory,
        "n": stem if dot else base,
        "e": extension if dot else "",
        "c": directory[:-1].rpartition("/")[2],
        "j": _hash_in_hex(encode(full)),
    }
    parts = [part for part in directory.split("/") if part][:10]
    letters |= {str(index): part for index, part in enumerate(parts + [""] * (10 - len(parts)))}
    if os.path.lexists(full):  # else the letter keeps standing for the file before
        letters["i"] = int_as_text(os.lstat(full).st_ino)
    return letters


def _hash_in_hex(data: bytes) -> str:
    """uWSGI's hash of a path, its bytes as this kind of machine stores them."""
    value = 5381
    for byte in data:
        value = ((value * 33) ^ (byte - 256 if byte > 127 else byte)) & 0xFFFFFFFF
    return value.to_bytes(4, "little").hex().upper()
