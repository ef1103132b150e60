"""What a ZeroMQ target says of who may send."""

from __future__ import annotations

from pathlib import Path

import pytest
import zmq
import zmq.auth
from zmq.utils import z85

from imperator.errors import SettingsError
from imperator.monitors.zeromq_door import Door, read_door

PUBLIC, SECRET = zmq.curve_keypair()
TARGET = "zmq://tcp://127.0.0.1:5252"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory with keys and passwords of all forms."""
    (tmp_path / "secret").write_bytes(SECRET + b"\n")
    (tmp_path / "clients").write_bytes(b"# web-1\n" + PUBLIC + b"\n\n# web-2\n" + PUBLIC + b"\n")
    (tmp_path / "passwords").write_text("# those who may\nme:pass:word\nyou:x\n")
    (tmp_path / "no-password").write_text("me:\n")
    (tmp_path / "short").write_text("tooshort")
    zmq.auth.create_certificates(tmp_path, "certificate")
    monkeypatch.setenv("ZMQ_SECRET", SECRET.decode())
    return tmp_path


def test_options_mean_a_door(kept: Path) -> None:
    """Bare keys, certificates of ZeroMQ's own form, the environment and lists of passwords are read."""
    assert read_door(TARGET, []).is_open
    one = read_door(TARGET, [f"curve=@{kept}/secret", f"clients=@{kept}/clients"])
    assert (one.secret_key, one.client_keys) == (SECRET, frozenset({z85.decode(PUBLIC)}))
    assert read_door(TARGET, ["curve=@ZMQ_SECRET", "clients=any"]) == Door(SECRET)
    public, secret = zmq.auth.load_certificate(kept / "certificate.key_secret")
    two = read_door(TARGET, [f"curve=@{kept}/certificate.key_secret", f"clients=@{kept}/certificate.key"])
    assert (two.secret_key, two.client_keys) == (secret, frozenset({z85.decode(public)}))
    assert read_door(TARGET, [f"plain=@{kept}/passwords"]).passwords == {b"me": b"pass:word", b"you": b"x"}


FAULTS = [
    (["curve=@{kept}/secret"], "plain alone, or curve and clients", "curve"),
    (["plain=@{kept}/passwords", "clients=any"], "plain alone, or curve and clients", "plain and clients"),
    (["plian=@{kept}/passwords"], "each of curve, clients, plain once at most", "'plian'"),
    (["plain=@A", "plain=@B"], "each of curve, clients, plain once at most", "'plain'"),
    ([""], "each of curve, clients, plain once at most", "nothing"),
    (["plain=hunter2"], "where the value of plain is kept", "something else"),
    (["curve=@{kept}/missing", "clients=any"], "a secret key of CURVE, 40 characters of Z85,", "No such file or"),
    (["curve=@{kept}/short", "clients=any"], "a secret key of CURVE, 40 characters of Z85,", "something else"),
    (["curve=@{kept}/secret", "clients=@{kept}/passwords"], "a public key of CURVE", "something else"),
    (["plain=@{kept}/no-password"], "USER:PASSWORD, one a line,", "a line without user, colon or password"),
    (["plain=@NOT_SET"], "USER:PASSWORD, one a line, in the environment variable NOT_SET", "nothing in it"),
]


@pytest.mark.parametrize(("options", "wanted", "found"), FAULTS)
def test_bad_options_are_told(kept: Path, options: list[str], wanted: str, found: str) -> None:
    """What cannot be meant is told with what to do, and quotes no key and no password."""
    with pytest.raises(SettingsError) as raised:
        read_door(TARGET, [option.format(kept=kept) for option in options])
    error = raised.value
    assert error.thing == f"target {TARGET!r}"
    assert error.wanted.startswith(wanted)
    assert error.found.startswith(found)
    assert error.remedy
    assert not any(secret in str(error) for secret in (SECRET.decode(), "hunter2", "pass:word", "tooshort"))


def test_door_shows_no_secret(kept: Path) -> None:
    """Whoever prints a door sees neither the key nor a password."""
    shown = repr(read_door(TARGET, ["curve=@ZMQ_SECRET", "clients=any"]))
    shown += repr(read_door(TARGET, [f"plain=@{kept}/passwords"]))
    assert SECRET.decode() not in shown
    assert "pass:word" not in shown
