"""The file beside a configuration that says where its vassal is to be listened for."""

from __future__ import annotations

import errno
import os
import stat

__all__ = ["UntrustedAddressError", "first_line", "read_address", "read_address_of_owner"]

_MAX_ADDRESS_BYTES = 4096
_FIRST_OPEN_PORT = 1024
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class UntrustedAddressError(Exception):
    """A file that would have us listen where its owner may not. Its text says why, and what to do."""


def read_address(path: str) -> str:
    """Return a file's first line; empty: there is no such file.

    :raises OSError: It cannot be read.
    """
    try:
        descriptor = os.open(path, _OPEN)
    except FileNotFoundError:
        return ""
    try:
        return first_line(os.read(descriptor, _MAX_ADDRESS_BYTES))
    finally:
        os.close(descriptor)


def read_address_of_owner(path: str, uid: int) -> str:
    """Return a file's first line where a vassal is its owner's: we listen with our rights, not with his.

    :param uid: Who the vassal runs as. His own file may say where he could listen himself; root's may say anything.
    :raises UntrustedAddressError: It is another's, or says more than its owner may.
    :raises OSError: It cannot be read.
    """
    try:
        descriptor = os.open(path, _OPEN | os.O_NOFOLLOW)
    except FileNotFoundError:
        return ""
    except OSError as failure:
        if failure.errno != errno.ELOOP:
            raise
        raise UntrustedAddressError(f"{path} is a link: put a file there") from failure
    try:
        file = os.fstat(descriptor)
        is_roots = file.st_uid in (0, os.geteuid())
        if not stat.S_ISREG(file.st_mode) or file.st_nlink > 1 or not (is_roots or file.st_uid == uid):
            raise UntrustedAddressError(
                f"{path} is no file of root's or of user {uid}'s with one name: make it anew as one of them"
            )
        address = first_line(os.read(descriptor, _MAX_ADDRESS_BYTES))
    finally:
        os.close(descriptor)
    if not is_roots and not _is_open_to_everybody(address):
        raise UntrustedAddressError(
            f"{path} is user {uid}'s and names {address!r}: name a port from {_FIRST_OPEN_PORT} on or an abstract "
            "socket, or give the file to root"
        )
    return address


def first_line(output: bytes) -> str:
    """Return what comes before the first control character: what uWSGI takes for the address."""
    end = next((place for place, byte in enumerate(output) if byte < ord(" ")), len(output))
    return os.fsdecode(output[:end])


def _is_open_to_everybody(address: str) -> bool:
    """Whether every user of this machine may listen there."""
    if not address or address.startswith("@"):
        return True
    host, colon, port = address.rpartition(":")
    return bool(colon) and "/" not in host and port.isascii() and port.isdecimal() and int(port) >= _FIRST_OPEN_PORT
