"""The file that says where a vassal is to be listened for, and what its owner may say there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from imperator.monitors.address_file import UntrustedAddressError, read_address, read_address_of_owner

OWNER, OTHER = 1001, 1002

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away: sudo make test")


def write(path: Path, text: str, uid: int) -> str:
    path.write_text(text)
    os.chown(path, uid, uid)
    return str(path)


@pytest.mark.parametrize(
    ("content", "address"),
    [
        ("127.0.0.1:80\n", "127.0.0.1:80"),
        ("@x\nmore", "@x"),
        ("", ""),
        ("\n", ""),
        ("a\tb", "a"),
        ("x" * 5000, "x" * 4096),
    ],
)
def test_address_is_the_first_line(tmp_path: Path, content: str, address: str) -> None:
    """The address ends at the first control character, and at a length that no address has."""
    (tmp_path / "a").write_text(content)
    assert read_address(str(tmp_path / "a")) == address


def test_no_file_is_no_address(tmp_path: Path) -> None:
    """Without a file there is no address, whoever the vassal's owner is."""
    assert read_address(str(tmp_path / "a")) == read_address_of_owner(str(tmp_path / "a"), OWNER) == ""


@as_root
@pytest.mark.parametrize("address", ["127.0.0.1:1024", ":8080", "[::1]:65535", "@abstract", ""])
def test_owner_may_say_where_he_could_listen(tmp_path: Path, address: str) -> None:
    """Ports that are nobody's privilege, abstract sockets, or nothing: his own file is enough."""
    assert read_address_of_owner(write(tmp_path / "a", address, OWNER), OWNER) == address


@as_root
@pytest.mark.parametrize("address", ["127.0.0.1:80", "/run/x.sock", "x.sock", ":0", "/a:8080", "host:", "host:١٠٢٤٠"])
def test_owner_may_say_nothing_else(tmp_path: Path, address: str) -> None:
    """Paths and privileged ports take a file of root's, and the refusal says so."""
    path = write(tmp_path / "a", address, OWNER)
    with pytest.raises(
        UntrustedAddressError, match=r"name a port from 1024 on or an abstract socket, or give the file"
    ):
        read_address_of_owner(path, OWNER)
    os.chown(path, 0, 0)
    assert read_address_of_owner(path, OWNER) == address


def _of_another(path: Path) -> None:
    write(path, "@x", OTHER)


def _link_of_roots(path: Path) -> None:
    path.symlink_to(write(path.with_name("target"), "@x", 0))


def _hard_link_of_roots(path: Path) -> None:
    os.link(write(path.with_name("target"), "@x", 0), path)


def _fifo(path: Path) -> None:
    os.mkfifo(path)


@as_root
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_of_another, "is no file of root's or of user 1001's with one name"),
        (_link_of_roots, "is a link: put a file there"),
        (_hard_link_of_roots, "with one name"),
        (_fifo, "is no file of root's"),
    ],
)
def test_file_that_somebody_else_could_have_put_there_is_refused(
    tmp_path: Path, make: Callable[[Path], None], why: str
) -> None:
    """What is another's, has several names, leads elsewhere or is no file says nothing."""
    make(tmp_path / "a")
    before = os.listdir("/proc/self/fd")
    with pytest.raises(UntrustedAddressError, match=why):
        read_address_of_owner(str(tmp_path / "a"), OWNER)
    assert len(os.listdir("/proc/self/fd")) == len(before)
