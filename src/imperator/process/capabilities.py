"""The kernel's capabilities: their names, keeping some, and passing them on to a program."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

__all__ = ["CAPABILITIES", "find_capability", "keep_capabilities", "keep_through_change_of_user", "passed_on"]

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_IS_SET, _RAISE, _LOWER = 1, 2, 3
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
    """Have these capabilities, effective, permitted and inheritable, and no others.

    :raises OSError: We do not have them all.
    """
    import ctypes  # only who asks for capabilities needs it

    low, high = (sum(1 << number % 32 for number in numbers if number // 32 == word) for word in (0, 1))
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)(low, low, low, high, high, high))


@contextmanager
def passed_on(numbers: Sequence[int]) -> Iterator[None]:
    """Let programs that are started meanwhile have these capabilities, which we keep (see `keep_capabilities`).

    :raises OSError: The kernel does not allow it.
    """
    raised = [number for number in numbers if not _call("prctl", _PR_CAP_AMBIENT, _IS_SET, number, 0, 0)]
    try:
        for number in raised:
            _call("prctl", _PR_CAP_AMBIENT, _RAISE, number, 0, 0)
        yield
    finally:
        for number in raised:
            _call("prctl", _PR_CAP_AMBIENT, _LOWER, number, 0, 0)


def _call(function: str, *arguments: object) -> int:
    import ctypes

    widened = [ctypes.c_ulong(argument) if isinstance(argument, int) else argument for argument in arguments]
    result = int(getattr(ctypes.CDLL(None, use_errno=True), function)(*widened))
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
