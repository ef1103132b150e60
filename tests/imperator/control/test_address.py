"""Where servers of ours listen."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from imperator.control.address import TcpAddress, UnixAddress, listen, parse_address
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
    with pytest.raises(HostingError, match=f"address {listener.address}: .*Address already in use"):
        listen(listener.address)
    listener.close()


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
    listener = listen(str(path))
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
    listener.close()
