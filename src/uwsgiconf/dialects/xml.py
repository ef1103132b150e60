"""XML as uWSGI takes it: a `<uwsgi>` element, and in it an element for every option.

uWSGI is built with libxml2 or with expat, and the two disagree at the edges. This follows libxml2, which uWSGI's own
build prefers, and remarks on what builds with expat cut off.
"""

from collections.abc import Iterator
from typing import NamedTuple

from .faults import Problem
from .items import BrokenTextError, Comment, Edit, Item, Remark, Scan
from .xml_tree import Node, parse

_STANZA = "uwsgi"


class _Option(NamedTuple):
    name: str
    value: str
    #: The element it is made of.
    node: Node


def scan(text: str) -> Scan:
    """Read every stanza of an XML text. A section is the `id` of an option, or that of the stanza it is in.

    :raises BrokenTextError: when the text is no XML, or has no `<uwsgi>`.
    """
    found = Scan.nothing()
    for stanza in _stanzas(parse(text)):
        _collect(found, stanza, "")
    return found


def scan_stanza(text: str, section: str) -> Scan:
    """Read what uWSGI reads when it is asked for one `id`, or for none.

    :param section: The id; empty for none: then all of the first stanza counts.
    :raises BrokenTextError: when uWSGI would give up on the text.
    """
    root = parse(text)
    stanzas = _stanzas(root)
    for stanza in stanzas:
        if stanza is root or not _is_other(stanza, section):
            found = Scan.nothing()
            _collect(found, stanza, section)
            return found
    known = ", ".join(stanza.attributes["id"] for stanza in stanzas)
    problem = Problem(f"a <uwsgi> with the id {section!r}", f"the ids {known}", "Name one of these after the file.")
    raise BrokenTextError(root.line, problem)


def edit_value(text: str, item: Item, value: str) -> Edit:
    """Give an option another value."""
    if item.value_start != -1:
        return Edit(item.value_start, item.value_end, _spelled(value))
    return Edit(item.start, item.end, _element(item.name, value))


def edit_out(text: str, item: Item) -> Edit:
    """Take the element of an option away, with its line if it has one for itself."""
    line_start = text.rfind("\n", 0, item.start) + 1
    line_end = text.find("\n", item.end) + 1 or len(text)
    if (text[line_start : item.start] + text[item.end : line_end]).strip():
        return Edit(item.start, item.end, "")
    return Edit(line_start, line_end, "")


def edit_in(text: str, position: int, name: str, value: str) -> Edit:
    """Add an element before the tag that closes a stanza."""
    return Edit(position, position, f"  {_element(name, value)}\n")


def _element(name: str, value: str) -> str:
    return f"<{name}>{_spelled(value)}</{name}>"


def _spelled(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _is_other(node: Node, section: str) -> bool:
    """Whether an element is marked with another id than the one asked for."""
    return bool(section) and node.attributes.get("id", section) != section


def _stanzas(root: Node) -> list[Node]:
    stanzas = [root] if root.name == _STANZA else [child for child in root.children if child.name == _STANZA]
    if not stanzas:
        problem = Problem("an element <uwsgi>", f"<{root.name}>", "Put the options between <uwsgi> and </uwsgi>.")
        raise BrokenTextError(root.line, problem)
    return stanzas


def _collect(found: Scan, stanza: Node, asked: str) -> None:
    usual = stanza.attributes.get("id", "")
    found.sections[usual] = stanza.end - len("</uwsgi>")
    for child in stanza.children:
        if child.name == "#comment":
            found.comments.append(Comment(child.line, child.text.strip()))
        if _is_other(child, asked):
            continue
        section = child.attributes.get("id", usual)
        for option in _options(child):
            found.items.append(_item(section, option))
        found.remarks.extend(_remarks(section, child))


def _options(node: Node) -> Iterator[_Option]:
    """What a child of a stanza says, as (name, value)."""
    if node.name == "#cdata":
        yield _Option("eval", node.text, node)
    elif node.name == "app":
        yield from _app(node)
    elif node.is_element and not node.children:
        yield _Option(node.name, "1", node)
    elif node.is_element and not node.children[0].is_element:
        yield _Option(node.name, node.children[0].text, node)


def _app(node: Node) -> Iterator[_Option]:
    """The one option with attributes, from the days before `mount`."""
    value = None
    if len(node.children) == 1 and not node.children[0].is_element:
        value = node.children[0].text
    elif len(node.children) > 1 and node.children[1].children:
        value = node.children[1].children[0].text
    if value is not None:
        mountpoint, domain = node.attributes.get("mountpoint"), node.attributes.get("domain")
        prefix = f"{mountpoint}=" if mountpoint is not None else f"{domain}|=" if domain is not None else ""
        yield _Option("mount", prefix + value, node)
    if value is not None or not node.children:
        yield _Option("app", "", node)


def _item(section: str, option: _Option) -> Item:
    node = option.node
    content = node.children[0] if len(node.children) == 1 and option.name == node.name else None
    span = (content.start, content.end) if content is not None else (-1, -1)
    return Item(section, option.name, option.value, node.line, node.start, node.end, *span)


def _remarks(section: str, node: Node) -> Iterator[Remark]:
    if not node.is_element or not node.children or node.name == "app":
        return
    first = node.children[0]
    if first.is_element:
        wanted, found = f"text in <{node.name}>", f"<{first.name}>, at which a uWSGI with libxml2 crashes"
        yield Remark(section, node.line, Problem(wanted, found, "Put one element per option directly into <uwsgi>."))
    elif len(node.children) > 1:
        wanted, found = f"nothing but text in <{node.name}>", "more, of which uWSGI takes the first piece"
        yield Remark(section, node.line, Problem(wanted, found, "Put comments on a line of their own."))
    elif first.text_pieces > 1:
        wanted, found = (
            f"text in one piece in <{node.name}>",
            "more than expat builds take: they stop at & and at line breaks",
        )
        yield Remark(section, node.line, Problem(wanted, found, "Use <![CDATA[ ]]> for & and <, and stay on one line."))
