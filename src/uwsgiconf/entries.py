"""The options of one section: names and texts in the order they were set, each checked against the catalogue."""

from __future__ import annotations

from os import PathLike, fspath
from typing import TYPE_CHECKING, NamedTuple

from . import catalogue
from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .catalogue import Option

# uWSGI resolves these before it reads a value as a number: magic variables, placeholders, environment, files.
_RESOLVED_LATER = ("%", "$(", "@(")


class Verbatim(str):
    """Text for an option whose declared kind does not tell what it really takes: written as it is, unchecked."""

    __slots__ = ()


class Written:
    """Something that knows how uWSGI wants it written: its `str()` is that text."""

    __slots__ = ()


class Entry(NamedTuple):
    """One line of a configuration."""

    name: str
    text: str


class Change(NamedTuple):
    """An option and the texts to set it to; None removes it."""

    option: Option
    texts: list[str] | None


class Entries:
    """What was set, in order.

    The order is kept across options, as it decides: routing rules of different kinds are one table, and a plugin
    must be loaded before its options.
    """

    __slots__ = ("_entries", "_names", "version")

    def __init__(self, version: str | None = None) -> None:
        self._entries: list[Entry] = []
        #: The names among the entries, to know without searching that an option was not set before.
        self._names: set[str] = set()
        #: The uWSGI to check for; None where that is not known yet, as for a router that no section uses so far.
        self.version = version

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def copy(self) -> Entries:
        """The same entries, to be changed apart from these."""
        twin = Entries(self.version)
        twin._entries = list(self._entries)
        twin._names = set(self._names)
        return twin

    def texts(self, name: str) -> list[str]:
        """What the option was set to so far."""
        return [entry.text for entry in self._entries if entry.name == name]

    def last(self, name: str) -> str | None:
        """What the option is set to, for options that uWSGI takes once."""
        return next((entry.text for entry in reversed(self._entries) if entry.name == name), None)

    def number(self, name: str) -> int | None:
        """What the option is set to, where that is a number written out and not a variable."""
        text = self.last(name)
        return int(text) if text is not None and text.isdigit() else None

    def set(self, name: str, value: object) -> None:
        """Set one option. See `prepared`.

        :param name: The name of the option, as uWSGI spells it.
        :param value: The value.
        """
        self.update({name: value})

    def update(self, values: Mapping[str, object]) -> None:
        """Set several options, or none of them if one is refused. See `prepared`."""
        self.apply(self.prepared(values))

    def prepared(self, values: Mapping[str, object]) -> list[Change]:
        """What setting several options will change, checked.

        :param values: Values by the names of options, as uWSGI spells them. None leaves an option as it is, False
            removes it, a list sets it once per item, as does a dict for options that map something to something.
        :raises ConfigurationError: uWSGI has no such option, or it does not take such a value.
        """
        changes: list[Change] = []
        for name, value in values.items():
            if value is None:
                continue
            option = self._known(name)
            changes.append(Change(option, None if value is False else _texts(option, value)))
        return changes

    def apply(self, changes: list[Change]) -> None:
        """Make changes that were prepared."""
        for option, texts in changes:
            if texts is None:
                self.remove(option.name)
            for text in texts or ():
                self._write(option, text)

    def extend(self, others: Entries) -> None:
        """Set what was set elsewhere, checking it for the version of this section."""
        for entry in others:
            self._write(self._known(entry.name), entry.text)

    def add(self, name: str, text: str) -> None:
        """Set an option once more, whatever it was set to before: within conditions, both may come to count.

        :param name: The name of the option.
        :param text: What to set it to, as it is.
        :raises ConfigurationError: uWSGI has no such option.
        """
        self._append(Entry(self._known(name).name, text))

    def remove(self, name: str) -> None:
        """Forget everything the option was set to."""
        if name in self._names:
            self._entries = [entry for entry in self._entries if entry.name != name]
            self._names.discard(name)

    def _write(self, option: Option, text: str) -> None:
        entry = Entry(option.name, text)
        if option.repeatable or option.name not in self._names:
            self._append(entry)
        else:
            self._entries = [entry if present.name == option.name else present for present in self._entries]

    def _append(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._names.add(entry.name)

    def _known(self, name: str) -> Option:
        option = catalogue.find(name)
        if option is None:
            raise ConfigurationError(
                f"option `{name}`",
                wanted=f"an option of uWSGI {self.version or catalogue.NEWEST_RELEASE}",
                found="a name that no version of uWSGI knows",
                remedy=_suggestion(name),
            )
        if self.version is not None and not option.is_in(self.version) and not option.for_emperor:
            raise ConfigurationError(
                f"option `{name}`",
                wanted=f"an option that uWSGI {self.version} has",
                found=f"an option that came with {option.since}, which is not released",
                remedy=f'Leave it out, or build for that uWSGI: Section(uwsgi_version="{option.since}").',
            )
        return option


def _texts(option: Option, value: object) -> list[str]:
    """What to write for a value that may be several."""
    if isinstance(value, str | int):
        return [as_text(option, value)]
    if isinstance(value, dict) and option.value == "dict":
        separator = " " if "regexp" in option.setter else "="
        value = [f"{key}{separator}{item}" for key, item in value.items()]
    if not isinstance(value, list | tuple | set | frozenset):
        return [as_text(option, value)]
    if not option.repeatable:
        raise ConfigurationError(
            f"option `{option.name}`",
            wanted="one value, as uWSGI keeps only the last one",
            found=f"{len(value)} values: {value!r}",
            remedy="Give one value instead of a list.",
        )
    return [as_text(option, item) for item in value]


def as_text(option: Option, value: object) -> str:
    """What to write for one value of an option.

    :raises ConfigurationError: The option does not take such a value.
    """
    if isinstance(value, Verbatim):
        text = str(value)
    elif isinstance(value, bool):
        text = _truth_as_text(option, value)
    elif option.value == "bool":
        if isinstance(value, str) and _is_resolved_later(value):
            return value
        raise _wrong_kind(option, "True or False", value)
    elif option.value == "int":
        text = _number_as_text(option, value)
    elif isinstance(value, str | int | float | Written):
        text = str(value)
    elif isinstance(value, PathLike):
        text = fspath(value)
    else:
        raise _wrong_kind(option, "text, a number or a path", value)
    return _one_line(option, text)


def _truth_as_text(option: Option, value: bool) -> str:
    if option.value == "bool" or (option.value in {"custom", "str"} and option.argument != "required"):
        return "true"
    if option.value == "int" and option.argument != "required":
        return "1"
    wanted = {"int": "a whole number", "list": "text, or a list of texts"}.get(option.value, "text")
    raise _wrong_kind(option, wanted, value)


def _number_as_text(option: Option, value: object) -> str:
    wanted = "a whole number" if option.may_be_negative else "a whole number, 0 or more"
    if isinstance(value, int):
        number, text = value, str(value)
    elif isinstance(value, str) and _is_resolved_later(value):
        return value
    elif isinstance(value, str) and value.isascii() and value.strip().removeprefix("-").isdecimal():
        number, text = int(value), value.strip()
    else:
        raise _wrong_kind(option, wanted, value)
    if number < 0 and not option.may_be_negative:
        raise _wrong_kind(option, wanted, value)
    if number > option.highest:
        raise _wrong_kind(option, f"a whole number of at most {option.highest}", value)
    return text


def _is_resolved_later(text: str) -> bool:
    return any(mark in text for mark in _RESOLVED_LATER)


def _one_line(option: Option, text: str) -> str:
    if "\n" in text or "\0" in text:
        raise ConfigurationError(
            f"option `{option.name}`",
            wanted="text of one line",
            found=f"{text!r}",
            remedy="Remove the line break: uWSGI would read what follows it as another option.",
        )
    return text


def _wrong_kind(option: Option, wanted: str, value: object) -> ConfigurationError:
    return ConfigurationError(
        f"option `{option.name}`",
        wanted=wanted,
        found=f"{value!r} ({type(value).__name__})",
        remedy=f"Give {wanted}, or None to leave the option alone.",
    )


def _suggestion(name: str) -> str:
    nearest = catalogue.nearest(name)
    if not nearest:
        return "Look the name up in the catalogue: `uwsgiconf explain WORD` searches it."
    return "Did you mean " + " or ".join(f"`{near}`" for near in nearest) + "?"
