"""The file that keeps what was announced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imperator.monitors.announcements import Announced, Kind, read_message
from imperator.monitors.state_file import Recalled, StateFile, StateInUseError, state_directory

SOME = {
    "a.ini": Announced("a.ini", Kind.TEXT, "[uwsgi]\né".encode(), 1.5, "1001", 1002, b"/run/s"),
    "/srv/b.ini": Announced("/srv/b.ini", Kind.FILE, None, 2.0),
    "http://host/c.ini": Announced("http://host/c.ini", Kind.URL, b"text", 3.0, uid=1),
    "\u2028\U0001f600.ini": Announced("\u2028\U0001f600.ini", Kind.URL, None, 4.0),
}


async def recall(path: Path) -> Recalled:
    """Return what a file holds, as the next Emperor sees it."""
    state = StateFile(str(path), {})
    try:
        return await state.open()
    finally:
        state.close()


async def test_all_that_was_noted_is_recalled(tmp_path: Path) -> None:
    """Additions, changes and removals, saved one by one, are there afterwards, in a file that nobody else may read."""
    path = tmp_path / "deep" / "state"
    announced: dict[str, Announced] = {}
    state = StateFile(str(path), announced)
    assert await state.open() == Recalled(None, ())
    state.name_queue("queue")
    await state.save()
    for name, value in SOME.items():
        announced[name] = value
        state.note(name)
        await state.save()
    del announced["a.ini"]
    state.note("a.ini")
    await state.save()
    state.close()
    recalled = await recall(path)
    assert recalled.queue == "queue"
    assert [value.name for value in recalled.announced] == [name for name in SOME if name != "a.ini"]
    assert recalled.announced == tuple(value for value in SOME.values() if value.name != "a.ini")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_bytes_come_back_as_text(tmp_path: Path) -> None:
    """A header of bytes is judged alike when it comes back as text."""
    state = StateFile(str(tmp_path / "state"), SOME)
    await state.open()
    await state.save()
    state.close()
    (first, *_) = (await recall(tmp_path / "state")).announced
    assert (first.uid, first.gid, first.socket) == ("1001", 1002, "/run/s")


async def test_header_of_any_kind_can_be_kept(tmp_path: Path) -> None:
    """A header that is no number and no text is kept by the name of its kind, which is no number either."""
    announced = read_message("", b"/srv/a.ini", {"uid": [1], "gid": {"a": 1}, "socket": [b"/run/s"]}, 1.0)
    assert isinstance(announced, Announced)
    state = StateFile(str(tmp_path / "state"), {announced.name: announced})
    await state.open()
    await state.save()
    state.close()
    (recalled,) = (await recall(tmp_path / "state")).announced
    assert (recalled.uid, recalled.gid, recalled.socket) == ("list", "dict", "list")


async def test_line_that_was_not_finished_is_left_out(tmp_path: Path) -> None:
    """Killed in the middle of a line, what came before it counts, and the next change is readable."""
    path = tmp_path / "state"
    announced = {"/srv/b.ini": SOME["/srv/b.ini"]}
    state = StateFile(str(path), announced)
    await state.open()
    await state.save()
    state.close()
    with path.open("ab") as file:
        file.write(b'{"name":"half')
    state = StateFile(str(path), announced)
    assert (await state.open()).announced == (SOME["/srv/b.ini"],)
    announced["a.ini"] = SOME["a.ini"]
    state.note("a.ini")
    await state.save()
    state.close()
    assert len((await recall(path)).announced) == 2


async def test_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    """A name that changes all the time leaves about a thousand old lines at most."""
    path = tmp_path / "state"
    announced = {"a.ini": SOME["a.ini"]}
    state = StateFile(str(path), announced)
    await state.open()
    most_lines = 0
    for _ in range(1_200):
        state.note("a.ini")
        await state.save()
        most_lines = max(most_lines, path.read_bytes().count(b"\n"))
    state.close()
    assert 1_000 <= most_lines <= 1_010
    assert len((await recall(path)).announced) == 1


async def test_second_user_is_kept_out(tmp_path: Path) -> None:
    """While one has the file no other gets it; afterwards the next does."""
    first = StateFile(str(tmp_path / "state"), {})
    await first.open()
    with pytest.raises(StateInUseError):
        await StateFile(str(tmp_path / "state"), {}).open()
    first.close()
    assert await recall(tmp_path / "state") == Recalled(None, ())


FIRST = '{"imperator":1,"queue":"q"}\n'
DAMAGED = [
    ("", "does not begin"),
    ('{"imperator":2}\n', "does not begin"),
    ("[]\n", "is damaged in line 1"),
    (FIRST + "{\n", "is damaged in line 2"),
    (FIRST + '{"name":1,"kind":"text","at":1}\n', "is damaged in line 2"),
    (FIRST + '{"name":"a","kind":"other","at":1}\n', "is damaged in line 2"),
    (FIRST + '{"name":"a","kind":"text","at":"now","text":"x"}\n', "is damaged in line 2"),
    (FIRST + '{"name":"a","kind":"text","at":1,"text":[]}\n', "is damaged in line 2"),
    (FIRST + '{"name":"a","kind":"text","at":1,"uid":{}}\n', "is damaged in line 2"),
    (FIRST + '{"name":"a","kind":"text","at":1,"text":"\\ud800"}\n', "is damaged in line 2"),
]


@pytest.mark.parametrize(("content", "reason"), DAMAGED)
async def test_damaged_file_is_set_aside(
    tmp_path: Path, content: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What is not as we write it is told, kept beside, and nothing of it is used."""
    path = tmp_path / "state"
    path.write_text(content)
    path.chmod(0o600)
    assert await recall(path) == Recalled(None, ())
    assert f"{path} {reason}" in caplog.text
    assert (tmp_path / "state.aside").read_text() == content


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_file_of_another_user_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The file says what runs as whom, so it has to be ours or root's."""
    path = tmp_path / "state"
    path.write_text(FIRST)
    path.chmod(0o600)
    os.chown(path, 4321, 4321)
    assert (await recall(path)).queue is None
    assert "belongs to user 4321" in caplog.text


async def test_failing_disk_is_told_once_and_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What could not be written is written with the next change that can be."""
    path = tmp_path / "state"
    announced: dict[str, Announced] = {}
    state = StateFile(str(path), announced)
    await state.open()
    await state.save()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        for name in ("a.ini", "/srv/b.ini"):
            announced[name] = SOME[name]
            state.note(name)
            await state.save()
    assert caplog.text.count("No space left on device") == 1
    announced["http://host/c.ini"] = SOME["http://host/c.ini"]
    state.note("http://host/c.ini")
    await state.save()
    state.close()
    assert len((await recall(path)).announced) == 3


def test_state_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Systemd's directory comes first; root's is the system's, and others' is in their home."""
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert state_directory() == "/var/lib/imperator"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert state_directory() == "/home/me/.local/state/imperator"
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert state_directory() == "/state/imperator"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two")
    assert state_directory() == "/var/lib/one"
