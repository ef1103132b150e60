"""The Emperor's side of stages: the process that makes them, those that wait for orders, and the orders."""

from __future__ import annotations

import contextlib
import errno
import logging
import marshal
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imperator.process.capabilities import passed_on
from imperator.process.hooks import Act
from imperator.process.limits import lowered_descriptor_limit

__all__ = ["Stages"]

_log = logging.getLogger(__name__)

_COMMAND = (
    # Isolated: neither the environment, nor the vassal's directory, nor a user's site-packages have a say.
    *(sys.executable, "-I", "-S", "-E", "-B"),
    *("-c", "import sys; sys.path.append(sys.argv[1]); import stage_maker; stage_maker.main()"),
    os.path.dirname(os.path.abspath(__file__)),
)
_CALLS = 3
_ANSWER_BYTES = 4
_SPARES = 2
"""How many wait for orders: while one of them goes on to its program, the next ones are made."""
_FAREWELL_SECONDS = 1.0
_LIMIT_SECONDS = 10.0
"""How long we wait for a stage where none is there: as for the kernel's own fork, whatever a vassal's hooks do. Only
where what makes them was stopped by hand does it take more than a moment."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """A process that waits for what we say."""

    pid: int
    socket: socket.socket


class Stages:
    """Makes processes that take a few steps before they become a program. They are our own children.

    :param environment: What the process that makes them is started with.
    :param descriptor_limit: Soft limit of open files that they have. None: ours.
    :param namespaces: Of the kernel's ``CLONE_NEW...`` flags those that each is born with.
    :param capabilities: Those of ours that they have, too, where they do not come with our user.
    :param speaks_json: What they tell is JSON, like the rest of our log.
    """

    def __init__(
        self,
        environment: Mapping[bytes, bytes],
        descriptor_limit: int | None = None,
        namespaces: int = 0,
        *,
        capabilities: Sequence[int] = (),
        speaks_json: bool = False,
    ) -> None:
        self._environment = environment
        self._descriptor_limit = descriptor_limit
        self._command = (*_COMMAND, str(namespaces))
        self._capabilities = capabilities
        self._first_steps: list[Act] = [("speak_json",)] if speaks_json else []
        self._maker: _Stage | None = None

    def start(self) -> None:
        """Have a few made before they are needed.

        :raises OSError: What makes them cannot be started.
        """
        if self._maker is None:
            self._maker = self._start()
            self._call(_SPARES)

    def close(self) -> None:
        """End what makes them, and those that wait. Those that have their orders live on."""
        maker, self._maker = self._maker, None
        if maker is None:
            return
        maker.socket.settimeout(_FAREWELL_SECONDS)
        with contextlib.suppress(OSError):  # there are no more, or it is lost
            maker.socket.shutdown(socket.SHUT_WR)  # it still answers what it was called for, then it goes
            while True:
                _end(_read_answer(maker))
        _end(maker)

    def make(
        self,
        name: str,
        environment: Mapping[bytes, bytes],
        steps: Sequence[Act],
        descriptors: Sequence[tuple[int, int]] = (),
    ) -> int:
        """Make a process that takes steps.

        :param name: The vassal's name, for the log.
        :param environment: What programs get.
        :param descriptors: Descriptors of ours and where it has them, 0 to 7. Standard input is empty, and standard
            output and error are ours, where nothing else is said; there are no others.
        :returns: Its pid.
        :raises OSError: There is none.
        """
        orders = _write_orders(name, environment, [*self._first_steps, *steps])
        try:
            # Our log may have been opened anew since what makes them was started.
            all_of_them = [(1, 1), (2, 2), *descriptors]
            places = bytes(place for _, place in all_of_them)
            return self._order(places, [orders, *(descriptor for descriptor, _ in all_of_them)])
        finally:
            os.close(orders)

    def _order(self, places: bytes, descriptors: list[int]) -> int:
        for _ in range(_SPARES + 1):
            stage = self._take()
            try:
                socket.send_fds(stage.socket, [places], descriptors)
            except (BrokenPipeError, ConnectionResetError):
                _end(stage)  # somebody has killed it while it waited
            except OSError:
                _end(stage)
                raise
            else:
                stage.socket.close()
                return stage.pid
        raise _gone("the processes that wait to become vassals' are killed")

    def _take(self) -> _Stage:
        """Take the one that waits longest, and have another one made."""
        try:
            self.start()
            self._call(1)
        except (BrokenPipeError, ConnectionResetError):
            _log.warning("the process that makes vassals' processes has gone: another one takes its place")
            self.close()
            self.start()
            self._call(1)
        assert self._maker is not None
        try:
            return _read_answer(self._maker)
        except (TimeoutError, ConnectionResetError):
            self.close()
            raise

    def _call(self, count: int) -> None:
        assert self._maker is not None
        for _ in range(count):
            self._maker.socket.send(b"\1")

    def _start(self) -> _Stage:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs, lowered_descriptor_limit(self._descriptor_limit), passed_on(self._capabilities):
                pid = os.posix_spawn(
                    self._command[0],
                    self._command,
                    self._environment,
                    file_actions=[
                        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                        (os.POSIX_SPAWN_DUP2, theirs.fileno(), _CALLS),
                    ],
                    setpgroup=0,  # a Ctrl-C at the terminal is the Emperor's business
                    setsigmask=(),
                )
        except BaseException:
            ours.close()
            raise
        ours.settimeout(_LIMIT_SECONDS)
        return _Stage(pid, ours)


def _read_answer(maker: _Stage) -> _Stage:
    """Return a process that was made.

    :raises OSError: It was not.
    """
    answer, descriptors, _, _ = socket.recv_fds(maker.socket, _ANSWER_BYTES, 1)
    if not answer:
        raise _gone("the process that makes vassals' processes has gone")
    pid = int.from_bytes(answer, "little", signed=True)
    if not descriptors:  # we had no place left for one
        if pid > 0:
            _bury(pid)
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    theirs = socket.socket(fileno=descriptors[0])
    if pid < 0:
        theirs.close()
        raise OSError(-pid, os.strerror(-pid))
    return _Stage(pid, theirs)


def _end(stage: _Stage) -> None:
    stage.socket.close()
    _bury(stage.pid)


def _bury(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):  # another part of this program took its status
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _gone(what: str) -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, what)


def _write_orders(name: str, environment: Mapping[bytes, bytes], steps: Sequence[Act]) -> int:
    """Write orders into a file in memory, which has no name and which nobody else can find; return its descriptor."""
    descriptor = os.memfd_create("orders", os.MFD_CLOEXEC)
    os.write(descriptor, marshal.dumps((os.fsencode(name).decode("utf-8", "replace"), dict(environment), list(steps))))
    return descriptor
