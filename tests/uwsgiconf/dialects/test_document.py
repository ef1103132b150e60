"""A file is read to the byte, changed in places, and written back with all else as it was."""

import json
import os
from contextlib import nullcontext
from pathlib import Path
from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uwsgiconf.dialects import Comment, DialectError, Document, read
from uwsgiconf.exceptions import ConfigurationError

from . import cases

TEXTS = {
    "ini": "; top\n[uwsgi]\n  master\nenv  =  A=1 ; no comment\n\n# half\nenv = B=2\n[other]\nsocket=:1",
    "yaml": "# top\nuwsgi:\n  master: true # yes\n\n  env:   A=1\n  env: B=2\nother:\n  socket: :1",
    "json": '{\n  "uwsgi": {\n    "master": true,\n    "env": ["A=1", "B=2"]\n  },\n  "other": {"socket": ":1"}\n}\n',
    "xml": '<c>\n<!-- no --><uwsgi id="uwsgi">\n'
    "  <!-- yes -->\n  <master/>\n  <env>A=1</env>\n  <env>B=2</env>\n</uwsgi>\n"
    '<uwsgi id="other"><socket>:1</socket></uwsgi>\n</c>\n',
}


def document(dialect: str, text: str | None = None) -> Document:
    """A document of that dialect."""
    return read(f"app.{dialect}:uwsgi", text=(TEXTS[dialect] if text is None else text).encode("latin-1"))


def is_broken(dialect: str, content: str) -> bool:
    """Whether the standard library, too, takes this for no JSON or XML at all."""
    try:
        if dialect == "json":
            json.loads(content.encode("latin-1").partition(b"\0")[0], parse_constant=int)
        if dialect == "xml":
            expat.ParserCreate().Parse(content.encode("latin-1"), True)
    except (ValueError, expat.ExpatError):
        return True
    return content in ONLY_JANSSON_REFUSES


ONLY_JANSSON_REFUSES = [
    cases.JSON[title]
    for title in ("half a pair", "a zero character", "a number", "a large integer", "a real number without end")
]

EVERY_CASE = [
    pytest.param(dialect, content, id=f"{dialect}: {title}")
    for dialect, table in (("ini", cases.INI), ("yaml", cases.YAML), ("json", cases.JSON), ("xml", cases.XML))
    for title, content in table.items()
]


@pytest.mark.parametrize(("dialect", "content"), EVERY_CASE)
def test_what_is_not_changed_is_written_as_it_was(dialect: str, content: str) -> None:
    """Reading and writing gives the same bytes, whatever they are; or the file is no JSON or XML and is refused."""
    refusal = pytest.raises(DialectError) if is_broken(dialect, content) else nullcontext()

    with refusal:
        assert document(dialect, content).text == content.encode("latin-1")


@pytest.mark.parametrize("dialect", TEXTS)
def test_items_are_known_by_section_and_order(dialect: str) -> None:
    """Every option of every section is there, in the order of the file."""
    said = [(item.section, item.name, item.value) for item in document(dialect).items]

    assert [(section, name) for section, name, _ in said] == [
        ("uwsgi", "master"),
        ("uwsgi", "env"),
        ("uwsgi", "env"),
        ("other", "socket"),
    ]
    assert said[2:] == [("uwsgi", "env", "B=2"), ("other", "socket", ":1")]


@pytest.mark.parametrize(
    ("dialect", "lines"), [("ini", [3, 4, 7, 9]), ("yaml", [3, 5, 6, 8]), ("json", [3, 4, 4, 6]), ("xml", [4, 5, 6, 8])]
)
def test_items_know_their_lines(dialect: str, lines: list[int]) -> None:
    """The line of an item is the one it stands on."""
    assert [item.line for item in document(dialect).items] == lines


@pytest.mark.parametrize(
    ("dialect", "comments"),
    [
        ("ini", [Comment(1, "top"), Comment(6, "half")]),
        ("yaml", [Comment(1, "top"), Comment(3, "yes")]),
        ("json", []),
        ("xml", [Comment(3, "yes")]),
    ],
)
def test_comments_are_known(dialect: str, comments: list[Comment]) -> None:
    """Comments are there with their lines, without the signs that make them comments."""
    assert document(dialect).comments == comments


CHANGED_VALUES = {
    "ini": ("env = B=2\n", "env = C=3 & more\n"),
    "yaml": ("env: B=2\n", "env: C=3 & more\n"),
    "json": ('"B=2"', '"C=3 & more"'),
    "xml": ("<env>B=2</env>", "<env>C=3 &amp; more</env>"),
}


@pytest.mark.parametrize("dialect", TEXTS)
def test_only_the_value_changes(dialect: str) -> None:
    """Another value of an option changes its bytes and no others."""
    changed = document(dialect)

    changed.set_value(changed.get("env")[1], "C=3 & more")

    assert changed.text.decode() == TEXTS[dialect].replace(*CHANGED_VALUES[dialect])


@pytest.mark.parametrize(
    ("dialect", "before", "after"),
    [
        ("ini", "  master\n", "  master = false\n"),
        ("yaml", "true #", "false #"),
        ("json", "true", '"false"'),
        ("xml", "<master/>", "<master>false</master>"),
    ],
)
def test_an_option_without_a_value_can_be_given_one(dialect: str, before: str, after: str) -> None:
    """A switch gets a value in the spelling of its dialect."""
    changed = document(dialect)

    changed.set_value(changed.get("master")[0], "false")

    assert changed.text.decode() == TEXTS[dialect].replace(before, after)


@pytest.mark.parametrize(
    ("dialect", "gone"),
    [
        ("ini", "# half\nenv = B=2\n|# half\n"),
        ("yaml", "  env: B=2\n|"),
        ("json", '"A=1", "B=2"|"A=1"'),
        ("xml", "  <env>B=2</env>\n|"),
    ],
)
def test_an_option_is_removed_with_its_line(dialect: str, gone: str) -> None:
    """A removed option leaves no blank line and no stray comma behind."""
    before, after = gone.split("|")
    changed = document(dialect)

    changed.remove(changed.get("env")[1])

    assert changed.text.decode() == TEXTS[dialect].replace(before, after)


@pytest.mark.parametrize("dialect", TEXTS)
def test_all_options_can_be_removed_and_added(dialect: str) -> None:
    """However many options are taken out and put in, the file stays one that can be read."""
    changed = document(dialect)

    for _ in range(4):
        changed.remove(changed.items[0])
    for number in range(3):
        changed.add(f"env{number}", "X")
    changed.add("socket", ":2", section="other")

    said = [(item.section, item.name, item.value) for item in changed.items]
    assert said == [("uwsgi", f"env{number}", "X") for number in range(3)] + [("other", "socket", ":2")]


CANNOT_BE_SAID = [
    ("ini", "a\nb"),
    ("ini", " a"),
    ("ini", "a\0b"),
    ("yaml", "a # b"),
    ("yaml", "a\nb"),
    ("xml", "a\0"),
]


@pytest.mark.parametrize(("dialect", "value"), CANNOT_BE_SAID)
def test_what_a_dialect_cannot_say_is_refused(dialect: str, value: str) -> None:
    """A value that would be read as another one is refused, and the file stays as it was."""
    changed = document(dialect)

    with pytest.raises(ConfigurationError) as caught:
        changed.add("env", value)

    assert caught.value.thing
    assert changed.text.decode() == TEXTS[dialect]


def test_a_section_that_is_not_there_is_refused() -> None:
    """An option cannot be added to a section the file does not have; the error names those it has."""
    with pytest.raises(ConfigurationError) as caught:
        document("ini").add("a", "1", section="nope")

    error = caught.value
    assert (error.thing, error.wanted) == ("app.ini: a new option 'a'", "one of the sections uwsgi, other")
    assert (error.found, error.remedy) == ("'nope'", "Name a section that is there.")


def test_writing_keeps_the_permissions(tmp_path: Path) -> None:
    """A written file has the permissions it had, and nothing else is left in the directory."""
    path = tmp_path / "app.ini"
    path.write_bytes(b"[uwsgi]\na=1\n")
    path.chmod(0o640)
    changed = read(path)

    changed.set_value(changed.items[0], "2")
    changed.write()

    assert path.read_bytes() == b"[uwsgi]\na=2\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["app.ini"]


def test_writing_through_a_link_keeps_it(tmp_path: Path) -> None:
    """A file that is a link stays one; what it leads to is changed."""
    (tmp_path / "real.ini").write_bytes(b"[uwsgi]\na=1\n")
    (tmp_path / "link.ini").symlink_to("real.ini")
    changed = read(tmp_path / "link.ini")

    changed.remove(changed.items[0])
    changed.write()

    assert (tmp_path / "link.ini").is_symlink()
    assert (tmp_path / "real.ini").read_bytes() == b"[uwsgi]\n"


INI_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="=;#[ \t\r\n\0"), min_size=1, max_size=8)
VALUES = st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.lists(st.tuples(INI_NAMES, VALUES), max_size=6), st.sampled_from(["ini", "json"]))
def test_what_is_added_is_read_back(options: list[tuple[str, str]], dialect: str) -> None:
    """Options that were added are read back as they were given, or were refused."""
    changed = document(dialect, {"ini": "[uwsgi]\n", "json": '{"uwsgi": {}}'}[dialect])
    accepted: dict[str, str] = {}
    for name, value in options:
        if name in accepted:  # a JSON object has a name once
            continue
        try:
            changed.add(name, value)
        except ConfigurationError:
            continue
        accepted[name] = value

    assert {item.name: item.value for item in document(dialect, changed.text.decode("latin-1")).items} == accepted
