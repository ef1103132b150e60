"""The vassal's half of the protocol: for an Emperor that is itself a vassal of another one, uWSGI's or ours."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import stat
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from imperator.errors import HostingError, SettingsError
from imperator.process.channel import FromVassal, ToVassal

if TYPE_CHECKING:
    import asyncio

__all__ = ["Parent", "read_config"]

_log = logging.getLogger(__name__)

_CONFIG_SECONDS = 5.0
_HEADER_BYTES = 4


class Parent:
    """The Emperor whose vassal we are.

    :param channel: Our end of the channel.
    """

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Parent | None:
        """Return who started us as a vassal, or None.

        Source: ``UWSGI_EMPEROR_FD``.
        """
        channel = _descriptor("UWSGI_EMPEROR_FD", environment)
        return None if channel is None else cls(channel)

    def say(self, message: FromVassal) -> None:
        """Say something. That the parent is gone is noticed by listening."""
        with contextlib.suppress(OSError):
            os.write(self._channel, bytes((message,)))

    def listen(self, loop: asyncio.AbstractEventLoop, hear: Callable[[ToVassal | None], None]) -> None:
        """Pass on what it says from now on.

        :param hear: Called with each message; with None, once, when the parent is gone.
        """
        os.set_blocking(self._channel, False)
        self._loop = loop
        loop.add_reader(self._channel, self._read, hear)

    def ignore(self) -> None:
        """Pass on nothing any more."""
        if self._loop is not None:
            self._loop.remove_reader(self._channel)
            self._loop = None

    def _read(self, hear: Callable[[ToVassal | None], None]) -> None:
        try:
            said = os.read(self._channel, 4096)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            self.ignore()
            hear(None)
        for byte in dict.fromkeys(said):
            try:
                message = ToVassal(byte)
            except ValueError:
                _log.debug("our emperor said %d, which means nothing to me", byte)
            else:
                hear(message)


def read_config(environment: Mapping[str, str] = os.environ) -> bytes:
    """Read our own configuration from the pipe through which our Emperor sends it.

    A process that took the place of another asks for it: what lies in the pipe may be what the other one was sent.

    :raises SettingsError: Nobody started us as a vassal with such a pipe.
    :raises HostingError: It did not come in time.
    Source: ``emperor://``, ``UWSGI_EMPEROR_FD_CONFIG``.
    """
    pipe = _descriptor("UWSGI_EMPEROR_FD_CONFIG", environment)
    if pipe is None:
        raise SettingsError(
            "emperor://",
            wanted="an Emperor that sends us our configuration",
            found="that none started us with a configuration pipe",
            remedy="Name a file instead.",
        )
    parent = Parent.from_environment(environment)
    if "UWSGI_RELOADS" in environment and parent is not None:
        _empty(pipe)
        parent.say(FromVassal.CONFIG_WANTED)
    deadline = time.monotonic() + _CONFIG_SECONDS
    header = _read_exactly(pipe, _HEADER_BYTES, deadline)
    return _read_exactly(pipe, int.from_bytes(header[1:3], "little"), deadline)


def _empty(pipe: int) -> None:
    while select.select([pipe], [], [], 0)[0] and os.read(pipe, 1 << 16):
        pass


def _read_exactly(pipe: int, count: int, deadline: float) -> bytes:
    text = b""
    while len(text) < count:
        is_there = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]
        part = os.read(pipe, count - len(text)) if is_there else b""
        if not part:
            raise HostingError(
                "emperor://",
                wanted=f"our configuration within {_CONFIG_SECONDS:g} seconds",
                found=f"{len(text)} of {count} bytes",
                remedy="See our Emperor's log.",
            )
        text += part
    return text


def _descriptor(name: str, environment: Mapping[str, str]) -> int | None:
    """Return the open socket or pipe that a variable names; a number that was left behind by somebody else is none."""
    text = environment.get(name, "")
    if not (text.isascii() and text.isdecimal()):
        return None
    try:
        mode = os.fstat(int(text)).st_mode
    except (OSError, OverflowError):
        return None
    return int(text) if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode) else None
