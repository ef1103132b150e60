"""An instance of uWSGI in the memory of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import uwsgi_stub
from ..uwsgi_stub import _registrations
from .arguments import checked
from .caches import Caches
from .errors import EmulatorError, check_end
from .locks import Locks
from .messages import Mules
from .part import MICROSECONDS, Instance, Part
from .registries import Registries
from .rpc import Remote, Rpc
from .schedule import Schedule
from .settings import Settings
from .signals import Signals
from .spooling import Spooling
from .surroundings import Metrics, Surroundings
from .websockets import Websocket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta
    from typing import Self

    from ..config import Section

#: What uWSGI does not have in such an instance.
_ABSENT = object()

#: After this many looks, tasks that are still there will be there forever.
_PATIENCE_LOOKS = 1000


class Emulator:
    """An instance of uWSGI in this process: what is sent waits, and the time stands still, until a test moves them.

    ::

        with Emulator(section) as uwsgi:
            report.send()               # a function with @register_timer(60), @Spooler.task(), @mule.offload() ...
            uwsgi.advance(60)
            assert ...

    What the application registered when it was loaded is there; what it registers meanwhile is forgotten at the end.

    :param section: The section that the application runs with: caches, locks, mules, farms, spoolers and metrics are
        those that it configures. Default: there are 2 workers, 4 mules, 64 locks, a spooler that orders tasks,
        every farm, every cache and every metric.
    :param now: The time it begins at, or seconds since 1970. Default: now, at a full second.
    """

    def __init__(self, section: Section | None = None, *, now: datetime | float | None = None) -> None:
        settings = Settings() if section is None else Settings.of(section)
        self._instance = Instance(settings, _micros(now))
        self._rpc = Rpc(self._instance)
        self._signals = Signals(self._instance, self._rpc)
        self._schedule = Schedule(self._instance, self._signals)
        self._mules = Mules(self._instance)
        self._spooling = Spooling(self._instance)
        self._caches = Caches(self._instance, self._rpc.remotes, settings.caches)
        self._surroundings = Surroundings(self._instance)
        #: The websocket of the current request.
        self.websocket = Websocket(self._instance)
        self._undo: dict[str, Any] = {}
        self._registries: Registries | None = None

    def __enter__(self) -> Self:
        if "_emulator" in vars(uwsgi_stub):
            raise EmulatorError(
                "Emulator", wanted="one at a time", found="another one", remedy="Leave its `with` block first."
            )
        self._registries = Registries()
        for name, value in self._provided():
            self._undo[name] = vars(uwsgi_stub).get(name)
            if value is _ABSENT:
                delattr(uwsgi_stub, name)
            else:
                setattr(uwsgi_stub, name, value)
        try:
            for name, args in _registrations.made:
                getattr(uwsgi_stub, name)(*args)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        for name, value in self._undo.items():
            if value is None:
                delattr(uwsgi_stub, name)
            else:
                setattr(uwsgi_stub, name, value)
        self._undo.clear()
        if self._registries:
            self._registries.restore()

    # -- time

    @property
    def now_seconds(self) -> float:
        """The time, in seconds since 1970."""
        return self._instance.now_micros / MICROSECONDS

    def advance(self, duration: float | timedelta) -> None:
        """Move the clock, and do all that falls due meanwhile, in its order and at its time.

        :param duration: How far; seconds.
        :raises Harakiri: The time set with `harakiri_imposed` is over.
        """
        seconds = duration if isinstance(duration, int | float) else duration.total_seconds()
        until = self._instance.now_micros + round(seconds * MICROSECONDS)
        self.run_pending()
        while (due := self._next_micros(until)) is not None:
            self._instance.now_micros = max(due, self._instance.now_micros)
            self.run_pending()
        self._instance.now_micros = until
        self._surroundings.kill_late()

    def run_pending(self) -> None:
        """Do all that is due: timers and cron, signals, messages to mules, tasks of spoolers.

        A task that is to be tried again is tried again at the spooler's next look.
        """
        self._surroundings.kill_late()
        self._schedule.raise_due()
        rounds = 0
        while self.deliver_signals() + self.run_mules() + self._look():
            rounds += 1
            check_end("tasks of spoolers, and what they send", rounds)

    def deliver_signals(self) -> int:
        """Let the handlers of all signals that were sent be called, each in its process.

        :return: How many signals there were.
        """
        return self._signals.deliver()

    def run_mules(self) -> int:
        """Let mules handle the messages that they were sent.

        :return: How many messages there were.
        """
        return self._mules.deliver()

    def look_for_tasks(self) -> int:
        """Let spoolers do each task once that may be done by now.

        :return: How many were tried.
        """
        return self._spooling.look()

    def drain_spooler(self) -> None:
        """Move the clock until all tasks are done: postponed ones, and those that are tried again.

        :raises EmulatorError: There are tasks that are never done.
        """
        for _ in range(_PATIENCE_LOOKS):
            due = self._spooling.next_micros()
            if due is None:
                break
            self.advance(max(0, due - self._instance.now_micros) / MICROSECONDS)
        if self.tasks:
            raise EmulatorError(
                "tasks of spoolers",
                wanted="all done",
                found=f"{len(self.tasks)} left: {', '.join(self.tasks[:3])}",
                remedy="Look at what they return: None leaves a task, an exception repeats it.",
            )

    # -- processes

    def as_master(self) -> AbstractContextManager[None]:
        """Be the master for a block, as the application is while it is loaded."""
        return self._instance.running("master")

    def as_worker(self, number: int = 1) -> AbstractContextManager[None]:
        """Be a worker for a block; a test is worker 1 where it says nothing else.

        :param number: From 1.
        """
        return self._instance.running("worker", number)

    def as_mule(self, number: int = 1) -> AbstractContextManager[None]:
        """Be a mule for a block.

        :param number: From 1.
        """
        return self._instance.running("mule", number)

    def as_spooler(self) -> AbstractContextManager[None]:
        """Be the spooler for a block."""
        return self._instance.running("spooler", 1)

    def fork(self) -> None:
        """Call the functions to be called after a fork, in each worker, mule and spooler."""
        settings = self._instance.settings
        counts = {"worker": settings.workers, "mule": settings.mules, "spooler": len(settings.spoolers)}
        for kind, count in counts.items():
            for number in range(1, count + 1):
                with self._instance.running(kind, number):
                    uwsgi_stub.post_fork_hook()

    # -- the world outside

    def touch(self, filename: str) -> int:
        """Have a file change for those who watch it.

        :param filename: Its path, as they gave it.
        :return: How many watch it.
        """
        return self._schedule.touch(filename)

    def remote(self, address: str) -> Remote:
        """Return another instance, made up: what it can be asked, and the signals that it was sent.

        :param address: Where the application believes it to be.
        """
        return self._rpc.remotes.setdefault(address, Remote(self._instance))

    @property
    def tasks(self) -> list[str]:
        """The paths of the tasks that wait for spoolers."""
        return [task.path for task in self._spooling.tasks]

    @property
    def alarms(self) -> list[tuple[str, str]]:
        """The alarms that were raised: names and messages."""
        return self._surroundings.alarms

    @property
    def log(self) -> list[str]:
        """What uWSGI would have logged."""
        return self._instance.log

    @property
    def reloads(self) -> int:
        """How often a reload was asked for."""
        return self._surroundings.reloads

    @property
    def stops(self) -> int:
        """How often a stop was asked for."""
        return self._surroundings.stops

    def _look(self) -> int:
        due = self._spooling.next_micros()
        return self._spooling.look() if due is not None and due <= self._instance.now_micros else 0

    def _next_micros(self, until_micros: int) -> int | None:
        dues = [
            self._schedule.next_micros(until_micros),
            self._spooling.next_micros(),
            self._surroundings.next_micros(),
        ]
        return min((due for due in dues if due is not None and due <= until_micros), default=None)

    def _provided(self) -> Iterator[tuple[str, Any]]:
        parts: list[Part] = [self._rpc, self._signals, self._schedule, self._mules, self._spooling, self._surroundings]
        parts += [self.websocket, self._caches, Locks(self._instance), Metrics(self._instance)]
        settings = self._instance.settings
        for part in parts:
            # Without spoolers uWSGI has only the function that tells whether this is one.
            is_absent = part is self._spooling and not settings.spoolers
            for name in part.provides:
                function = checked(name, getattr(part, name), getattr(uwsgi_stub, name))
                yield name, _ABSENT if is_absent and name != "i_am_the_spooler" else function
        yield "numproc", settings.workers
        yield "has_threads", settings.threads
        yield "opt", dict(settings.options)
        yield "spoolers", tuple(directory.encode() for directory in settings.spoolers)
        yield "_emulator", self


def _micros(now: datetime | float | None) -> int:
    if now is None:
        return uwsgi_stub.micros() // MICROSECONDS * MICROSECONDS
    return round((now if isinstance(now, int | float) else now.timestamp()) * MICROSECONDS)
