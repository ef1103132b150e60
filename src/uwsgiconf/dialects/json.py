"""JSON as uWSGI takes it with jansson: an object per section, a member per option, an array for an option given often.

The standard library's reader forgets where things stand, and takes what jansson refuses: NaN, halves of surrogate
pairs, and integers that do not fit into 64 bits.
"""

import re
from bisect import bisect_right
from math import isinf
from typing import NamedTuple, NoReturn

from .arithmetic import int_as_text
from .faults import Problem
from .items import BrokenTextError, Edit, Item, Remark, Scan

#: jansson gives up at 2,048; nothing uWSGI reads is deeper than 3.
_DEEPEST = 200

#: Python refuses to read integers of thousands of digits.
_LONGEST_INTEGER = len(str(-(2**63)))

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\.)*)"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[a-zA-Z]+")
_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})|u([\da-fA-F]{4})|(.))", re.ASCII)

_WORDS = {"true": True, "false": False, "null": None}
_SHORT_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class _Node(NamedTuple):
    """A value and where it stands."""

    value: "str | int | float | list[_Node] | dict[str, _Node] | None"
    #: For a member of an object, where its name starts.
    start: int
    value_start: int
    end: int


def scan(text: str) -> Scan:
    """Read every object of a JSON text.

    :raises BrokenTextError: when jansson would refuse the text.
    """
    text = text.partition("\0")[0]
    parser = _Parser(text)
    found = Scan.nothing()
    root = parser.document().value
    for section, node in root.items() if isinstance(root, dict) else ():
        if isinstance(node.value, dict):
            found.sections[section] = node.end - 1
            for name, member in node.value.items():
                _collect(found, parser, section, name, member)
    return found


def edit_value(text: str, item: Item, value: str) -> Edit:
    """Give an option another value."""
    return Edit(item.value_start, item.value_end, _spelled(value))


def edit_out(text: str, item: Item) -> Edit:
    """Take an option away, and the comma that set it apart."""
    before = len(text[: item.start].rstrip())
    after = _SPACE.match(text, item.end)
    if after is not None and text[after.end()] == ",":
        following = _SPACE.match(text, after.end() + 1)
        return Edit(item.start, following.end() if following else after.end(), "")
    return Edit(before - (text[before - 1] == ","), item.end, "")


def edit_in(text: str, position: int, name: str, value: str) -> Edit:
    """Add a member before the brace that closes a section."""
    last = len(text[:position].rstrip())
    comma = "" if text[last - 1] == "{" else ","
    return Edit(last, last, f"{comma}\n    {_spelled(name)}: {_spelled(value)}")


def _spelled(value: str) -> str:
    from json import dumps  # a second reader of JSON, needed only for its spelling

    return dumps(value, ensure_ascii=False)


def _collect(found: Scan, parser: "_Parser", section: str, name: str, member: _Node) -> None:
    for node in member.value if isinstance(member.value, list) else [member]:
        line = parser.line(node.start)
        value = _as_text(node)
        if value is None:
            found.remarks.append(Remark(section, line, _passed_over(name, parser.text[node.value_start : node.end])))
        else:
            found.items.append(Item(section, name, value, line, node.start, node.end, node.value_start, node.end))


def _as_text(node: _Node) -> str | None:
    """What uWSGI makes of a value, None for what it passes over."""
    value = node.value
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return "1" if value else "0"
    return int_as_text(value) if isinstance(value, int) else None


def _passed_over(name: str, spelled: str) -> Problem:
    return Problem(
        wanted="a string, an integer, true, false or null",
        found=f"{name!r}: {spelled[:40]}, which uWSGI passes over",
        remedy="Write it as a string.",
    )


class _Parser:
    """Reads one text from its start to its end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._position = 0
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def line(self, position: int) -> int:
        return bisect_right(self._line_starts, position)

    def document(self) -> _Node:
        if self._peek() not in "[{":
            self._fail("an object { }", self._here())
        node = self._value(0)
        if self._peek():
            self._fail("the end of the file", self._here())
        return node

    def _peek(self) -> str:
        """The next character that is no space, empty at the end."""
        self._position = _SPACE.match(self.text, self._position).end()  # type: ignore[union-attr]  # matches anywhere
        return self.text[self._position : self._position + 1]

    def _here(self) -> str:
        return repr(self.text[self._position : self._position + 20]) if self._peek() else "the end of the file"

    def _value(self, depth: int) -> _Node:
        following = self._peek()
        start = self._position
        value: str | int | float | list[_Node] | dict[str, _Node] | None
        if depth > _DEEPEST:
            self._fail(f"at most {_DEEPEST} arrays and objects in each other", "one more")
        elif following == "{":
            value = self._object(depth)
        elif following == "[":
            value = self._array(depth)
        elif following == '"':
            value = self._string()
        elif following and following in "-0123456789":
            value = self._number()
        else:
            value = self._word()
        return _Node(value, start, start, self._position)

    def _object(self, depth: int) -> dict[str, _Node]:
        members: dict[str, _Node] = {}
        self._position += 1
        if self._peek() == "}":
            self._position += 1
            return members
        while True:
            if self._peek() != '"':
                self._fail("a name in double quotes", self._here())
            start = self._position
            name = self._string()
            if self._peek() != ":":
                self._fail("a colon after the name", self._here())
            self._position += 1
            members[name] = self._value(depth + 1)._replace(start=start)
            if self._closes("}"):
                return members

    def _array(self, depth: int) -> list[_Node]:
        nodes: list[_Node] = []
        self._position += 1
        if self._peek() == "]":
            self._position += 1
            return nodes
        while True:
            nodes.append(self._value(depth + 1))
            if self._closes("]"):
                return nodes

    def _closes(self, bracket: str) -> bool:
        """Step over the bracket, or over the comma before the next value."""
        following = self._peek()
        if following not in (bracket, ","):
            self._fail(f"a comma or {bracket}", self._here())
        self._position += 1
        if following == "," and self._peek() in ("]", "}"):
            self._fail("another value after the comma", self._here(), "Remove the comma before it.")
        return following == bracket

    def _string(self) -> str:
        match = _STRING.match(self.text, self._position)
        if match is None:
            self._fail("a string that ends on its line", self._here(), "Close its quotes; write line breaks as \\n.")
        if re.search("[\udc80-\udcff]", match[1]):
            self._fail("UTF-8", self._here(), "Save the file in UTF-8.")
        content = _ESCAPE.sub(self._unescaped, match[1]) if "\\" in match[1] else match[1]
        self._position = match.end()
        return content

    def _unescaped(self, match: re.Match[str]) -> str:
        if match[1]:
            return chr(0x10000 + ((int(match[1], 16) - 0xD800) << 10) + (int(match[2], 16) - 0xDC00))
        if match[3] and not (match[3] == "0000" or 0xD800 <= int(match[3], 16) <= 0xDFFF):
            return chr(int(match[3], 16))
        if match[4] not in _SHORT_ESCAPES:
            self._fail("an escape that stands for a character", repr(match[0]), "Write a backslash itself as \\\\.")
        return _SHORT_ESCAPES[match[4]]

    def _number(self) -> int | float:
        match = _NUMBER.match(self.text, self._position)
        if match is None:
            self._fail("a number", self._here())
        self._position = match.end()
        if match[1] or match[2]:
            if isinf(float(match[0])):
                self._fail("a number that fits into 64 bits", match[0], "Write it as a string.")
            return float(match[0])
        if len(match[0]) > _LONGEST_INTEGER or not -(2**63) <= int(match[0]) < 2**63:
            self._fail("an integer of at most 64 bits", match[0], "Write it as a string.")
        return int(match[0])

    def _word(self) -> bool | None:
        match = _WORD.match(self.text, self._position)
        if match is None or match[0] not in _WORDS:
            self._fail("a value", self._here(), "Write text in double quotes.")
        self._position = match.end()
        return _WORDS[match[0]]

    def _fail(self, wanted: str, found: str, remedy: str = "Correct the JSON: uWSGI reads nothing of it.") -> NoReturn:
        raise BrokenTextError(self.line(self._position), Problem(wanted, found, remedy))
