"""The kernel's capabilities: their names, keeping some, and passing them on to a program."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

__all__ = ["CAPABILITIES", "find_capability", "keep_capabilities", "keep_through_change_of_user", "passed_on"]

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522

CAPABILITIES = (
    *("chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap"),
    *("linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner"),
    *("sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice"),
    *("sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap"),
    *("mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf"),
    "checkpoint_restore",
)
"""Each at the place of its number."""

_LARGEST = 63


def find_capability(word: str) -> int:
    """Return the number of a capability.

    :param word: Its name, in any case and with or without ``CAP_``, or its number.
    :raises ValueError: There is none such.
    """
    if word.isascii() and word.isdecimal() and int(word) <= _LARGEST:
        return int(word)
    return CAPABILITIES.index(word.lower().removeprefix("cap_"))


def keep_through_change_of_user() -> None:
    """Have the next change from root to another user take no permitted capability away."""
    _call("prctl", _PR_SET_KEEPCAPS, 1, 0, 0, 0)


def keep_capabilities(numbers: Sequence[int]) -> None:
    """Have these capabilities and no others; what we start has none of them.

    :raises OSError: We do not have them all.
    """
    _set_capabilities(numbers, inheritable=())


@contextmanager
def passed_on(numbers: Sequence[int]) -> Iterator[None]:
    """Let programs that are started meanwhile have the capabilities that we keep.

    :param numbers: All that `keep_capabilities` was told. None at all: nothing is done.
    :raises OSError: We do not have them.
    """
    if not numbers:
        yield
        return
    _set_capabilities(numbers, inheritable=numbers)
    try:
        for number in numbers:
            _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, number, 0, 0)
        yield
    finally:
        _set_capabilities(numbers, inheritable=())  # what is not inheritable is not ambient either


def _set_capabilities(numbers: Sequence[int], *, inheritable: Sequence[int]) -> None:
    import ctypes  # only who asks for capabilities needs it

    held, given = _words(numbers), _words(inheritable)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)(held[0], held[0], given[0], held[1], held[1], given[1]))


def _words(numbers: Sequence[int]) -> tuple[int, int]:
    """Return a set of capabilities as the kernel has it, in two words of 32 bits."""
    bits = sum(1 << number for number in set(numbers))
    return bits & 0xFFFFFFFF, bits >> 32


def _call(function: str, *arguments: object) -> None:
    import ctypes

    widened = [ctypes.c_ulong(argument) if isinstance(argument, int) else argument for argument in arguments]
    if getattr(ctypes.CDLL(None, use_errno=True), function)(*widened) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
