"""What uWSGI does at once when it gets an option: include a file, open a condition, set a placeholder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from uwsgiconf import catalogue

from . import problems
from .conditions import CONDITIONS, ENDINGS, Circumstances, Condition
from .restrictions import RESTRICTING, Restrictions
from .sources import DIALECT_BY_SUFFIX, Dialect

if TYPE_CHECKING:
    from collections.abc import Callable

    from .entries import Entry
    from .evaluation import Evaluation
    from .reader import Reader

#: Options that name a file to read at once, and the dialect they read it in; None is by its suffix.
_INCLUDES: dict[str, Dialect | None] = {
    "ini": "ini",
    "yaml": "yaml",
    "yml": "yaml",
    "json": "json",
    "js": "json",
    "xml": "xml",
    "xmlconfig": "xml",
    "include": None,
    "inherit": None,
}

_PLUGIN_LOADERS = ("plugin", "plugins", "need-plugin", "need-plugins")


class Immediate:
    """Acts on options while they are read, and holds what they change for those that follow.

    :param evaluation: What the options belong to.
    :param reader: What reads its files.
    """

    def __init__(self, evaluation: Evaluation, reader: Reader) -> None:
        self._evaluation = evaluation
        self._reader = reader
        #: The condition or loop that is open, with its argument.
        self.condition: tuple[Condition, str] | None = None
        self.restrictions = Restrictions()
        self._actions: dict[str, Callable[[Entry], None]] = {
            "set": self._set,
            "set-placeholder": self._set_placeholder,
            "set-ph": self._set_placeholder,
            "declare-option": self.declare,
            "config": self._refuse_configurator,
            "inject-before": self._inject,
            "inject-after": self._inject,
        }
        self._actions |= dict.fromkeys(CONDITIONS, self._open_condition)
        self._actions |= dict.fromkeys(RESTRICTING, self.restrictions.change)
        self._actions |= dict.fromkeys(ENDINGS, lambda entry: None)  # they had their effect before they were kept
        self._actions |= dict.fromkeys(_INCLUDES, self.include)

    def act(self, entry: Entry) -> None:
        """Do what uWSGI does with an option that it acts upon at once."""
        if entry.name in _PLUGIN_LOADERS:
            self._evaluation.plugins.update(plugin.strip() for plugin in entry.value.split(","))
        elif entry.name in self._actions:
            entry.spent = True
            self._actions[entry.name](entry)

    def circumstances(self) -> Circumstances:
        """What conditions can ask about at this place."""
        evaluation = self._evaluation
        return Circumstances(evaluation.host, evaluation.references.ask, evaluation.plugins.__contains__)

    def include(self, entry: Entry) -> None:
        """Read the file that an option names."""
        dialect = _INCLUDES[entry.name]
        is_by_suffix = dialect is None
        if dialect is None:
            if not entry.value.endswith(tuple(DIALECT_BY_SUFFIX)):
                self._evaluation.refuse(problems.no_suffix(entry), entry)
                return
            dialect = DIALECT_BY_SUFFIX[os.path.splitext(entry.value)[1]]
        self._evaluation.load(entry.value, dialect, asked_at=entry.place, keep_first=is_by_suffix)

    def declare(self, entry: Entry) -> None:
        """Know an option that the configuration declares."""
        name, equals, template = entry.value.partition("=")
        if equals:
            self._evaluation.declared[name] = template
        else:
            self._evaluation.refuse(problems.no_pair(entry), entry)

    def _open_condition(self, entry: Entry) -> None:
        if self.condition is not None:
            self._evaluation.refuse(problems.nested(entry.name), entry)
            return
        self.condition = CONDITIONS[entry.name], entry.value

    def _set(self, entry: Entry) -> None:
        name, equals, value = entry.value.partition("=")
        if equals:
            self._evaluation.add(name, value, entry.place)
        else:
            self._evaluation.refuse(problems.no_pair(entry), entry)

    def _set_placeholder(self, entry: Entry) -> None:
        name, equals, value = entry.value.partition("=")
        option = catalogue.find(name)
        if not equals:
            self._evaluation.refuse(problems.no_pair(entry), entry)
        elif option is not None and option.plugin == "core" and option.is_in(catalogue.NEWEST_RELEASE):
            self._evaluation.refuse(problems.taken_name(name), entry)
        else:
            self._evaluation.append(name, value, entry.place, placeholder=True)

    def _refuse_configurator(self, entry: Entry) -> None:
        self._evaluation.refuse(problems.no_suffix(entry), entry)

    def _inject(self, entry: Entry) -> None:
        files = self._reader.before if entry.name == "inject-before" else self._reader.after
        files.append(entry.value)
