"""What stands in a file: options, where they stand, and what in it uWSGI passes over."""

from typing import NamedTuple

from .faults import Problem

#: The section uWSGI reads when none is named.
USUAL_SECTION = "uwsgi"


class Item(NamedTuple):
    """One option as it stands in a file."""

    section: str
    name: str
    value: str
    #: The line it starts on, counted from 1.
    line: int
    #: Where all of it stands in the text, for ini and yaml the whole line with its line break.
    start: int
    end: int
    #: Where its value stands as it is spelled there; both are -1 if it has none.
    value_start: int
    value_end: int


class Edit(NamedTuple):
    """A change to a text: what stands from start to end becomes the replacement."""

    start: int
    end: int
    replacement: str


class Remark(NamedTuple):
    """Something in a section that uWSGI does not read as its writer will have meant it."""

    section: str
    line: int
    problem: Problem


class Comment(NamedTuple):
    """A comment, without the signs that make it one."""

    line: int
    text: str


class Scan(NamedTuple):
    """Everything in a file that uWSGI can be asked for."""

    items: list[Item]
    #: The sections it has, in order, each with the place in the text where one more option of it can be written.
    sections: dict[str, int]
    remarks: list[Remark]
    comments: list[Comment]

    @classmethod
    def nothing(cls) -> "Scan":
        """What there is before anything was read."""
        return cls([], {}, [], [])


class BrokenTextError(Exception):
    """A text of which nothing can be read, because it is not in its dialect at all."""

    def __init__(self, line: int, problem: Problem) -> None:
        super().__init__(line, problem)
        self.line = line
        self.problem = problem
