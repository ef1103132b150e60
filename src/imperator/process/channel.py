"""The channels to all vassals: one byte a message, one epoll for all of them.

A reader of asyncio's own costs more than a KiB and two thirds of the time of everything else the loop does for a
vassal. So channels and process descriptors sit in an epoll of their own, and the loop watches that.
"""

from __future__ import annotations

import asyncio
import os
import select
from collections.abc import Callable
from enum import IntEnum
from typing import Generic, TypeVar

__all__ = ["Channels", "FromVassal", "ToVassal", "hear", "send"]

_EVENTS_PER_TURN = 256
_BYTES_PER_READ = 4096


class ToVassal(IntEnum):
    """What the Emperor says."""

    STOP = 0
    RELOAD = 1
    STOP_GRACEFULLY = 2


class FromVassal(IntEnum):
    """What a vassal says."""

    SPAWNED = 1
    CONFIG_WANTED = 2
    ACCEPTING = 5
    LOYAL = 17
    DONE = 22
    HEARTBEAT = 26
    REINFORCEMENTS_WANTED = 30


T = TypeVar("T")


def hear(channel: int) -> bytes | None:
    """Read what a vassal said.

    :param channel: The Emperor's end.
    :returns: The different messages in the order of their first coming, however often each was sent; empty: nothing
        yet; None: the vassal has closed its end.
    """
    try:
        said = os.read(channel, _BYTES_PER_READ)
    except BlockingIOError:
        return b""
    except OSError:
        return None
    return bytes(dict.fromkeys(said)) if said else None


def send(channel: int, message: ToVassal) -> bool:
    """Say something to a vassal without ever waiting for it.

    :param channel: The Emperor's end, -1 where it is closed.
    :returns: False where the vassal has closed its end. One that does not read and has a full buffer has so many
        messages to come that one more changes nothing: True.
    """
    try:
        os.write(channel, bytes((message,)))
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True


class Channels(Generic[T]):
    """Watches vassals' channels and process descriptors for one event loop.

    :param ready: Called with a descriptor that has something to say and what it was watched for.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: Callable[[int, T], None]) -> None:
        self._loop = loop
        self._ready = ready
        self._epoll = select.epoll()
        self._watched: dict[int, T] = {}
        loop.add_reader(self._epoll.fileno(), self._turn)

    def close(self) -> None:
        """Watch nothing any more. The descriptors themselves stay their owners'."""
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()
        self._watched.clear()

    def watch(self, descriptor: int, owner: T) -> None:
        """Tell of a descriptor whenever it has something to say, until it is forgotten."""
        self._epoll.register(descriptor, select.EPOLLIN)
        self._watched[descriptor] = owner

    def forget(self, descriptor: int) -> None:
        """Watch a descriptor no longer. Has to come before it is closed."""
        if self._watched.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def _turn(self) -> None:
        for descriptor, _ in self._epoll.poll(0, _EVENTS_PER_TURN):
            owner = self._watched.get(descriptor)
            if owner is None:  # forgotten by what came before it in this turn
                continue
            try:
                self._ready(descriptor, owner)
            except Exception as bug:  # noqa: BLE001  a bug met with one vassal must not keep the others unheard
                self._loop.call_exception_handler({"message": "a vassal's event was not handled", "exception": bug})
