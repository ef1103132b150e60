"""The Emperor's own log lines."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imperator import settings
from imperator.hosting.outlet import WAITING_BYTES, Outlet
from imperator.log import JsonLines, LogHandler, TextLines, escaped

TEXT_LINE = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} - \[emperor\] .*")


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    """A record as a logger makes it."""
    made = logging.LogRecord("imperator", logging.INFO, "", 0, message, args, None)
    vars(made).update(extra)
    return made


def failing_record() -> logging.LogRecord:
    """A record that carries an exception whose text tries to forge a line."""
    try:
        raise ValueError("x\nSat Nov 21 02:30:00 2026 - [emperor] forged\x1b[2J")
    except ValueError as error:
        made = record("it failed")
        made.exc_info = (type(error), error, error.__traceback__)
        return made


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe: where to read, where to write."""
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)
    os.close(writer)


def test_lock_that_logging_enters_is_there(pipe: tuple[int, int]) -> None:
    """Python 3.13 enters a handler's lock without asking whether there is one: else no line is written."""
    handler = LogHandler(pipe[1])
    assert handler.lock is not None
    with handler.lock:
        pass
    handler.handle(record("hello"))
    assert os.read(pipe[0], 100).endswith(b"hello\n")
    handler.close()


def dropped(count: int) -> bytes:
    return b"dropped %d\n" % count


def read_all(descriptor: int) -> bytes:
    """What can be read without waiting."""
    os.set_blocking(descriptor, False)
    parts = []
    try:
        while part := os.read(descriptor, 1 << 16):
            parts.append(part)
    except BlockingIOError:
        pass
    return b"".join(parts)


def fill(outlet: Outlet, line: bytes, times: int) -> None:
    for _ in range(times):
        outlet.write(line)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("app.ini", "app.ini"),
        ("blåbær ☕.ini", "blåbær ☕.ini"),
        ("a\nb", "a\\nb"),
        ("a\r\tb", "a\\r\\tb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u2028line", "\\u2028line"),
        ("\u202eini.ppa", "\\u202eini.ppa"),
        (os.fsdecode(b"\xff.ini"), "\\xff.ini"),
    ],
)
def test_escaped(text: str, shown: str) -> None:
    """What is printable stays; everything else is shown by its code."""
    assert escaped(text) == shown


def test_text_line_looks_like_uwsgis() -> None:
    """A line is uWSGI's date, the prefix and the message."""
    made = record("vassal %s is now loyal", "app.ini")
    made.created = time.mktime((2026, 11, 21, 2, 30, 0, 0, 0, -1))
    assert TextLines().format(made) == "Sat Nov 21 02:30:00 2026 - [emperor] vassal app.ini is now loyal"


def test_names_cannot_forge_text_lines() -> None:
    """Neither a vassal's name nor an exception's text makes a second line that looks like one of ours."""
    name = "x.ini\nSat Nov 21 02:30:00 2026 - [emperor] forged"
    assert "\n" not in TextLines().format(record("vassal %s has been spawned", name))
    first, *others = TextLines().format(failing_record()).split("\n")
    assert TEXT_LINE.fullmatch(first)
    assert others
    assert all(line.startswith("    ") and line.isprintable() for line in others)


def test_json_line_has_every_key() -> None:
    """A JSON line tells time, level, event, vassal and message, and stays one line whatever the name."""
    line = JsonLines().format(record("vassal %s gone", "a\nb", vassal="a\nb", event="gone"))
    assert "\n" not in line
    told = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("time"))
    assert told == {"level": "info", "event": "gone", "vassal": "a\nb", "message": "vassal a\nb gone"}


def test_json_line_without_extras_and_with_traceback() -> None:
    """What a record does not say is null; an exception comes as a list of lines."""
    told = json.loads(JsonLines().format(failing_record()))
    assert (told["event"], told["vassal"]) == (None, None)
    assert told["traceback"][0].startswith("Traceback")


def test_message_that_does_not_take_its_arguments(pipe: tuple[int, int]) -> None:
    """A log call that is wrong itself gives a line that tells so, and raises nothing."""
    reader, writer = pipe
    handler = LogHandler(writer)
    handler.setFormatter(TextLines())
    handler.emit(record("%d vassals", "many"))
    handler.close()
    assert b"log line '%d vassals' does not take" in read_all(reader)


def test_level_is_kept(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines below the wanted level are not written."""
    from imperator import log

    monkeypatch.setattr(log, "_gather_less", lambda: None)
    logger = logging.getLogger("imperator")
    before: dict[str, Any] = {key: vars(logger)[key] for key in ("handlers", "propagate", "level")}
    reader, writer = pipe
    try:
        handler = log.start_logging(settings.Logging(level="warning"), writer)
        logging.getLogger("imperator.x").info("quiet")
        logging.getLogger("imperator.x").warning("loud")
        handler.close()
    finally:
        vars(logger).update(before)
        logger.setLevel(before["level"])
    written = read_all(reader)
    assert b"loud" in written
    assert b"quiet" not in written


@pytest.mark.parametrize("kind", ["pipe", "pipe without /proc", "socket"])
def test_reader_that_does_not_read(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reading never blocks: lines wait up to the limit, the rest is dropped, counted and told later."""
    if kind == "socket":
        ends = socket.socketpair()
        reader, writer = ends[0].detach(), ends[1].detach()
    else:
        reader, writer = os.pipe()
    if kind == "pipe without /proc":
        monkeypatch.setattr(os, "open", lambda *_: (_ for _ in ()).throw(FileNotFoundError()))
    outlet = Outlet(writer, dropped)
    line = b"x" * 99 + b"\n"
    written_lines = 2 * WAITING_BYTES // len(line) + 10_000
    fill(outlet, line, written_lines)
    assert os.get_blocking(writer)  # for everybody who shares it
    received = b""
    while part := read_all(reader):
        received += part
        outlet.flush()
    *lines, last = received.splitlines()
    outlet.close()
    os.close(reader)
    os.close(writer)
    assert set(lines) == {line.strip()}
    assert last == b"dropped %d" % (written_lines - len(lines))


async def test_waiting_lines_leave_as_soon_as_there_is_room(pipe: tuple[int, int]) -> None:
    """What waits is written when the reader reads, though nobody logs anything more."""
    reader, writer = pipe
    outlet = Outlet(writer, dropped)
    loop = asyncio.get_running_loop()
    outlet.attend(loop)
    fill(outlet, b"x" * 999 + b"\n", 200)
    received = bytearray()
    complete = asyncio.Event()

    def read() -> None:
        received.extend(os.read(reader, 1 << 16))
        if len(received) == 200_000:
            complete.set()

    loop.add_reader(reader, read)
    async with asyncio.timeout(10):
        await complete.wait()
    loop.remove_reader(reader)
    outlet.close()


def test_reader_that_is_gone() -> None:
    """A pipe whose reader has left ends nothing; the lines are counted and told to its next reader."""
    reader, writer = os.pipe()
    outlet = Outlet(writer, dropped)
    os.close(reader)
    fill(outlet, b"lost\n", 3)
    again, replacement = os.pipe()
    os.dup2(replacement, writer)
    outlet.reopen()
    outlet.write(b"seen\n")
    assert read_all(again) == b"dropped 3\nseen\n"
    outlet.close()
    for descriptor in (writer, again, replacement):
        os.close(descriptor)


def test_close_gives_a_reader_a_moment(pipe: tuple[int, int]) -> None:
    """What fits is written at the end; a reader that never reads does not hold up the end for long."""
    reader, writer = pipe
    outlet = Outlet(writer, dropped)
    fill(outlet, b"x" * 999 + b"\n", 100)
    kept = read_all(reader)
    outlet.drain(1.0)
    assert len(kept + read_all(reader)) == 100_000
    fill(outlet, b"x" * 999 + b"\n", 100)
    outlet.drain(0.01)
    outlet.close()


async def test_file_that_takes_half_a_line_stops_nobody(tmp_path: Path) -> None:
    """A disk that is full in the middle of a line: whoever logs goes on, and what was lost is counted."""
    path, limit = tmp_path / "log", resource.getrlimit(resource.RLIMIT_FSIZE)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    outlet = Outlet(descriptor, dropped)
    outlet.attend(asyncio.get_running_loop())
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limit[1]))
        for _ in range(3):
            outlet.write(b"seven b\n")
        assert path.stat().st_size == 10
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        outlet.write(b"last\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        outlet.close()
        os.close(descriptor)
    assert path.read_bytes() == b"seven b\nsedropped 2\nlast\n"
