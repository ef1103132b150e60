"""What all groups of options have in common."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    from .config import Section

#: The section a group belongs to, so that chaining keeps its exact type.
SectionT = TypeVar("SectionT", bound="Section")


class OptionsGroup(Generic[SectionT]):
    """Options of one topic, as a group of methods on a section.

    Every public method that sets something returns the section, so calls can be chained. A group is usable from the
    class `Section` too, to reach the names it offers: `Section.networking.sockets`.

    :param args: Basic parameters.
    :param section: The section to set options of. Default: a new one.
    :param kwargs: Basic parameters.
    """

    #: The plugin that all options of the group come from, if they do.
    plugin: str | bool | None = None

    def __init__(self, *args: Any, section: SectionT | None = None, **kwargs: Any) -> None:
        self._section = section if section is not None else _new_section()
        if args or kwargs:
            self(*args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> SectionT:
        """Short for `set_basic_params`.

        :raises ConfigurationError: There is no such basic parameter.
        """
        method = self.set_basic_params
        check_parameters(method, kwargs, f"{type(self).__name__}.set_basic_params")
        return method(*args, **kwargs)

    def set_basic_params(self) -> SectionT:
        """Set what is needed most; a group without such parameters takes none."""
        return self._section

    def _set(self, values: Mapping[str, object], *, plugin: str | None = None) -> SectionT:
        """Set options by uWSGI's names; what is None is left alone, and the plugin is loaded if anything is set.

        :raises ConfigurationError: uWSGI would not take it; the error names the method that was called.
        """
        try:
            self._section._update(values, plugin)
        except ConfigurationError as fault:
            raise named(fault, type(self).__name__, _public_caller(sys._getframe(1))) from fault
        return self._section


def _new_section() -> Any:
    """A section for a group that was made by itself."""
    from .config import Section  # it is made of groups

    return Section()


class Options:
    """The attribute of a section that holds a group: the group class on the class, a group on an instance.

    The module of a group is imported when the group is used for the first time: most programs use a few of them.
    """

    def __init__(self, module: str, class_name: str) -> None:
        self._module = module
        self._class_name = class_name
        self._name = ""
        self._class: type[OptionsGroup[Any]] | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, section: Any, owner: Any = None) -> Any:
        group_class = self._class or self._import()
        if section is None:
            return group_class
        group = group_class(section=section)
        section.__dict__[self._name] = group  # found before this descriptor from now on
        return group

    def _import(self) -> type[OptionsGroup[Any]]:
        module = import_module(f"uwsgiconf.options.{self._module}")
        self._class = cast("type[OptionsGroup[Any]]", getattr(module, self._class_name))
        return self._class


def _public_caller(frame: FrameType | None) -> str:
    """The name of the nearest function on the stack that is not private: the one the user called."""
    while frame is not None and frame.f_code.co_name.startswith("_"):
        frame = frame.f_back
    return frame.f_code.co_name if frame is not None else ""


def named(fault: ConfigurationError, owner: str, method: str) -> ConfigurationError:
    """The same fault, said of the call that caused it."""
    thing = f"{owner}.{method}: {fault.thing}"
    return ConfigurationError(thing, wanted=fault.wanted, found=fault.found, remedy=fault.remedy)


def check_parameters(function: Callable[..., object], given: Mapping[str, object], thing: str) -> None:
    """Refuse keyword arguments that a function does not have, and name the nearest ones it has.

    :raises ConfigurationError: There is such an argument.
    """
    code = function.__code__
    taken = [*code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]]
    for name in given:
        if name not in taken and not code.co_flags & 0x08:  # 0x08: it has **kwargs
            raise unknown_parameter(thing, name, taken)


def check_kind(value: object, kind: type, thing: str, *, wanted: str, remedy: str) -> None:
    """Refuse an argument that is no object of a kind.

    :raises ConfigurationError: It is none.
    """
    if not isinstance(value, kind):
        found = f"{value!r} ({type(value).__name__})"
        raise ConfigurationError(thing, wanted=wanted, found=found, remedy=remedy)


def keyword_parameters(owner: type) -> list[str]:
    """The names of what can be given to a class as it is made, its own first, then those of its bases."""
    makers = [vars(base).get("__init__") for base in owner.__mro__]
    return list(dict.fromkeys(name for maker in makers for name in getattr(maker, "__kwdefaults__", None) or {}))


def unknown_parameter(thing: str, name: str, taken: list[str], *, kind: str = "parameters") -> ConfigurationError:
    """The error about a parameter, or something else of a known kind, that does not exist."""
    from difflib import get_close_matches  # only a mistake needs it, and it is slow to import

    nearest = get_close_matches(name, taken, n=2, cutoff=0.6)
    return ConfigurationError(
        thing,
        wanted=f"one of the {kind} " + (", ".join(taken) if taken else "of which there are none"),
        found=f"`{name}`",
        remedy=f"Did you mean `{nearest[0]}`?" if nearest else "Remove it.",
    )
