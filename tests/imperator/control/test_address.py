"""Where servers of ours listen."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from imperator.control.address import TcpAddress, UnixAddress, listen, parse_address, receive
from imperator.errors import HostingError, SettingsError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9191", TcpAddress(("127.0.0.1", 9191))),
        (":9191", TcpAddress(("", 9191))),
        ("[::1]:9191", TcpAddress(("::1", 9191))),
        ("localhost:0", TcpAddress(("localhost", 0))),
        ("/run/stats.sock", UnixAddress("/run/stats.sock")),
        ("stats.sock", UnixAddress("stats.sock")),
        ("/run/odd:name", UnixAddress("/run/odd:name")),
        ("/run/a:b/stats", UnixAddress("/run/a:b/stats")),
        ("@imperator", UnixAddress("@imperator")),
    ],
)
def test_parse_address(text: str, address: object) -> None:
    """An address with a port is TCP, everything else a UNIX socket."""
    parsed = parse_address(text)
    assert (type(parsed), parsed) == (type(address), address)


@pytest.mark.parametrize("text", ["", "@", "host:", "host:http", "host:65536", "::1:80", "host:-1", "host:\u0661"])
def test_parse_address_refuses(text: str) -> None:
    """What is no address is refused with an example of one."""
    with pytest.raises(SettingsError, match=r"wanted host:port or the path of a UNIX socket, found .*127\.0"):
        parse_address(text)


def test_port_zero_tells_the_port() -> None:
    """A port that the kernel chose is told in the address."""
    listener = listen("127.0.0.1:0")
    host, _, port = listener.address.rpartition(":")
    assert (host, int(port)) == listener.socket.getsockname()
    listener.close()


def test_tcp_in_use() -> None:
    """A port that is in use is refused by name."""
    listener = listen("127.0.0.1:0")
    with pytest.raises(
        HostingError, match=f"address {listener.address}: .*Address already in use. Stop whoever uses it"
    ):
        listen(listener.address)
    listener.close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "/nonexistent/s",
            "No such file or directory. Create the directory it is in, or choose another address.",
        ),
        ("/dev/null/s", "Not a directory. Create the directory it is in, or choose another address."),
        ("/proc/self/fdinfo/s", "or choose another address."),
        ("192.0.2.1:9191", "found Cannot assign requested address. Name an address of this machine."),
    ],
)
def test_what_to_do_fits_what_was_found(text: str, told: str) -> None:
    """Only where an address is in use is the reader sent to look for who uses it."""
    with pytest.raises(HostingError) as caught:
        listen(text)
    assert str(caught.value).endswith(told)
    assert "Stop whoever uses it" not in str(caught.value)


def test_port_that_only_root_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system forbids it, the error says that rights are missing."""

    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", forbidden)
    with pytest.raises(HostingError, match=r"Permission denied\. Start as a user who may listen there, or"):
        listen("127.0.0.1:80")


def test_unknown_host() -> None:
    """A host name that cannot be one is refused, not a traceback."""
    with pytest.raises(HostingError, match="wanted to listen there"):
        listen("x" * 70 + ".invalid:80")


def test_unix_socket_is_private_and_goes_away(tmp_path: Path) -> None:
    """A UNIX socket is its owner's alone, and closing removes it."""
    path = tmp_path / "stats.sock"
    listener = listen(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    listener.close()
    assert not path.exists()


def test_relative_socket_goes_away_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is removed though the process has gone to another directory since."""
    monkeypatch.chdir(tmp_path)
    listener = listen("stats.sock")
    monkeypatch.chdir("/")
    listener.close()
    assert not (tmp_path / "stats.sock").exists()


def test_stale_socket_is_replaced(tmp_path: Path) -> None:
    """A socket file that a dead server left does not keep us from starting."""
    path = tmp_path / "stats.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    stale = path.stat().st_ino, path.stat().st_ctime_ns
    listener = listen(str(path))
    assert (path.stat().st_ino, path.stat().st_ctime_ns) != stale
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    listener.close()


def test_socket_in_use(tmp_path: Path) -> None:
    """A UNIX socket that somebody listens on is left alone."""
    path = str(tmp_path / "stats.sock")
    first = listen(path)
    with pytest.raises(HostingError, match="another server that listens on it"):
        listen(path)
    first.close()


def test_file_that_is_no_socket(tmp_path: Path) -> None:
    """A file of another kind is never removed."""
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(HostingError, match="a file that is no socket"):
        listen(str(path))
    assert path.read_text() == "data"


def test_closing_leaves_a_successors_socket(tmp_path: Path) -> None:
    """A socket that another server has put in our socket's place stays."""
    path = tmp_path / "stats.sock"
    first = listen(str(path))
    path.unlink()
    second = listen(str(path))
    first.close()
    assert path.exists()
    second.close()


@pytest.mark.parametrize("path", ["/nonexistent/stats.sock", "/tmp/" + "x" * 200])
def test_impossible_paths(path: str) -> None:
    """A path the system refuses is an error that names it."""
    with pytest.raises(HostingError, match=f"address {path}"):
        listen(path)


def test_abstract_socket() -> None:
    """An abstract socket leaves no file."""
    listener = listen(f"@imperator-test-{os.getpid()}")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"\0imperator-test-{os.getpid()}")
    assert not os.path.lexists(f"@imperator-test-{os.getpid()}")
    listener.close()


def test_datagrams_on_a_path_are_the_owners_alone(tmp_path: Path) -> None:
    """A datagram socket's file is 0600 whatever the umask, takes datagrams, and is gone in the end."""
    before = os.umask(0)
    try:
        bound = receive(str(tmp_path / "commands"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "commands").stat().st_mode) == 0o600
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(b"hello", str(tmp_path / "commands"))
    assert bound.socket.recv(100) == b"hello"
    bound.close()
    assert not (tmp_path / "commands").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_datagrams_on_a_port(host: str) -> None:
    """An address with a port is UDP, IPv4 or IPv6."""
    bound = receive(f"{host}:0")
    with socket.socket(bound.socket.family, socket.SOCK_DGRAM) as client:
        client.sendto(b"hello", bound.socket.getsockname())
        assert bound.socket.recv(100) == b"hello"
    with pytest.raises(HostingError, match="Address already in use"):
        receive(bound.address)
    bound.close()


def test_datagrams_from_anybody_are_refused() -> None:
    """An abstract socket keeps nobody out, so it takes no commands."""
    with pytest.raises(SettingsError, match=r"every user of this machine may send to\. Name a path"):
        receive("@imperator")


@pytest.mark.parametrize("used_for", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_path_in_use_by_either_kind(tmp_path: Path, used_for: socket.SocketKind) -> None:
    """A path where somebody listens or receives is refused, a stale one of either kind is replaced."""
    path = str(tmp_path / "s")
    holder = listen(path) if used_for is socket.SOCK_STREAM else receive(path)
    for take in (listen, receive):
        with pytest.raises(HostingError, match="another server that listens on it"):
            take(path)
    holder.socket.close()  # its file stays
    receive(path).close()
    listen(path).close()


def test_closing_twice_leaves_a_successors_socket_alone(tmp_path: Path) -> None:
    """Once closed, a listener removes nothing any more, though its successor's file may get the same number."""
    path = str(tmp_path / "s")
    first = listen(path)
    first.close()
    second = listen(path)
    first.close()
    assert os.path.exists(path)
    second.close()


def _symbolic(path: str, precious: Path) -> None:
    os.symlink(precious, path)


def _hard(path: str, precious: Path) -> None:
    os.link(precious, path)


@pytest.mark.parametrize("plant", [_symbolic, _hard])
def test_mode_is_given_to_what_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[str, Path], None]
) -> None:
    """Whoever puts something else in the socket's place while it is made gets no mode changed, and that is told."""
    path, precious = str(tmp_path / "s"), tmp_path / "precious"
    with socket.socket(socket.AF_UNIX) as others:
        others.bind(str(precious))
        precious.chmod(0o600)
        real_open = os.open

        def open_and_swap(name: str, flags: int) -> int:
            os.unlink(name)
            plant(name, precious)
            return real_open(name, flags)

        monkeypatch.setattr(os, "open", open_and_swap)
        with pytest.raises(HostingError, match="Somebody else changes its directory"):
            listen(path, mode=0o666)
        assert stat.S_IMODE(precious.stat().st_mode) == 0o600
