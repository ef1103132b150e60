"""Leave the terminal, and let whoever started us know whether it worked."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

__all__ = ["Readiness", "detach"]

_STARTED = b"+"


class Readiness:
    """The daemon's line to the command that waits for it. Says one thing, once.

    :param descriptor: Write end of a pipe. None: nobody waits.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = descriptor

    def started(self) -> None:
        """Say that everything is up: the command ends with 0."""
        self._say(_STARTED)

    def failed(self, exit_code: int, message: str) -> None:
        """Say why it is not: the command shows the message and ends with the code.

        :param exit_code: 1 to 255.
        """
        self._say(bytes([exit_code]) + message.encode("utf-8", "backslashreplace")[:4000])

    def _say(self, message: bytes) -> None:
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            os.write(descriptor, message)
        except BrokenPipeError:
            pass  # the command was interrupted: nobody waits any more
        finally:
            os.close(descriptor)


def detach(log: str) -> Readiness:
    """Go on as a daemon: in a session of its own, without a terminal, standard input at /dev/null.

    Descriptors other than standard input, the directory and the umask stay as they are. The process that called ends
    here as soon as the daemon has said how it went: with 0, or with the daemon's error on standard error.

    :param log: Where the daemon's lines go, to be named if it ends without a word.
    :returns: In the daemon: how to say that it has started.
    """
    reader, writer = os.pipe()
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: it was closed when we were started
        stream.flush()
    child = os.fork()
    if child:
        os.close(writer)
        os.waitpid(child, 0)
        _await_daemon(reader, log)
    os.close(reader)
    os.setsid()
    if os.fork():  # the daemon leads no session, so that no terminal it opens can become its own
        os._exit(0)
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    os.dup2(null, 0)
    os.close(null)
    return Readiness(writer)


def _await_daemon(reader: int, log: str) -> NoReturn:
    """Wait for the daemon's word and end as it says."""
    with open(reader, "rb") as pipe:
        message = pipe.read()
    if message == _STARTED:
        os._exit(0)
    text = message[1:].decode() or f"imperator: the daemon ended before it had started; {log} tells why"
    os.write(2, f"{text}\n".encode())
    os._exit(message[0] if message else 1)
