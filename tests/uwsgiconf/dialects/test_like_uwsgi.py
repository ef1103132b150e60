"""What we make of a file is what uWSGI makes of it."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import cases
from .oracle import told_by_us, told_by_uwsgi

ENVIRON = {
    "HOME": "/root",
    "PATH": os.environ["PATH"],
    "NAME": "name",
    "FILE": "file.txt",
    "INI": "b.ini",
}

TABLE = [
    pytest.param(f"main.{suffix}", content, id=f"{suffix}: {title}")
    for suffix, table in (("ini", cases.INI), ("yaml", cases.YAML), ("json", cases.JSON), ("xml", cases.XML))
    for title, content in table.items()
]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with everything the cases include."""
    (tmp_path / "dir").mkdir()
    for name, content in cases.BESIDE.items():
        (tmp_path / name).write_text(content)
    return tmp_path


@pytest.mark.parametrize(("name", "content"), TABLE)
def test_reads_as_uwsgi_does(directory: Path, name: str, content: str) -> None:
    """Every case of the table gives the options, in the order, that uWSGI shows; or is refused by both."""
    (directory / name).write_bytes(content.encode("latin-1"))

    assert told_by_us(directory, name, ENVIRON) == told_by_uwsgi(directory, name, ENVIRON)


SECTIONS = "[uwsgi]\na=1\n[two]\nb=%x %d\nini=:three\n[three]\nc=1\n"


@pytest.mark.parametrize("target", ["main.ini", "main.ini:two", "main.ini:", "main.ini:nope", "dir/../main.ini:two"])
def test_targets_name_sections(directory: Path, target: str) -> None:
    """`file:section` means that section, for us as for uWSGI."""
    (directory / "main.ini").write_text(SECTIONS)

    assert told_by_us(directory, target, ENVIRON) == told_by_uwsgi(directory, target, ENVIRON)


def test_a_link_is_where_it_lies(directory: Path) -> None:
    """Magic variables of a file that is a link tell of the link, not of what it leads to."""
    (directory / "dir" / "real.ini").write_text("[uwsgi]\na=%d %n %c %0 %p %i\n")
    (directory / "link.ini").symlink_to("dir/real.ini")
    (directory / "aside").symlink_to("dir")

    for target in ("link.ini", "aside/real.ini", os.fspath(directory / "link.ini")):
        assert told_by_us(directory, target, ENVIRON) == told_by_uwsgi(directory, target, ENVIRON)


NAMES = st.sampled_from(["a", "b", "c", "if-env", "if-opt", "for", "endif", "endfor", "end", "set-ph", "set", "ini"])
PIECES = st.sampled_from(
    ["", "a", "b", "1", "7", " ", "=", "%(a)", "%(b)", "%(a + 1)", "%(_)", "$(HOME)", "$(", "%", "%%", "%n", ")", "("]
)
LINES = st.builds(lambda name, value: f"{name} = {''.join(value)}\n", NAMES, st.lists(PIECES, max_size=4))
OTHERS = st.sampled_from(["[uwsgi]\n", "[other]\n", "; c\n", "\n", "\r\n", "master\n", "a\n", "ini = b.ini\n", "[x"])


ORACLE = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=os.environ.get("CI") == "true",  # new examples are looked for where somebody can look at them
)


@settings(ORACLE, max_examples=150)
@given(st.lists(LINES | OTHERS, max_size=12))
def test_any_ini_reads_as_uwsgi_does(directory: Path, lines: list[str]) -> None:
    """Whatever the lines of an ini file are, both make the same of them, unless uWSGI would not come to an end."""
    content = "[uwsgi]\n" + "".join(lines)
    (directory / "main.ini").write_text(content)
    ours = told_by_us(directory, "main.ini", ENVIRON)

    if ours is not None or "%(" not in content:  # a reference that leads to itself never ends there
        assert told_by_uwsgi(directory, "main.ini", ENVIRON) == ours


YAML_PIECES = st.sampled_from(
    ["uwsgi:", "other:", "  ", "\t", "a", "b", ": ", ":", ":\t", "1", "# c", "- ", "{", "%n", "\r", "\n", "'", "\n  "]
)


@settings(ORACLE, max_examples=100)
@given(st.lists(YAML_PIECES, max_size=30))
def test_any_yaml_reads_as_uwsgi_does(directory: Path, pieces: list[str]) -> None:
    """Whatever stands in a YAML file, both make the same of it."""
    (directory / "main.yaml").write_text("uwsgi:\n  x: y\n" + "".join(pieces) + "\n")

    assert told_by_us(directory, "main.yaml", ENVIRON) == told_by_uwsgi(directory, "main.yaml", ENVIRON)
