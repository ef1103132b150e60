"""The Emperor's own lines: in uWSGI's wording for people, one JSON object a line for programs.

Lines are records of the standard library's `logging` under the name ``imperator``. Whoever logs may say which vassal a
line is about and what kind of event it tells: ``extra={"vassal": name, "event": "spawned"}``.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING

from imperator.hosting.outlet import Outlet

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from imperator import settings

__all__ = ["JsonLines", "LogHandler", "TextLines", "escaped", "start_logging"]

FOLLOW_SECONDS = 1.0
DRAIN_SECONDS = 1.0


def start_logging(wanted: settings.Logging, descriptor: int = 2) -> LogHandler:
    """Send what `imperator` logs to a descriptor, for a process that is ours alone.

    :param wanted: Form and least level.
    :param descriptor: Where lines go: standard error.
    :returns: The handler, to be closed at the end.
    """
    handler = LogHandler(descriptor)
    handler.setFormatter(JsonLines() if wanted.as_json else TextLines())
    logger = logging.getLogger("imperator")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(wanted.level.upper())
    _gather_less()
    return handler


def _gather_less() -> None:
    """Spare each record what no line shows: caller, thread and process. Halves the cost of a line."""
    logging._srcfile = None  # documented in logging's "Optimization"
    logging.logThreads = False
    logging.logProcesses = False
    logging.logMultiprocessing = False
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False


def escaped(text: str) -> str:
    """Return `text` with everything that is not printable shown by its code, so that no name can forge a line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _code(char) for char in text)


def _code(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte that was no UTF-8, as os.fsdecode() keeps it
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def _traceback_lines(record: logging.LogRecord) -> list[str]:
    """The lines of the exception a record carries, each harmless."""
    if not record.exc_info:
        return []
    return [escaped(line) for line in logging.Formatter().formatException(record.exc_info).split("\n")]


class TextLines(logging.Formatter):
    """``Sat Nov 21 02:30:00 2026 - [emperor] message``: the form in which uWSGI's Emperor speaks."""

    _second = -1
    _moment = ""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; an exception follows on indented lines, so that none of them looks like one of ours."""
        second = int(record.created)
        if second != self._second:
            self._second, self._moment = second, time.asctime(time.localtime(second))
        line = f"{self._moment} - [emperor] {escaped(record.getMessage())}"
        if record.exc_info:
            return "\n    ".join([line, *_traceback_lines(record)])
        return line


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, event, vassal, message, and traceback where there is one."""

    _second = -1
    _moment = ""

    def __init__(self) -> None:
        super().__init__()
        from json import JSONEncoder  # costs memory, and only those who ask for JSON need it

        self._encode = JSONEncoder(separators=(",", ":")).encode

    def format(self, record: logging.LogRecord) -> str:
        """Return the object; what a record does not say is null."""
        second = int(record.created)
        if second != self._second:
            self._second, self._moment = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        given = vars(record)
        line = {
            "time": f"{self._moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": given.get("event"),
            "vassal": given.get("vassal"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = _traceback_lines(record)
        return self._encode(line)


class LogHandler(logging.Handler):
    """Writes lines to a descriptor without ever waiting for whoever reads them.

    :param descriptor: Where lines go.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._outlet = Outlet(descriptor, self._dropped_line)
        self._has_moved: Callable[[], bool] | None = None
        self._look_at = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, or keep it until there is room."""
        if self._has_moved is not None and record.created >= self._look_at:
            self._look_at = record.created + FOLLOW_SECONDS
            if self._has_moved():
                self.reopen()
        self._outlet.write(self._line(record))

    def follow(self, has_moved: Callable[[], bool]) -> None:
        """Ask `has_moved`, at most once a second and only when there is a line to write, whether to look anew."""
        self._has_moved = has_moved

    def attend(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write what had to wait as soon as there is room, while `loop` runs."""
        self._outlet.attend(loop)

    def leave(self) -> None:
        """Stop using the loop: it is about to end."""
        self._outlet.leave()

    def reopen(self) -> None:
        """Look again at what the descriptor is: it was pointed at another file."""
        self._outlet.reopen()

    def close(self) -> None:
        """Give what still waits a moment to be read, then let go of the descriptor."""
        self._outlet.leave()
        self._outlet.drain(DRAIN_SECONDS)
        self._outlet.close()
        super().close()

    def _line(self, record: logging.LogRecord) -> bytes:
        try:
            text = self.format(record)
        except (TypeError, ValueError):  # message and arguments do not fit: a bug of ours, but no reason to end
            record.msg, record.args = escaped(f"log line {record.msg!r} does not take {record.args!r}"), None
            text = self.format(record)
        return text.encode("utf-8", "backslashreplace") + b"\n"

    def _dropped_line(self, count: int) -> bytes:
        message = "%d log lines were dropped: whoever reads our log did not keep up"
        return self._line(logging.LogRecord("imperator", logging.WARNING, "", 0, message, (count,), None))
