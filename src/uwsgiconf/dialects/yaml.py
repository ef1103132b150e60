"""YAML as uWSGI's own reader takes it: line by line, and far from all of YAML.

A section is a name at the start of a line; its options are the indented `name: value` lines under it. Values are taken
as they stand, quotes included, and a `#` begins a comment wherever it is. The first line that does not fit ends the
section, and whatever follows is passed over in silence.
"""

from collections.abc import Iterator

from .faults import Problem
from .items import Comment, Edit, Item, Remark, Scan

_INDENT = " \t\r"
_BLANK = " \t"


def scan(text: str) -> Scan:
    """Read every section of a YAML text."""
    found = Scan.nothing()
    section: str | None = None
    for number, start, end, line, comment in _lines(text):
        if comment is not None:
            found.comments.append(Comment(number, comment.strip(_INDENT)))
        if not line:
            continue
        content = line.lstrip(_INDENT)
        if content == line:
            section = _open_section(found, number, line, end)
        elif content and section is not None:
            separator = _separator(content)
            if separator == -1:
                found.remarks.append(_section_ends(section, number, content))
                section = None
            else:
                found.items.append(_item(text, section, number, start, end, content, separator))
                found.sections[section] = end
    return found


def edit_value(text: str, item: Item, value: str) -> Edit:
    """Give an option another value."""
    return Edit(item.value_start, item.value_end, value)


def edit_out(text: str, item: Item) -> Edit:
    """Take the line of an option away."""
    return Edit(item.start, item.end, "")


def edit_in(text: str, position: int, name: str, value: str) -> Edit:
    """Add a line after the last one of a section."""
    break_before = "" if text[:position].endswith("\n") else "\n"
    return Edit(position, position, f"{break_before}  {name}: {value}\n")


def _lines(text: str) -> Iterator[tuple[int, int, int, str, str | None]]:
    """Number, start, end, content and comment of every line."""
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        content, hash_sign, comment = line.partition("#")
        end = min(start + len(line) + 1, len(text))
        yield number, start, end, content.partition("\0")[0], comment if hash_sign else None
        start = end


def _open_section(found: Scan, number: int, line: str, end: int) -> str | None:
    """The section that a line at the margin opens, None if it opens none that uWSGI would get to."""
    section, colon, _ = line.partition(":")
    if line[0] in "-[{" or not colon:
        return None
    if section in found.sections:
        found.remarks.append(_second_section(section, number))
        return None
    found.sections[section] = end
    return section


def _separator(content: str) -> int:
    """Where the name of an option ends, -1 if the line is no option."""
    if content[0] in "-[{":
        return -1
    position = content.find(": ")
    return position if position != -1 else content.find(":\t")


def _item(text: str, section: str, number: int, start: int, end: int, content: str, separator: int) -> Item:
    value = content[separator + 2 :].lstrip(_INDENT).rstrip(_BLANK)
    content_start = text.index(content, start, end)
    value_end = content_start + len(content.rstrip(_BLANK))
    if not value:
        value_end = content_start + separator + 2
    name = content[:separator].rstrip(_BLANK)
    return Item(section, name, value, number, start, end, value_end - len(value), value_end)


def _section_ends(section: str, number: int, content: str) -> Remark:
    return Remark(
        section,
        number,
        Problem(
            wanted="a line `name: value`",
            found=f"{content.rstrip()!r}; uWSGI stops reading here and passes over the rest of the file",
            remedy="Write one `name: value` per line; repeat the name for each value of a list.",
        ),
    )


def _second_section(section: str, number: int) -> Remark:
    return Remark(
        section,
        number,
        Problem(
            wanted=f"one section {section!r}",
            found="a second one, which uWSGI does not read",
            remedy="Move its options to the first one.",
        ),
    )
