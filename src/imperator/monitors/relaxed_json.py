"""JSON as people write it at MongoDB's prompt: ``{enabled: 1, 'host': /^web/, ts: {$gt: ISODate("2026-01-01")}}``.

Names need no quotes, texts may have single ones, and the few functions that make other types are understood. So are the
``$``-words by which strict JSON says the same: ``{"$oid": "..."}``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bson import Int64, ObjectId, Regex, Timestamp, json_util
from bson.errors import BSONError

__all__ = ["RelaxedJSONError", "parse_relaxed_json"]

_DEEPEST = 100
"""How deep BSON nests."""
_MOST_DIGITS = 20
"""Of a whole number of 64 bits, its sign included."""

_SPACE = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]*")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WORD = re.compile(r"-Infinity|[A-Za-z_$][A-Za-z0-9_$]*")
_REGEX = re.compile(r"/((?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)/([a-z]*)")
_QUOTED = re.compile(r"""(["'])((?:(?!\1)[^\\]|\\.)*)\1""", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

_WORDS = {
    "true": True,
    "false": False,
    "null": None,
    "undefined": None,
    "NaN": math.nan,
    "Infinity": math.inf,
    "-Infinity": -math.inf,
}


class RelaxedJSONError(ValueError):
    """A text that cannot be read.

    :ivar position: Where in the text.
    :ivar wanted: What should be there.
    :ivar found: What is.
    """

    def __init__(self, text: str, position: int, wanted: str) -> None:
        self.position = position
        self.wanted = wanted
        self.found = repr(text[position : position + 20]) if position < len(text) else "its end"
        super().__init__(f"wanted {wanted}, found {self.found} at {position}")


def parse_relaxed_json(text: str) -> dict[str, Any]:
    """Return the document a text says.

    :param text: Empty: the empty document.
    :raises RelaxedJSONError: It says none.
    """
    reader = _Reader(text)
    if reader.is_at_end():
        return {}
    document = reader.read_document(0)
    if not reader.is_at_end():
        raise reader.fault("nothing more")
    if not isinstance(document, dict):
        raise reader.fault("a document of fields", 0)
    return document


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def fault(self, wanted: str, at: int | None = None) -> RelaxedJSONError:
        return RelaxedJSONError(self._text, self._at if at is None else at, wanted)

    def is_at_end(self) -> bool:
        self._skip_space()
        return self._at == len(self._text)

    def read_document(self, depth: int) -> Any:
        """Return a document, or what a document of one ``$``-word stands for."""
        start = self._at
        self._expect("{", "{")
        document: dict[str, Any] = {}
        while not self._takes("}"):
            if document:
                self._expect(",", "a comma or }")
            name = self._read_name()
            self._expect(":", "a colon")
            document[name] = self._read_value(depth + 1)
        try:
            return json_util.object_hook(document, json_util.JSONOptions(tz_aware=True))
        except (BSONError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
            # These are what object_hook meets where a $-word is followed by something it cannot be made of.
            raise self.fault("what its $-word takes", start) from None

    def _read_value(self, depth: int) -> Any:
        self._skip_space()
        if depth > _DEEPEST:
            raise self.fault(f"no more than {_DEEPEST} levels")
        match self._text[self._at : self._at + 1]:
            case "{":
                return self.read_document(depth)
            case "[":
                return self._read_list("[", "]", depth)
            case '"' | "'":
                return self._read_text()
            case "/":
                pattern, flags = self._read_match(_REGEX, "a regular expression, /.../").groups()
                return Regex(pattern, flags)
        if _NUMBER.match(self._text, self._at):
            return self._read_number()
        return self._read_word(depth)

    def _read_list(self, opening: str, closing: str, depth: int) -> list[Any]:
        self._expect(opening, opening)
        values: list[Any] = []
        while not self._takes(closing):
            if values:
                self._expect(",", f"a comma or {closing}")
            values.append(self._read_value(depth + 1))
        return values

    def _read_name(self) -> str:
        self._skip_space()
        if self._text[self._at : self._at + 1] in ("'", '"'):
            return self._read_text()
        return self._read_match(_NAME, "the name of a field")[0]

    def _read_text(self) -> str:
        start = self._at
        found = self._read_match(_QUOTED, "the quote that ends this text")
        try:  # by way of UTF-16: a character beyond 65,535 is escaped as two halves
            return _ESCAPE.sub(_unescape, found[2]).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise self.fault("a text of whole characters", start) from None

    def _read_number(self) -> int | float:
        start = self._at
        literal = self._read_match(_NUMBER, "a number")[0]
        if not re.fullmatch(r"-?\d+", literal):
            return float(literal)
        if len(literal) > _MOST_DIGITS:
            raise self.fault("a whole number of 64 bits", start)
        return int(literal)

    def _read_word(self, depth: int) -> Any:
        start = self._at
        word = self._read_match(_WORD, "a value")[0]
        if word == "new":
            self._skip_space()
            word = self._read_match(_WORD, "what is new")[0]
        if word in _WORDS:
            return _WORDS[word]
        make = _FUNCTIONS.get(word)
        if make is None:
            raise self.fault("a value; a text needs quotes", start)
        arguments = self._read_list("(", ")", depth)
        try:
            return make(*arguments)
        except (BSONError, ValueError, TypeError, OverflowError):
            raise self.fault(f"what {word} takes", start) from None

    def _read_match(self, pattern: re.Pattern[str], wanted: str) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self.fault(wanted)
        self._at = found.end()
        return found

    def _expect(self, character: str, wanted: str) -> None:
        if not self._takes(character):
            raise self.fault(wanted)

    def _takes(self, character: str) -> bool:
        self._skip_space()
        if not self._text.startswith(character, self._at):
            return False
        self._at += 1
        return True

    def _skip_space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found is not None else self._at


def _unescape(found: re.Match[str]) -> str:
    if found[1] is not None:
        return chr(int(found[1], 16))
    return _ESCAPED.get(found[2], found[2])


def _make_date(moment: str | float) -> datetime:
    """Return a date of ISO's text, or of milliseconds since the epoch."""
    if isinstance(moment, str):
        date = datetime.fromisoformat(moment)
        return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return datetime.fromtimestamp(moment / 1000, UTC)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Date": _make_date,
    "ISODate": _make_date,
    "NumberInt": int,
    "NumberLong": Int64,
    "ObjectId": ObjectId,
    "RegExp": Regex,
    "Timestamp": Timestamp,
}
