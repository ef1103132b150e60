"""The tasks of spoolers: what kinds there are, how they are written down, and what becomes of them."""

from __future__ import annotations

import pickle
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from .. import uwsgi
from ..exceptions import RuntimeConfigurationError
from . import calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from .spooler import Spooler

    Postponed = datetime | timedelta | None

#: Under these keys a task is written down, beside those that uWSGI reads.
_KIND, _MESSAGE = b"uwsgiconf_task", b"uwsgiconf_message"

#: The kind of messages that `Spooler.send_message_raw` sends.
RAW = "raw"

_MICROSECONDS = 1_000_000

#: What a task may take besides its body, and what the length of each key and value takes of it.
_MAX_TASK_BYTES = 0xFFFF
_LENGTH_BYTES = 2

#: The kinds of tasks by their ids; subclasses of `SpoolerTask` put themselves here.
spooler_task_types: dict[str, type[SpoolerTask]] = {}


class TaskResult:
    """What became of a task.

    :param result: What came of it, for whoever looks at it: uWSGI does not keep it.
    :param exception: What went wrong.
    """

    #: What uWSGI is told.
    code_uwsgi: ClassVar[int | None] = None

    __slots__ = ("exception", "result")

    def __init__(self, result: Any = None, *, exception: Exception | None = None) -> None:
        self.result = result
        self.exception = exception


class ResultProcessed(TaskResult):
    """The task is done; its file goes."""

    code_uwsgi = -2

    __slots__ = ()


class ResultSkipped(TaskResult):
    """The task is not for us; its file stays, and the spooler sees it again at each look."""

    code_uwsgi = 0

    __slots__ = ()


class ResultRescheduled(TaskResult):
    """The task is to be tried again at the next look."""

    code_uwsgi = -1

    __slots__ = ()


class SpoolerTask:
    """A kind of task; a subclass with a `type_id` gets the tasks of that kind.

    ::

        class Mail(SpoolerTask):
            type_id = 'mail'

            def process(self):
                send(self.payload)

        Mail.send(payload={'to': 'you'})

    :param name: The name of its file.
    :param message: Its text.
    :param payload: Whatever came with it.
    """

    #: The id of this kind.
    type_id: ClassVar[str] = ""

    mark_processed = ResultProcessed
    mark_skipped = ResultSkipped
    mark_rescheduled = ResultRescheduled

    __slots__ = ("message", "name", "payload")

    def __init__(self, name: str, message: str, payload: Any) -> None:
        self.name = name
        self.message = message
        self.payload = payload

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.type_id:
            spooler_task_types[cls.type_id] = cls

    def process(self) -> TaskResult | bool | None:
        """Do the task.

        :return: None: not for us, see `ResultSkipped`; a `TaskResult`: as it says; anything else: done. An exception
            makes uWSGI try again at the next look.
        """
        raise NotImplementedError(f"{type(self).__name__}.process")

    @classmethod
    def build_message(
        cls,
        spooler: str | Spooler | None,
        priority: int | None,
        postpone: Postponed,
        payload: Any = None,
        *,
        message: str = "",
    ) -> dict[bytes, bytes]:
        """Write down a task of this kind, as `uwsgi.spool` takes it.

        :param spooler: Which one, or its directory. Default: the first one.
        :param priority: From 0, the lower the sooner. Source: ``spooler-ordered``.
        :param postpone: When, or after how long it may be done at the earliest; uWSGI counts whole seconds.
        :param payload: What can be pickled, of any size.
        :param message: A text, below 64 KiB.
        :raises RuntimeConfigurationError: Priorities are not configured, or this is none.
        """
        written = {_KIND: cls.type_id.encode(), _MESSAGE: message.encode()}
        if spooler is not None:
            written[b"spooler"] = str(getattr(spooler, "name", spooler)).encode()
        if priority is not None:
            _check_priority(priority)
            written[b"priority"] = str(priority).encode()
        if postpone is not None:
            written[b"at"] = str(_due(postpone)).encode()
        if payload is not None:
            written[b"body"] = pickle.dumps(payload)
        return written

    @classmethod
    def send(
        cls,
        *,
        message: str = "",
        spooler: str | Spooler | None = None,
        priority: int | None = None,
        postpone: Postponed = None,
        payload: Any = None,
    ) -> str:
        """Leave a task of this kind to a spooler.

        :param message: A text, below 64 KiB.
        :param spooler: Which one, or its directory. Default: the first one.
        :param priority: From 0, the lower the sooner. Source: ``spooler-ordered``.
        :param postpone: When, or after how long it may be done at the earliest.
        :param payload: What can be pickled, of any size.
        :return: The path of its file.
        :raises RuntimeConfigurationError: There is no spooler, or priorities are not configured.
        :raises ValueError: uWSGI refused it: there is no such spooler, or the message is too large.
        """
        return spool(cls.build_message(spooler, priority, postpone, payload, message=message))


class SpoolerFunctionCallTask(SpoolerTask):
    """A call of a function that was decorated with `Spooler.task`."""

    type_id = "fcall"

    __slots__ = ()

    def process(self) -> TaskResult | bool | None:
        """Call the function."""
        found: TaskResult | bool | None = calls.make(self.payload)
        return found


class _RawTask(SpoolerTask):
    """A message of `Spooler.send_message_raw`, as it is written down."""

    __slots__ = ()


_RawTask.type_id = RAW


def spool(written: dict[bytes, bytes]) -> str:
    """Leave to a spooler what `SpoolerTask.build_message` wrote down.

    :return: The path of its file.
    """
    deliver = function_of_spoolers("spool")
    size = sum(len(key) + len(value) + 2 * _LENGTH_BYTES for key, value in written.items() if key != b"body")
    if size > _MAX_TASK_BYTES:
        # uWSGI would count the bytes in 16 bits, and write down what is over.
        raise RuntimeConfigurationError(
            "spooler task",
            wanted=f"at most {_MAX_TASK_BYTES} bytes besides the payload",
            found=f"{size} bytes",
            remedy="Pass the data as `payload`, which may have any size.",
        )
    path: bytes = deliver(written)
    return path.decode()


def function_of_spoolers(name: str) -> Callable[..., Any]:
    """Return a function that uWSGI has only where it has spoolers.

    :param name: Its name.
    :raises RuntimeConfigurationError: There is no spooler.
    """
    found: Callable[..., Any] | None = getattr(uwsgi, name, None)
    if found is None:
        raise RuntimeConfigurationError(
            "spooler", wanted="one at least", found="none", remedy="Configure one: `section.spooler.add(directory)`."
        )
    return found


def spool_raw(
    message: str, spooler: str | Spooler | None, priority: int | None, postpone: Postponed, payload: Any
) -> str:
    """Leave a message of no kind to a spooler."""
    return spool(_RawTask.build_message(spooler, priority, postpone, payload, message=message))


def read_task(envelope: dict[Any, bytes]) -> SpoolerTask | None:
    """Make a task of what uWSGI hands to a spooler's function; None if it is not one that was written down here.

    :raises RuntimeConfigurationError: There is no such kind in this process.
    """
    kind = envelope.get(_KIND)
    if kind is None:
        return None
    found = spooler_task_types.get(kind.decode())
    if found is None:
        raise RuntimeConfigurationError(
            f"spooler task of kind `{kind.decode()}`",
            wanted=f"one of {', '.join(sorted(spooler_task_types))}",
            found="no class for it in this process",
            remedy="Define a subclass of `SpoolerTask` with this `type_id`, in a module that the spooler loads.",
        )
    # Only processes of this instance write the files of its spoolers.
    payload = pickle.loads(envelope["body"]) if "body" in envelope else None  # noqa: S301
    return found(envelope["spooler_task_name"].decode(), envelope[_MESSAGE].decode(), payload)


def _check_priority(priority: int) -> None:
    if not str(priority).isdecimal():
        # It is the name of a directory, and spoolers look into those that are numbers.
        raise RuntimeConfigurationError(
            "priority of a spooler task",
            wanted="a whole number, 0 or more",
            found=repr(priority),
            remedy="The lower the number, the sooner the task.",
        )
    if uwsgi.opt and uwsgi.opt.get("spooler-ordered", b"false") in {b"false", b"0"}:
        # uWSGI would put the task into a directory that no spooler ever looks into.
        raise RuntimeConfigurationError(
            "priority of a spooler task",
            wanted="spoolers that do tasks in order",
            found="no `spooler-ordered`",
            remedy="Configure it: `section.spooler.set_basic_params(order_tasks=True)`.",
        )


def _due(postpone: datetime | timedelta) -> int:
    if hasattr(postpone, "timestamp"):
        return ceil(postpone.timestamp())
    return ceil(uwsgi.micros() / _MICROSECONDS + postpone.total_seconds())
