"""``zoo://``: each child of a node of ZooKeeper is a vassal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator, Mapping

from kazoo.exceptions import NoAuthError, NoNodeError
from kazoo.protocol.states import WatchedEvent

from imperator.monitors.credentials import hide_passwords, read_address
from imperator.monitors.delays import Delays, rest
from imperator.monitors.entries import EntryReader, Refusal
from imperator.monitors.interface import Gone, Listing, News, Present, Unreachable, Unreadable
from imperator.monitors.reconnecting import ReconnectingMonitor
from imperator.monitors.zookeeper_address import Address, read_zookeeper_address
from imperator.monitors.zookeeper_link import Link, LinkError, SilentError
from imperator.monitors.zookeeper_tree import ROOT, Tree
from imperator.policy.vassal import VassalSpec
from imperator.settings import Watching

__all__ = ["ZooKeeperMonitor", "make_zookeeper_monitor"]

_log = logging.getLogger(__name__)

_BEHIND_SECONDS = 60.0
"""How long only members count that know all we have seen. After that they may have been restored from a backup."""

_RESCAN_SECONDS = 600.0
"""How often everything is read anew: of what changes while we may not read it nobody tells us, even once we may."""

_LEAST_PATIENCE_SECONDS, _MOST_PATIENCE_SECONDS = 2.0, 30.0
"""How long connecting may take at first, and after several times in vain: the ensemble may be slow."""


def make_zookeeper_monitor(rest_of_target: str, watching: Watching, directory: str) -> ZooKeeperMonitor:
    """Make the monitor of a node's children, which connects when it is listened to.

    :param rest_of_target: ``[USER:PASSWORD@]HOSTS/PATH[?OPTIONS]``, see `read_zookeeper_address`.
    :param directory: Where vassals start.
    :raises SettingsError: It cannot be right.
    """
    address = read_zookeeper_address(read_address("zoo", rest_of_target), directory)
    return ZooKeeperMonitor(hide_passwords(f"zoo://{rest_of_target}"), address, watching, directory)


class ZooKeeperMonitor(ReconnectingMonitor):
    """Keeps one session, and reads what its watches tell of.

    :param source: The target without its password.
    """

    failures = (LinkError, NoNodeError, NoAuthError)

    def __init__(self, source: str, address: Address, watching: Watching, directory: str) -> None:
        super().__init__(source)
        self._address = address
        self._rescan_seconds = watching.rescan_seconds
        self._reader = EntryReader(source, directory, watching.extra_extensions)
        self._told: dict[str, VassalSpec | Refusal] = {}
        self._seen_zxid = 0
        self._seen_until = 0.0
        self._patience_seconds = _LEAST_PATIENCE_SECONDS

    async def _follow(self, delays: Delays) -> AsyncGenerator[News, None]:
        link = await self._connect()
        try:
            await link.catch_up(ROOT)
            while not await link.exists(ROOT, self._wake):
                retry_seconds = delays.take_seconds()
                yield Unreachable(self._take_failure(NoNodeError()), retry_seconds)
                await rest(retry_seconds, self._woken)
            tree = Tree(link, self._reader, self._told, self._woken)
            yield await self._read_all(tree, link)
            delays.begin_anew()
            while True:
                await self._idle(tree, link)
                for news in self._understand(await tree.read()):
                    yield news
        finally:
            self._seen_zxid = link.seen_zxid
            self._seen_until = asyncio.get_running_loop().time()
            link.close()

    async def _connect(self) -> Link:
        """Connect to a member that is not behind what we have seen.

        :raises LinkError: There is none.
        """
        if self._seen_zxid and asyncio.get_running_loop().time() - self._seen_until > _BEHIND_SECONDS:
            self._seen_zxid = 0
        try:
            link = await Link.open(self._address, self._seen_zxid, self._woken.set, self._patience_seconds)
        except SilentError:
            self._patience_seconds = min(2 * self._patience_seconds, _MOST_PATIENCE_SECONDS)
            raise
        self._patience_seconds = _LEAST_PATIENCE_SECONDS
        return link

    def _wake(self, _: WatchedEvent) -> None:
        self._woken.set()

    async def _read_all(self, tree: Tree, link: Link) -> Listing:
        """Return all that is there, and what may yet come back."""
        self._told.update({name: change for name, change in (await tree.read()).items() if change is not None})
        self._is_look_wanted = False
        specs = tuple(told for told in self._told.values() if isinstance(told, VassalSpec))
        refused = {told.name: told.reason for told in self._told.values() if isinstance(told, Refusal)}
        if link.is_read_only:
            _log.warning("%s: this member has lost the others: what changes there is not known here", self.source)
        return Listing(specs, refused)

    async def _idle(self, tree: Tree, link: Link) -> None:
        """Wait until there is something to read."""
        was_woken = await rest(self._rescan_seconds or _RESCAN_SECONDS, self._woken)
        link.check()
        if self._take_wish() or not was_woken:
            tree.look_again()

    def _understand(self, changes: Mapping[str, VassalSpec | Refusal | None]) -> Iterator[News]:
        """Keep what has changed, and yield what it means."""
        for name, change in changes.items():
            told = self._told.get(name)
            match change:
                case None if told is not None:
                    del self._told[name]
                    yield Gone(told.name)
                case VassalSpec() if change != told:
                    self._told[name] = change
                    yield Present(change)
                case Refusal() if change != told:
                    self._told[name] = change
                    yield Unreadable(change.name, change.reason)

    def _take_failure(self, failure: Exception) -> str:
        path = self._address.path
        if isinstance(failure, NoNodeError):
            return f"there is no node {path}: create it, its children are the vassals; those that run go on"
        if isinstance(failure, NoAuthError):
            return f"we may not list the children of {path}: grant us read (setAcl), or say who we are"
        return f"cannot be reached ({failure}): see that it runs, and that address, user and password are right"
