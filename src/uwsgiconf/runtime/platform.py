"""What an application can know of the uWSGI that runs it, and hooks for when processes are made: the object `uwsgi`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .. import uwsgi as _uwsgi
from .request import _Request

if TYPE_CHECKING:
    from collections.abc import Callable

    Hook = TypeVar("Hook", bound=Callable[[], object])


class _PostForkHooks:
    """Functions that are called in each worker, mule and spooler right after it was forked.

    uWSGI forks after it loaded the application: connections and threads made then are not fit for use in the children.
    With `lazy-apps` applications are loaded after the fork, and come too late for hooks: put them into a module that is
    imported at start, ``section.python.import_module(...)``.
    """

    funcs: ClassVar[list[Callable[[], object]]] = []

    @classmethod
    def add(cls) -> Callable[[Hook], Hook]:
        """Decorate a function to be called after a fork, in the order of decoration."""

        def register(function: Hook) -> Hook:
            cls.funcs.append(function)
            return function

        return register

    @classmethod
    def run(cls) -> None:
        """Call all functions; one that fails is told in the log and keeps none from being called."""
        for function in cls.funcs:
            try:
                function()
            except Exception:  # noqa: BLE001 - uWSGI would drop it without a word
                import traceback

                traceback.print_exc()


class _Platform:
    """The uWSGI that runs this."""

    __slots__ = ()

    #: The current request.
    request = _Request()

    #: Functions to call after a fork.
    postfork_hooks = _PostForkHooks

    @property
    def workers_count(self) -> int:
        """How many workers there are. Source: ``workers``."""
        return _uwsgi.numproc

    @property
    def cores_count(self) -> int:
        """Cores (threads or async cores) of each worker. Source: ``threads``, ``async``."""
        return _uwsgi.cores

    @property
    def buffer_size(self) -> int:
        """Bytes that the headers of a request may take. Source: ``buffer-size``."""
        return _uwsgi.buffer_size

    @property
    def threads_enabled(self) -> bool:
        """Whether Python threads are enabled. Source: ``enable-threads``."""
        return bool(_uwsgi.has_threads)

    @property
    def started_on(self) -> int:
        """When uWSGI was started, in seconds since 1970."""
        return _uwsgi.started_on

    @property
    def apps_map(self) -> dict[str, Any] | None:
        """The applications by their mount points, if there is such a dictionary."""
        return _uwsgi.applications

    @property
    def hostname(self) -> str:
        """The name of this machine."""
        return _uwsgi.hostname.decode()

    @property
    def config(self) -> dict[str, Any]:
        """The options as configured, placeholders too: text, or True without a value; of a repeated one the last.

        uWSGI means to give a list of repeated ones, and does so on Python 2 only.
        """
        return {name: _text(value) for name, value in _uwsgi.opt.items()}

    @property
    def config_variables(self) -> dict[str, str]:
        """The variables of configuration files by their letters."""
        return {name.decode(): value.decode() for name, value in _uwsgi.magic_table.items()}

    @property
    def worker_id(self) -> int:
        """The number of this worker, from 1; 0 in any other process."""
        return _uwsgi.worker_id()

    @property
    def workers_info(self) -> tuple[dict[str, Any], ...]:
        """What each worker does: process id, status, requests, memory, applications."""
        # uWSGI fills the same dictionaries at each call.
        return tuple(dict(worker) for worker in _uwsgi.workers())

    @property
    def ready_for_requests(self) -> bool:
        """Whether the instance answers requests."""
        return bool(_uwsgi.ready())

    @property
    def master_pid(self) -> int:
        """The process id of the master; 0 without one."""
        return _uwsgi.masterpid()

    @property
    def memory(self) -> tuple[int, int]:
        """The memory of this process in bytes: resident, and address space. Source: ``memory-report``."""
        return _uwsgi.mem()

    @property
    def clock(self) -> int:
        """The time in microseconds since 1970."""
        return _uwsgi.micros()

    def get_listen_queue(self, socket_num: int = 0) -> int:
        """Tell how many connections wait at a socket.

        :param socket_num: The socket's number, from 0.
        :raises ValueError: There is no such socket.
        """
        return _uwsgi.listen_queue(socket_num)

    def get_version(self, *, as_tuple: bool = False) -> str | tuple[int, int, int, int, str]:
        """Tell uWSGI's version.

        :param as_tuple: In parts: base, major, minor, revision, suffix.
        """
        if as_tuple:
            base, major, minor, revision, suffix = _uwsgi.version_info
            return base, major, minor, revision, suffix.decode()
        return _uwsgi.version.decode()


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value


#: The uWSGI that runs this.
uwsgi = _Platform()

# Who was there before is called first: `uwsgidecorators`, or the application itself.
if _former := vars(_uwsgi).get("post_fork_hook"):
    _PostForkHooks.funcs.append(_former)
_uwsgi.post_fork_hook = _PostForkHooks.run
