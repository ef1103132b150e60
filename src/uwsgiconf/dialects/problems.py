"""What uWSGI refuses while it evaluates a configuration, in words."""

from uwsgiconf import catalogue

from .entries import Entry
from .faults import Problem
from .placeholders import references
from .sources import DIALECT_BY_SUFFIX

#: Options whose `%(...)` are meant for what they configure, and stay as they are.
HAVE_REFERENCES_OF_THEIR_OWN = frozenset(("log-format", "logformat"))

#: Options acted upon at once whose references are replaced later, or which fail anyway where a reference is left.
_MAY_HOLD_REFERENCES = frozenset(
    ("set", "set-placeholder", "set-ph", "include", "ini", "yaml", "yml", "json", "js", "xml", "xmlconfig")
)


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


def endless_loop(entry: Entry, most: int) -> Problem:
    """A loop of more rounds than anybody means."""
    return Problem(f"a loop of at most {most} rounds", f"one with more around {entry.name}", "Lower the number.")


def declared_in_circle(entry: Entry) -> Problem:
    """A declared option that stands for itself."""
    return Problem(
        wanted="a declared option that does not stand for itself",
        found=repr(entry.name),
        remedy="Change its declare-option, or one of those it leads through.",
    )


def elsewhere(name: str) -> Problem:
    """A file to include that is none."""
    found = f"{name!r}, which only a running uWSGI can fetch"
    return Problem("a file", found, "Write what it gives to a file, and name that.")


def circle(name: str) -> Problem:
    """A file to include that includes this one."""
    return Problem(
        wanted="a file that is not being read already",
        found=f"{name!r}, which leads back to itself",
        remedy="Remove the include that closes the circle: uWSGI would read in it until it dies.",
    )


def too_many_files(name: str, most: int) -> Problem:
    """Files that include each other ever more often."""
    return Problem(f"at most {most} files", f"one more, {name!r}", "Include each file once.")


def never_matches(entry: Entry) -> Problem | None:
    """A condition on the name of the machine that does not do what it says."""
    if entry.name not in ("if-hostname-match", "if-not-hostname-match"):
        return None
    found = f"{entry.name} = {entry.value}, which never finds a match since uWSGI is built with PCRE2"
    return Problem("a condition that works", found, "Use if-hostname with the whole name, or if-env.")


def left_standing(entry: Entry, *, is_inherited: bool) -> Problem | None:
    """References that uWSGI will not replace, because it acts on the option before it replaces any, or read it after.

    A file to include that is named by one is not found, and told of as such.
    """
    option = catalogue.find(entry.name)
    if entry.name in HAVE_REFERENCES_OF_THEIR_OWN or not any(references(entry.value, symbol) for symbol in "$@%"):
        return None
    if is_inherited:
        wanted = "a value without references, in a file that is inherited"
        return Problem(wanted, f"{entry.name} = {entry.value}", "Use include instead of inherit.")
    if option is not None and "IMMEDIATE" in option.flags and entry.name not in _MAY_HOLD_REFERENCES:
        wanted = "a value without references, as uWSGI acts on this option before it replaces any"
        return Problem(
            wanted, f"{entry.name} = {entry.value}", "Write out what it stands for, or use a magic variable."
        )
    return None
