"""An Emperor's time in office: signals, service manager, stats server and log, from the first vassal to the last."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol, Self

from imperator.control.notify import Notifier

if TYPE_CHECKING:
    from types import TracebackType

    from imperator.control.address import Listener
    from imperator.hosting.daemon import Readiness
    from imperator.hosting.logfile import LogFile
    from imperator.log import LogHandler

__all__ = ["Governor", "Reign"]

_log = logging.getLogger(__name__)


class Governor(Protocol):
    """What the command needs of an Emperor."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def stop(self) -> None: ...

    async def buried(self) -> None: ...

    def reload_all(self) -> None: ...

    def log_states(self) -> None: ...

    def clear_blacklist(self) -> None: ...

    def look_now(self) -> None: ...

    def stats(self) -> dict[str, Any]: ...

    def status(self) -> str: ...


class Reign:
    """One Emperor in office.

    :param emperor: Not started yet.
    :param listener: Where stats are told. None: nowhere.
    :param handler: Writes our log.
    :param log_file: The file it goes to. None: standard error as it is.
    :param readiness: Told once the Emperor has started.
    """

    def __init__(
        self,
        emperor: Governor,
        listener: Listener | None,
        handler: LogHandler,
        log_file: LogFile | None,
        readiness: Readiness,
    ) -> None:
        self._emperor = emperor
        self._listener = listener
        self._handler = handler
        self._log_file = log_file
        self._readiness = readiness
        self._notifier = Notifier.from_environment()

    async def last(self) -> None:
        """Govern until told to end, and until every vassal is buried."""
        loop = asyncio.get_running_loop()
        self._handler.attend(loop)
        try:
            async with AsyncExitStack() as office:
                await office.enter_async_context(self._emperor)
                self._answer_signals(loop)
                if self._listener is not None:
                    await self._tell_stats(self._listener, office)
                self._notifier.ready(self._emperor.status())
                self._readiness.started()
                await self._emperor.buried()
        finally:
            self._handler.leave()

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
        for number, answer in answers.items():
            loop.add_signal_handler(number, answer)

    async def _tell_stats(self, listener: Listener, office: AsyncExitStack) -> None:
        from imperator.control.stats import StatsServer

        server = await office.enter_async_context(StatsServer(listener, self._emperor.stats))
        _log.info("*** Emperor stats server enabled on %s ***", server.address)

    def _stop(self) -> None:
        self._notifier.stopping("The Emperor is being buried")
        self._emperor.stop()

    def _reload(self) -> None:
        """Open the log anew, for whoever has just rotated it, and reload every vassal."""
        self._notifier.reloading()
        if self._log_file is not None:
            if self._log_file.reopen():
                self._handler.reopen()
            else:
                _log.warning("cannot open the log file %s again: the old one stays in use", self._log_file.path)
        self._emperor.reload_all()
        self._notifier.ready(self._emperor.status())
