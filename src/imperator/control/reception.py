"""Every socket through which people and programs speak to one Emperor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from imperator.control.address import Listener, listen, receive

if TYPE_CHECKING:
    from imperator.control.commands import CommandSocket
    from imperator.hosting.privileges import Identity
    from imperator.settings import Settings

__all__ = ["Approachable", "Reception"]

_log = logging.getLogger(__name__)


class Approachable(Protocol):
    """What its sockets need of an Emperor."""

    def spawn(self, name: str) -> bool: ...

    def reload(self, name: str) -> bool: ...

    def hold(self, name: str) -> bool: ...

    def look_now(self) -> None: ...

    def report(self) -> Mapping[str, Any]: ...


class Reception:
    """Binds the sockets when it is made, which may take rights that are dropped later; serves them while it is open.

    :param settings: Which sockets there are.
    :param owner: Who the files of UNIX sockets are given to.
    :raises SettingsError: What is given is no address.
    :raises HostingError: An address is in use, or the system refuses it.
    """

    def __init__(self, settings: Settings, owner: Identity | None = None) -> None:
        self._is_http = settings.control.stats_http
        self._office = AsyncExitStack()
        self._obedience: CommandSocket | None = None
        with ExitStack() as bound:
            how = partial(listen, owner=owner, mode=settings.sockets.mode, backlog=settings.sockets.backlog)
            self._stats = _bound("stats", settings.stats, how, bound)
            self._commands = _bound("commands", settings.control.commands, partial(receive, owner=owner), bound)
            self._trigger = _bound("trigger", settings.control.trigger, how, bound)
            self._bound = bound.pop_all()

    async def open(self, emperor: Approachable) -> None:
        """Serve everything from now on."""
        if self._stats is not None:
            from imperator.control.stats import StatsServer

            server = StatsServer(self._stats, emperor.report, http=self._is_http)
            await self._office.enter_async_context(server)
            _log.info("*** Emperor stats server enabled on %s ***", server.address)
        if self._commands is not None:
            from imperator.control.commands import CommandSocket

            self._obedience = CommandSocket(self._commands, emperor, asyncio.get_running_loop())
            self._admit(self._obedience.close, "command", self._commands)
        if self._trigger is not None:
            from imperator.control.trigger import TriggerSocket

            trigger = TriggerSocket(self._trigger, emperor.look_now)
            self._admit(trigger.close, "trigger", self._trigger)

    @property
    def refused_commands(self) -> tuple[int, str]:
        """How many commands were not obeyed, and why the last of them was not."""
        return (0, "") if self._obedience is None else (self._obedience.refused, self._obedience.last_refusal)

    async def close(self) -> None:
        """Serve nothing any more, and remove the sockets."""
        await self._office.aclose()
        self.remove()

    def remove(self) -> None:
        """Remove the sockets; those of a reception that was never opened, too."""
        self._bound.close()

    def _admit(self, close: Callable[[], None], what: str, listener: Listener) -> None:
        self._office.callback(close)
        _log.info("*** Emperor %s socket enabled on %s ***", what, listener.address)


def _bound(module: str, address: str | None, bind: Callable[[str], Listener], stack: ExitStack) -> Listener | None:
    if address is None:
        return None
    import_module(f"imperator.control.{module}")  # now: our Python may be out of the reach of whom we become
    listener = bind(address)
    stack.callback(listener.close)
    return listener
