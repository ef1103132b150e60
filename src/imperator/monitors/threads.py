"""Work that may block, in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from functools import partial
from typing import Any, TypeVar, TypeVarTuple, Unpack

__all__ = ["run_in_thread", "run_loop"]

_log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run asyncio's loop until something is done, and wait for no thread then."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)


class _Loop(asyncio.SelectorEventLoop):
    """asyncio's own loop, without the pool of threads that it joins at its end.

    Drivers have it look up names of hosts there, which a name server that does not answer holds up for minutes.
    """

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        return self.create_task(run_in_thread(partial(func, *args)))


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
