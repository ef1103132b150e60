"""What uWSGI makes of a configuration file: every option it ends up with, in order, and where each was written.

uWSGI reads in three rounds. While it parses, it follows includes and decides conditions at once. Then it replaces
`$(ENV)`, `@(file)` and `%(option)` in what it has not acted upon yet. At last it acts on the options in order, follows
`inherit`, in which nothing is replaced any more, and splits up the options that the configuration declared itself.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path

from uwsgiconf import catalogue

from . import custom, problems
from .conditions import ENDINGS, Condition
from .entries import Entry
from .faults import NOWHERE, DialectError, Place, Problem
from .host import Host
from .immediate import Immediate
from .items import BrokenTextError
from .placeholders import EndlessReferenceError
from .reader import Reader
from .references import References
from .scanning import scan_section
from .sources import Dialect, Target, is_elsewhere

#: More files than this come from files that include each other ever more often.
MOST_FILES = 10_000

#: More rounds of a loop are a slip of the hand; uWSGI would go on until memory ends.
MOST_ROUNDS = 100_000

Report = Callable[[DialectError], None]


def raise_fault(fault: DialectError) -> None:
    """Stop at the first thing that uWSGI would refuse."""
    raise fault


def pass_over(remark: DialectError) -> None:
    """Say nothing about what uWSGI says nothing about."""


def evaluate(
    target: str | Path,
    *,
    section: str | None = None,
    magic: Mapping[str, str] | None = None,
    host: Host | None = None,
    text: bytes | None = None,
    given: Iterable[tuple[str, str]] = (),
) -> list[Entry]:
    """The options uWSGI would act on if it were started with this file, in order.

    Includes are followed, conditions decided, references replaced; what served only for that is left out. A switch
    without a value has `true`. Programs are not run and nothing is fetched: `@(exec://...)` stays as it is.

    :param target: The file, as `file` or `file:section`; its suffix says the dialect.
    :param section: The section, if `target` does not name it.
    :param magic: What single magic letters are to stand for, for example `{"n": "blog"}`.
    :param host: The machine and process to evaluate for; by default this one.
    :param text: What to take for the content of the file, instead of reading it.
    :param given: Options that uWSGI gets before the file, as (name, value).
    :raises DialectError: at the first thing that uWSGI would refuse.

    Source: ``ini``, ``yaml``, ``json``, ``xml``.
    """
    name = os.fspath(target) + (f":{section}" if section else "")
    evaluation = Evaluation(host=host, magic=magic)
    for option, value in given:
        evaluation.add(option, value, NOWHERE)
    evaluation.load(name, Target.parse(name).dialect, data=text)
    evaluation.finish()
    return evaluation.acted_upon()


class Evaluation:
    """One uWSGI reading its configuration.

    :param host: The machine and process it is for; by default this one.
    :param magic: What single magic letters are to stand for.
    :param refuse: Told what uWSGI refuses; when it returns, reading goes on as well as it can.
    :param remark: Told what uWSGI passes over, though it can hardly be meant.
    """

    def __init__(
        self,
        *,
        host: Host | None = None,
        magic: Mapping[str, str] | None = None,
        refuse: Report = raise_fault,
        remark: Report = pass_over,
    ) -> None:
        self.host = host or Host()
        #: Every option in the order uWSGI got it, including the spent ones.
        self.entries: list[Entry] = []
        #: The options the configuration declared itself, with their templates.
        self.declared: dict[str, str] = {}
        #: Options that count only under conditions that do not hold here.
        self.skipped: list[Entry] = []
        #: The plugins built in, or named so far.
        self.plugins = set(self.host.plugins)
        #: The references that were made from one option to another.
        self.references = References(self.host, self.value_of)
        self._refuse, self._remark = refuse, remark
        self._reader = Reader(self.host, magic)
        self._immediate = Immediate(self, self._reader)
        self._first_of_name: dict[str, Entry] = {}
        self._is_under_condition = False
        self._being_read: list[tuple[str, str, Dialect]] = []
        self._loads = self._reading = 0

    def load(
        self,
        name: str,
        dialect: Dialect,
        *,
        asked_at: Place = NOWHERE,
        keep_first: bool = False,
        data: bytes | None = None,
    ) -> None:
        """Read a section of a file and everything it includes.

        :param name: The file, as `file` or `file:section`; `:section` is one of the ini file read last.
        :param dialect: What it is written in.
        :param asked_at: Where it was asked for.
        :param keep_first: Whether the magic capitals go on standing for what they do, even for nothing yet.
        :param data: What to take for its content instead of reading it.
        """
        self._loads += 1
        key = self._reader.key(name, dialect)
        if problem := self._problem_with_reading(name, key):
            self._refuse(problem.at(asked_at if asked_at.file else Place(name, 0)))
            return
        try:
            source = self._reader.read(name, dialect, keep_first=keep_first, data=data)
        except DialectError as error:
            self._refuse(_asked(error, asked_at))
            return
        try:
            scan = scan_section(dialect, source.text, source.section)
        except BrokenTextError as error:
            self._refuse(error.problem.at(source.place(error.line)))
            return
        self._being_read.append(key)
        outer, self._reading = self._reading, self._loads
        for item in scan.items:
            self.add(item.name, item.value, source.place(item.line))
        self._reading = outer
        self._being_read.pop()
        for remark in scan.remarks:
            self._remark(remark.problem.at(source.place(remark.line)))

    def add(self, name: str, value: str, place: Place) -> None:
        """Take in one option, as a file or a command line gives it, and act on it if uWSGI does so at once."""
        if problem := self._immediate.restrictions.problem(name):
            self._refuse(problem.at(place))
            return
        if name in ENDINGS and not self._is_under_condition:
            self._immediate.condition = None
        if self._immediate.condition is None or self._is_under_condition:
            self.append(name, value, place)
        else:
            self._add_under_condition(*self._immediate.condition, Entry(name, value, *place))

    def _add_under_condition(self, condition: Condition, argument: str, entry: Entry) -> None:
        self._is_under_condition = True
        words = list(islice(condition(argument, self._immediate.circumstances()), MOST_ROUNDS + 1))
        if len(words) > MOST_ROUNDS:
            self.refuse(problems.endless_loop(entry, MOST_ROUNDS), entry)
            words = words[:1]
        for word in words:
            value = entry.value if word is None else entry.value.replace("%(_)", word)
            self.append(entry.name, value, entry.place)
        self._is_under_condition = False
        if not words:
            self.skipped.append(entry)

    def append(self, name: str, value: str, place: Place, *, placeholder: bool = False) -> None:
        """Keep an option whose conditions hold, and act on it if uWSGI does so at once."""
        is_conditional = self._immediate.condition is not None
        entry = Entry(name, value, *place, self._reading, is_conditional, settled=placeholder, placeholder=placeholder)
        self.entries.append(entry)
        self._first_of_name.setdefault(name, entry)
        option = None if placeholder else catalogue.find(name)
        if option is not None and "IMMEDIATE" in option.flags:
            entry.settled = True
            self._immediate.act(entry)

    def refuse(self, problem: Problem, entry: Entry) -> None:
        """Tell that uWSGI refuses an option."""
        self._refuse(problem.at(entry.place))

    def finish(self) -> None:
        """Do what uWSGI does when it has read everything: replace references, then go through the options in order."""
        for symbol in "$@%":
            for entry in self.entries:
                if not entry.settled:
                    self._replace(entry, symbol)
        read_in_time = len(self.entries)
        for entry in self.entries:  # an inherited file makes it longer on the way
            if not entry.settled:
                self._act(entry)
        for position, entry in enumerate(self.entries):
            if problem := problems.left_standing(entry, is_inherited=position >= read_in_time):
                self.references.note(entry)
                self._remark(problem.at(entry.place))
            if problem := problems.never_matches(entry):
                self._remark(problem.at(entry.place))

    def acted_upon(self) -> list[Entry]:
        """The options that say what uWSGI is to do, as opposed to how to read its configuration."""
        options: list[Entry] = []
        for entry in self.entries:
            if not entry.spent:
                options += entry.stands_for or [entry]
        for option in options:
            known = catalogue.find(option.name)
            if not option.value and known is not None and known.argument == "no" and known.value != "int":
                option.value = "true"
        return options

    def value_of(self, name: str) -> str | None:
        """What a reference to that name finds: the value of the first option that has it."""
        entry = self._first_of_name.get(name)
        return None if entry is None else entry.value

    def _problem_with_reading(self, name: str, key: tuple[str, str, Dialect]) -> Problem | None:
        if is_elsewhere(name):
            return problems.elsewhere(name)
        if key in self._being_read:
            return problems.circle(name)
        return problems.too_many_files(name, MOST_FILES) if self._loads > MOST_FILES else None

    def _replace(self, entry: Entry, symbol: str) -> None:
        try:
            self.references.replace(entry, symbol)
        except EndlessReferenceError:
            self.refuse(problems.endless(entry), entry)
        except DialectError as error:
            self._refuse(_asked(error, entry.place))

    def _act(self, entry: Entry) -> None:
        if entry.name == "inherit":
            entry.spent = True
            self._immediate.include(entry)
        elif entry.name == "declare-option2":
            entry.spent = True
            self._immediate.declare(entry)
        elif entry.name in self.declared:
            entry.stands_for = self._split_up(entry, ())

    def _split_up(self, entry: Entry, above: tuple[str, ...]) -> list[Entry]:
        """What a declared option stands for, including what declared options among that stand for."""
        if entry.name in above:
            self.refuse(problems.declared_in_circle(entry), entry)
            return []
        parts: list[Entry] = []
        for name, value in custom.split(self.declared[entry.name], entry.value):
            part = Entry(name, value, *entry.place, entry.reading, entry.conditional, settled=True)
            if name in self.declared:
                parts += self._split_up(part, (*above, entry.name))
                continue
            self._immediate.act(part)
            if not part.spent:
                parts.append(part)
        return parts


def _asked(error: DialectError, asked_at: Place) -> DialectError:
    """The same error at the place that asked for the file it is about, which is where it can be mended."""
    if not asked_at.file:
        return error
    told = Problem(error.wanted, f"{error.file}: {error.found}", error.remedy).at(asked_at)
    told.__cause__ = error
    return told
