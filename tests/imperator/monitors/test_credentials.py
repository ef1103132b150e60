"""Passwords in targets: never shown, and kept elsewhere if wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from imperator.errors import SettingsError
from imperator.monitors.credentials import hide_passwords, read_address

SHOWN = [
    ("pg://host=db user=me password=secret dbname=x;SELECT 1", "pg://host=db user=me password=*** dbname=x;SELECT 1"),
    (r"pg://password = 'a \'b; c' host=db", "pg://password = *** host=db"),
    ("pg://postgresql://me:secret@db:5432/x;SELECT 1", "pg://postgresql://me:***@db:5432/x;SELECT 1"),
    ("pg://me:s@cr:et@db/x", "pg://me:***@db/x"),
    ("pg://db/x?user=me&password=secret&sslmode=require", "pg://db/x?user=me&password=***&sslmode=require"),
    ("pg://host=db sslpassword=secret", "pg://host=db sslpassword=***"),
    (r"pg://host=db password=se\ cr\\et dbname=x", "pg://host=db password=*** dbname=x"),
    ("mongodb://me:s,e@db1,db2/?tls=true,db.c,{a:1}", "mongodb://me:***@db1,db2/?tls=true,db.c,{a:1}"),
    ("mongodb://m,e;:s;e c@db1,db2/?tls=true,db.c", "mongodb://m,e;:***@db1,db2/?tls=true,db.c"),
    ("zoo://me:s;e c#@h1:2181,h2:2181/path", "zoo://me:***@h1:2181,h2:2181/path"),
    ("zoo://h1:2181,h2:2181/a@b", "zoo://h1:2181,h2:2181/a@b"),
    (
        "mongodb+srv://db/?authMechanismProperties=AWS_SESSION_TOKEN:x",
        "mongodb+srv://db/?authMechanismProperties=AWS_SESSION_TOKEN:***",
    ),
    (
        "ldap://h/dc=x????bindname=cn=a,x-bindpw=s%2Cecret,x-starttls",
        "ldap://h/dc=x????bindname=cn=a,x-bindpw=***,x-starttls",
    ),
    ("ldap://h/dc=x????x-bindpw=se;c ret,x-starttls", "ldap://h/dc=x????x-bindpw=***,x-starttls"),
    ("ldap://h/dc=x????!X-BINDPW=secret", "ldap://h/dc=x????!X-BINDPW=***"),
    ("ldap://h/dc=x????x-bindpw-from=/etc/password", "ldap://h/dc=x????x-bindpw-from=/etc/password"),
    ("zmq://tcp://127.0.0.1:5252", "zmq://tcp://127.0.0.1:5252"),
    ("pg://@/etc/imperator/pg.dsn", "pg://@/etc/imperator/pg.dsn"),
]


@pytest.mark.parametrize(("target", "shown"), SHOWN)
def test_passwords_are_hidden(target: str, shown: str) -> None:
    """Whatever is recognizable as a password is three stars; everything else stays."""
    assert hide_passwords(target) == shown


def test_address_may_be_kept_in_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`@` and a path reads the file's first line, `@NAME` the variable; the scheme may be written there or not."""
    file = tmp_path / "pg.dsn"
    file.write_text("pg://host=db password=secret;SELECT 1\nsecond line\n")
    monkeypatch.setenv("EMPEROR_DSN", "host=db password=secret")
    assert read_address("pg", f"@{file}") == "host=db password=secret;SELECT 1"
    assert read_address("pg", "@EMPEROR_DSN") == "host=db password=secret"
    assert read_address("pg", "host=db") == "host=db"


NOWHERE = [
    ("@{here}/missing", "the file", "No such file or directory", "Check the path and its permissions."),
    ("@{here}/empty", "the file", "nothing in it", "Write what would follow pg:// there."),
    ("@{here}/latin", "the file", "bytes that are no UTF-8", "Check the path and its permissions."),
    ("@NOT_SET", "the environment variable", "nothing in it", "Write what would follow pg:// there."),
]


@pytest.mark.parametrize(("rest", "kind", "found", "remedy"), NOWHERE)
def test_address_that_is_kept_nowhere_is_told(tmp_path: Path, rest: str, kind: str, found: str, remedy: str) -> None:
    """The error names the file or variable, what is wrong with it and what to do."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "latin").write_bytes(b"password=\xe9\n")
    rest = rest.format(here=tmp_path)
    with pytest.raises(SettingsError) as raised:
        read_address("pg", rest)
    error = raised.value
    assert (error.thing, error.found, error.remedy) == (f"target 'pg://{rest}'", found, remedy)
    assert error.wanted == f"an address in {kind} {rest[1:]}"
