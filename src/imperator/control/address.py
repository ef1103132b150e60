"""Where sockets of ours are: TCP or UDP ``host:port``, or a UNIX socket."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from typing import TYPE_CHECKING

from imperator.errors import HostingError, SettingsError

if TYPE_CHECKING:
    from imperator.hosting.privileges import Identity

__all__ = ["Listener", "TcpAddress", "UnixAddress", "listen", "parse_address", "receive"]

_BACKLOG = 128

_FIRST_TRY = {
    errno.EADDRINUSE: "Stop whoever uses it",
    errno.ENOENT: "Create the directory it is in",
    errno.ENOTDIR: "Create the directory it is in",
    errno.EACCES: "Start as a user who may listen there",
    errno.EPERM: "Start as a user who may listen there",
}
"""What may be done about an address that the system refuses, by its reason."""


class TcpAddress(tuple[str, int]):
    """Host and port; an empty host is every IPv4 address of this machine, as uWSGI takes it."""

    __slots__ = ()

    def __str__(self) -> str:
        host, port = self
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class UnixAddress(str):
    """The path of a UNIX socket, or ``@name`` of an abstract one."""

    __slots__ = ()


def parse_address(text: str) -> TcpAddress | UnixAddress:
    """Tell what kind of address is meant.

    :param text: ``host:port``, ``:port``, ``[::1]:port``, a path or ``@name``.
    :raises SettingsError: It is none of these.
    """
    if text.startswith("@") and len(text) > 1:
        return UnixAddress(text)
    host, colon, port = text.rpartition(":")
    if not colon:
        if text in ("", "@"):
            raise _no_address(text, "nothing")
        return UnixAddress(text)
    if "/" in host:
        return UnixAddress(text)
    if not (port.isascii() and port.isdecimal() and int(port) <= 65535):
        raise _no_address(text, f"the port {port!r}")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise _no_address(text, "an IPv6 address without brackets")
    return TcpAddress((host, int(port)))


def _no_address(text: str, found: str) -> SettingsError:
    return SettingsError(
        f"address {text!r}",
        wanted="host:port or the path of a UNIX socket",
        found=found,
        remedy="Write for example 127.0.0.1:9191, [::1]:9191 or /run/imperator/stats.sock.",
    )


class Listener:
    """A bound socket and the file it left, if it is one with a file.

    :param address: Where it is, as people write it; with the port the kernel chose where 0 was asked for.
    """

    def __init__(self, sock: socket.socket, address: str, path: str | None = None) -> None:
        self.socket = sock
        self.address = address
        self._path = None if path is None else os.path.abspath(path)
        self._made = None if path is None else os.stat(path)

    def close(self) -> None:
        """Close it and remove the socket's file, unless another server has put its own there."""
        self.socket.close()
        path, self._path = self._path, None  # closed again it must not take a successor's file for its own
        if path is None or self._made is None:
            return
        with contextlib.suppress(OSError):  # gone already, or in a directory we may not change any more
            if os.path.samestat(os.lstat(path), self._made):
                os.unlink(path)


def listen(text: str, owner: Identity | None = None, *, mode: int = 0o600, backlog: int = _BACKLOG) -> Listener:
    """Listen there. A socket file that nobody listens on any more is replaced.

    :param text: As `parse_address` takes it.
    :param owner: Who the file of a UNIX socket is given to.
    :param mode: Its permissions: its owner's alone unless told otherwise.
    :param backlog: How many connections may wait.
    :raises SettingsError: It is no address.
    :raises HostingError: It is in use, or the system refuses.
    """
    return _bind(text, socket.SOCK_STREAM, owner, mode, backlog)


def receive(text: str, owner: Identity | None = None) -> Listener:
    """Take datagrams there: UDP, or a UNIX socket with a file, which only its owner may send to.

    :param text: As `parse_address` takes it, but for abstract sockets: anybody may send to those.
    :param owner: Who the file of a UNIX socket is given to.
    :raises SettingsError: It is no address, or an abstract one.
    :raises HostingError: It is in use, or the system refuses.
    """
    if text.startswith("@"):
        raise SettingsError(
            f"address {text!r}",
            wanted="host:port or the path of a UNIX socket",
            found="an abstract socket, which every user of this machine may send to",
            remedy="Name a path: its file keeps other users out.",
        )
    return _bind(text, socket.SOCK_DGRAM, owner, 0o600)


def _bind(text: str, kind: socket.SocketKind, owner: Identity | None, mode: int, backlog: int = _BACKLOG) -> Listener:
    address = parse_address(text)
    try:
        if isinstance(address, TcpAddress):
            bound = _bind_port(address, kind)
        elif address.startswith("@"):
            bound = _bind_abstract(address, kind)
        else:
            bound = _bind_path(address, kind, owner, mode)
        if kind is socket.SOCK_STREAM:
            bound.socket.listen(backlog)
        return bound
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be one
        raise HostingError(
            f"address {text}",
            wanted="to listen there",
            found=getattr(error, "strerror", None) or str(error),
            remedy=_remedy(error),
        ) from error


def _remedy(error: OSError | UnicodeError) -> str:
    if isinstance(error, socket.gaierror | UnicodeError) or error.errno == errno.EADDRNOTAVAIL:
        return "Name an address of this machine."
    return f"{_FIRST_TRY.get(error.errno or 0, 'See that the system allows it')}, or choose another address."


def _bind_port(address: TcpAddress, kind: socket.SocketKind) -> Listener:
    host, port = address
    family, _, protocol, _, place = socket.getaddrinfo(host or "0.0.0.0", port, type=kind)[0]  # noqa: S104
    with contextlib.ExitStack() as on_error:
        sock = on_error.enter_context(socket.socket(family, kind, protocol))
        if kind is socket.SOCK_STREAM:  # for datagrams it would let others take ours
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(place)
        on_error.pop_all()
    return Listener(sock, str(TcpAddress((host, sock.getsockname()[1]))))


def _bind_abstract(address: UnixAddress, kind: socket.SocketKind) -> Listener:
    with contextlib.ExitStack() as on_error:
        sock = on_error.enter_context(socket.socket(socket.AF_UNIX, kind))
        sock.bind("\0" + address[1:])
        on_error.pop_all()
    return Listener(sock, address)


def _bind_path(path: UnixAddress, kind: socket.SocketKind, owner: Identity | None, mode: int) -> Listener:
    _clear_stale(path, kind)
    with contextlib.ExitStack() as on_error:
        sock = on_error.enter_context(socket.socket(socket.AF_UNIX, kind))
        os.fchmod(sock.fileno(), 0o600)  # Linux makes the file with it: nobody else can send before the next line
        sock.bind(path)
        _hand_over(path, owner, mode)  # before listen(): until then nobody can connect
        on_error.pop_all()
    return Listener(sock, path, path)


def _hand_over(path: str, owner: Identity | None, mode: int) -> None:
    """Give a socket's file its mode and owner: the file that was made, whatever others put in its place meanwhile."""
    made = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(made)
        if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
            raise OSError(errno.EBUSY, "Somebody else changes its directory")
        os.chmod(f"/proc/self/fd/{made}", mode)
        if owner is not None and os.geteuid() == 0:
            os.chown(f"/proc/self/fd/{made}", owner.uid, owner.gid)
    finally:
        os.close(made)


def _clear_stale(path: str, kind: socket.SocketKind) -> None:
    """Remove a socket file that belongs to nobody any more: its server ended without tidying up."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise HostingError(
            f"address {path}",
            wanted="a UNIX socket, or nothing yet",
            found="a file that is no socket",
            remedy="Move it away, or choose another path.",
        )
    with socket.socket(socket.AF_UNIX, kind) as probe:
        probe.setblocking(False)  # a server whose queue is full is a server
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EPROTOTYPE):  # a socket of the other kind is one that is used
                raise
    raise HostingError(
        f"address {path}",
        wanted="a UNIX socket that nobody uses",
        found="another server that listens on it",
        remedy="Is an Emperor running already? Stop it, or choose another path.",
    )
