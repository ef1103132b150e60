"""What is written behind `mongodb://`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from imperator.errors import SettingsError
from imperator.monitors.mongodb_target import read_mongo_target

LOCAL = "mongodb://127.0.0.1:27017"

TARGETS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("", LOCAL, "uwsgi.emperor.vassals", {}),
    ("db", "mongodb://db", "uwsgi.emperor.vassals", {}),
    ("127.0.0.1:27107,emperor.vassals,{enabled:1}", "mongodb://127.0.0.1:27107", "emperor.vassals", {"enabled": 1}),
    ("127.0.0.1:27107,emperor.vassals", "mongodb://127.0.0.1:27107", "emperor.vassals", {}),
    ("db,emperor.a.b,{}", "mongodb://db", "emperor.a.b", {}),
    ("db,emperor.vassals,{a:1,b:'x,{y}'}", "mongodb://db", "emperor.vassals", {"a": 1, "b": "x,{y}"}),
    ("db1:1,db2:2/?replicaSet=rs", "mongodb://db1:1,db2:2/?replicaSet=rs", "uwsgi.emperor.vassals", {}),
    ("db1:1,db2:2/?replicaSet=rs,e.v", "mongodb://db1:1,db2:2/?replicaSet=rs", "e.v", {}),
    ("db1,db2/e.v?replicaSet=rs,{a:1}", "mongodb://db1,db2/e.v?replicaSet=rs", "e.v", {"a": 1}),
    ("db/admin,e.v", "mongodb://db/admin", "e.v", {}),
    ("[::1]:27017,e.v", "mongodb://[::1]:27017", "e.v", {}),
    ("me:p%2Cw@db/?tls=true,e.v", "mongodb://me:p%2Cw@db/?tls=true", "e.v", {}),
]


@pytest.mark.parametrize(("rest", "uri", "namespace", "wanted"), TARGETS)
def test_target_means_server_collection_and_filter(rest: str, uri: str, namespace: str, wanted: dict[str, Any]) -> None:
    """The founding document's form, any standard address, and what is left out, as uWSGI's plugin has it."""
    target = read_mongo_target("mongodb", rest)
    assert (target.uri, f"{target.database}.{target.collection}", target.filter) == (uri, namespace, wanted)


def test_target_may_be_kept_elsewhere(tmp_path: Path) -> None:
    """A file or variable holds what follows the scheme, or all of it, and is what is shown."""
    kept = tmp_path / "mongo.dsn"
    kept.write_text("mongodb+srv://me:secret@db.example.org/?authSource=admin,e.v,{a:1}\n")
    target = read_mongo_target("mongodb", f"@{kept}")
    assert target.uri == "mongodb+srv://me:secret@db.example.org/?authSource=admin"
    assert (target.source, target.database, target.filter) == (f"mongodb://@{kept}", "e", {"a": 1})
    assert "secret" not in repr(target)


FAULTS = [
    ("db,vassals", "mongodb://db,vassals", "DATABASE.COLLECTION behind the comma", "'vassals'"),
    ("db,.vassals", "mongodb://db,.vassals", "DATABASE.COLLECTION behind the comma", "'.vassals'"),
    ("db,e.v,{a:x}", "mongodb://db,e.v,{a:x}", "a value; a text needs quotes at character 4 of the filter", "'x}'"),
    ("db:99999,e.v", "mongodb://db:99999,e.v", "an address that", "Port must be an integer between 0 and 65535"),
    ("db/?tsl=true,e.v", "mongodb://db/?tsl=true,e.v", "an address that MongoDB's driver", "Unknown option: tsl."),
    ("db/?tls=maybe,e.v", "mongodb://db/?tls=maybe,e.v", "an address that", "The value of tls must be 'true' or 'f"),
    ("me:hal/f@db,vassals", "mongodb://...", "DATABASE.COLLECTION behind the comma", "'vassals'"),
    ("me:hal;f@db,e.v,{a:x}", "mongodb://me:***@db,e.v,{a:x}", "a value; a text needs quotes", "'x}'"),
    (f"db,e.v,{{a:{10**19}}}", f"mongodb://db,e.v,{{a:{10**19}}}", "a filter that MongoDB can be asked", "MongoDB can"),
    (r"db,e.v,{'\u0000':1}", r"mongodb://db,e.v,{'\u0000':1}", "a filter that MongoDB", "Invalid document: Key names"),
    ("me:hal/f@db,e.v", "mongodb://...", "an address that MongoDB's driver can read", "something else"),
]


@pytest.mark.parametrize(("rest", "thing", "wanted", "found"), FAULTS)
def test_bad_target_is_told(rest: str, thing: str, wanted: str, found: str) -> None:
    """What cannot be meant is told with what to do, and no piece of a password."""
    with pytest.raises(SettingsError) as raised:
        read_mongo_target("mongodb", rest)
    error = raised.value
    assert error.thing == f"target {thing!r}"
    assert error.wanted.startswith(wanted)
    assert error.found.startswith(found)
    assert error.remedy
    assert "hal" not in f"{error}{error.__cause__}"


def test_filters_tell_sources_apart() -> None:
    """An address in a filter is no password: two filters are two sources."""
    sources = {read_mongo_target("mongodb", f"db:1,e.v,{{mail:'{who}@x'}}").source for who in ("me", "you")}
    assert sources == {"mongodb://db:1,e.v,{mail:'me@x'}", "mongodb://db:1,e.v,{mail:'you@x'}"}


def test_every_target_of_the_manual_can_be_read(tmp_path: Path) -> None:
    """Each target that the how-to shows means something; those that are kept elsewhere are kept here."""
    kept = tmp_path / "imperator.dsn"
    kept.write_text("db,emperor.vassals")
    page = (Path(__file__).parents[3] / "docs" / "monitors" / "mongodb.md").read_text()
    targets = re.findall(r"\| `(mongodb(?:\+srv)?)://([^`]+)` \|", page)
    assert len(targets) == 5
    for scheme, rest in targets:
        target = read_mongo_target(scheme, rest.replace("/etc/imperator.dsn", str(kept)))
        assert (target.database, target.collection) == ("emperor", "vassals")
