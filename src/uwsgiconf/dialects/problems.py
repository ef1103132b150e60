"""What uWSGI refuses while it evaluates a configuration, in words."""

from .entries import Entry
from .faults import Problem
from .sources import DIALECT_BY_SUFFIX


def nested(name: str) -> Problem:
    """A condition under a condition."""
    return Problem(
        wanted="the end of the condition or loop before",
        found=f"another one, {name!r}",
        remedy="Put endif or endfor before it: uWSGI does not nest them.",
    )


def no_suffix(entry: Entry) -> Problem:
    """A file to include whose name does not say its dialect."""
    return Problem(
        wanted=f"a name ending with one of {', '.join(DIALECT_BY_SUFFIX)}",
        found=f"{entry.name} = {entry.value}",
        remedy="To read a section of a file, name the dialect instead: ini = file:section.",
    )


def no_pair(entry: Entry) -> Problem:
    """A value that should have had an equals sign in it."""
    return Problem("name=value", f"{entry.name} = {entry.value}", "Write both sides of the equals sign.")


def taken_name(name: str) -> Problem:
    """A placeholder that is called as an option is."""
    return Problem("a name that is no option", repr(name), "Call the placeholder something else, or use `set`.")


def endless(entry: Entry) -> Problem:
    """A reference that uWSGI would go on replacing until memory ends."""
    return Problem(
        wanted="a value that does not refer to itself",
        found=f"{entry.name} = {entry.value}",
        remedy="Break the circle: give one of the names it leads through a value of its own.",
    )


def declared_in_circle(entry: Entry) -> Problem:
    """A declared option that stands for itself."""
    return Problem(
        wanted="a declared option that does not stand for itself",
        found=repr(entry.name),
        remedy="Change its declare-option, or one of those it leads through.",
    )
