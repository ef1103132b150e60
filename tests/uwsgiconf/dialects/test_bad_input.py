"""Files that cannot be meant, and what is said about them: which thing, what was wanted, what was found, what to do."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from uwsgiconf.dialects import DialectError, Evaluation, evaluate, read

BROKEN = {
    "no file": ("nope.ini", None, "nope.ini", "a configuration file that can be read", "no such file or directory"),
    "no suffix": ("conf", b"", "conf", "a name ending with one of .ini, .yaml, .yml, .json, .js, .xml", "no suffix"),
    "another suffix": ("a.conf", b"", "a.conf", "a name ending with one of", "the suffix '.conf'"),
    "a trailing comma": (
        "a.json",
        b'{"uwsgi": {\n"a": 1,\n}}',
        "a.json:3",
        "another value after the comma",
        "'}}'",
    ),
    "unclosed XML": ("a.xml", b"<uwsgi>\n<a>1</a>\n", "a.xml:3", "well-formed XML", "no element found"),
    "XML without uwsgi": ("a.xml", b"<config/>", "a.xml:1", "an element <uwsgi>", "<config>"),
    "XML with entities of its own": (
        "a.xml",
        b'<!DOCTYPE uwsgi [<!ENTITY a "b">]><uwsgi/>',
        "a.xml:1",
        "no entities but XML's own",
        "a declaration of &a;",
    ),
    "JSON without the section": ("a.json", b'{"other": {}}', "a.json", "a section 'uwsgi'", "the sections other"),
    "deep JSON": ("a.json", b"[" * 5000, "a.json:1", "at most 200 arrays and objects in each other", "one more"),
    "a file that includes itself": (
        "a.ini",
        b"[uwsgi]\nini = a.ini\n",
        "a.ini:2",
        "a file that is not being read already",
        "'a.ini', which leads back to itself",
    ),
    "a placeholder that refers to itself": (
        "a.ini",
        b"[uwsgi]\na = x%(a)\n",
        "a.ini:2",
        "a value that does not refer to itself",
        "a = x%(a)",
    ),
    "placeholders in a circle": (
        "a.ini",
        b"[uwsgi]\na = x%(b)\nb = y%(a)\n",
        "a.ini:2",
        "a value that does not refer to itself",
        "a = x%(b)",
    ),
    "a placeholder that doubles": (
        "a.ini",
        b"[uwsgi]\na = x%(b)%(zz)%(b)\nb = y%(zz)%(a)%(zz)%(a)\n",
        "a.ini:2",
        "a value that does not refer to itself",
        "a = x%(b)%(zz)%(b)",
    ),
    "a program as a file": (
        "a.ini",
        b"[uwsgi]\nini = exec://cat b.ini\n",
        "a.ini:2",
        "a file",
        "'exec://cat b.ini', which only a running uWSGI can fetch",
    ),
    "an include that is not there": (
        "a.ini",
        b"[uwsgi]\n\nini = nope.ini\n",
        "a.ini:3",
        "a configuration file that can be read",
        "nope.ini: no such file or directory",
    ),
    "a section in an include": (
        "a.ini",
        b"[uwsgi]\ninclude = b.ini:x\n",
        "a.ini:2",
        "a name ending with one of",
        "include = b.ini:x",
    ),
    "a condition in a condition": (
        "a.ini",
        b"[uwsgi]\nif-not-env = X_\nif-not-env = Y_\nendif=\n",
        "a.ini:3",
        "the end of the condition or loop before",
        "another one, 'if-not-env'",
    ),
    "a loop without end": (
        "a.ini",
        b"[uwsgi]\nfor-times = 2000000000\nenv = A=%(_)\n",
        "a.ini:3",
        "a loop of at most 100000 rounds",
        "one with more around env",
    ),
    "a declared option that stands for itself": (
        "a.ini",
        b"[uwsgi]\ndeclare-option = x=x=$1\nx = 1\n",
        "a.ini:3",
        "a declared option that does not stand for itself",
        "'x'",
    ),
}


@pytest.mark.parametrize(
    ("name", "content", "thing", "wanted", "found"), [pytest.param(*case, id=title) for title, case in BROKEN.items()]
)
def test_errors_have_four_parts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes | None,
    thing: str,
    wanted: str,
    found: str,
) -> None:
    """The error names file and line, what uWSGI takes there, what is there, and what to do."""
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(name).write_bytes(content)

    with pytest.raises(DialectError) as caught:
        evaluate(name)

    assert caught.value.thing == thing
    assert caught.value.wanted.startswith(wanted)
    assert caught.value.found == found
    assert caught.value.remedy.endswith(".")


def test_includes_in_a_circle_end(tmp_path: Path) -> None:
    """Three files that include each other in a circle are told where the circle closes."""
    for name, following in ("ab", "bc", "ca"):
        (tmp_path / f"{name}.ini").write_text(f"[uwsgi]\nini = {tmp_path / following}.ini\n")

    with pytest.raises(DialectError) as caught:
        evaluate(tmp_path / "a.ini")

    assert caught.value.file == os.fspath(tmp_path / "c.ini")


def test_files_that_include_each_other_ever_more_often_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two includes each, thirty files deep, are a billion files: reading gives up before."""
    monkeypatch.setattr("uwsgiconf.dialects.evaluation.MOST_FILES", 50)
    for number in range(30):
        include = f"ini = {tmp_path}/{number + 1}.ini\n"
        (tmp_path / f"{number}.ini").write_text(f"[uwsgi]\n{include}{include}")
    (tmp_path / "30.ini").write_text("[uwsgi]\n")

    with pytest.raises(DialectError) as caught:
        evaluate(tmp_path / "0.ini")

    assert caught.value.wanted == "at most 50 files"


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    """A directory whose name looks like a file is refused."""
    (tmp_path / "a.ini").mkdir()

    with pytest.raises(DialectError) as caught:
        read(tmp_path / "a.ini")

    assert caught.value.found == "is a directory"


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe is refused at once, though nobody writes into it."""
    os.mkfifo(tmp_path / "a.ini")

    with pytest.raises(DialectError) as caught:
        read(tmp_path / "a.ini")

    assert caught.value.found == "a named pipe"


@pytest.fixture
def nobody() -> Iterator[None]:
    """Root may read everything: be somebody else for a while."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


def test_a_file_that_may_not_be_read(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A file without permission is told as such."""
    (tmp_path / "a.ini").write_text("[uwsgi]\n")
    (tmp_path / "a.ini").chmod(0)
    request.getfixturevalue("nobody")

    with pytest.raises(DialectError) as caught:
        read(tmp_path / "a.ini")

    assert caught.value.found == "permission denied"


def test_a_huge_file_is_read(tmp_path: Path) -> None:
    """Ten mebibytes of options are read to the last one."""
    line = "env = " + "x" * 93 + "\n"
    count = 10 * 1024 * 1024 // len(line)
    (tmp_path / "a.ini").write_text("[uwsgi]\n" + line * count + "last = 1\n")

    entries = evaluate(tmp_path / "a.ini")

    assert len(entries) == count + 1
    assert (entries[-1].name, entries[-1].line) == ("last", count + 2)


@pytest.mark.parametrize("suffix", ["ini", "yaml"])
def test_a_binary_file_is_read_and_written(tmp_path: Path, suffix: str) -> None:
    """Bytes that are no text do no harm, and are written back as they were."""
    content = bytes(range(256)) * 64
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)

    read(path).write()
    evaluate(path)

    assert path.read_bytes() == content


def test_reading_goes_on_when_it_is_told_to(tmp_path: Path) -> None:
    """Whoever collects faults gets all of them, and all options that can be read."""
    path = tmp_path / "a.ini"
    path.write_text("[uwsgi]\nini = nope.ini\na = x%(a)\ninclude = c\nset = d\nb = 1\n")
    faults: list[DialectError] = []
    evaluation = Evaluation(refuse=faults.append)

    evaluation.load(os.fspath(path), "ini")
    evaluation.finish()

    assert sorted(fault.line for fault in faults) == [2, 3, 4, 5]
    assert [entry.name for entry in evaluation.acted_upon()] == ["a", "b"]


def test_yaml_that_is_no_yaml_is_read() -> None:
    """A value that starts with a percent sign, which YAML forbids, is read as uWSGI reads it."""
    entries = evaluate("/etc/app.yaml", text=b"uwsgi:\n  chdir: %d\n  pidfile: %(chdir)app.pid\n")

    assert [entry.value for entry in entries] == ["/etc/", "/etc/app.pid"]


REMARKS = [
    ("a.yaml", b"uwsgi:\n  a: 1\n  b:\n    - c\n", 3, "a line `name: value`"),
    ("a.yaml", b"uwsgi:\n  a: 1\nuwsgi:\n  b: 1\n", 3, "one section 'uwsgi'"),
    ("a.ini", b"a = 1\n[uwsgi]\n", 1, "options under a [section] header"),
    ("a.ini", b"[uwsgi]\n[uwsgi] ; c\n", 2, "a section header that ends with ]"),
    ("a.json", b'{"uwsgi": {\n"a": 1.5}}', 2, "a string, an integer, true, false or null"),
    ("a.xml", b"<uwsgi>\n<a>1<!-- c --></a></uwsgi>", 2, "nothing but text in <a>"),
    ("a.xml", b"<uwsgi>\n<a>1&amp;2</a></uwsgi>", 2, "text in one piece in <a>"),
    ("a.xml", b"<uwsgi>\n<a><b/></a></uwsgi>", 2, "text in <a>"),
]


@pytest.mark.parametrize(("name", "content", "line", "wanted"), REMARKS)
def test_what_uwsgi_passes_over_is_remarked(name: str, content: bytes, line: int, wanted: str) -> None:
    """What uWSGI passes over in silence is told, with its line."""
    remarks = read(name, text=content).remarks

    assert [(remark.line, remark.wanted) for remark in remarks] == [(line, wanted)]
