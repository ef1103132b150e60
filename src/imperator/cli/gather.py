"""From what was written, on the command line and in files, to settings; all that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields
from typing import Any

from imperator.cli.arguments import Arguments, Given
from imperator.cli.options import INSTEAD, Option, find_option, nearest_name
from imperator.cli.targets import check_target, is_configuration_file, not_an_emperors
from imperator.cli.unsupported import NOTED, REFUSED
from imperator.errors import ImperatorError, SettingsError, UsageError
from imperator.settings import Settings

__all__ = ["Gathering", "gather", "gather_settings"]


def gather_settings(arguments: Arguments) -> tuple[Settings, list[str]]:
    """Return the settings a command line and the files it names amount to, and notes for the log.

    What the command line says counts more than what files say.

    :raises UsageError: With every fault found.
    """
    gathering = gather(arguments)
    if gathering.faults:
        raise UsageError(gathering.faults)
    return gathering.settings(), gathering.notes


def gather(arguments: Arguments) -> Gathering:
    """Take in a command line and the files it names, with all faults."""
    gathering = Gathering(arguments)
    gathering.read_files()
    gathering.judge(arguments.given)
    gathering.add_targets()
    return gathering


_TOPICS: dict[str, Callable[..., Any]] = {
    topic.name: topic.default_factory for topic in fields(Settings) if topic.default_factory is not MISSING
}
"""The parts that settings are made of."""


class Gathering:
    """What is known so far.

    :ivar taken: The options that count.
    :ivar notes: What the log has to say about others.
    :ivar faults: What cannot be right.
    """

    def __init__(self, arguments: Arguments) -> None:
        self.faults: list[ImperatorError] = list(arguments.faults)
        self.notes: list[str] = []
        self.taken: list[Given] = []
        self._values: dict[str, Any] = {}
        self._given_by: dict[str, Given] = {}
        self._words = [word for word in arguments.words if not is_configuration_file(word)]
        self._word_files = [word for word in arguments.words if is_configuration_file(word)]
        self._flag_files = arguments.files

    def read_files(self) -> None:
        """Take in the Emperor's own files, those named as targets first."""
        if not (self._word_files or self._flag_files):
            return
        from imperator.cli.files import read_file  # brings uWSGI's dialects along

        no_emperors = []
        for dialect, name in [*(("config", word) for word in self._word_files), *self._flag_files]:
            read = read_file(dialect, name)
            if name in self._word_files and not read.faults and all(given.name != "emperor" for given in read.given):
                no_emperors.append(name)
                continue
            self.faults += read.faults
            self.judge(read.given, read.placeholders)
        if no_emperors:
            self.faults.append(not_an_emperors(no_emperors))

    def judge(self, options: Iterable[Given], placeholders: frozenset[str] = frozenset()) -> None:
        """Take each option for what it is: one that works, one to be noted, a placeholder, or a fault."""
        for given in options:
            option = find_option(given.name)
            if option is not None:
                self._set(option, given)
            elif given.name in NOTED:
                self.notes.append(f"{given.thing} is not needed: {NOTED[given.name]}")
            elif given.name not in placeholders:
                self.faults.append(_refusal(given))

    def add_targets(self) -> None:
        """Put the command line's own targets before the others."""
        directory = self._values.get("hosting.directory")
        self.faults += filter(None, (check_target(word, directory) for word in self._words))
        self._values["targets"] = [*self._words, *self._values.get("targets", [])]
        if not self._values["targets"] and not self.faults:
            self.faults.append(
                SettingsError(
                    "imperator",
                    wanted="at least one target",
                    found="none",
                    remedy="Name the directory of your vassals: imperator /etc/uwsgi/vassals. See imperator --help.",
                )
            )

    def settings(self) -> Settings:
        """Sort the values by topic; those with faults are as if they had not been given."""
        topics: dict[str, dict[str, Any]] = {}
        for path, value in self._values.items():
            topic, _, setting = path.rpartition(".")
            topics.setdefault(topic, {})[setting] = tuple(value) if isinstance(value, list) else value
        made = {name: make(**topics.get(name, {})) for name, make in _TOPICS.items()}
        return Settings(**topics.get("", {}), **made)

    def _set(self, option: Option, given: Given) -> None:
        try:
            value = option.takes.read(given.value)
        except ValueError as error:
            fault = SettingsError(
                given.thing,
                wanted=option.takes.wanted,
                found=repr(given.value) if given.value else "nothing",
                remedy="Correct the value, or leave the option out.",
            )
            fault.__cause__ = error
            self.faults.append(fault)
            return
        self.taken.append(given)
        if option.repeats:
            self._values.setdefault(option.sets, []).append(value)
            return
        before = self._given_by.get(option.sets)
        if before is not None and (before.place != "") == (given.place != ""):
            self.notes.append(f"{given.thing} replaces what {before.thing} said")
        self._given_by[option.sets] = given
        self._values[option.sets] = value


def _refusal(given: Given) -> SettingsError:
    """What to say of an option that does not work here."""
    if given.name in REFUSED:
        wanted, (found, remedy) = "an option of an Emperor", REFUSED[given.name]
    elif given.name in INSTEAD:
        wanted, found = "an option of an Emperor", "one of uWSGI's own processes"
        remedy = f"Use {INSTEAD[given.name]}: here the Emperor is a process of its own."
    else:
        return _refusal_by_catalogue(given)
    return SettingsError(given.thing, wanted=wanted, found=found, remedy=remedy)


def _refusal_by_catalogue(given: Given) -> SettingsError:
    from uwsgiconf import catalogue  # large, and only needed for faults

    wanted = "an option of an Emperor"
    if catalogue.find(given.name) is not None:
        found, remedy = "one of uWSGI's that does nothing here", "Move it to the vassals that need it, or leave it out."
        return SettingsError(given.thing, wanted=wanted, found=found, remedy=remedy)
    nearest = nearest_name(given.name) or next(iter(catalogue.nearest(given.name)), None)
    remedy = f"Did you mean {nearest}?" if nearest else "See imperator --help."
    return SettingsError(given.thing, wanted=wanted, found="a name that no option has", remedy=remedy)
