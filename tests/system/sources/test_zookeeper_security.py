"""`zoo://`: who may read what, how it is shown who we are, and what is kept secret."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kazoo.security import make_acl, make_digest_acl

from tests.system.conftest import StartEmperor
from tests.system.empire import read_stats
from tests.system.sources.source import PIPE, config, wait_for_configs
from tests.system.sources.zookeeper import ZooKeeperServer, ZooKeeperSource, free_ports
from tests.system.waiting import wait_for

PASSWORD = "sesame/open@all:times"
ESCAPED = "sesame%2Fopen%40all%3Atimes"


@pytest.fixture
def guarded(zookeeper: ZooKeeperSource) -> ZooKeeperSource:
    """Return a node that only a user with a password may read, with one vassal."""
    zookeeper.put("a.ini", config("a"))
    allow(zookeeper, "a.ini", PASSWORD)
    allow(zookeeper, "", PASSWORD)
    zookeeper.client.add_auth("digest", f"emperor:{PASSWORD}")
    return zookeeper


def allow(source: ZooKeeperSource, name: str, password: str) -> None:
    """Let the user with this password do everything with a node, and nobody else anything."""
    path = f"{source.path}/{name}".rstrip("/")
    source.do("set_acls", path, [make_digest_acl("emperor", password, all=True)])


def target(source: ZooKeeperSource, user: str) -> str:
    """Return the source's target for a user."""
    return source.target.replace("zoo://", f"zoo://{user}@")


def test_wrong_password_then_right(start_emperor: StartEmperor, guarded: ZooKeeperSource) -> None:
    """A node we may not list is told, stops nothing, and works as soon as we may."""
    emperor = start_emperor("--emperor", target(guarded, "emperor:other"))
    emperor.wait_for_log(f"we may not list the children of {guarded.path}: grant us read (setAcl), or say who we are")
    guarded.client.add_auth("digest", "emperor:other")
    allow(guarded, "", "other")
    emperor.wait_for_log("a.ini: we may not read it or one of its fields: grant us read (setAcl), or say who we are")
    allow(guarded, "a.ini", "other")
    emperor.send(signal.SIGWINCH)
    wait_for_configs(emperor, {"a.ini": config("a")})
    allow(guarded, "", PASSWORD)
    emperor.send(signal.SIGWINCH)
    wait_for(lambda: emperor.log().count("we may not list the children") == 2, "a second refusal")
    wait_for_configs(emperor, {"a.ini": config("a")})


def test_denied_entry_is_refused_alone(start_emperor: StartEmperor, zookeeper: ZooKeeperSource, tmp_path: Path) -> None:
    """A node, or a field, that we may not read costs its own entry; a vassal of it goes on; others come and go."""
    zookeeper.put_all({"denied.ini": config(), "good.ini": config(), "later.ini": config("1")})
    zookeeper.put("field.ini", config(), uid="5")
    zookeeper.client.add_auth("digest", f"emperor:{PASSWORD}")
    allow(zookeeper, "denied.ini", PASSWORD)
    allow(zookeeper, "field.ini/uid", PASSWORD)
    stats = tmp_path / "stats"
    emperor = start_emperor("--emperor", zookeeper.target, "--emperor-stats", str(stats))
    wait_for_configs(emperor, {"good.ini": config(), "later.ini": config("1")})
    allow(zookeeper, "later.ini", PASSWORD)
    zookeeper.put("later.ini", config("2"))
    emperor.send(signal.SIGWINCH)  # nobody is told of what he may not read
    emperor.wait_for_log("later.ini: we may not read it")
    told = {entry["id"]: entry["reason"] for entry in read_stats(stats)["unreadable"]}
    assert set(told) == {"denied.ini", "field.ini", "later.ini"}
    zookeeper.remove("good.ini")
    wait_for_configs(emperor, {"later.ini": config("1")})
    assert emperor.journal.heard(PIPE + "later.ini") == []


@pytest.mark.parametrize("place", ["target", "file", "environment"])
def test_password_is_shown_nowhere(
    start_emperor: StartEmperor, guarded: ZooKeeperSource, tmp_path: Path, place: str
) -> None:
    """Neither log, at any level, nor stats hold the password; kept elsewhere, the process list does not either."""
    whole = target(guarded, f"emperor:{ESCAPED}")
    (tmp_path / "zoo.target").write_text(whole + "\n")
    written = {"target": whole, "file": f"zoo://@{tmp_path}/zoo.target", "environment": "zoo://@EMPEROR_ZOO"}[place]
    stats = str(tmp_path / "stats")
    emperor = start_emperor(
        *("--emperor", written, "--emperor-stats", stats, "--log-level", "debug"),
        environment={"EMPEROR_ZOO": whole} if place == "environment" else None,
    )
    wait_for_configs(emperor, {"a.ini": config("a")})
    told = emperor.log() + str(read_stats(stats))
    if place != "target":
        told += Path(f"/proc/{emperor.pid}/cmdline").read_text()
    assert "sesame" not in told
    assert ("emperor:***@" if place == "target" else written) in told


@dataclass
class Fortress:
    """A server that speaks TLS and knows a user by SASL.

    :ivar ca: The certificate that others know it by.
    """

    source: ZooKeeperSource
    port: int
    ca: Path

    def target(self, options: str, user: str = "") -> str:
        return f"zoo://{user}localhost:{self.port}{self.source.path}?{options}"


@pytest.fixture(scope="module")
def fortress(zookeeper_server: ZooKeeperServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fortress]:
    """Return a server with one vassal, and another that only a user of SASL may read."""
    directory = tmp_path_factory.mktemp("fortress")
    store, ca, jaas = directory / "store.p12", directory / "ca.pem", directory / "jaas.conf"
    make_certificate(store, ca)
    jaas.write_text(
        f'Server {{ org.apache.zookeeper.server.auth.DigestLoginModule required user_emperor="{PASSWORD}"; }};\n'
    )
    (secure,) = free_ports(1)
    settings = {
        "secureClientPort": str(secure),
        "secureClientPortAddress": "127.0.0.1",
        "serverCnxnFactory": "org.apache.zookeeper.server.NettyServerCnxnFactory",
        "ssl.keyStore.location": str(store),
        "ssl.keyStore.password": "changeit",
        "ssl.trustStore.location": str(ca),
        "ssl.clientAuth": "none",
        "authProvider.1": "org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
    }
    server = ZooKeeperServer(settings, [f"-Djava.security.auth.login.config={jaas}"])
    try:
        server.wait_until_up()
        source = ZooKeeperSource(server, "/emperor")
        source.put("a.ini", config("a"))
        yield Fortress(source, secure, ca)
        source.close()
    finally:
        server.remove()


def make_certificate(store: Path, ca: Path) -> None:
    """Make a key and a certificate for localhost that is signed by itself."""
    keytool = [shutil.which("keytool") or "keytool"]
    where = ["-keystore", str(store), "-storetype", "PKCS12", "-storepass", "changeit", "-alias", "zoo"]
    who = ["-dname", "CN=localhost", "-ext", "san=dns:localhost", "-keyalg", "EC", "-validity", "2"]
    subprocess.run([*keytool, "-genkeypair", *where, *who], check=True, capture_output=True, timeout=60)
    subprocess.run(
        [*keytool, "-exportcert", "-rfc", *where, "-file", str(ca)], check=True, capture_output=True, timeout=60
    )


def test_connection_may_be_encrypted(start_emperor: StartEmperor, fortress: Fortress) -> None:
    """With the authority's file TLS is spoken, from the first entry to the next change."""
    emperor = start_emperor("--emperor", fortress.target(f"ca={fortress.ca}"))
    wait_for_configs(emperor, {"a.ini": config("a")})
    fortress.source.put_all({f"b-{number}.ini": config("b") for number in range(50)})
    wait_for_configs(emperor, {"a.ini": config("a")} | {f"b-{number}.ini": config("b") for number in range(50)})
    for number in range(50):
        fortress.source.remove(f"b-{number}.ini")


NOT_BELIEVED = [
    ("tls=yes", "localhost", "certificate verify failed"),
    ("ca={ca}", "127.0.0.1", "IP address mismatch"),
]


@pytest.mark.parametrize(("options", "host", "reason"), NOT_BELIEVED)
def test_server_that_cannot_show_who_it_is(
    start_emperor: StartEmperor, fortress: Fortress, options: str, host: str, reason: str
) -> None:
    """A certificate of an unknown authority, or for another name, is told and nothing is read."""
    written = fortress.target(options.format(ca=fortress.ca)).replace("localhost", host)
    emperor = start_emperor("--emperor", written)
    assert "cannot be reached" in emperor.wait_for_log(reason)
    assert emperor.journal.entries() == []


def test_user_may_be_known_by_sasl(start_emperor: StartEmperor, fortress: Fortress) -> None:
    """With auth=sasl what only that user may read is read; with a wrong password nothing is, and that is told."""
    source = ZooKeeperSource(fortress.source.server, "/emperor/sasl")
    source.put("s.ini", config("s"))
    source.do("set_acls", "/emperor/sasl", [make_acl("sasl", "emperor", all=True)])
    hosts = f"@{source.server.hosts}/emperor/sasl?auth=sasl"
    right = start_emperor("--emperor", f"zoo://emperor:{ESCAPED}{hosts}", "--log-level", "debug")
    wait_for_configs(right, {"s.ini": config("s")})
    wrong = start_emperor("--emperor", f"zoo://emperor:other{hosts}")
    wrong.wait_for_log("cannot be reached (it refuses user and password)")
    assert wrong.journal.entries() == []
    assert "sesame" not in right.log()
    source.close()


def test_missing_driver_names_the_extra(start_emperor: StartEmperor, tmp_path: Path) -> None:
    """Without kazoo the error says what to install, and hides the password."""
    (tmp_path / "kazoo.py").write_text("raise ModuleNotFoundError(\"No module named 'kazoo'\", name='kazoo')\n")
    words = ("--emperor", "zoo://emperor:secret@db/emperor")
    emperor = start_emperor(*words, environment={"PYTHONPATH": str(tmp_path)})
    assert emperor.wait_for_exit() == 2
    assert 'Install it: pip install "imperator[zoo]"' in emperor.log()
    assert "secret" not in emperor.log()
