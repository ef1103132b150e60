"""How kazoo's thread speaks to the loop."""

from __future__ import annotations

import asyncio
import socket
import threading

from imperator.monitors.zookeeper_link import _LoopHandler


class Deciphered:
    """A socket of TLS that has read all there was from the kernel, and holds some of it for the next who reads."""

    def __init__(self, pipe: socket.socket) -> None:
        self._pipe = pipe

    def fileno(self) -> int:
        return self._pipe.fileno()

    def pending(self) -> int:
        return 4


async def test_what_is_deciphered_already_is_not_waited_for() -> None:
    """A second answer that came in the first one's record is read though the kernel has nothing more."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        readable = Deciphered(ours)
        handler = _LoopHandler(asyncio.get_running_loop(), lambda _: None, 1.0)
        assert handler.select([readable], [], [], 0) == ([readable], [], [])
        assert handler.select([ours], [], [], 0) == ([], [], [])


async def test_failure_of_the_thread_reaches_the_loop() -> None:
    """What kazoo's thread ends with is told in the loop, in a daemon's thread that keeps nobody alive."""
    ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
    handler = _LoopHandler(asyncio.get_running_loop(), ended.set_result, 1.0)
    failure = ValueError("no SASL here")

    def fail() -> None:
        raise failure

    thread = handler.spawn(fail)
    assert thread.daemon
    assert await asyncio.wait_for(ended, 30) is failure


def test_loop_that_is_closed_stops_no_thread() -> None:
    """What kazoo has to say after the Emperor's end is said to nobody, without a traceback."""
    loop = asyncio.new_event_loop()
    handler = _LoopHandler(loop, lambda _: None, 1.0)
    loop.close()
    thread = handler.spawn(threading.Event)
    thread.join(30)
    assert not thread.is_alive()
