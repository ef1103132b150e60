"""Makes stages: a process that is started once and forks, so that no vassal waits for an interpreter to start.

It hears calls, makes a process for each and tells its number. The new process is a child of the Emperor, not of ours:
whatever becomes of us, the Emperor hears of its end and takes its status. We never read the orders, which may hold
secrets: they are a descriptor that goes on to the new process, so nothing of one vassal's is left for the next.

The Emperor runs this file in a bare interpreter that neither the environment nor the working directory can influence.
It lives until the Emperor hangs up.
"""

from __future__ import annotations

import _socket  # what `socket` adds to it would be copied for each vassal
import ctypes
import errno
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from imperator.process import stage
else:
    import actions  # noqa: F401  now: a vassal's user may not reach our Python
    import stage

CALLS = 8
"""Descriptor of the socket that calls come through; places below it are for what a call brings along."""
_CALLS_AT_FIRST = 3
_FLAGS_BYTES = 4
_MOST_DESCRIPTORS = 8
_MOST_BYTES = _FLAGS_BYTES + _MOST_DESCRIPTORS
_DESCRIPTOR_BYTES = 4

_CLONE_PARENT = 0x8000
_SIGCHLD = 17
_CLONE = dict.fromkeys(("aarch64", "riscv64", "loongarch64"), 220) | {"x86_64": 56}
_CLONE_ELSEWHERE = 120
"""The number of the system call, by what our interpreter was built for."""


def main() -> NoReturn:
    """Make a stage for each call, until the Emperor hangs up."""
    calls = _arrange_descriptors()
    # A collection would write to memory that we share with what we have made: the kernel would copy it.
    gc.disable()
    gc.freeze()
    while True:
        try:
            said, ancillary, _flags, _address = calls.recvmsg(
                _MOST_BYTES, _socket.CMSG_SPACE(_MOST_DESCRIPTORS * _DESCRIPTOR_BYTES), _socket.MSG_CMSG_CLOEXEC
            )
        except ConnectionResetError:
            said = b""
        if not said:
            os._exit(0)
        descriptors = [descriptor for part in ancillary for descriptor in _descriptors_in(part)]
        answer = _make(said, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        try:
            calls.send(answer.to_bytes(4, "little", signed=True))
        except OSError:
            os._exit(0)


def _arrange_descriptors() -> Any:
    """Keep nothing but standard input, output, error and the socket, and hold the places that children fill."""
    os.dup2(_CALLS_AT_FIRST, CALLS, inheritable=False)
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > CALLS:
            os.closerange(descriptor, descriptor + 1)  # one of them listed them, and is closed already
    for place in range(3, CALLS):
        os.dup2(0, place, inheritable=False)
    return _socket.socket(fileno=CALLS)


def _descriptors_in(part: tuple[int, int, bytes]) -> list[int]:
    level, kind, data = part
    if (level, kind) != (_socket.SOL_SOCKET, _socket.SCM_RIGHTS):
        return []
    return [
        int.from_bytes(data[at : at + _DESCRIPTOR_BYTES], sys.byteorder)
        for at in range(0, len(data), _DESCRIPTOR_BYTES)
    ]


def _make(said: bytes, descriptors: list[int]) -> int:
    """Make a process.

    :param said: Four bytes of the kernel's ``CLONE_NEW...`` flags, then the place of each descriptor after the first.
    :param descriptors: The orders, then what the new process has at those places.
    :returns: Its number, or an error's, less than 0.
    """
    places = said[_FLAGS_BYTES:]
    if len(descriptors) != len(places) + 1 or any(place >= CALLS for place in places):
        return -errno.EINVAL
    pid = _clone(int.from_bytes(said[:_FLAGS_BYTES], "little"))
    if pid == 0:
        _become_stage(descriptors, places)
    return pid


def _clone(flags: int) -> int:
    """Do what `os.fork` does, for the Emperor: the child is its, as if it had made it.

    :returns: 0 in the child.
    """
    machine = getattr(sys.implementation, "_multiarch", "").partition("-")[0]
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = int(_LIBC.syscall(_CLONE.get(machine, _CLONE_ELSEWHERE), flags | _CLONE_PARENT | _SIGCHLD, 0, 0, 0, 0))
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    return pid if pid > 0 else -ctypes.get_errno()


def _become_stage(descriptors: list[int], places: bytes) -> NoReturn:
    try:
        os.closerange(3, CALLS + 1)
        for descriptor, place in zip(descriptors[1:], places, strict=True):
            os.dup2(descriptor, place, inheritable=place <= 2)
        stage.main(descriptors[0])
    except BaseException as bug:  # noqa: BLE001  whatever it is, this process must not go on as its maker
        os.write(2, f"[emperor] a stage failed, please report this: {bug!r}\n".encode())
    finally:
        os._exit(1)


_LIBC = ctypes.PyDLL(None, use_errno=True)
"""Its functions keep the interpreter's lock: a child could not take it back from a thread that it does not have."""

if __name__ == "__main__":
    sys.exit("This is run by an Emperor, not by hand.")
