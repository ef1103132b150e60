"""What is wrong with a file, told with the file and the line."""

from typing import NamedTuple

from uwsgiconf.exceptions import ConfigurationError


class Place(NamedTuple):
    """Where something was written; line 0 is the file as a whole."""

    file: str
    line: int


#: For what stands in no file, such as options from a command line.
NOWHERE = Place("", 0)


class DialectError(ConfigurationError):
    """Something in a configuration file that uWSGI refuses, or that keeps it from being read.

    :param file: The file it is in, as it was named.
    :param line: The line it is on, counted from 1; 0 when it is about the file as a whole.
    :param wanted: What uWSGI takes there.
    :param found: What is there.
    :param remedy: What to do about it.
    """

    def __init__(self, file: str, line: int, *, wanted: str = "", found: str = "", remedy: str = "") -> None:
        super().__init__(f"{file}:{line}" if line else file, wanted=wanted, found=found, remedy=remedy)
        self.file = file
        self.line = line


class Problem(NamedTuple):
    """What is wrong, before it is known in which file."""

    wanted: str
    found: str
    remedy: str

    def at(self, place: Place) -> DialectError:
        """The error that tells of this problem at a place."""
        return DialectError(
            place.file or "command line", place.line, wanted=self.wanted, found=self.found, remedy=self.remedy
        )
