"""The kernel's capabilities by name."""

from __future__ import annotations

__all__ = ["CAPABILITIES", "find_capability"]

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
