"""What an `amqp://` target means."""

from __future__ import annotations

from pathlib import Path

import pytest

from imperator.errors import SettingsError
from imperator.monitors.amqp_target import read_target

WRITTEN = [
    ("amqp", "192.168.0.1:5672", ("192.168.0.1", 5672, "guest", "guest", "/")),
    ("amqp", "host", ("host", 5672, "guest", "guest", "/")),
    ("amqps", "host/", ("host", 5671, "guest", "guest", "/")),
    ("amqp", "[::1]:1", ("::1", 1, "guest", "guest", "/")),
    ("amqp", "me@host/sites", ("host", 5672, "me", "guest", "sites")),
    ("amqp", "me:@host", ("host", 5672, "me", "", "/")),
    ("amqp", "m%40e:p%2Fq:r@host:7/a%2Fb%20c", ("host", 7, "m@e", "p/q:r", "a/b c")),
]


@pytest.mark.parametrize(("scheme", "rest", "meant"), WRITTEN)
def test_parts_of_the_url(scheme: str, rest: str, meant: tuple[str, int, str, str, str]) -> None:
    """Host, port, user, password and vhost are read with their codes, and have uWSGI's defaults."""
    target = read_target(scheme, rest, "/here")
    assert (target.host, target.port, target.user, target.password, target.vhost) == meant


def test_options() -> None:
    """Each option sets its field; paths start in the Emperor's directory."""
    target = read_target(
        "amqps",
        "host?exchange=x&durable=yes&binding=a.%23&binding=b&queue=q&expires=60&heartbeat=1&state=s"
        "&hosts=A.example,b&cafile=ca",
        "/here",
    )
    assert (target.heartbeat_seconds, "heartbeat=1&" in target.url) == (1, True)
    assert (target.exchange, target.durable, target.bindings) == ("x", True, ("a.#", "b"))
    assert (target.queue, target.expires_seconds, target.state) == ("q", 60, "/here/s")
    assert (target.hosts, target.certificates) == (("a.example", "b"), {"cafile": "/here/ca"})
    assert read_target("amqp", "host?state=off", "/here").state == "off"


SHOWN = [
    ("me:secret@host/v?queue=a@b", "amqp://me:***@host/v?queue=a@b"),
    ("me:sec;ret,@x@host", "amqp://me:***@host"),
    (":secret@host", "amqp://:***@host"),
    ("me@host", "amqp://me@host"),
    ("host?queue=a:b@c", "amqp://host?queue=a:b@c"),
]


@pytest.mark.parametrize(("rest", "shown"), SHOWN)
def test_no_password_is_shown(rest: str, shown: str) -> None:
    """Whatever a password is made of, three stars are shown, and neither its text form nor an error holds it."""
    target = read_target("amqp", rest, "/")
    assert target.source == shown
    assert "secret" not in repr(target)


def test_tls_may_be_written_where_the_target_is_kept(tmp_path: Path) -> None:
    """A file may hold the whole URL, with its scheme."""
    file = tmp_path / "url"
    file.write_text("amqps://me:secret@host\n")
    target = read_target("amqp", f"@{file}", "/")
    assert (target.scheme, target.port, target.password, target.source) == ("amqps", 5671, "secret", f"amqps://@{file}")


def test_every_fault_keeps_its_parts() -> None:
    """The error names what was wanted, found, and what to do."""
    with pytest.raises(SettingsError) as raised:
        read_target("amqp", "me:secret@host?expires=5", "/")
    error = raised.value
    assert (error.thing, error.found, error.remedy) == (
        "target 'amqp://...'",
        "5 for seconds",
        "Give it 60 to 4,294,967 seconds.",
    )
    assert error.wanted == "a broker, as in amqp://user:password@host:5672/vhost?option=value"


BAD = [
    ("", "no host"),
    (":5672", "no host"),
    ("host:0", "no host"),
    ("host:port", "no host and port that can be told apart"),
    ("me:half/a@secret@host", "no host and port that can be told apart"),
    ("host/a/b", "a vhost with a slash"),
    ("host?quue=x", "the option quue"),
    ("host?expires=1", "1 for seconds"),
    ("host?heartbeat=", "nothing for seconds"),
    ("host?durable=perhaps", "durable=perhaps"),
    ("host?state=", "state= without a path"),
    ("host?queue=amq.x", "'amq.x' for a queue or an exchange"),
    ("host?exchange=", "'' for a queue or an exchange"),
]


@pytest.mark.parametrize(("rest", "found"), BAD)
def test_target_that_is_none_is_refused(rest: str, found: str) -> None:
    """What names no broker says what is wrong with it, and no piece of a password."""
    with pytest.raises(SettingsError) as raised:
        read_target("amqp", rest, "/")
    assert raised.value.found == found
    assert "secret" not in str(raised.value)
