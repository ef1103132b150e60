"""Running a background task at once, because somebody asked for it, in a process that has no visitor waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import close_old_connections, transaction

from .task import registered_tasks

if TYPE_CHECKING:
    from uwsgiconf.runtime.signals import Signal

    from .task import BackgroundTask

_signal: Signal | None = None


def run_soon(task: BackgroundTask) -> None:
    """Have a task run at once, whether it is active or cools down or not.

    Inside uWSGI a mule runs it, or else the first worker that is free; elsewhere it runs here and now.

    :param task: The task.
    """
    if _signal is None:
        task.run(forced=True)
        return
    task.backend.request(task.name)
    transaction.on_commit(_signal.send)  # not before the request for it can be seen


def listen_for_requests() -> None:
    """Let the processes of this uWSGI run what is asked for; to be called once, in the master."""
    global _signal
    from uwsgiconf.runtime.mules import has_mules  # brings hooks that nobody needs outside uWSGI
    from uwsgiconf.runtime.signals import Signal

    _signal = Signal()
    _signal.register_handler(target="mule" if has_mules() else "worker")(run_requested)


def run_requested() -> None:
    """Run all tasks that were asked for."""
    close_old_connections()
    for task in registered_tasks().values():
        if task.backend.take_request(task.name):
            task.run(forced=True)
