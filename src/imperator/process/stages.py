"""The Emperor's side of stages: the process that makes them, which is started once, and what is said to it."""

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
_LIMIT_SECONDS = 10.0
"""It answers within a millisecond, even while a vassal's own hooks hang. One that does not is stopped or lost."""


@dataclass(frozen=True, slots=True)
class _Maker:
    """The process that makes stages.

    :param calls: Our end of the socket to it.
    """

    pid: int
    pidfd: int
    calls: socket.socket


class Stages:
    """Makes processes that take a few steps before they become a program. They are our own children.

    :param environment: What the process that makes them is started with.
    :param descriptor_limit: Soft limit of open files that they have. None: ours.
    :param capabilities: Those of ours that they have, too, where they do not come with our user.
    :param speaks_json: What they tell is JSON, like the rest of our log.
    """

    def __init__(
        self,
        environment: Mapping[bytes, bytes],
        descriptor_limit: int | None = None,
        *,
        capabilities: Sequence[int] = (),
        speaks_json: bool = False,
    ) -> None:
        self._environment = environment
        self._descriptor_limit = descriptor_limit
        self._capabilities = capabilities
        self._first_steps: list[Act] = [("speak_json",)] if speaks_json else []
        self._maker: _Maker | None = None

    def start(self) -> None:
        """Start what makes them, so that the first one need not wait for it.

        :raises OSError: It cannot be started.
        """
        if self._maker is None:
            self._maker = self._start()

    def close(self) -> None:
        """End what makes them. Those that were made live on."""
        maker, self._maker = self._maker, None
        if maker is not None:
            maker.calls.close()
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(maker.pidfd, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):  # another part of this program took its status
                os.waitid(os.P_PIDFD, maker.pidfd, os.WEXITED)
            os.close(maker.pidfd)

    def make(
        self,
        name: str,
        environment: Mapping[bytes, bytes],
        steps: Sequence[Act],
        descriptors: Sequence[tuple[int, int]] = (),
        namespaces: int = 0,
    ) -> int:
        """Make a process that takes steps.

        :param name: The vassal's name, for the log.
        :param environment: What programs get.
        :param descriptors: Descriptors of ours and where it has them, 0 to 7. Standard input is empty, and standard
            output and error are ours, where nothing else is said; there are no others.
        :param namespaces: Of ``CLONE_NEW...`` flags those that a process has to be born with.
        :returns: Its pid.
        :raises OSError: There is none.
        """
        orders = _write_orders(name, environment, [*self._first_steps, *steps])
        try:
            # Our log may have been opened anew since what makes them was started.
            passed_on = [(orders, -1), (1, 1), (2, 2), *descriptors]
            said = namespaces.to_bytes(4, "little") + bytes(place for _, place in passed_on[1:])
            return self._call(said, [descriptor for descriptor, _ in passed_on])
        finally:
            os.close(orders)

    def _call(self, said: bytes, descriptors: list[int]) -> int:
        try:
            self._send(said, descriptors)
        except (BrokenPipeError, ConnectionResetError):
            _log.warning("the process that starts vassals has gone: another one takes its place")
            self.close()
            self._send(said, descriptors)
        answer = int.from_bytes(self._hear(), "little", signed=True)
        if answer < 0:
            raise OSError(-answer, os.strerror(-answer))
        return answer

    def _send(self, said: bytes, descriptors: list[int]) -> None:
        self.start()
        assert self._maker is not None
        socket.send_fds(self._maker.calls, [said], descriptors)

    def _hear(self) -> bytes:
        """Return the answer. After a call without one there may be a process or not: it is not made twice."""
        assert self._maker is not None
        try:
            answer = self._maker.calls.recv(_ANSWER_BYTES)
        except OSError:
            self.close()
            raise
        if not answer:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, "the process that starts vassals has gone")
        return answer

    def _start(self) -> _Maker:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs, lowered_descriptor_limit(self._descriptor_limit), passed_on(self._capabilities):
                pid = os.posix_spawn(
                    _COMMAND[0],
                    _COMMAND,
                    self._environment,
                    file_actions=[
                        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                        (os.POSIX_SPAWN_DUP2, theirs.fileno(), _CALLS),
                    ],
                    setpgroup=0,  # a Ctrl-C at the terminal is the Emperor's business
                    setsigmask=(),
                )
            ours.settimeout(_LIMIT_SECONDS)
            return _Maker(pid, os.pidfd_open(pid), ours)
        except BaseException:
            ours.close()
            raise


def _write_orders(name: str, environment: Mapping[bytes, bytes], steps: Sequence[Act]) -> int:
    """Write orders into a file in memory, which has no name and which nobody else can find; return its descriptor."""
    descriptor = os.memfd_create("orders", os.MFD_CLOEXEC)
    os.write(descriptor, marshal.dumps((os.fsencode(name).decode("utf-8", "replace"), dict(environment), list(steps))))
    return descriptor
