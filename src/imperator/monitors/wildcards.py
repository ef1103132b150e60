"""One component of a glob pattern, read as glob(3) reads it without its extensions.

``*``, ``?``, ``[...]`` (with ``!`` or ``^``, ranges and classes such as ``[:digit:]``) and the backslash that takes a
character's meaning away. A leading dot has to be written. ``**`` and braces mean nothing special.
"""

from __future__ import annotations

import re

__all__ = ["compile_component", "has_wildcards", "strip_escapes"]

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_BRACKET = re.compile(r"\[[!^]?+\]?+(?:\[:[a-z]+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_BRACKET_PART = re.compile(r"\[:([a-z]+):\]|\\(.)|(.)", re.DOTALL)
_MATCHES_NOTHING = re.compile(r"(?!)")


def has_wildcards(text: str) -> bool:
    """Tell whether a pattern can match more than one name."""
    return re.search(r"[*?\[]", re.sub(r"\\.", "", text, flags=re.DOTALL)) is not None


def strip_escapes(text: str) -> str:
    """Return the one name that a component without wildcards stands for."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def compile_component(text: str) -> re.Pattern[str]:
    """Make the expression that the whole of a file's name has to match.

    :param text: What stands between two slashes of a pattern.
    """
    if re.search(r"(?<!\\)(?:\\\\)*\\$", text):  # a last backslash takes nothing's meaning away: no name matches
        return _MATCHES_NOTHING
    parts = [] if text.startswith((".", "\\.")) else [r"(?!\.)"]
    position = 0
    while position < len(text):
        part, position = _translate_next(text, position)
        parts.append(part)
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error:  # a range that runs backwards: glob(3) matches nothing with it either
        return _MATCHES_NOTHING


def _translate_next(text: str, position: int) -> tuple[str, int]:
    character = text[position]
    if character == "*":
        return ".*", position + 1
    if character == "?":
        return ".", position + 1
    if character == "\\":
        return re.escape(text[position + 1]), position + 2
    if character == "[" and (bracket := _BRACKET.match(text, position)):
        return _translate_bracket(bracket[0]), bracket.end()
    return re.escape(character), position + 1


def _translate_bracket(text: str) -> str:
    inside = text[1:-1]
    negated = inside.startswith(("!", "^"))
    inside = inside[negated:]
    parts = []
    for found in _BRACKET_PART.finditer(inside):
        class_name, escaped, plain = found.groups()
        if class_name is not None:
            parts.append(_CLASSES.get(class_name, ""))
        elif plain == "-" and 0 < found.start() < len(inside) - 1:
            parts.append("-")
        else:
            parts.append(re.escape(escaped or plain))
    return f"[{'^' if negated else ''}{''.join(parts)}]"
