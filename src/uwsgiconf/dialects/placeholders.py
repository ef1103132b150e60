"""Replacing `$(ENV)`, `@(file)` and `%(option)` in values, the way uWSGI scans for them.

uWSGI scans a value once per symbol. After a replacement it starts again at the *second* character, so a reference that
comes to stand at the very start of a value through a replacement stays as it is.
"""

from collections.abc import Callable, Iterator

from .arithmetic import int64, leading_number, truncated_quotient

# What refers to itself grows without end, slowly or fast. Real values take a handful of replacements, though one of
# them may be the content of a large file.
_MOST_GROWTH = 16 << 20
_MOST_REPLACEMENTS = 1_000
_REPLACEMENTS_ABOVE_SUSPICION = 20
_MOST_SCANNED = 4 << 20

Lookup = Callable[[str], str | None]


class EndlessReferenceError(Exception):
    """A reference brings itself back each time it is replaced; uWSGI would go on until memory ends."""


def replace(value: str, symbol: str, lookup: Lookup) -> Iterator[str]:
    """Replace every `symbol(name)` by what `lookup` makes of the name: yield the value after each replacement.

    :param lookup: None for a name it does not know: that reference is left standing.
    :raises EndlessReferenceError: when replacing would never end.
    """
    longest = len(value) + _MOST_GROWTH
    start = replacements = scanned = 0
    while (found := _next_reference(value, symbol, start, lookup)) is not None:
        opening, closing, replacement = found
        value = value[:opening] + replacement + value[closing + 1 :]
        replacements += 1
        scanned += len(value)
        is_suspicious = replacements > _REPLACEMENTS_ABOVE_SUSPICION and scanned > _MOST_SCANNED
        if is_suspicious or replacements > _MOST_REPLACEMENTS or len(value) > longest:
            raise EndlessReferenceError
        yield value
        start = 1


def references(value: str, symbol: str) -> list[str]:
    """The names that `value` refers to with this symbol, as uWSGI would look them up, in order."""
    names: list[str] = []

    def note(name: str) -> None:
        names.append(name)

    _next_reference(value, symbol, 0, note)
    return names


def _next_reference(value: str, symbol: str, start: int, lookup: Lookup) -> tuple[int, int, str] | None:
    """Where the first known reference opens and closes, and what it stands for."""
    position = value.find(symbol, start)
    while position != -1:
        if value[position + 1 : position + 2] != "(":
            position = value.find(symbol, position + 1)
            continue
        closing, reopened = _closing(value, symbol, position + 2)
        if reopened:
            position = closing
            continue
        if closing == -1:
            return None
        name = value[position + 2 : closing]
        replacement = lookup(name) if name else None
        if replacement is not None:
            return position, closing, replacement
        position = value.find(symbol, closing + 1)
    return None


def _closing(value: str, symbol: str, position: int) -> tuple[int, bool]:
    """Where a reference closes, or (that position, True) where the symbol inside it begins another."""
    depth = 0
    for index in range(position, len(value)):
        character = value[index]
        if character == symbol:
            return index, True
        if character == "(":
            depth += 1
        elif character == ")":
            if depth == 0:
                return index, False
            depth -= 1
    return -1, False


def calculate(expression: str, option: Lookup) -> str | None:
    """What `%(expression)` stands for: an option's value, or a calculation such as `processes * 2 + 1`.

    It is read from left to right: a word is joined to what stands before it, `+ - * /` calculate with the number on
    their left and the word on their right, `++` and `--` change the number on their left by one. Unknown words are
    empty.
    """
    if " " not in expression:
        return option(expression)
    result: str | None = None
    operation = ""
    for word in filter(None, expression.split(" ")):
        if word in ("+", "-", "*", "/"):
            operation = word
        elif word in ("++", "--"):
            if result is not None:
                result = str(int64(leading_number(result) + (1 if word == "++" else -1)))
            operation = ""
        else:
            operand = word if _is_number(word) else option(word) or ""
            result = _combine(result or "", operation, operand)
            operation = ""
    return result


def _combine(left: str, operation: str, right: str) -> str:
    if not operation:
        return left + right
    first, second = leading_number(left), leading_number(right)
    if operation == "+":
        return str(int64(first + second))
    if operation == "-":
        return str(int64(first - second))
    if operation == "*":
        return str(int64(first * second))
    return str(truncated_quotient(first, second))


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()
