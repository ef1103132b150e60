"""An Emperor's time in office: signals, service manager, stats server and log, from the first vassal to the last."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self

from imperator.control.notify import Notifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from imperator.cli.vassalage import Vassalage
    from imperator.hosting.daemon import Readiness
    from imperator.hosting.logfile import LogFile
    from imperator.log import LogHandler
    from imperator.process.channel import ToVassal

__all__ = ["HELD_UNTIL_ANSWERED", "Governor", "Reign"]

_log = logging.getLogger(__name__)

HELD_UNTIL_ANSWERED = (signal.SIGHUP, signal.SIGUSR1)
"""Signals that would kill a process that does not answer them yet: they wait for an Emperor that is still starting."""


class Governor(Protocol):
    """What the command needs of an Emperor."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def stop(self, *, graceful: bool | None = None) -> None: ...

    async def settled(self) -> None: ...

    async def buried(self) -> None: ...

    def reload_all(self) -> None: ...

    def run_parent_hooks(self, message: ToVassal | None) -> None: ...

    def log_states(self) -> None: ...

    def clear_blacklist(self) -> None: ...

    def look_now(self) -> None: ...

    def reap_orphans(self) -> None: ...

    def status(self) -> str: ...

    on_census: Callable[[], None]


class Reign:
    """One Emperor in office.

    :param emperor: Not started yet.
    :param vassalage: The bond to our own Emperor. None: we are nobody's vassal.
    :param adopts_orphans: What its vassals leave behind becomes ours, to be buried.
    """

    def __init__(self, emperor: Governor, vassalage: Vassalage | None = None, *, adopts_orphans: bool = False) -> None:
        self._emperor = emperor
        self._vassalage = vassalage
        self._adopts_orphans = adopts_orphans
        self._notifier = Notifier.from_environment()
        self._reopen_log: Callable[[], None] = lambda: None

    async def last(self, handler: LogHandler, log_file: LogFile | None, readiness: Readiness) -> bool:
        """Govern until told to end, and until every vassal is buried.

        :returns: Whether to start again, with other settings.

        :param handler: Writes our log.
        :param log_file: The file it goes to. None: standard error as it is.
        :param readiness: Told once the Emperor has started.
        """
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_tell_bug)
        handler.attend(loop)
        if log_file is not None:
            self._reopen_log = partial(_reopen, handler, log_file)
        try:
            async with AsyncExitStack() as office:
                self._answer_signals(loop)
                await office.enter_async_context(self._emperor)
                self._notifier.ready(self._emperor.status())
                self._emperor.on_census = self._tell_status
                readiness.started()
                if self._vassalage is not None:
                    office.callback(self._vassalage.end)
                    await self._serve(self._vassalage)
                await self._emperor.buried()
            return self._vassalage is not None and self._vassalage.wants_restart
        finally:
            handler.leave()

    async def _serve(self, vassalage: Vassalage) -> None:
        """Obey our own Emperor until ours is buried."""
        vassalage.begin(asyncio.get_running_loop())
        telling = asyncio.create_task(vassalage.tell_when_settled())
        await self._emperor.buried()
        telling.cancel()

    def _answer_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        answers = {
            signal.SIGINT: self._stop,
            signal.SIGTERM: self._stop,
            signal.SIGQUIT: self._stop,
            signal.SIGHUP: self._reload,
            signal.SIGUSR1: self._emperor.log_states,
            signal.SIGURG: self._emperor.clear_blacklist,
            signal.SIGWINCH: self._emperor.look_now,
        }
        if self._adopts_orphans:
            answers[signal.SIGCHLD] = self._emperor.reap_orphans
        for number, answer in answers.items():
            loop.add_signal_handler(number, answer)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_UNTIL_ANSWERED)

    def _stop(self) -> None:
        if self._vassalage is not None:
            self._vassalage.forgo_restart()
        self._notifier.stopping("The Emperor is being buried")
        self._emperor.stop()

    def _tell_status(self) -> None:
        self._notifier.status(self._emperor.status())

    def _reload(self) -> None:
        """Open the log anew, for whoever has just rotated it, and reload every vassal."""
        self._notifier.reloading()
        self._reopen_log()
        self._emperor.reload_all()
        self._notifier.ready(self._emperor.status())


def _tell_bug(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what went wrong in the loop: a bug of ours, which must not take a vassal down."""
    _log.error("%s; please report this", context["message"], exc_info=context.get("exception"))


def _reopen(handler: LogHandler, log_file: LogFile) -> None:
    if log_file.reopen():
        handler.reopen()
    else:
        _log.warning("cannot open the log file %s again: the old one stays in use", log_file.path)
