"""The least that any Emperor in Python has to do: the bound that ours is compared with.

Starts one vassal for each file of a directory and keeps the channels. With --watch it also listens to each channel and
each process from an asyncio loop, as an Emperor must; without, it only spawns, and shows what the kernel can do.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket


def spawn(wrapper: str, name: str) -> tuple[int, socket.socket]:
    """Start one vassal; return its pid and our end of its channel."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.set_inheritable(True)
        environment = os.environ | {"UWSGI_EMPEROR_FD": str(theirs.fileno())}
        return os.posix_spawn(wrapper, [wrapper, "--ini", name], environment), ours


def watch(loop: asyncio.AbstractEventLoop, pid: int, channel: socket.socket) -> None:
    """Read what the vassal says, and reap it when it dies."""
    channel.setblocking(False)
    process = os.pidfd_open(pid)

    def bury() -> None:
        loop.remove_reader(process)
        os.waitpid(pid, 0)
        os.close(process)

    def hear() -> None:
        if not channel.recv(64):
            loop.remove_reader(channel)
            channel.close()

    loop.add_reader(channel, hear)
    loop.add_reader(process, bury)


async def rule(arguments: argparse.Namespace) -> None:
    """Start everything, then wait for a signal."""
    loop = asyncio.get_running_loop()
    channels = []
    for entry in sorted(os.listdir(arguments.emperor)):
        pid, channel = spawn(arguments.emperor_wrapper, entry)
        channels.append(channel)
        if arguments.watch:
            watch(loop, pid, channel)
            await asyncio.sleep(0)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    for channel in channels:
        channel.close()
    reap_all()


def reap_all() -> None:
    """Wait until every vassal has seen the end of its channel."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emperor", required=True)
    parser.add_argument("--emperor-wrapper", required=True)
    parser.add_argument("--watch", action="store_true")
    asyncio.run(rule(parser.parse_args()))
