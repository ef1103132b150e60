"""How values become the text that uWSGI reads."""

from __future__ import annotations

import re
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from .entries import Entries, Verbatim, Written
from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ESCAPED_OR_BLANK = re.compile(r"\\.| ", re.DOTALL)

#: What a place that wants a file or directory takes.
Path: TypeAlias = "str | PathLike[str]"

#: One of something, or several.
Strings: TypeAlias = "str | list[str]"
Paths: TypeAlias = "Path | list[str] | list[Path]"

#: A user or a group: its name or its number.
Account: TypeAlias = "str | int"


def verbatim(value: object | None) -> Verbatim | None:
    """The value as `Verbatim`, None for a parameter that was not given."""
    return None if value is None else Verbatim(value)


def flag(value: object | None) -> str | None:
    """The `1` of a key that is on by being there at all.

    uWSGI has no way to say such a key is off, so a parameter that was given, whatever it says, switches it on.
    """
    return None if value is None else "1"


def switch(value: bool | None) -> str | None:
    """The `1` of a key that is on by being there at all, and nothing for one that is to be off."""
    return "1" if value else None


def account(value: Account | None) -> Account | None:
    """A user or group as uWSGI takes it: the number 0 is no number to it, but a name, which nobody has."""
    return "root" if str(value) == "0" else value


def listed(value: Iterable[object] | object | None, separator: str = ";") -> str | None:
    """Several values in the place of one, as uWSGI separates them there."""
    return None if value is None else separator.join(str(item) for item in as_list(value))


def escaped_percents(text: str) -> str:
    """A text for `strftime`, so that uWSGI does not take its `%d` for a variable of the configuration.

    What has doubled ones already is left as it is.
    """
    return text if "%%" in text else text.replace("%", "%%")


def one_word(regexp: str) -> str:
    r"""A regular expression without blanks, at which uWSGI would end it: `\x20` matches one as well."""
    return _ESCAPED_OR_BLANK.sub(lambda found: r"\x20" if found[0].endswith(" ") else found[0], regexp)


def first_word(value: Path, thing: str) -> str:
    """A value that uWSGI ends at the first blank, and has no way to write one in.

    :param thing: Which parameter it is, for the error.
    :raises ConfigurationError: It has a blank.
    """
    text = as_text(value)
    if " " in text:
        raise ConfigurationError(
            thing,
            wanted="one word, as uWSGI ends it at a blank",
            found=repr(text),
            remedy="Use another name; to a file, a link without blanks will do.",
        )
    return text


def as_list(value: object) -> list[Any]:
    """The items of a list or tuple; anything else is the only item."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def key_values(pairs: Mapping[str, object | None], separator: str = ",") -> str:
    """The `key=value,key=value` that many of uWSGI's options take; what is None is left out."""
    return separator.join(f"{key}={_kept_whole(value, separator)}" for key, value in pairs.items() if value is not None)


def _kept_whole(value: object, separator: str) -> str:
    """The value, so that uWSGI does not take a separator in it for its end; what has escaped ones already is left."""
    text = as_text(value)
    if isinstance(value, Written) or f"\\{separator}" in text:
        return text
    return text.replace("\\", "\\\\").replace(separator, f"\\{separator}")


def three_digits(mode: str | None) -> str | None:
    """A mode of a file as uWSGI takes it, in three digits: `660` for `0660` and `0o660`."""
    return mode.removeprefix("0o").lstrip("0").zfill(3) if isinstance(mode, str) and len(mode) > 3 else mode


def as_text(value: object) -> str:
    """The text of a value within another one.

    :raises ConfigurationError: It has none, as a class that no object was made of.
    """
    if not isinstance(value, str | int | float | PathLike) and type(value).__str__ is object.__str__:
        raise ConfigurationError(
            "a value within another one",
            wanted="text, a number, a path, or an object that stands for one",
            found=f"{value!r} ({type(value).__name__})",
            remedy="If it is a class, make an object of it, with parentheses.",
        )
    return fspath(value) if isinstance(value, PathLike) else str(value)


#: One thing an option can be set to.
OneValue: TypeAlias = "bool | int | str | PathLike[str] | Written"

#: What options take, each according to its kind.
OptionValue: TypeAlias = "OneValue | Sequence[OneValue] | Mapping[str, int | str] | None"


class ParametrizedValue(Written):
    """A value with a name and arguments, such as `name:arg,arg`: an alarm, a logger, a routing action.

    Its subclasses say in class attributes how uWSGI wants it written.
    """

    #: How uWSGI calls it.
    name: ClassVar[str] = ""
    #: Written before the name, by which other options refer to this value.
    alias: str = ""
    #: The plugin that understands it.
    plugin: ClassVar[str | None] = None
    #: Between the arguments.
    args_joiner: ClassVar[str] = " "
    #: Between the name and the arguments.
    name_separator: ClassVar[str] = ":"
    #: Whether to leave the separator out where there are no arguments.
    name_separator_strip: ClassVar[bool] = False

    def __init__(self, *args: object) -> None:
        self.args = [arg for arg in args if arg is not None]
        #: Options that have to be set for this value to mean what it says.
        self.entries = Entries()

    @property
    def written_name(self) -> str:
        """The name, as this very value writes it."""
        return self.name

    def __str__(self) -> str:
        text = f"{self.written_name}{self.name_separator}{self.args_joiner.join(map(as_text, self.args))}"
        if self.name_separator_strip and self.name_separator:
            text = text.strip(self.name_separator)
        return f"{self.alias} {text}" if self.alias else text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {str(self)!r}>"
