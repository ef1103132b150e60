"""Work that may block, in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["run_in_thread"]

_log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0

T = TypeVar("T")


async def run_in_thread(work: Callable[[], T]) -> T:
    """Run a function in a daemon thread and return its result.

    Not the loop's executor: its idle threads stay, and Python joins them at exit, so that one look at a dead network
    file system would keep the Emperor from ever ending. Where the system gives no thread now, one is waited for.

    :raises BaseException: Whatever the function raised.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, failure: BaseException | None) -> None:
        if result.cancelled():
            return
        if failure is not None:
            result.set_exception(failure)
        else:
            result.set_result(value)  # type: ignore[arg-type]  # without a failure it is the work's own value

    def run() -> None:
        value: T | None = None
        failure: BaseException | None = None
        try:
            value = work()
        except BaseException as error:  # noqa: BLE001 - handed to whoever awaits
            failure = error
        try:
            loop.call_soon_threadsafe(settle, value, failure)
        except RuntimeError:  # the loop was closed meanwhile: nobody waits for it
            return

    while True:
        try:
            threading.Thread(target=run, name="imperator-files", daemon=True).start()
        except RuntimeError as failure:
            _log.warning("%s: raise the limit of processes (ulimit -u, TasksMax=) or stop what fills it", failure)
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return await result
