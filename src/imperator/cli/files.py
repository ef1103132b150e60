"""The Emperor's own configuration file, in any dialect that uWSGI reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast

from imperator.cli.arguments import Given
from imperator.errors import ImperatorError, SettingsError
from uwsgiconf.dialects import DialectError, Evaluation
from uwsgiconf.dialects.sources import Target

__all__ = ["ReadFile", "read_file"]

_FROM_OUR_EMPEROR = "emperor://"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file says.

    :param given: Its options, in order.
    :param placeholders: Names that other values refer to: they need not be options.
    :param faults: What uWSGI would refuse in it.
    """

    given: list[Given]
    placeholders: frozenset[str]
    faults: list[ImperatorError] = field(default_factory=list)


class _Listening(Evaluation):
    """An evaluation that remembers which names values refer to."""

    referred: set[str]

    def value_of(self, name: str) -> str | None:
        self.referred.add(name)
        return super().value_of(name)


def read_file(dialect: str, name: str) -> ReadFile:
    """Read a configuration file of the Emperor's. Faults are collected, not raised.

    :param dialect: ``ini``, ``yaml``, ``json`` or ``xml``; ``config``: by the file's ending.
    :param name: Its path, or ``path:section``; ``emperor://NAME``: our own Emperor sends it.
    """
    faults: list[DialectError] = []
    evaluation = _Listening(refuse=faults.append)
    evaluation.referred = set()
    try:
        data = None
        if name.startswith(_FROM_OUR_EMPEROR):
            from imperator.control.parent import read_config  # only who is a vassal needs it

            name = name.removeprefix(_FROM_OUR_EMPEROR)
            try:
                data = read_config()
            except ImperatorError as error:
                return ReadFile([], frozenset(), [error])
        known = Target.parse(name).dialect if dialect == "config" else dialect
        evaluation.load(name, cast("Literal['ini', 'yaml', 'json', 'xml']", known), data=data)
        evaluation.finish()
    except DialectError as error:
        faults.append(error)
    given = [
        Given(entry.name, entry.value, f"{entry.file}:{entry.line}")
        for entry in evaluation.acted_upon()
        if not (entry.settled and entry.name in evaluation.referred)
    ]
    return ReadFile(given, frozenset(evaluation.referred), [*map(_settings_error, faults)])


def _settings_error(fault: DialectError) -> SettingsError:
    place = f"{fault.file}:{fault.line}" if fault.line else fault.file
    error = SettingsError(place, wanted=fault.wanted, found=fault.found, remedy=fault.remedy)
    error.__cause__ = fault
    return error
