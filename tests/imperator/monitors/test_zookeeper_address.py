"""What may stand behind `zoo://`."""

from __future__ import annotations

from pathlib import Path

import pytest

from imperator.errors import SettingsError
from imperator.monitors.zookeeper_address import Address, Tls, read_zookeeper_address

GOOD = [
    ("db/emperor", Address("db", "/emperor")),
    ("a:2181,b:2182,[::1]:2183/x/y/", Address("a:2181,b:2182,[::1]:2183", "/x/y")),
    ("db/with%20space%40home", Address("db", "/with space@home")),
    ("me:p%2Fw%40%3A%25@db/e", Address("db", "/e", "me:p/w@:%")),
    ("me:p:w@db/e?auth=sasl", Address("db", "/e", "me:p:w", uses_sasl=True)),
    ("db/e?timeout=2.5&read-only", Address("db", "/e", session_seconds=2.5, accepts_read_only=True)),
    ("db/e?tls=yes", Address("db", "/e", tls=Tls())),
    ("db/e?tls=no&ca=ca.pem", Address("db", "/e")),
    ("db/e?ca=ca.pem", Address("db", "/e", tls=Tls(ca="{here}/ca.pem"))),
    ("db/e?cert=ca.pem&key={here}/ca.pem", Address("db", "/e", tls=Tls(None, "{here}/ca.pem", "{here}/ca.pem"))),
]


@pytest.mark.parametrize(("text", "address"), GOOD)
def test_address_says_all(tmp_path: Path, text: str, address: Address) -> None:
    """Hosts, path, user and options are what was written, escapes undone, files found from the Emperor's directory."""
    (tmp_path / "ca.pem").touch()
    read = read_zookeeper_address(text.replace("{here}", str(tmp_path)), str(tmp_path))
    assert str(read).replace(str(tmp_path), "{here}") == str(address)
    assert read.credentials == address.credentials


BAD = [
    ("", "hosts, comma separated", "none", "Write zoo://HOST:PORT,HOST:PORT/PATH"),
    ("/e", "hosts, comma separated", "none", "Write zoo://HOST:PORT,HOST:PORT/PATH"),
    ("db:port/e", "hosts, comma separated", "something else", "in a password write %2F for a slash"),
    ("me:secret/more@db/e", "hosts, comma separated", "something else", "in a password write %2F for a slash"),
    (
        "me:123/secret@db/e",
        "USER:PASSWORD before the hosts",
        "an @ behind a slash",
        "Write %2F for a slash in a password",
    ),
    ("me@db/e", "USER:PASSWORD before the @", "no colon", "Write the password behind the user and a colon."),
    ("db", "a path behind the hosts", "none", "Name the node whose children are the vassals: zoo://HOST/PATH."),
    ("db/", "a path behind the hosts", "none", "Name the node"),
    ("db/a//b", "the path of a node", "'/a//b'", "Leave out empty steps, single and double dots."),
    ("db/a/../b", "the path of a node", "'/a/../b'", "Leave out"),
    ("db/e?time=5", "options among auth, timeout, tls, ca, cert, key, read-only", "'time'", "Did you mean timeout?"),
    ("db/e?xyzzy=5", "options among", "'xyzzy'", "Correct what stands behind the question mark."),
    ("me:pass?secret@db/e", "hosts, comma separated", "something else", "in a password write %2F for a slash and %3F"),
    ("db/e?timeout=soon", "timeout as seconds, 0.1 to 3600", "'soon'", "Correct it; without it, it is 10."),
    ("db/e?timeout=0", "timeout as seconds, 0.1 to 3600", "'0'", "Correct it"),
    ("db/e?tls=maybe", "tls=yes or tls=no", "'maybe'", "Correct the option tls."),
    ("db/e?ca=/missing.pem", "a file for ca", "none at /missing.pem", "Correct the path."),
    ("db/e?cert=ca.pem", "cert and key together", "one of them", "Name the file of the other one, too."),
    ("me:secret@db/e?auth=md5", "auth=digest or auth=sasl", "another scheme", "Correct the option auth."),
    ("db/e?auth=sasl", "USER:PASSWORD before the hosts for auth=sasl", "none", "Add it, or leave auth=sasl out."),
]


@pytest.mark.parametrize(("text", "wanted", "found", "remedy"), BAD)
def test_bad_address_says_what_to_do(text: str, wanted: str, found: str, remedy: str) -> None:
    """What cannot be right is told with what would be, and no piece of a password is repeated."""
    with pytest.raises(SettingsError) as raised:
        read_zookeeper_address(text, "/")
    error = raised.value
    assert (error.thing, error.found) == ("target 'zoo://...'", found)
    assert error.wanted.startswith(wanted)
    assert error.remedy.startswith(remedy) or remedy in error.remedy
    assert "secret" not in str(error)


def test_password_is_no_part_of_what_is_shown() -> None:
    """An address that ends up in a traceback or a log shows no credentials."""
    assert "secret" not in repr(read_zookeeper_address("me:secret@db/e", "/"))
