"""The nodes that vassals are made of: read when they are new, and again when their watches tell of a change.

A watch is told of one change and forgotten. It is renewed by reading, in one step on the server, so that no change
falls in between; and what the server sends arrives in the order in which it happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from kazoo.exceptions import NoAuthError, NoNodeError
from kazoo.protocol.states import EventType, WatchedEvent

from imperator.monitors.entries import Entry, EntryReader, Refusal
from imperator.monitors.zookeeper_link import Link
from imperator.policy.vassal import VassalSpec

__all__ = ["ROOT", "Tree"]

ROOT = "/"
"""What the node whose children are the vassals is called on its link."""

_FIELDS = ("uid", "gid", "socket")
_ATTRIBUTES = "attributes"

_SETTLING_SECONDS = 0.2
"""ZooKeeper's tools change node by node: how long one that disappeared may take to come back, and how long an entry
whose fields come or go is let alone. What is removed with all its fields never loses them first, then."""

_DOUBT_SECONDS = 10.0
"""How long an entry may be missing when we have just connected: the nodes may be being restored."""

_DENIED_SECONDS = 10.0
"""When to try again what we may not read: nobody tells of a change of permissions."""

_ENTRIES_AT_ONCE = 100

Change = VassalSpec | Refusal | None
"""What an entry is now. None: it is gone."""


@dataclass(slots=True)
class _Node:
    """What was read of one entry.

    :param zxids: By the path of each of its nodes: the change that last wrote it, which is never told twice.
    """

    name: str
    config: bytes = b""
    modified: float = 0.0
    fields: dict[str, bytes] = field(default_factory=dict)
    attributes: dict[str, bytes] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    zxids: dict[str, int] = field(default_factory=dict)


class Tree:
    """Follows the children of one node, over one link.

    :param known: Names that were told before: those that are not there are gone.
    :param woken: Set when there is something to read.
    """

    def __init__(self, link: Link, reader: EntryReader, known: Iterable[str], woken: asyncio.Event) -> None:
        self._link = link
        self._reader = reader
        self._woken = woken
        self._loop = asyncio.get_running_loop()
        self._listed = set(known)
        self._list_is_old = self._all_is_old = True
        self._missing_seconds = _DOUBT_SECONDS
        self._missing: dict[str, asyncio.TimerHandle] = {}
        self._gone: set[str] = set()
        self._old: set[str] = set()
        self._unwatched: set[str] = set()

    def look_again(self) -> None:
        """Have everything read anew."""
        self._list_is_old = self._all_is_old = True

    async def read(self) -> dict[str, Change]:
        """Read what may have changed, and return it by name.

        :raises NoNodeError: The node whose children they are is not there.
        :raises NoAuthError: It may not be read.
        :raises LinkError: The link is lost.
        """
        while self._list_is_old:
            await self._read_list()
        changes: dict[str, Change] = dict.fromkeys(self._gone)
        self._gone.clear()
        old = sorted(self._old)
        for start in range(0, len(old), _ENTRIES_AT_ONCE):
            names = old[start : start + _ENTRIES_AT_ONCE]
            self._old.difference_update(names)
            found = await asyncio.gather(*map(self._read_entry, names))
            changes.update((name, entry) for name, entry in zip(names, found, strict=True) if entry is not None)
        return changes

    async def _read_list(self) -> None:
        self._list_is_old = False
        listed = set(await self._link.list(ROOT, self._hear))
        for name in self._listed - listed:
            if name not in self._missing:
                self._missing[name] = self._loop.call_later(self._missing_seconds, self._give_up, name)
        for name in listed.intersection(self._missing):
            self._missing.pop(name).cancel()
        self._gone -= listed
        self._old |= listed if self._all_is_old else (listed - self._listed) | self._unwatched
        self._old &= listed
        self._unwatched.clear()
        self._listed = listed
        self._all_is_old = False
        self._missing_seconds = _SETTLING_SECONDS

    def _give_up(self, name: str) -> None:
        del self._missing[name]
        self._gone.add(name)
        self._woken.set()

    def _mark(self, name: str) -> None:
        self._old.add(name)
        self._woken.set()

    def _hear(self, event: WatchedEvent) -> None:
        if event.type == EventType.NONE:  # the link is lost, which is told otherwise
            return
        name, _, below = event.path.removeprefix(ROOT).partition("/")
        if not name:
            self._list_is_old = True
            self._woken.set()
        elif event.type == EventType.CHANGED or (event.type == EventType.DELETED and not below):
            self._mark(name)
        else:
            self._loop.call_later(_SETTLING_SECONDS, self._mark, name)

    async def _read_entry(self, name: str) -> VassalSpec | Refusal | None:
        """Return what an entry wants, or None where that changes at this moment: another look at it is due then."""
        node = _Node(name)
        try:
            await asyncio.gather(self._read_config(node), self._read_fields(node))
        except NoNodeError:
            self._unwatched.add(name)  # the list is going to change, and it may be in the new one as well
            return None
        except NoAuthError:
            self._loop.call_later(_DENIED_SECONDS, self._mark, name)
            return Refusal(name, "we may not read it or one of its fields: grant us read (setAcl), or say who we are")
        if name in self._old and node.fields:
            return None  # some of it may be older than that change, and some of it newer
        return self._judge(node)

    async def _read_config(self, node: _Node) -> None:
        node.config, stat = await self._link.read(ROOT + node.name, self._hear)
        node.zxids[""] = stat.mzxid
        node.modified = stat.mtime / 1000

    async def _read_fields(self, node: _Node) -> None:
        path = ROOT + node.name
        names = await self._link.list(path, self._hear)
        node.unknown = [name for name in names if name not in (*_FIELDS, _ATTRIBUTES)]
        reads = [self._read_field(node, path, name, node.fields) for name in names if name in _FIELDS]
        if _ATTRIBUTES in names:
            reads.append(self._read_attributes(node, f"{path}/{_ATTRIBUTES}"))
        await asyncio.gather(*reads)

    async def _read_attributes(self, node: _Node, path: str) -> None:
        names = await self._link.list(path, self._hear)
        await asyncio.gather(*(self._read_field(node, path, name, node.attributes) for name in names))

    async def _read_field(self, node: _Node, path: str, name: str, into: dict[str, bytes]) -> None:
        into[name], stat = await self._link.read(f"{path}/{name}", self._hear)
        node.zxids[f"{path}/{name}"] = stat.mzxid

    def _judge(self, node: _Node) -> VassalSpec | Refusal:
        entry = Entry(node.name, node.config, node.modified, attributes=node.attributes, **node.fields)
        read = self._reader.read(entry)
        if isinstance(read, Refusal):
            return read
        if node.unknown:
            known = ", ".join((*_FIELDS, _ATTRIBUTES))
            what = f"it has a child {min(node.unknown)!r}, and fields are {known}"
            return Refusal(node.name, f"{what}: rename or remove it")
        # Whoever writes a node wants a reload, be its data the same or not.
        return replace(read, version=(read.version, tuple(sorted(node.zxids.items()))))
