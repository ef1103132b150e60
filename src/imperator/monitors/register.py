"""The vassals that were announced, each followed to where its configuration is: a text, a file, an address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from imperator.errors import SettingsError
from imperator.monitors.announcements import Announced, Kind, Removal, read_path_fault, read_url_fault
from imperator.monitors.answers import Absent, Answer, Page, Unusable
from imperator.monitors.entries import EntryReader, Refusal
from imperator.monitors.files import ConfigurationFile, Refused, Sight
from imperator.monitors.interface import Listing, News
from imperator.monitors.muster import Muster
from imperator.monitors.outbox import Outbox
from imperator.monitors.presence import Presence
from imperator.monitors.state_file import StateFile
from imperator.monitors.threads import run_in_thread
from imperator.policy.vassal import VassalSpec
from imperator.settings import Watching

if TYPE_CHECKING:
    from imperator.monitors.pages import Pages

__all__ = ["Register", "import_pages"]

_log = logging.getLogger(__name__)


def import_pages() -> type[Pages]:
    """Import what fetches configurations: only for those who announce URLs.

    :raises SettingsError: Its library is not there.
    """
    try:
        pages: type[Pages] = import_module("imperator.monitors.pages").Pages
    except ImportError as failure:
        raise SettingsError(
            "configurations announced by URL",
            wanted="the library that fetches them",
            found=f"it cannot be imported: {failure}",
            remedy='Install it: pip install "imperator[web]"',
        ) from failure
    return pages


class Register:
    """Takes announcements in and tells the Emperor what they come to.

    :param source: The monitor's target without credentials.
    :param directory: Where vassals start.
    :param hosts: See `Pages`.
    :ivar announced: What is announced, by the vassal's name.
    """

    def __init__(self, source: str, directory: str, extra_extensions: tuple[str, ...], hosts: Sequence[str]) -> None:
        self.announced: dict[str, Announced] = {}
        self._reader = EntryReader(source, directory, extra_extensions)
        self._extra_extensions = extra_extensions
        self._hosts = hosts
        self._muster = Muster()
        self._count = 0
        self._state: StateFile | None = None
        self._outbox = Outbox()
        self._unsaved = asyncio.Event()
        self._presence: Presence | None = None
        self._pages: Pages | None = None
        self._urls: dict[str, bool] = {}
        """What is to be fetched, and whether the vassal is to reload whatever comes."""
        self._is_opening_pages = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._complaining: asyncio.TimerHandle | None = None

    # From opening to closing

    def open(self, watching: Watching, outbox: Outbox) -> None:
        """Begin to tell, into an outbox."""
        self._outbox = outbox
        self._presence = Presence(watching, self._see, outbox.fail)
        self.run(self._presence.run())
        self.run(self._save_what_comes_late())

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Run a task until `close`; whoever fetches the news hears of its end."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task not in self._tasks:
            return  # we closed
        self._tasks.discard(task)
        if task.cancelled():
            self._outbox.fail(RuntimeError("a task was cancelled by nobody"))
        elif (failure := task.exception()) is not None:
            self._outbox.fail(failure)

    async def close(self) -> None:
        """Tell nothing any more."""
        self._is_opening_pages = False
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._complaining is not None:
            self._complaining.cancel()
            self._complaining = None
        if self._presence is not None:
            self._presence.close()
            self._presence = None
        if self._pages is not None:
            pages, self._pages = self._pages, None
            await pages.close()

    def look_now(self) -> None:
        """Look whether files are still there, and fetch again what could not be fetched."""
        if self._presence is not None:
            self._presence.look_now()
        if self._pages is not None:
            self._pages.look_now()

    # What is kept

    def keep_in(self, state: StateFile | None, recalled: Iterable[Announced]) -> None:
        """Keep what is announced in a file, and begin with what it held. None: keep nothing."""
        self._state = state
        for announced in recalled:
            self.announced.setdefault(announced.name, announced)
            if announced.text is not None and announced.name not in self._muster:
                self._call_text(announced)

    def resume(self) -> None:
        """See to everything that was announced earlier: nothing reloads that is as it was."""
        for announced in self.announced.values():
            if announced.kind is Kind.FILE and self._presence is not None:
                self._presence.watch(announced.name)
            elif announced.kind is Kind.URL:
                self._fetch(announced.name, reloads=False)

    def listing(self) -> Listing:
        """Return all that is wanted at the moment."""
        return self._muster.listing()

    async def save(self) -> None:
        """Have everything on disk that was said until now."""
        if self._state is not None:
            await self._state.save()

    async def _save_what_comes_late(self) -> None:
        """Save what files and pages bring, which come when they come."""
        while True:
            await self._unsaved.wait()
            self._unsaved.clear()
            await self.save()

    def _note(self, name: str, announced: Announced | None) -> None:
        if announced is None:
            self.announced.pop(name, None)
        else:
            self.announced[name] = announced
        if self._state is not None:
            self._state.note(name)
            self._unsaved.set()

    # What messages say

    def hear(self, said: Announced | Removal | str) -> None:
        """Take what one message says. Text: why nobody knows what it means."""
        match said:
            case Removal(name):
                self._remove(name)
            case Announced(kind=Kind.TEXT):
                if self._call_text(said):
                    self._note(said.name, said)
            case Announced(name=path, kind=Kind.FILE):
                if not self._is_refused(path, read_path_fault(path, self._extra_extensions)) and self._presence:
                    self._note(path, said)
                    self._presence.ask(path)
            case Announced(name=url, kind=Kind.URL):
                if not self._is_refused(url, read_url_fault(url, self._extra_extensions)):
                    before = self.announced.get(url)
                    self._note(url, replace(said, text=None if before is None else before.text))
                    self._fetch(url, reloads=True)
            case str():
                self._muster.complaints.add(said)
        self._complain()

    def _is_refused(self, name: str, fault: str | None) -> bool:
        if fault is not None:
            self._put(self._muster.refuse(Refusal(name, fault)))
        return fault is not None

    def _call_text(self, announced: Announced) -> bool:
        """Call a vassal with its text, or refuse it, and tell which it was."""
        entry = announced.entry()
        is_page = announced.kind is Kind.URL
        read = self._reader.read_named(announced.name, entry) if is_page else self._reader.read(entry)
        self._call(read)
        return isinstance(read, VassalSpec)

    def _call(self, read: VassalSpec | Refusal) -> None:
        if isinstance(read, Refusal):
            self._put(self._muster.refuse(read))
        else:
            # Whoever announces wants a reload, be the text the same or not: no two are the same version.
            self._count += 1
            self._put(self._muster.call(replace(read, version=self._count)))

    def _remove(self, name: str) -> None:
        is_known = name in self.announced
        self._forget(name)
        news = self._muster.dismiss(name)
        self._put(news)
        if news is None and not is_known:
            self._muster.complaints.add(f"the removal of {name!r}, which is no vassal of this exchange")

    def _forget(self, name: str) -> None:
        self._note(name, None)
        self._urls.pop(name, None)
        if self._presence is not None:
            self._presence.forget(name)
        if self._pages is not None:
            self._pages.forget(name)

    def _put(self, news: News | None) -> None:
        if news is not None:
            self._outbox.put(news)

    def _complain(self) -> None:
        """Tell what nobody understands, now or when enough time has passed since the last time."""
        due_seconds = self._muster.complaints.due_seconds()
        if due_seconds == 0:
            self._outbox.put(self._muster.complaints.tell())
        elif due_seconds is not None and self._complaining is None:
            self._complaining = asyncio.get_running_loop().call_later(due_seconds, self._complain_late)

    def _complain_late(self) -> None:
        self._complaining = None
        self._complain()

    # What files and pages say

    def _see(self, path: str, sight: Sight, is_asked: bool) -> None:
        announced = self.announced.get(path)
        if announced is None:
            return
        match sight:
            case ConfigurationFile() if is_asked or path not in self._muster:
                self._call(self._reader.read_found(path, sight, announced.entry()))
            case ConfigurationFile():
                self._put(self._muster.confirm(path))
            case Refused(reason):
                self._put(self._muster.refuse(Refusal(path, reason)))
            case None if path in self._muster:
                _log.info("%s: its file is gone", path, extra={"vassal": path, "event": "gone"})
                self._remove(path)
            case None if is_asked:
                self._forget(path)
                self._put(self._muster.refuse(Refusal(path, "there is no such file: create it, then publish it again")))
            case None:
                reason = (
                    "there is no such file, though it was announced once: create it, or publish it again to forget it"
                )
                self._put(self._muster.refuse(Refusal(path, reason)))
        self._complain()

    def _fetch(self, url: str, *, reloads: bool) -> None:
        self._urls[url] = reloads or self._urls.get(url, False)
        if self._pages is not None:
            self._pages.fetch(url, self._fetched)
        elif not self._is_opening_pages:
            self._is_opening_pages = True
            self.run(self._open_pages())

    async def _open_pages(self) -> None:
        try:
            pages = await run_in_thread(import_pages)
        except SettingsError as fault:
            self._is_opening_pages = False
            urls, self._urls = self._urls, {}
            for url in urls:
                self._put(self._muster.refuse(Refusal(url, f"{fault.found}. {fault.remedy}")))
            return
        self._pages = pages(self._hosts, self._hear_page)
        for url in self._urls:
            self._pages.fetch(url, self._fetched)

    def _fetched(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._outbox.fail(failure)

    def _hear_page(self, url: str, answer: Answer) -> None:
        announced = self.announced.get(url)
        if announced is None:
            return
        match answer:
            case Page(text):
                self._take_page(announced, text, reloads=self._urls.pop(url, False))
            case Absent(status) if url in self._muster:
                _log.info("%s: its server answers %d", url, status, extra={"vassal": url, "event": "gone"})
                self._remove(url)
            case Absent(status):
                self._forget(url)
                reason = f"its server answers {status}: see that it is there, then publish it again"
                self._put(self._muster.refuse(Refusal(url, reason)))
            case Unusable(reason):
                self._put(self._muster.refuse(Refusal(url, reason)))
        self._complain()

    def _take_page(self, announced: Announced, text: bytes, *, reloads: bool) -> None:
        url = announced.name
        if not reloads and text == announced.text and url in self._muster:
            self._put(self._muster.confirm(url))
            return
        fresh = replace(announced, text=text)
        if self._call_text(fresh):
            self._note(url, fresh)
