"""The Emperor's own configuration file, in any dialect that uWSGI reads, or in Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast

from imperator.cli.arguments import Given
from imperator.cli.targets import PYTHON_ENDING
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
    if dialect == "config" and name.endswith(PYTHON_ENDING):
        return _read_module(name)
    if name.startswith(_FROM_OUR_EMPEROR):
        return _read_sent(dialect, name.removeprefix(_FROM_OUR_EMPEROR))
    return _read(dialect, name, None)


def _read_sent(dialect: str, name: str) -> ReadFile:
    """Read what our own Emperor sends us."""
    from imperator.control.parent import read_config  # only who is a vassal needs it

    try:
        return _read(dialect, name, read_config())
    except ImperatorError as error:
        return ReadFile([], frozenset(), [error])


def _read_module(path: str) -> ReadFile:
    """Run a Python module that describes an Emperor, and read what it compiles to."""
    from uwsgiconf.exceptions import ConfigurationError
    from uwsgiconf.modules import load_configurations

    try:
        first, *others = load_configurations(path)
    except ConfigurationError as error:
        fault = SettingsError(error.thing, wanted=error.wanted, found=error.found, remedy=error.remedy)
        fault.__cause__ = error
        return ReadFile([], frozenset(), [fault])
    if others:
        fault = SettingsError(
            path,
            wanted="one configuration, the Emperor's",
            found=f"{1 + len(others)} of them",
            remedy="Put the others into modules of their own.",
        )
        return ReadFile([], frozenset(), [fault])
    text = first.format(stamp=False)
    assert isinstance(text, str), "the ini formatter makes one text"
    read = _read("ini", path, text.encode())
    # The lines are those of what was compiled: nobody has them before his eyes.
    given = [Given(one.name, one.value, path) for one in read.given]
    return ReadFile(given, read.placeholders, read.faults)


def _read(dialect: str, name: str, text: bytes | None) -> ReadFile:
    faults: list[DialectError] = []
    evaluation = _Listening(refuse=faults.append)
    evaluation.referred = set()
    try:
        known = Target.parse(name).dialect if dialect == "config" else dialect
        evaluation.load(name, cast("Literal['ini', 'yaml', 'json', 'xml']", known), data=text)
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
