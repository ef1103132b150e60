"""uWSGI's ini: lines of `name = value` under `[section]`.

It is not the ini of Python's configparser: names repeat, case counts, a line continues nothing, a comment is a line of
its own, and a section that comes twice is one.
"""

from collections.abc import Iterator

from .faults import Problem
from .items import Comment, Edit, Item, Remark, Scan

_BLANK = " \t\r"


def scan(text: str) -> Scan:
    """Read every section of an ini text."""
    found = Scan.nothing()
    section = ""
    for number, start, end, content in _lines(text):
        if content[0] in ";#":
            found.comments.append(Comment(number, content[1:].strip(_BLANK)))
            continue
        if content[0] == "[":
            section = content[1:-1]
            found.sections[section] = end
            if content[-1] != "]":
                found.remarks.append(_unclosed(section, number, content))
            continue
        found.items.append(_item(text, section, number, start, end, content))
        found.sections[section] = end
        if not section and not found.remarks:
            found.remarks.append(_before_any_section(number, content))
    return found


def edit_value(text: str, item: Item, value: str) -> Edit:
    """Give an option another value."""
    if item.value_start != -1:
        return Edit(item.value_start, item.value_end, value)
    name_end = text.index(item.name, item.start) + len(item.name)
    return Edit(name_end, name_end, f" = {value}")


def edit_out(text: str, item: Item) -> Edit:
    """Take the line of an option away."""
    return Edit(item.start, item.end, "")


def edit_in(text: str, position: int, name: str, value: str) -> Edit:
    """Add a line after the last one of a section."""
    break_before = "" if text[:position].endswith("\n") else "\n"
    return Edit(position, position, f"{break_before}{name} = {value}\n")


def _lines(text: str) -> Iterator[tuple[int, int, int, str]]:
    """Number, start, end and content of every line that is not blank; to uWSGI, a line ends at a zero byte, too."""
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        content = line.partition("\0")[0].strip(_BLANK)
        end = min(start + len(line) + 1, len(text))
        if content:
            yield number, start, end, content
        start = end


def _item(text: str, section: str, number: int, start: int, end: int, content: str) -> Item:
    name, equals, value = content.partition("=")
    value = value.strip(_BLANK)
    content_end = text.index(content, start, end) + len(content)
    value_start, value_end = (content_end - len(value), content_end) if equals else (-1, -1)
    return Item(section, name.rstrip(_BLANK), value, number, start, end, value_start, value_end)


def _unclosed(section: str, number: int, content: str) -> Remark:
    return Remark(
        section,
        number,
        Problem(
            wanted="a section header that ends with ]",
            found=f"{content}, which uWSGI reads as the section {section!r}",
            remedy="End the line with ], and put a comment on a line of its own.",
        ),
    )


def _before_any_section(number: int, content: str) -> Remark:
    return Remark(
        "",
        number,
        Problem(
            wanted="options under a [section] header",
            found=f"{content!r} before the first header, which uWSGI passes over",
            remedy="Put [uwsgi] on a line above it.",
        ),
    )
