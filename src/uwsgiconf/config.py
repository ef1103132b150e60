"""Describing uWSGI in Python: sections, and configurations made of them."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .base import unknown_parameter
from .exceptions import ConfigurationError
from .formatters import FORMATTERS
from .section import Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .values import Path

__all__ = ["FORMATTERS", "Configuration", "Section", "configure_uwsgi"]


class Configuration:
    """One or more sections, in a form that uWSGI reads.

    :param sections: The sections, the main one first. Default: one empty section.
    :param autoinclude_sections: Include all other sections into the first.
    :param alias: A name for the configuration, which `tofile` names the file by. Default: `default`.
    :raises ConfigurationError: Two sections have the same name.
    """

    def __init__(
        self,
        sections: list[Section] | None = None,
        *,
        autoinclude_sections: bool = False,
        alias: str | None = None,
    ) -> None:
        self.sections = _with_included(sections or [Section()])
        self.alias = alias or "default"
        if autoinclude_sections:
            main, *others = self.sections
            main.include([section for section in others if section not in main.included_sections])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.alias!r}: {', '.join(section.name for section in self.sections)}>"

    def format(self, *, do_print: bool = False, stamp: bool = True, formatter: str = "ini") -> str | list[str]:
        """The configuration in the form a formatter makes: text for `ini`, a list of arguments for `args`.

        :param do_print: Print it too.
        :param stamp: Let uWSGI print at its start what wrote the configuration, and when.
        :param formatter: One of `FORMATTERS`.
        :raises ConfigurationError: There is no such formatter.
        """
        if formatter not in FORMATTERS:
            raise unknown_parameter("Configuration.format: `formatter`", formatter, list(FORMATTERS), kind="formatters")
        main, *others = self.sections
        if stamp:
            main = type(main).derive_from(main).print_stamp()
        formatted = FORMATTERS[formatter]([main, *others]).format()
        if do_print:
            print(formatted)  # noqa: T201 - asked for
        return formatted

    def print_ini(self) -> str | list[str]:
        """Print the configuration as ini, and return it."""
        return self.format(do_print=True)

    def tofile(self, filepath: Path | None = None) -> str:
        """Write the configuration as ini into a file.

        :param filepath: The file, or a directory to put a file into that is named after the configuration. Default: a
            temporary file, which nobody removes.
        :return: The path of the file.
        """
        target = os.fspath(filepath) if filepath is not None else _temporary_file(self.alias)
        if os.path.isdir(target):
            target = os.path.join(target, f"{self.alias}.ini")
        with open(target, "w", encoding="utf-8") as file:
            file.write(str(self.format()))
        return target


def configure_uwsgi(configurator_func: Callable[[], Any]) -> list[Configuration] | None:
    """Let a module describe uWSGI: call this at its end, and `uwsgiconf` finds what it describes.

    The configurations become the attribute `configuration` of the calling module. Inside uWSGI, where the same module
    may be loaded for its application, nothing is done.

    :param configurator_func: Returns a section, a configuration, or a list of them.
    :return: The configurations, None inside uWSGI.
    :raises ConfigurationError: The function returns something else.
    """
    import sys

    if _is_inside_uwsgi():
        return None
    configurations = as_configurations(configurator_func())
    sys._getframe(1).f_globals["configuration"] = configurations
    return configurations


def _with_included(sections: Iterable[Section]) -> list[Section]:
    """The sections and all they include, each once."""
    found: dict[str, Section] = {}
    waiting = list(sections)
    for section in waiting:  # grows as included sections are met
        if not isinstance(section, Section):
            raise ConfigurationError(
                "Configuration",
                wanted="sections",
                found=f"{section!r} ({type(section).__name__})",
                remedy="Give a list of Section objects.",
            )
        if found.get(section.name, section) is not section:
            raise ConfigurationError(
                "Configuration",
                wanted="sections with different names",
                found=f"two sections named `{section.name}`",
                remedy="Name them: Section('another'), or Section.derive_from(section, name='another').",
            )
        if section.name not in found:
            found[section.name] = section
            waiting.extend(section.included_sections)
    return list(found.values())


def _temporary_file(alias: str) -> str:
    from tempfile import mkstemp  # slow to import, and needed here alone

    handle, path = mkstemp(prefix=f"{alias}-", suffix=".ini")
    os.close(handle)
    return path


def _is_inside_uwsgi() -> bool:
    try:
        import_module("uwsgi")  # uWSGI itself brings it, and nobody else
    except ImportError:
        return False
    return True


def as_configurations(described: object) -> list[Configuration]:
    """The configurations in what a module described: a section, a configuration, or a list of them.

    :raises ConfigurationError: There is none, or something else among them.
    """
    items = list(described) if isinstance(described, list | tuple) else [described]
    configurations: list[Configuration] = []
    for item in items:
        if isinstance(item, Section):
            item = item.as_configuration()
        if not isinstance(item, Configuration):
            raise _not_described(item)
        configurations.append(item)
    if not configurations:
        raise _not_described(described)
    return configurations


def _not_described(found: object) -> ConfigurationError:
    return ConfigurationError(
        "configure_uwsgi",
        wanted="a function that returns a Section, a Configuration, or a list of them",
        found=f"{found!r} ({type(found).__name__})",
        remedy="Return the section at the end of the function.",
    )
