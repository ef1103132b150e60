"""One thing that is wrong with a configuration."""

from typing import Literal, NamedTuple

from uwsgiconf.dialects import DialectError

FaultKind = Literal[
    "unreadable",
    "refused",
    "passed-over",
    "unknown-option",
    "unreleased-option",
    "missing-plugin",
    "wrong-kind",
    "given-again",
    "undefined-placeholder",
    "contradiction",
]


class Fault(NamedTuple):
    """What is wrong, where, and what to do about it."""

    file: str
    #: Counted from 1; 0 is the file as a whole.
    line: int
    kind: FaultKind
    #: The option it is about, empty if it is about none.
    option: str
    #: What is taken there.
    wanted: str
    #: What is there instead.
    found: str
    #: What to do.
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: wanted {self.wanted}, found {self.found}. {self.remedy}"

    @classmethod
    def of_error(cls, error: DialectError, kind: FaultKind) -> "Fault":
        """The fault that an error of the dialects tells of."""
        return cls(error.file, error.line, kind, "", error.wanted, error.found, error.remedy)
