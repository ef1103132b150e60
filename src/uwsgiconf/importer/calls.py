"""The call that sets an option: found by trying the candidates and looking at what they write."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from uwsgiconf import catalogue
from uwsgiconf.config import Section
from uwsgiconf.entries import Verbatim
from uwsgiconf.exceptions import ConfigurationError
from uwsgiconf.setters import setters_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH = 100


class Option(NamedTuple):
    """What one line of a configuration says."""

    name: str
    value: str


class NewSocket(NamedTuple):
    """A socket, to be made of its kind and address when the call is made."""

    kind: str
    address: str

    def make(self) -> object:
        """The socket."""
        return getattr(Section.networking.sockets, self.kind)(self.address)

    def source(self) -> str:
        """The same in Python."""
        return f"Section.networking.sockets.{self.kind}({literal(self.address)})"


class Call(NamedTuple):
    """A call on a section, and the options it writes."""

    #: The attributes from the section to the method.
    path: str
    arguments: tuple[Any, ...]
    #: By name; calls that have nothing but these can be joined.
    parameters: dict[str, Any]
    writes: list[Option]

    def apply(self, section: Section) -> None:
        """Make the call."""
        method: Any = section
        for attribute in self.path.split("."):
            method = getattr(method, attribute)
        arguments = [given.make() if isinstance(given, NewSocket) else given for given in self.arguments]
        method(*arguments, **self.parameters)

    def source(self, variable: str) -> str:
        """The call in Python, on the section of that name."""
        given = [literal(argument) for argument in self.arguments]
        given += [f"{name}={literal(value)}" for name, value in self.parameters.items()]
        line = f"{variable}.{self.path}({', '.join(given)})"
        if len(line) <= _WIDTH or len(given) == 1:
            return line
        return "\n".join((f"{variable}.{self.path}(", *(f"    {argument}," for argument in given), ")"))


def literal(value: Any) -> str:
    """A value in Python; texts with double quotes, as far as they can be read."""
    if isinstance(value, NewSocket):
        return value.source()
    if isinstance(value, Verbatim):
        return f"Verbatim({literal(str(value))})"
    if isinstance(value, str) and value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


def call_for(option: Option, section: Section) -> Call | None:
    """The call that writes exactly this option, None if there is none.

    :param option: What is to be written.
    :param section: What it is called on, with all that was set before; it is not changed.
    """
    for call in _candidates(option):
        if _adds(call, section, [option]):
            return call._replace(writes=[option])
    return None


def joined(first: Call, second: Call, before: Section) -> Call | None:
    """One call instead of two, if it writes the same in the same order.

    :param before: The section as it was before the first.
    """
    can_join = first.path == second.path and not first.arguments and not second.arguments and second.parameters
    if not can_join or not first.parameters.keys().isdisjoint(second.parameters):
        return None
    both = Call(first.path, (), first.parameters | second.parameters, first.writes + second.writes)
    return both if _adds(both, before, both.writes) else None


def _adds(call: Call, section: Section, options: list[Option]) -> bool:
    """Whether a call adds just these options to a section. Groups may set more, and may do so only once."""
    trial = Section.derive_from(section)
    try:
        call.apply(trial)
    except (ConfigurationError, TypeError, AttributeError, ValueError):
        return False  # the method wants something else than this text
    said = [Option(entry.name, entry.text) for entry in trial.entries]
    had = [Option(entry.name, entry.text) for entry in section.entries]
    return said == had + [_as_written(option) for option in options]


def _as_written(option: Option) -> Option:
    """The option as the library writes it: a switch that is on is `true`, however it was spelt."""
    known = catalogue.find(option.name)
    is_switch_on = (
        known is not None and known.value == "bool" and option.value.lower() in ("", "1", "on", "yes", "true")
    )
    return Option(option.name, "true") if is_switch_on else option


def _candidates(option: Option) -> Iterator[Call]:
    value = _typed(option)
    if option.name == "env" and "=" in option.value:
        yield Call("env", tuple(option.value.split("=", 1)), {}, [])
    if option.name == "set-placeholder" and "=" in option.value:
        yield Call("set_placeholder", tuple(option.value.split("=", 1)), {}, [])
    if option.name in ("ini", "yaml", "json", "xml"):
        yield Call("include", (option.value,), {}, [])
    for kind, socket in vars(Section.networking.sockets).items():
        if getattr(socket, "name", None) == option.name:
            yield Call("networking.register_socket", (NewSocket(kind, option.value),), {}, [])
    for setter in setters_of(option.name):
        if setter.is_method:
            path = f"{setter.group}.{setter.name}" if setter.group else setter.name
            yield Call(path, (), {setter.parameter: value} if setter.parameter else {}, [])
    yield Call("set_option", (option.name, value), {}, [])
    yield Call("set_option", (option.name, Verbatim(option.value)), {}, [])


def _typed(option: Option) -> str | int | bool:
    known = catalogue.find(option.name)
    if known is not None and known.value == "bool" and _as_written(option).value == "true":
        return True
    if known is not None and known.value == "int" and option.value.isascii() and option.value.isdigit():
        return int(option.value) if str(int(option.value)) == option.value else option.value
    return option.value
