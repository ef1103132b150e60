"""Every option uWSGI has: what it takes, which plugin brings it, since when.

The facts are in `catalogue.json`, written by `tools/make_catalogue.py` from uWSGI's own source. They are read when the
first option is asked for, and an `Option` is made when it is asked for: most programs use a few dozen of 1,300.
"""

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple, cast

#: The versions an option can be `since`, oldest first: the released series and the unreleased one.
VERSIONS = ("2.0", "2.1-dev")

#: The series a configuration is written for unless it says otherwise.
NEWEST_RELEASE = "2.0"

# Hooks of a vassal's life run in the Emperor or before the vassal's own uWSGI is executed.
_EMPEROR_PREFIXES = ("emperor", "vassal", "hook-as-emperor", "hook-as-on-", "hook-as-vassal")

# By the function that takes the number. That of 16 bits cuts higher ones down, that of megabytes multiplies them.
_HIGHEST = {"set_16bit": 2**64 - 1, "set_64bit": 2**64 - 1, "set_megabytes": 2**44 - 1}

Argument = Literal["no", "required", "optional"]
ValueKind = Literal["bool", "int", "str", "list", "dict", "custom"]


class Option(NamedTuple):
    """One option of uWSGI, as its source tables declare it."""  # not a dataclass: importing those takes 5 ms

    name: str
    #: The plugin that brings it, `core` for uWSGI itself.
    plugin: str
    #: Whether it takes an argument on the command line.
    argument: Argument
    #: What its argument is; `custom` is any text, read by code of that option alone.
    value: ValueKind
    #: The first of `VERSIONS` that has it.
    since: str
    #: The function of uWSGI that takes the value, without its `uwsgi_opt_` prefix.
    setter: str
    #: Whether giving it again adds to what was given; otherwise the last one given wins.
    repeatable: bool
    #: The one-letter form, empty if there is none.
    short: str
    #: What the option switches on besides itself, for example `MASTER` or `THREADS`.
    flags: tuple[str, ...]

    @property
    def for_emperor(self) -> bool:
        """Whether it configures the Emperor, and so means something to `imperator` whatever uWSGI there is."""
        return self.name.startswith(_EMPEROR_PREFIXES)

    @property
    def may_be_negative(self) -> bool:
        """Whether a number below zero is taken; elsewhere it ends uWSGI, or wraps into a huge one."""
        return self.setter == "set_rawint"

    @property
    def highest(self) -> int:
        """The highest number it takes; higher ones wrap around, and uWSGI does not say so."""
        return _HIGHEST.get(self.setter, 2**31 - 1)

    def is_in(self, version: str) -> bool:
        """Whether uWSGI of that version, one of `VERSIONS`, has this option."""
        return self.since == VERSIONS[0] or VERSIONS.index(self.since) <= VERSIONS.index(version)


@lru_cache(maxsize=4096)  # unknown names are remembered too, and there is no end to these
def find(name: str) -> Option | None:
    """The option of that name, or None: placeholders and misspelt names are no options."""
    row = _rows().get(name)
    return None if row is None else _option(name, row)


def all_options() -> Iterator[Option]:
    """Every option of every version, by name."""
    return (_option(name, row) for name, row in _rows().items())


def release() -> str:
    """The uWSGI release whose source the catalogue was read from, for example `2.0.31`."""
    return cast("str", _read()["release"])


def nearest(name: str, limit: int = 3) -> list[str]:
    """Known names that `name` may have been meant to be, best first.

    :param name: What was given.
    :param limit: How many to return at most.
    """
    from difflib import get_close_matches  # only a mistake needs it, and it is slow to import

    spelled = name.strip().lstrip("-").lower().replace("_", "-")
    return get_close_matches(spelled, _rows(), n=limit, cutoff=0.7)


@cache
def _read() -> dict[str, Any]:
    with open(__file__.removesuffix(".py") + ".json", encoding="utf-8") as facts:
        return cast("dict[str, Any]", json.load(facts))


def _rows() -> dict[str, str]:
    return cast("dict[str, str]", _read()["options"])


def _option(name: str, row: str) -> Option:
    plugin, argument, value, since, setter, repeats, short, *flags = row.split()
    return Option(
        name=name,
        plugin=plugin,
        argument=cast("Argument", argument),
        value=cast("ValueKind", value),
        since=since,
        setter=setter,
        repeatable=repeats == "many",
        short="" if short == "-" else short,
        flags=tuple(flags),
    )
