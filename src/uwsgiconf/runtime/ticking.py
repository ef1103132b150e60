"""Timers of less than a second on a uWSGI that has none: a thread of worker 1 sends the signals."""

from __future__ import annotations

import threading

from .. import uwsgi
from ..exceptions import RuntimeConfigurationError
from .platform import _PostForkHooks

#: Worker 1 is never cheaped, and there is one in every instance.
_TICKING_WORKER = 1

#: Milliseconds of the period by signal, for the timers that tick once there is a worker 1.
_periods: dict[int, int] = {}


def tick(signal: int, period_ms: int) -> None:
    """Have a signal sent again and again.

    :param signal: Its number.
    :param period_ms: Milliseconds between two.
    :raises RuntimeConfigurationError: uWSGI runs without threads.
    """
    if not uwsgi.has_threads:
        raise RuntimeConfigurationError(
            "register_timer_ms",
            wanted="threads, as this uWSGI has no timers of its own below a second",
            found="none",
            remedy="Enable them: `section.python.set_basic_params(enable_threads=True)`.",
        )
    _periods[signal] = period_ms
    if uwsgi.worker_id() == _TICKING_WORKER:
        _start(signal)  # loaded after the fork


@_PostForkHooks.add()
def _start_all() -> None:
    if uwsgi.worker_id() == _TICKING_WORKER:
        for signal in list(_periods):
            _start(signal)


def _start(signal: int) -> None:
    threading.Thread(target=_run, args=(signal,), name=f"timer of signal {signal}", daemon=True).start()


def _run(signal: int) -> None:
    pause = threading.Event()
    while (period_ms := _periods.get(signal)) is not None:
        pause.wait(period_ms / 1000)
        uwsgi.signal(signal)
