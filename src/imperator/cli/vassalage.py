"""An Emperor that is a vassal: what its own Emperor says, and what it does about it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from imperator.errors import UsageError
from imperator.process.channel import FromVassal, ToVassal

if TYPE_CHECKING:
    from imperator.cli.origin import Origin
    from imperator.cli.reign import Governor
    from imperator.control.parent import Parent
    from imperator.settings import Settings

__all__ = ["Vassalage"]

_log = logging.getLogger(__name__)


class Vassalage:
    """Obeys our own Emperor while ours rules.

    :param parent: Our own Emperor.
    :param origin: How we were started.
    :param settings: What our Emperor was told then.
    :ivar wants_restart: Once all vassals are buried we have to start again, with other settings.
    """

    def __init__(self, parent: Parent, emperor: Governor, origin: Origin, settings: Settings) -> None:
        self.wants_restart = False
        self._is_ending = False
        self._parent = parent
        self._emperor = emperor
        self._origin = origin
        self._settings = settings

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say that we have started, and obey from now on."""
        _log.info("*** starting imperator sub-Emperor ***")
        self._parent.say(FromVassal.SPAWNED)
        self._parent.say(FromVassal.LOYAL)
        self._parent.listen(loop, self._hear)

    async def tell_when_settled(self) -> None:
        """Say that we are at work as soon as every source has told what it holds."""
        await self._emperor.settled()
        self._parent.say(FromVassal.ACCEPTING)

    def end(self) -> None:
        """Obey no longer."""
        self._parent.ignore()

    def _hear(self, message: ToVassal | None) -> None:
        self._emperor.run_parent_hooks(message)
        match message:
            case ToVassal.RELOAD:
                self._reload()
            case ToVassal.STOP | ToVassal.STOP_GRACEFULLY:
                self._stop(graceful=message is ToVassal.STOP_GRACEFULLY)
            case None:
                _log.error("lost connection with my emperor !!!")
                self._stop(graceful=False)

    def forgo_restart(self) -> None:
        """End for good once all vassals are buried: somebody said so, and that is the last word."""
        self._is_ending = True
        self.wants_restart = False

    def _stop(self, *, graceful: bool) -> None:
        self.forgo_restart()
        self._emperor.stop(graceful=graceful or None)

    def _reload(self) -> None:
        """Take our own configuration as it is now: only what it changes has to be started anew."""
        if self.wants_restart or self._is_ending:
            return
        try:
            is_changed = self._origin.is_fed_by_pipe() or self._origin.settings_now() != self._settings
        except (UsageError, OSError) as error:
            faults = error.faults if isinstance(error, UsageError) else (error,)
            for fault in faults:
                _log.error("%s", fault)
            _log.error("our configuration cannot be taken as it is now: everything goes on as before")
            self._parent.say(FromVassal.ACCEPTING)  # the answer to a reload, without which the next one would wait
            return
        if is_changed:
            _log.info("our configuration has changed: stopping all vassals to start again with it")
            self.wants_restart = True
            self._emperor.stop(graceful=True)
        else:
            self._emperor.reload_all()
            self._parent.say(FromVassal.ACCEPTING)
