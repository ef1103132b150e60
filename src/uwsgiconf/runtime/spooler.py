"""Spoolers: work that is left in files and done later, by processes of their own; a restart loses nothing of it."""

from __future__ import annotations

from functools import wraps
from os.path import basename
from typing import TYPE_CHECKING, Any

from .. import uwsgi
from . import calls
from .tasks import (
    ResultProcessed,
    ResultRescheduled,
    ResultSkipped,
    SpoolerFunctionCallTask,
    SpoolerTask,
    TaskResult,
    function_of_spoolers,
    read_task,
    spool_raw,
    spooler_task_types,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .tasks import Postponed

__all__ = [
    "ResultProcessed",
    "ResultRescheduled",
    "ResultSkipped",
    "Spooler",
    "SpoolerFunctionCallTask",
    "SpoolerTask",
    "TaskResult",
    "spooler_task_types",
]


class _TaskRegisterer:
    """The decorator `task`, of a spooler or of the class: `@my_spooler.task()`, `@Spooler.task()`.

    :param spooler: The spooler. Default: the first one.
    """

    __slots__ = ("spooler",)

    def __init__(self, spooler: Spooler | None = None) -> None:
        self.spooler = spooler

    def __get__(self, instance: Spooler | None, owner: type[Spooler]) -> _TaskRegisterer:
        return _TaskRegisterer(instance)

    def __call__(
        self, *, postpone: Postponed = None, priority: int | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., str]]:
        """Decorate a function so that calls of it are made by a spooler.

        :param postpone: When, or after how long it may be called at the earliest.
        :param priority: From 0, the lower the sooner. Source: ``spooler-ordered``.
        :return: A decorator. A call then returns the path of the task's file.
        """

        def decorate(function: Callable[..., Any]) -> Callable[..., str]:
            name = calls.remember(function)

            @wraps(function)
            def hand_over(*args: Any, **kwargs: Any) -> str:
                return SpoolerFunctionCallTask.send(
                    spooler=self.spooler,
                    priority=priority,
                    postpone=postpone,
                    payload=calls.pack(name, args, kwargs),
                )

            return hand_over

        return decorate


class Spooler:
    """A spooler.

    Spoolers have to be configured: ``section.spooler.add(directory)``. Without any, all that asks for one raises
    `RuntimeConfigurationError`.

    ::

        my_spooler = Spooler.get_by_basename('myspooler')

        # @Spooler.task() to run on the first one
        @my_spooler.task(postpone=timedelta(seconds=1))
        def run_me(a, b='c'):
            # True: done. None: not for us, the task stays. An exception: try again at the next look.
            return True

        run_me('some', b='other')

    :param name: Its directory. Source: ``spooler``.
    """

    __slots__ = ("name",)

    task = _TaskRegisterer()

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Spooler({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spooler) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    @classmethod
    def send_message_raw(
        cls,
        message: str,
        *,
        spooler: str | Spooler | None = None,
        priority: int | None = None,
        postpone: Postponed = None,
        payload: Any = None,
    ) -> str:
        """Leave a message to a spooler, for the subclass of `SpoolerTask` whose `type_id` is `raw`.

        :param message: A text, below 64 KiB.
        :param spooler: Which one, or its directory. Default: the first one.
        :param priority: From 0, the lower the sooner. Source: ``spooler-ordered``.
        :param postpone: When, or after how long it may be handled at the earliest.
        :param payload: What can be pickled, of any size.
        :return: The path of the message's file.
        :raises RuntimeConfigurationError: There is no spooler, or priorities are not configured.
        :raises ValueError: uWSGI refused it: there is no such spooler, or the message is too large.
        """
        return spool_raw(message, spooler, priority, postpone, payload)

    @classmethod
    def get_spoolers(cls) -> list[Spooler]:
        """List the spoolers."""
        # uWSGI lists each process, and has no list without a spooler.
        directories = dict.fromkeys(getattr(uwsgi, "spoolers", ()))
        return [Spooler(directory.decode()) for directory in directories]

    @classmethod
    def get_by_basename(cls, name: str) -> Spooler | None:
        """Return the first spooler whose directory has a name, None if there is none.

        Outside uWSGI, where it is not known what there will be, there is one.

        :param name: The last part of the path: `mydir` for `/somewhere/mydir`.
        """
        if not uwsgi.opt:
            return Spooler(name)
        return next((spooler for spooler in cls.get_spoolers() if basename(spooler.name) == name), None)

    @classmethod
    def get_pids(cls) -> list[int]:
        """Tell the process ids of all spoolers."""
        pids: list[int] = function_of_spoolers("spooler_pids")()
        return pids

    @classmethod
    def set_period(cls, seconds: int) -> bool:
        """Set how often spoolers look for tasks, besides when there is a new one.

        :param seconds: Seconds between two looks. Source: ``spooler-frequency``.
        """
        return function_of_spoolers("set_spooler_frequency")(seconds) is True

    @classmethod
    def get_tasks(cls) -> list[str]:
        """List the paths of the tasks of the first spooler, those with a priority left out."""
        return [path.decode() for path in function_of_spoolers("spooler_jobs")()]

    @classmethod
    def read_task_file(cls, path: str) -> dict[Any, bytes] | None:
        """Read the file of a task.

        :param path: Its path.
        :return: What is in it; None if it is not there, or being done.
        """
        found: dict[Any, bytes] | None = function_of_spoolers("spooler_get_task")(path)
        return found

    @classmethod
    def _process_message_raw(cls, envelope: dict[Any, bytes]) -> int:
        """Do a task, and tell uWSGI what became of it."""
        try:
            task = read_task(envelope)
            if task is None:
                return _former(envelope) if _former else uwsgi.SPOOL_IGNORE
            result = task.process()
        except (Exception, SystemExit):  # noqa: BLE001 - whatever it is, the task is not done
            # A spooler that exits begins with the same task again: none behind it would ever be done.
            import traceback

            traceback.print_exc()
            return uwsgi.SPOOL_RETRY
        if isinstance(result, TaskResult):
            return uwsgi.SPOOL_OK if result.code_uwsgi is None else result.code_uwsgi
        return uwsgi.SPOOL_IGNORE if result is None else uwsgi.SPOOL_OK


# Who was there before still gets the tasks that were not written down here.
_former = vars(uwsgi).get("spooler")
uwsgi.spooler = Spooler._process_message_raw
