"""Looking at what an Emperor would be told and at every vassal it would find, without starting anything."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

from imperator.cli.arguments import Arguments, Given
from imperator.cli.differences import DIFFERENCES
from imperator.cli.gather import gather
from imperator.errors import HostingError, ImperatorError
from imperator.hosting.privileges import find_identity
from imperator.monitors import make_monitor
from imperator.monitors.interface import Listing, Monitor, Unreachable
from imperator.monitors.threads import run_loop
from imperator.policy.vassal import VassalSpec
from imperator.process.launch import Launcher
from imperator.settings import Launching, Settings
from uwsgiconf.checker import Fault, check_file, check_text
from uwsgiconf.dialects.sources import DIALECT_BY_SUFFIX

__all__ = ["Examination", "VassalExamination", "examine"]

_LISTING_SECONDS = 30.0
_BEYOND_TEMPLATES = ("given-again",)  # a file may well say otherwise than its template


@dataclass(frozen=True, slots=True)
class VassalExamination:
    """What was found in one vassal's configuration.

    :param unchecked: Why it could not be looked into. Empty: it was.
    """

    name: str
    source: str
    faults: tuple[Fault, ...] = ()
    unchecked: str = ""


@dataclass(slots=True)
class Examination:
    """What would become of a deployment.

    :param honoured: Options that work.
    :param notes: Options that are accepted and do nothing, with the reasons.
    :param refused: What keeps the Emperor from starting.
    :param differs: By option, what it does otherwise than under uWSGI.
    :param vassals: Every vassal that would be started.
    :param unreadable: Vassals that cannot be taken, by name, with the reasons.
    :param unreachable: Sources that cannot be reached, with the reasons.
    """

    honoured: list[Given]
    notes: list[str]
    refused: list[ImperatorError]
    differs: dict[str, str]
    vassals: list[VassalExamination] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    unreachable: dict[str, str] = field(default_factory=dict)

    @property
    def has_faults(self) -> bool:
        """Whether anything has to be mended."""
        faulty = any(vassal.faults for vassal in self.vassals)
        return bool(self.refused or self.unreadable or self.unreachable or faulty)


def examine(arguments: Arguments) -> Examination:
    """Read a command line and its files as the command would, then every vassal that the targets give now.

    :param arguments: What the command would be told.
    """
    gathering = gather(arguments)
    settings = gathering.settings()
    examination = Examination(
        honoured=gathering.taken,
        notes=gathering.notes,
        refused=list(gathering.faults),
        differs={given.name: DIFFERENCES[given.name] for given in gathering.taken if given.name in DIFFERENCES},
    )
    _examine_hosting(examination, settings)
    with _inside(settings.hosting.directory or "."):
        _examine_launching(examination, settings)
        for monitor in _monitors(examination, settings):
            run_loop(_examine_source(examination, monitor, settings.launching))
    return examination


def _examine_hosting(examination: Examination, settings: Settings) -> None:
    hosting = settings.hosting
    try:
        find_identity(hosting.uid, hosting.gid)
        if hosting.directory is not None and not os.path.isdir(hosting.directory):
            raise HostingError(
                f"directory {hosting.directory}",
                wanted="to go there first",
                found="no directory",
                remedy="Create it, or leave chdir out.",
            )
    except ImperatorError as error:
        examination.refused.append(error)


def _examine_launching(examination: Examination, settings: Settings) -> None:
    try:
        Launcher(settings.launching, settings.watching.extra_extensions)
    except ImperatorError as error:
        examination.refused.append(error)


def _monitors(examination: Examination, settings: Settings) -> Iterator[Monitor]:
    for target in dict.fromkeys(settings.targets):
        try:
            yield make_monitor(target, settings.watching, os.getcwd())
        except ImperatorError as error:
            examination.refused.append(error)


async def _examine_source(examination: Examination, monitor: Monitor, launching: Launching) -> None:
    listing = await _first_listing(monitor)
    if isinstance(listing, Unreachable):
        examination.unreachable[monitor.source] = listing.reason
        return
    examination.unreadable.update(listing.unreadable)
    examination.vassals += [_examine_vassal(spec, launching) for spec in listing.specs]


async def _first_listing(monitor: Monitor) -> Listing | Unreachable:
    try:
        async with asyncio.timeout(_LISTING_SECONDS), aclosing(monitor.news()) as all_news:
            async for news in all_news:
                if isinstance(news, Listing | Unreachable):
                    return news
    except TimeoutError:
        pass
    return Unreachable(f"it did not tell what it holds within {_LISTING_SECONDS:g} seconds", 0.0)


def _examine_vassal(spec: VassalSpec, launching: Launching) -> VassalExamination:
    suffix = os.path.splitext(spec.name)[1]
    if suffix not in DIALECT_BY_SUFFIX:
        return VassalExamination(spec.name, spec.source, unchecked=f"it is none of {', '.join(DIALECT_BY_SUFFIX)}")
    if launching.magic_exec and os.access(os.path.join(spec.directory, spec.name), os.X_OK):
        return VassalExamination(spec.name, spec.source, unchecked="it is a program, and programs are not run")
    with _inside(spec.directory):
        return VassalExamination(spec.name, spec.source, tuple(_faults(spec, suffix, launching)))


def _faults(spec: VassalSpec, suffix: str, launching: Launching) -> Sequence[Fault]:
    if spec.config is not None:
        return check_text(spec.config, spec.name)
    before = _lines("inherit", launching.inherits_before) + _lines("include", launching.includes_before)
    before += _lines("set", launching.placeholders)
    after = _lines("inherit", launching.inherits) + _lines("include", launching.includes)
    if not (before or after):
        return check_file(spec.name)
    # As uWSGI gets them on the vassal's command line: what they say counts for the vassal's file, too.
    lines = ["[uwsgi]", *before, f"{DIALECT_BY_SUFFIX[suffix]} = {spec.name}", *after, ""]
    faults = check_text("\n".join(lines).encode("utf-8", "surrogateescape"), f"{spec.name}, as it is started.ini")
    return [fault for fault in faults if fault.kind not in _BEYOND_TEMPLATES]


def _lines(option: str, values: Sequence[str]) -> list[str]:
    return [f"{option} = {value}" for value in values]


@contextmanager
def _inside(directory: str) -> Iterator[None]:
    """Be in a directory for a moment, if it is there: relative paths of a configuration start in it."""
    here = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if os.path.isdir(directory):
            os.chdir(directory)
        yield
    finally:
        os.fchdir(here)
        os.close(here)
