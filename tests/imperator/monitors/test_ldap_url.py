"""URLs of LDAP: what they mean, and which mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sansldap import LDAPFilter, SearchScope

from imperator.errors import SettingsError
from imperator.monitors import make_monitor
from imperator.monitors.ldap_url import DEFAULT_FIELDS, Address, SimpleBind, TlsFiles, parse_url
from imperator.settings import Watching

BASE = "ou=vassals,dc=example"


def parse(url: str) -> Address:
    scheme, _, rest = url.partition("://")
    return parse_url(scheme, rest, url)


PLACES = [
    ("ldap://h/dc=x", ("h", 389, None)),
    ("ldap://h:3890/dc=x", ("h", 3890, None)),
    ("ldap:///dc=x", ("localhost", 389, None)),
    ("ldap://[::1]:3890/dc=x", ("::1", 3890, None)),
    ("ldaps://h/dc=x", ("h", 636, None)),
    ("ldapi://%2Frun%2Fx/dc=x", ("", 0, "/run/x")),
    ("ldapi:///dc=x", ("", 0, "/run/slapd/ldapi")),
]


@pytest.mark.parametrize(("url", "place"), PLACES)
def test_server_is_a_host_or_a_socket(url: str, place: tuple[str, int, str | None]) -> None:
    """Each scheme has its default port or path; a host that is left out is this one."""
    address = parse(url)
    assert (address.host, address.port, address.path) == place


def test_what_is_left_out_is_our_own_schema() -> None:
    """A URL with no more than a base means all entries of our class below it, with the attributes of our schema."""
    address = parse(f"ldap://h/{BASE}")
    assert (address.base, address.scope) == (BASE, SearchScope.SUBTREE)
    assert str(address.filter) == "(objectClass=imperatorVassal)"
    assert address.fields is DEFAULT_FIELDS
    assert (address.bind, address.tls, address.is_external, address.starts_tls) == (None, None, False, False)


def test_every_part_counts() -> None:
    """Base, attributes in the order of fields, scope and filter are read, with what is written by percent signs."""
    address = parse("ldap://h/ou=a%2Cb?cn,description,modifyTimestamp?ONE?(%26(cn=%3F*)(!(l=x)))?")
    assert address.base == "ou=a,b"
    assert address.fields == {"name": "cn", "config": "description", "ts": "modifyTimestamp"}
    assert address.scope is SearchScope.ONE_LEVEL
    assert address.filter == LDAPFilter.from_string("(&(cn=?*)(!(l=x)))")


def test_extensions_say_who_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password stands in the URL, in a file or in the environment; `!` before a name changes nothing."""
    (tmp_path / "password").write_text("se cret\n")
    monkeypatch.setenv("LDAP_PASSWORD", "secret")
    for words, password in (
        ("!bindname=cn=a%2Cdc=x,!x-bindpw=s%2Ce%3Fcret", "s,e?cret"),
        (f"bindname=cn=a%2Cdc=x,x-bindpw-from={tmp_path}/password", "se cret"),
        ("X-BindPW-From=LDAP_PASSWORD,BindName=cn=a%2Cdc=x", "secret"),
    ):
        address = parse(f"ldap://h/{BASE}????{words}")
        assert address.bind == SimpleBind("cn=a,dc=x", password)
        assert password not in repr(address) + address.source


def test_extensions_say_how_tls_is_spoken() -> None:
    """TLS is at once, or started, or none; EXTERNAL needs something to be known by."""
    files = "x-tls-ca=/a,x-tls-cert=/b,x-tls-key=/c"
    assert parse(f"ldaps://h/{BASE}").tls == TlsFiles()
    started = parse(f"ldap://h/{BASE}????x-starttls,x-sasl=external,{files}")
    assert (started.tls, started.starts_tls, started.is_external) == (TlsFiles("/a", "/b", "/c"), True, True)
    assert parse(f"ldapi:///{BASE}????x-sasl=EXTERNAL").is_external


EXPOSED = [
    ("ldap://h/dc=x????bindname=cn=a,x-bindpw=b", True),
    ("ldap://h/dc=x", False),
    ("ldap://localhost/dc=x????bindname=cn=a,x-bindpw=b", False),
    ("ldap://127.0.0.2/dc=x????bindname=cn=a,x-bindpw=b", False),
    ("ldap://h/dc=x????bindname=cn=a,x-bindpw=b,x-starttls", False),
    ("ldaps://h/dc=x????bindname=cn=a,x-bindpw=b", False),
    ("ldapi:///dc=x????bindname=cn=a,x-bindpw=b", False),
]


@pytest.mark.parametrize(("url", "exposed"), EXPOSED)
def test_password_on_the_network_is_warned_of(url: str, exposed: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Who sends a password where others may listen is told so, and only then; the warning does not hold it."""
    make_monitor(url, Watching(), "/")
    assert ("the password crosses the network for all to read" in caplog.text) == exposed
    assert "x-bindpw=b" not in caplog.text


FAULTS = [
    ("ldap://h", "the entry that vassals are below", "none", "Name it: ldap://HOST/"),
    ("ldap://h?x", "HOST:PORT/BASE?", "more question marks", "Write %3F"),
    ("ldap://h/dc=x?????", "HOST:PORT/BASE?", "more question marks", "Write %3F"),
    ("ldap://me:secret@h/dc=x", "a host and perhaps a port", "something else", "user and password are extensions"),
    ("ldap://h:99999/dc=x", "a host and perhaps a port", "something else", "Write ldap://HOST:PORT/BASE"),
    ("ldap://h/dc=%ff", "UTF-8 behind the percent signs", "other bytes", "Correct what is written with %."),
    ("ldap://h/dc=x??all", "a scope: base, one, sub", "'all'", "without one it is sub"),
    ("ldap://h/dc=x???(cn", "a filter of LDAP (RFC 4515)", "'(cn'", "Correct it."),
    ("ldap://h/dc=x?cn", "2 to 7 names of attributes, in this order: name, config, ts", "'cn'", "Name them, as in"),
    ("ldap://h/dc=x?cn,*", "2 to 7 names of attributes", "'cn,*'", "Name them, as in"),
    ("ldap://h/dc=x????x-startls", "extensions out of bindname", "'x-startls'", "Did you mean x-starttls?"),
    ("ldap://h/dc=x????bindname=cn=a,dc=x", "extensions out of", "'dc'", "Write %2C for a comma"),
    ("ldap://h/dc=x????bindname=a,x-bindpw=se,cret", "extensions out of", "something else", "Write %2C for a comma"),
    ("ldap://h/dc=x????bindname", "one bindname with a value", "something else", "Correct it"),
    ("ldap://h/dc=x????x-starttls=yes", "one x-starttls, without a value", "something else", "Correct it"),
    ("ldap://h/dc=x????x-bindpw=secret,x-bindpw=secret", "one x-bindpw with a value", "something else", "Correct it"),
    ("ldap://h/dc=x????bindname=cn=a", "bindname and a password, or neither", "one of them", "Add the other"),
    ("ldap://h/dc=x????x-bindpw=secret", "bindname and a password, or neither", "one of them", "Add the other"),
    ("ldap://h/dc=x????x-bindpw=secret,x-bindpw-from=A", "one password", "x-bindpw and x-bindpw-from", "Leave one"),
    (
        "ldap://h/dc=x????x-bindpw-from=NOT_SET",
        "a password in the environment variable",
        "nothing in it",
        "Write the pass",
    ),
    ("ldap://h/dc=x????x-sasl=plain", "x-sasl=external, or bindname", "x-sasl otherwise", "Leave one out"),
    ("ldap://h/dc=x????x-sasl=external", "who we are by", "neither ldapi:// nor a certificate", "Use ldapi://, or TLS"),
    ("ldap://h/dc=x????x-tls-ca=/a", "TLS, where its files are named", "a plain ldap://", "Add x-starttls"),
    ("ldaps://h/dc=x????x-starttls", "x-starttls with ldap://", "ldaps://", "Leave x-starttls out"),
    ("ldaps://h/dc=x????x-tls-key=/a", "x-tls-key with the certificate", "it alone", "Add x-tls-cert=/FILE."),
    ("ldaps://h/dc=x????x-tls-ca=/nowhere", "authorities in /nowhere, as PEM", "No such file", "Check the path"),
    (
        "ldaps://h/dc=x????x-tls-cert=/nowhere",
        "our certificate and its key in /nowhere",
        "No such file",
        "Check the path",
    ),
]


@pytest.mark.parametrize(("url", "wanted", "found", "remedy"), FAULTS)
def test_url_that_means_nothing_is_told(url: str, wanted: str, found: str, remedy: str) -> None:
    """Each fault names the target, what is wanted, what is found and what to do, and nothing of a password."""
    with pytest.raises(SettingsError) as raised:
        make_monitor(url, Watching(), "/")
    error = raised.value
    assert wanted in error.wanted
    assert found in error.found
    assert remedy in error.remedy
    assert "secret" not in str(error)
    assert "cret" not in error.found


def test_certificates_that_cannot_be_read_are_told_at_once(tmp_path: Path) -> None:
    """What is no PEM is refused when the Emperor starts, while it still has the right to read it."""
    (tmp_path / "empty.pem").write_text("nothing\n")
    for word in ("x-tls-ca", "x-tls-cert"):
        with pytest.raises(SettingsError, match="as PEM, found"):
            make_monitor(f"ldaps://h/{BASE}????{word}={tmp_path}/empty.pem", Watching(), "/")
