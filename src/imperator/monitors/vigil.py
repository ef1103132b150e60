"""One source while it is watched: events, looks and surveys come together here and leave as news.

Everything happens on the loop but surveys and looks that may block, which run in threads. What a thread finds is
applied on the loop. What the kernel told meanwhile of places the loop did not know yet is kept and passed on then.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from functools import partial

from imperator.monitors.files import ConfigurationFile, Refused, Sight
from imperator.monitors.followers import Followers
from imperator.monitors.hearing import CHANGED_ENTRIES, GONE_SECONDS, IS_DIRECTORY, REMOVED, FileEvents
from imperator.monitors.inotify import Ear
from imperator.monitors.interface import Unreachable
from imperator.monitors.layout import ROOT, Layout, Place
from imperator.monitors.ledger import Ledger
from imperator.monitors.names import is_configuration
from imperator.monitors.outbox import Outbox
from imperator.monitors.reach import Reach, Turn
from imperator.monitors.survey import Survey, Surveyor, see
from imperator.monitors.threads import run_in_thread
from imperator.monitors.waits import Wait, Waits, Why
from imperator.settings import Watching

__all__ = ["Vigil"]

_EMPTY_SECONDS = 1.0
"""How long a file that was emptied may take to get its new content."""
_SETTLE_SECONDS = 0.2
"""A change that a survey found and no event told counts when two looks so far apart agree."""
_SETTLE_POLLED_SECONDS = 1.0
"""The same where no event tells of further writes."""
_MAX_SUBTREES = 64
"""From this many changed subtrees on, one walk over everything is cheaper."""

_logger = logging.getLogger(__name__)


class Vigil:
    """Watches one source until it is closed.

    :param ledger: What was told before; outlives the vigil, so that versions stay the same.
    :param outbox: Where the news goes.
    """

    def __init__(self, layout: Layout, watching: Watching, ledger: Ledger, outbox: Outbox) -> None:
        loop = asyncio.get_running_loop()
        self._layout, self._watching, self._ledger, self._outbox = layout, watching, ledger, outbox
        self._loop = loop
        self._reach = Reach(layout, watching)
        self._waits = Waits(loop, self._look_at_due)
        self._events = FileEvents(self._waits, self._look, self._see)
        self._ear = self._open_ear()
        self._surveyor = Surveyor(layout, watching, None if self._ear is None else self._listen)
        self._places: dict[str, Place] = {}
        self._followers = Followers()
        self._wanted: dict[str, Place] = {}
        self._blocking: dict[str, Wait] = {}
        self._in_thread_now: dict[str, Wait] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._threads_running = 0
        self._early: dict[tuple[str, int], set[str]] = {}
        self._next_survey: asyncio.TimerHandle | None = None
        self._deaf: set[str] = set()
        self.is_deaf = False
        self._told_deaf: str | None = None
        self.survey_soon(ROOT)

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        if self._next_survey is not None:
            self._next_survey.cancel()
        self._waits.clear()
        if self._ear is not None:
            self._ear.close()

    def survey_soon(self, top: Place) -> None:
        """Walk over everything below a place as soon as the walk before it is done."""
        if top.depth <= self._layout.anchor_depth or not self._reach.is_reached or len(self._wanted) > _MAX_SUBTREES:
            self._wanted = {ROOT.path: ROOT}
        elif ROOT.path not in self._wanted:
            self._wanted[top.path] = top
        self._run("survey", self._survey_wanted)

    # What the kernel tells

    def _open_ear(self) -> Ear | None:
        try:
            return Ear(heard=self._heard, lost=self._lost, overflowed=self._overflowed, failed=self._outbox.fail)
        except OSError as error:
            _logger.debug("%s: no inotify: %s", self._layout.source, error)
            return None

    def _listen(self, path: str, contents: bool) -> None:
        if self._ear is not None:
            self._ear.add(path, contents=contents)

    def _heard(self, directory: str, name: str, mask: int) -> bool:
        path = directory.rstrip("/") + "/" + name
        passed_on = self._pass_on(path, mask, frozenset())
        if self._threads_running:
            self._early.setdefault((path, mask), set()).update(passed_on)
        return bool(passed_on)

    def _pass_on(self, path: str, mask: int, done: set[str] | frozenset[str]) -> set[str]:
        """Tell every entry that a path matters to, and return those that took it."""
        entries = {path, *self._followers.of(path)} - done
        return {entry for entry in entries if self._tell_entry(entry, path, mask)}

    def _tell_entry(self, entry: str, changed: str, mask: int) -> bool:
        directory, name = os.path.split(entry)
        place = self._places.get(directory)
        if place is None or not (level := self._layout.levels[place.depth]).matches(name):
            return False
        if not self._layout.is_last(place):
            return self._tell_directory(place.enter(level, name), mask)
        if not self._reach.is_reached or not is_configuration(name, self._watching.extra_extensions):
            return False
        self._events.hear(place.name(level, name), changed, mask)
        return True

    def _tell_directory(self, place: Place, mask: int) -> bool:
        if not mask & CHANGED_ENTRIES:
            return False
        if not (mask & IS_DIRECTORY or place.path in self._places or os.path.islink(place.path)):
            return False
        self.survey_soon(place)
        return True

    def _lost(self, path: str) -> None:
        place = self._places.get(path)
        if place is not None:
            self.survey_soon(place)
        for entry in self._followers.through(path):
            self._tell_entry(entry, entry, REMOVED)

    def _overflowed(self) -> None:
        _logger.debug("%s: the kernel dropped events", self._layout.source)
        self.survey_soon(ROOT)

    def _replay_early(self) -> None:
        """Pass on what was heard of places and links that the thread had watched and the loop not known yet."""
        for (path, mask), done in list(self._early.items()):
            done |= self._pass_on(path, mask, done)
        if not self._threads_running:
            self._early.clear()

    # Looking at single files

    def _see(self, name: str) -> Sight:
        return see(name, self._layout.path_of(name), self._watching)

    def _look_at_due(self, name: str, wait: Wait) -> None:
        try:
            self._examine(name, wait)
        except Exception as failure:  # noqa: BLE001 - a timer has no caller: whoever fetches the news raises it
            self._outbox.fail(failure)

    def _look(self, name: str, rewritten: bool) -> None:
        wait = self._waits.take(name)
        self._examine(name, Wait(Why.TOLD, 0.0, rewritten or (wait is not None and wait.rewritten)))

    def _examine(self, name: str, wait: Wait) -> None:
        path = self._layout.path_of(name)
        # What a thread was or is to look at is old by this look, but what was written remains written.
        for older in (self._blocking.pop(name, None), self._in_thread_now.pop(name, None)):
            wait.rewritten |= older is not None and older.rewritten
        if self._deaf or os.path.islink(path):
            self._blocking[name] = wait
            self._run("examine", self._examine_blocking)
        else:
            self._followers.drop(path)
            self._judge(name, see(name, path, self._watching), wait)

    async def _examine_blocking(self) -> None:
        while self._blocking:
            self._in_thread_now, self._blocking = self._blocking, {}
            survey = await self._in_thread(partial(self._surveyor.examine, tuple(self._in_thread_now)))
            for name in survey.sights.keys() - self._in_thread_now.keys():
                survey.trails.pop(self._layout.path_of(name), None)
            self._note_trails(survey)
            for name, sight in survey.sights.items():
                if (wait := self._in_thread_now.pop(name, None)) is not None:
                    self._judge(name, sight, wait)
            self._replay_early()

    def _judge(self, name: str, sight: Sight, wait: Wait) -> None:
        """Decide whether a look is news, or whether what it shows may pass."""
        if not self._reach.is_reached:
            return
        newer = self._waits.get(name)
        if newer is not None:
            newer.rewritten |= wait.rewritten
        elif self._may_return(name, sight) and wait.why is not Why.GONE:
            self._waits.put(name, Why.GONE, GONE_SECONDS, rewritten=wait.rewritten)
        elif wait.why is Why.SETTLING and isinstance(sight, ConfigurationFile) and sight != wait.seen:
            self._waits.put(name, Why.SETTLING, self._settle_seconds, rewritten=wait.rewritten, seen=sight)
        elif wait.why is not Why.EMPTY and self._was_emptied(name, sight):
            self._waits.put(name, Why.EMPTY, _EMPTY_SECONDS, rewritten=wait.rewritten)
        elif self._may_return(name, sight) and not self._reach.is_anchor_in_place():
            self.survey_soon(ROOT)  # not the file is gone but the directory: nothing is known of the file
        else:
            self._tell(name, sight, wait.rewritten)

    def _may_return(self, name: str, sight: Sight) -> bool:
        return name in self._ledger and (sight is None or (isinstance(sight, Refused) and sight.dangling))

    def _was_emptied(self, name: str, sight: Sight) -> bool:
        return isinstance(sight, ConfigurationFile) and sight.size_bytes == 0 and self._ledger.held_content(name)

    def _tell(self, name: str, sight: Sight, rewritten: bool) -> None:
        if sight is None:
            self._followers.drop(self._layout.path_of(name))
        news = self._ledger.take(name, sight, rewritten=rewritten)
        if news is not None:
            self._outbox.put(news)

    # Walking over everything

    async def _survey_wanted(self) -> None:
        while self._wanted:
            _, top = self._wanted.popitem()
            known = self._ledger if self._reach.is_reached else _Afresh(self._ledger)
            before = self._ear.paths if self._ear is not None else frozenset()
            survey = await self._in_thread(partial(self._surveyor.survey, top, known))
            self._adopt_places(survey)
            self._note_trails(survey)
            if survey.is_full:
                self._apply_full(survey)
                self._leave_unneeded(before)
            else:
                self._nominate(survey.sights)
            self._tell_deafness(survey)
            self._replay_early()

    def _adopt_places(self, survey: Survey) -> None:
        below = survey.top.path.rstrip("/") + "/"
        for path in [path for path in self._places if path == survey.top.path or path.startswith(below)]:
            if path not in survey.places:
                del self._places[path]
                self._followers.drop(path)
                if self._ear is not None:
                    self._ear.discard(path)
        self._places.update(survey.places)

    def _note_trails(self, survey: Survey) -> None:
        for entry, trail in survey.trails.items():
            self._followers.put(entry, trail)
        self._deaf |= survey.deaf

    def _leave_unneeded(self, watched_before: frozenset[str]) -> None:
        if self._ear is None or self._threads_running:
            return
        for path in watched_before - self._places.keys() - self._followers.directories():
            self._ear.discard(path)

    def _apply_full(self, survey: Survey) -> None:
        # The way of a link that did not change was not walked again: what was deaf on it still is.
        survey.deaf |= self._deaf & self._followers.directories()
        self._deaf, self.is_deaf = survey.deaf, bool(survey.deaf or survey.deaf_reason)
        verdict = self._reach.judge(survey, self._loop.time())
        match verdict.turn:
            case Turn.SAME:
                self._nominate(survey.sights)
            case Turn.REACHED:
                self._waits.clear()
                self._ledger.directory = survey.directory
                for name in [name for name, sight in survey.sights.items() if sight is None]:
                    self._followers.drop(self._layout.path_of(name))
                self._outbox.put(self._ledger.relist(survey.sights))
            case Turn.LOST:
                self._waits.clear()
                if verdict.reason is not None:
                    self._outbox.put(Unreachable(verdict.reason, verdict.again_seconds))
        self._survey_after(verdict.again_seconds)

    def _nominate(self, sights: dict[str, Sight]) -> None:
        """See to what a survey found changed; what an event told meanwhile is newer and seen to already."""
        for name, sight in sights.items():
            if name in self._waits or name in self._blocking:
                continue
            if isinstance(sight, ConfigurationFile):
                self._waits.put(name, Why.SETTLING, self._settle_seconds, seen=sight)
            elif sight is not None or name in self._ledger:
                self._look(name, rewritten=False)

    def _tell_deafness(self, survey: Survey) -> None:
        """Say once that the kernel tells nothing; the listing after it says that the source is reached all the same."""
        self.is_deaf |= bool(survey.deaf_reason or survey.deaf)
        if survey.deaf_reason is not None and survey.deaf_reason != self._told_deaf and self._reach.is_reached:
            self._outbox.put(Unreachable(survey.deaf_reason, self._reach.rescan_seconds(is_deaf=True)))
            self._outbox.put(self._ledger.listing())
            self._told_deaf = survey.deaf_reason
            self._survey_after(self._reach.rescan_seconds(self.is_deaf))

    @property
    def _settle_seconds(self) -> float:
        return _SETTLE_POLLED_SECONDS if self.is_deaf else _SETTLE_SECONDS

    # Tasks and threads

    def _survey_after(self, seconds: float) -> None:
        if self._next_survey is not None:
            self._next_survey.cancel()
        self._next_survey = self._loop.call_later(seconds, self.survey_soon, ROOT)

    async def _in_thread(self, work: Callable[[], Survey]) -> Survey:
        self._threads_running += 1
        try:
            return await run_in_thread(work)
        finally:
            self._threads_running -= 1

    def _run(self, what: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        if what in self._tasks:
            return
        task = self._loop.create_task(work())
        self._tasks[what] = task
        task.add_done_callback(partial(self._done, what))

    def _done(self, what: str, task: asyncio.Task[None]) -> None:
        del self._tasks[what]
        if task.cancelled():
            return
        if (failure := task.exception()) is not None:
            self._outbox.fail(failure)
            return
        if self._wanted:  # asked for after the task had looked for the last time
            self._run("survey", self._survey_wanted)
        if self._blocking:
            self._run("examine", self._examine_blocking)


class _Afresh:
    """The ledger for a survey that shall give everything."""

    def __init__(self, ledger: Ledger) -> None:
        self.names = ledger.names

    def agrees(self, name: str, sight: ConfigurationFile | Refused) -> bool:
        return False
