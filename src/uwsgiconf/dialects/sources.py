"""Which file a target names, in which dialect, and its bytes."""

import os
import stat
from pathlib import Path
from typing import Literal, NamedTuple

from .faults import DialectError

Dialect = Literal["ini", "yaml", "json", "xml"]

#: What uWSGI goes by when it is not told the dialect.
DIALECT_BY_SUFFIX: dict[str, Dialect] = {
    ".ini": "ini",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".js": "json",
    ".xml": "xml",
}

#: Places uWSGI reads from that are no files. They are not followed: that may run programs, wait, or reach elsewhere.
SCHEMES = ("emperor", "http", "data", "sym", "section", "fd", "exec", "call", "callint")

#: What uWSGI reads of a file that says it is empty, as those in /proc do.
_VIRTUAL_FILE_BYTES = 4096


class Target(NamedTuple):
    """A file and the section of it that is meant, as `file:section` says."""

    path: str
    #: Empty where none was named: then each dialect takes its usual one, `uwsgi`.
    section: str

    @classmethod
    def parse(cls, target: str | Path) -> "Target":
        """Split at the last colon, as uWSGI does, even where that colon belongs to the name of a directory."""
        text = os.fspath(target)
        if is_elsewhere(text):
            return cls(text, "")
        path, colon, section = text.rpartition(":")
        return cls(path, section) if colon else cls(text, "")

    @property
    def dialect(self) -> Dialect:
        """The dialect its name stands for.

        :raises DialectError: when the name has none of the suffixes uWSGI knows.
        """
        suffix = os.path.splitext(self.path)[1]
        if suffix not in DIALECT_BY_SUFFIX:
            raise DialectError(
                self.path,
                0,
                wanted=f"a name ending with one of {', '.join(DIALECT_BY_SUFFIX)}",
                found=f"the suffix {suffix!r}" if suffix else "no suffix",
                remedy="Rename the file after the dialect it is written in: uWSGI goes by the name, too.",
            )
        return DIALECT_BY_SUFFIX[suffix]


def is_elsewhere(target: str) -> bool:
    """Whether the target is no file but something uWSGI fetches: standard input, a program's output, an address."""
    scheme, separator, _ = target.partition("://")
    return target == "-" or (bool(separator) and scheme in SCHEMES)


def read_bytes(path: str, *, relative_to: str = "") -> bytes:
    """The content of a configuration file.

    :param path: Where it is.
    :param relative_to: The directory a relative path starts from; the current one if empty.
    :raises DialectError: when it cannot be read, is no file, or is a named pipe, on which reading would wait.
    """
    try:
        with open(os.path.join(relative_to, path), "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if stat.S_ISFIFO(status.st_mode):
                raise _named_pipe(path)
            return file.read() if status.st_size else file.read(_VIRTUAL_FILE_BYTES)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _named_pipe(path: str) -> DialectError:
    remedy = "Write its content to a file, and name that."
    return DialectError(path, 0, wanted="a file", found="a named pipe", remedy=remedy)


def _unreadable(path: str, error: OSError | ValueError) -> DialectError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DialectError(
        path,
        0,
        wanted="a configuration file that can be read",
        found=reason[:1].lower() + reason[1:],
        remedy="Check the path, and that this user may read it and enter every directory above it.",
    )
