"""Makes stages: a process that is started once and forks, so that no vassal waits for an interpreter to start.

For each call it makes a process that waits for its orders, and hands out its number and a socket to it. The new
process is a child of the Emperor, not of ours: whatever becomes of us, the Emperor hears of its end and takes its
status. Orders go from the Emperor to the new process and never through us: nothing is left of one for the next.

The Emperor runs this file in a bare interpreter that neither the environment nor the working directory can influence.
It lives until the Emperor hangs up.
"""

from __future__ import annotations

import _socket  # what `socket` adds to it would be copied for each vassal
import ctypes
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from imperator.process import stage
else:
    import actions  # noqa: F401  now: a vassal's user may not reach our Python
    import stage

CALLS = 8
"""Descriptor of the socket that calls come through; places below it are for what orders bring along."""
_CALLS_AT_FIRST = 3
_MOST_DESCRIPTORS = 8
_DESCRIPTOR_BYTES = 4

_CLONE_PARENT = 0x8000
_SIGCHLD = 17
_MACHINE = getattr(sys.implementation, "_multiarch", "").partition("-")[0]
_CLONE = {"x86_64": 56, "aarch64": 220, "riscv64": 220, "loongarch64": 220}.get(_MACHINE, 120)
"""The number of the system call, by what our interpreter was built for."""
# Keeps the interpreter's lock: a child could not take it back from a thread that it does not have.
_SYSTEM_CALL = ctypes.PyDLL(None, use_errno=True).syscall


def main() -> NoReturn:
    """Make a stage for each call, until the Emperor hangs up."""
    namespaces = int(sys.argv[-1])
    calls = _arrange_descriptors()
    # A collection would write to memory that we share with what we have made: the kernel would copy it.
    gc.disable()
    gc.freeze()
    try:
        while calls.recv(1):
            _make(calls, namespaces)
    except OSError:
        pass  # it hung up in the midst of it
    os._exit(0)


def _arrange_descriptors() -> _socket.socket:
    """Keep nothing but standard input, output, error and the socket, and hold the places that orders fill."""
    os.dup2(_CALLS_AT_FIRST, CALLS, inheritable=False)
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > CALLS:
            os.closerange(descriptor, descriptor + 1)  # one of them listed them, and is closed already
    for place in range(3, CALLS):
        os.dup2(0, place, inheritable=False)
    return _socket.socket(fileno=CALLS)


def _make(calls: _socket.socket, namespaces: int) -> None:
    """Make a process, and tell its number, or that of an error, which is less than 0.

    :param namespaces: The kernel's ``CLONE_NEW...`` flags that it is born with.
    """
    theirs, ours = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    pid = _clone(namespaces)
    if pid == 0:
        theirs.close()
        calls.close()
        _become_stage(ours)
    ours.close()
    answer = pid.to_bytes(4, "little", signed=True)
    descriptor = theirs.fileno().to_bytes(_DESCRIPTOR_BYTES, sys.byteorder)
    calls.sendmsg([answer], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptor)])
    theirs.close()


def _clone(flags: int) -> int:
    """Fork for the Emperor: the child is its, as if it had made it.

    What `os.fork` does besides is for other threads, which there are none of, and for modules that are not here.

    :returns: Its number; 0 in the child; less than 0: that of an error.
    """
    wanted, no_stack = flags | _CLONE_PARENT | _SIGCHLD, 0
    first, second = (no_stack, wanted) if _MACHINE == "s390x" else (wanted, no_stack)
    pid = int(_SYSTEM_CALL(_CLONE, first, second, 0, 0, 0))
    return -ctypes.get_errno() if pid == -1 else pid


def _become_stage(orders: _socket.socket) -> NoReturn:
    """Wait for orders and follow them."""
    try:
        said, descriptors = _hear(orders)
        if not descriptors:
            os._exit(0)
        orders.close()
        os.closerange(3, CALLS)
        for descriptor, place in zip(descriptors[1:], said, strict=True):
            os.dup2(descriptor, place, inheritable=place <= 2)
        stage.main(descriptors[0])
    except BaseException as bug:  # noqa: BLE001  whatever it is, this process must not go on as its maker
        os.write(2, f"[emperor] a stage failed, please report this: {bug!r}\n".encode())
    finally:
        os._exit(1)


def _hear(orders: _socket.socket) -> tuple[bytes, list[int]]:
    """Return the place of each descriptor after the first, and the descriptors, the first of which holds the orders."""
    room = _socket.CMSG_SPACE(_MOST_DESCRIPTORS * _DESCRIPTOR_BYTES)
    try:
        said, ancillary, _flags, _address = orders.recvmsg(_MOST_DESCRIPTORS, room, _socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return b"", []
    data = b"".join(data for _level, _kind, data in ancillary)
    pieces = (data[at : at + _DESCRIPTOR_BYTES] for at in range(0, len(data), _DESCRIPTOR_BYTES))
    return said, [int.from_bytes(piece, sys.byteorder) for piece in pieces]


if __name__ == "__main__":
    sys.exit("This is run by an Emperor, not by hand.")
