"""An XML text as a tree that knows where each of its nodes stands in the text."""

from typing import NoReturn
from xml.parsers import expat

from .faults import Problem
from .items import BrokenTextError
from .magic import encode


class Node:
    """An element, or another piece of content: `#text`, `#cdata`, `#comment`, `#instruction`."""

    __slots__ = ("attributes", "children", "end", "line", "name", "start", "text", "text_pieces")

    def __init__(self, name: str, line: int, start: int, attributes: dict[str, str] | None = None) -> None:
        self.name = name
        #: Counted from 1.
        self.line = line
        #: Where it stands in the text.
        self.start = start
        self.end = start
        self.attributes = attributes or {}
        self.children: list[Node] = []
        #: What it says, if it is no element.
        self.text = ""
        #: In how many pieces expat hands the text out.
        self.text_pieces = 0

    @property
    def is_element(self) -> bool:
        """Whether it has a tag."""
        return self.name[0] != "#"


def parse(text: str) -> Node:
    """The root element of an XML text.

    :raises BrokenTextError: when the text is no XML, or declares entities of its own.
    """
    data = encode(text)
    builder = _Builder(data)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        problem = Problem("well-formed XML", expat.ErrorString(error.code), "Correct it: uWSGI reads nothing of it.")
        raise BrokenTextError(error.lineno, problem) from error
    return builder.root


class _Builder:
    """Takes what expat reports, and builds the tree."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._known_byte = self._known_character = 0
        self._document = Node("#document", 1, 0)
        self._open = [self._document]
        self._is_in_cdata = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start_element
        self.parser.EndElementHandler = self._end_element
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartCdataSectionHandler = self._start_cdata
        self.parser.EndCdataSectionHandler = self._end_cdata
        self.parser.CommentHandler = self._comment
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.EntityDeclHandler = self._entity

    @property
    def root(self) -> Node:
        return next(node for node in self._document.children if node.is_element)

    def _here(self) -> int:
        """The character of the text that expat is at."""
        return self._character(self.parser.CurrentByteIndex)

    def _character(self, byte: int) -> int:
        """The character at a byte; each call goes further than the one before."""
        self._known_character += len(self._data[self._known_byte : byte].decode("utf-8", "surrogateescape"))
        self._known_byte = byte
        return self._known_character

    def _add(self, name: str, attributes: dict[str, str] | None = None) -> Node:
        node = Node(name, self.parser.CurrentLineNumber, self._here(), attributes)
        self._open[-1].children.append(node)
        return node

    def _close_text(self) -> None:
        """A text ends where anything else begins."""
        siblings = self._open[-1].children
        if siblings and siblings[-1].name == "#text":
            siblings[-1].end = self._here()

    def _start_element(self, name: str, attributes: dict[str, str]) -> None:
        self._close_text()
        self._open.append(self._add(name, attributes))

    def _end_element(self, name: str) -> None:
        self._close_text()
        node = self._open.pop()
        byte = self.parser.CurrentByteIndex
        is_one_tag = not node.children and self._data[byte - 2 : byte] == b"/>"
        node.end = self._character(byte if is_one_tag else self._data.index(b">", byte) + 1)

    def _characters(self, text: str) -> None:
        siblings = self._open[-1].children
        if self._is_in_cdata:
            node = siblings[-1]
        else:
            node = siblings[-1] if siblings and siblings[-1].name == "#text" else self._add("#text")
        node.text += text
        node.text_pieces += 1

    def _start_cdata(self) -> None:
        self._close_text()
        self._add("#cdata")
        self._is_in_cdata = True

    def _end_cdata(self) -> None:
        self._is_in_cdata = False
        self._open[-1].children[-1].end = self._here() + len("]]>")

    def _comment(self, text: str) -> None:
        self._close_text()
        self._add("#comment").text = text

    def _instruction(self, target: str, text: str) -> None:
        self._close_text()
        self._add("#instruction").text = text

    def _entity(self, name: str, *_: object) -> NoReturn:
        problem = Problem("no entities but XML's own", f"a declaration of &{name};", "Write out what it stands for.")
        raise BrokenTextError(self.parser.CurrentLineNumber, problem)
