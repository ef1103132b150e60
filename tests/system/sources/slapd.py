"""A private OpenLDAP server: one database that tells of changes, and one that does not."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from tests.system.sources.directory import Directory
from tests.system.waiting import wait_for

__all__ = [
    "ADMIN",
    "ALL_READ",
    "INSTALL",
    "NO_LIMITS",
    "PASSWORD",
    "POLLED",
    "TELLING",
    "SlapdServer",
    "find_slapd",
    "schema",
]

INSTALL = "apt-get install -y --no-install-recommends slapd ldap-utils openssl"
PASSWORD = "sesame-open"
TELLING, POLLED = "dc=telling", "dc=polled"
"""The roots of the two databases."""
ADMIN = "cn=admin"
"""Who may do all in a database, before its root."""

ALL_READ = ("to attrs=userPassword by anonymous auth by * none", "to * by * read")
"""The access rules that both databases begin with."""

NO_LIMITS = ("{0}* size=unlimited",)

_CORE_SCHEMA = Path("/etc/ldap/schema/core.ldif")
_MODULES = Path("/usr/lib/ldap")

_CONFIG = """\
dn: cn=config
objectClass: olcGlobal
cn: config
olcTLSCertificateFile: {here}/server.pem
olcTLSCertificateKeyFile: {here}/server.key
olcTLSCACertificateFile: {here}/ca.pem
olcTLSVerifyClient: try

dn: cn=module{{0}},cn=config
objectClass: olcModuleList
cn: module{{0}}
olcModulePath: {modules}
olcModuleLoad: back_mdb
{modules_of_ours}
dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

{schemas}

dn: olcDatabase={{-1}}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {{-1}}frontend
olcSizeLimit: 5000
olcAccess: to * by * read

dn: olcDatabase={{0}}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {{0}}config
olcAccess: to * by dn.exact=gidNumber={gid}+uidNumber={uid},cn=peercred,cn=external,cn=auth manage by * none

{databases}
"""

_OVERLAY = """\
dn: olcOverlay=syncprov,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcSyncProvConfig
olcOverlay: syncprov
"""

_DATABASE = """\
dn: olcDatabase={{{number}}}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {{{number}}}mdb
olcSuffix: {root}
olcDbDirectory: {here}/{number}
olcDbNoSync: TRUE
olcDbMaxSize: 104857600
olcRootDN: {admin},{root}
olcRootPW: {password}
{access}
"""


def find_slapd() -> str | None:
    """Return slapd's path, or None."""
    found = shutil.which("slapd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    has_all = _CORE_SCHEMA.exists() and shutil.which("openssl") and shutil.which("ldapadd")
    return found if has_all else None


def schema() -> str:
    """Return what the command prints."""
    command = [sys.executable, "-m", "imperator", "schema", "ldap"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


class SlapdServer:
    """A server on free ports of 127.0.0.1, with and without TLS, and on a UNIX socket.

    :param program: slapd.
    :param is_empty: It is what Debian installs: no schema of ours, nothing that tells of changes, one empty database.
    :ivar program: slapd.
    :ivar directory: Where its files are: `ca.pem`, `other-ca.pem`, `client.pem`, `client.key`.
    """

    def __init__(self, program: str, *, is_empty: bool = False) -> None:
        self.program = program
        self._roots = (TELLING,) if is_empty else (TELLING, POLLED)
        self.directory = Path(tempfile.mkdtemp(prefix="imperator-slapd-"))
        self.port, self.tls_port = free_ports(2)
        self.path = str(self.directory / "ldapi")
        self.path_in_url = quote(self.path, safe="")
        make_certificates(self.directory)
        self._configure(schema() if not is_empty else "", _OVERLAY if not is_empty else "")
        self.process = self._spawn()
        self.wait_until_up()
        for root in self._roots if not is_empty else ():
            with self.connect(root) as directory:
                name = root.removeprefix("dc=")
                directory.add(root, {"objectClass": ["organization", "dcObject"], "dc": name, "o": name})

    def start(self) -> None:
        """Start it, until it answers."""
        self.process = self._spawn()
        self.wait_until_up()

    def wait_until_up(self) -> None:
        """Return once it answers."""

        def is_up() -> bool:
            assert self.process.poll() is None, self.log()
            try:
                self.connect(TELLING).close()
            except (ConnectionError, FileNotFoundError):
                return False
            return True

        wait_for(is_up, "slapd answers", otherwise=self.log)

    def kill(self) -> None:
        """Kill it at once."""
        self.process.kill()
        self.process.wait()

    def freeze(self, number: int = signal.SIGSTOP) -> None:
        """Stop it where it is, or let it go on with SIGCONT."""
        os.kill(self.process.pid, number)

    def remove(self) -> None:
        """End it and remove its files."""
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory)

    def connect(self, root: str) -> Directory:
        """Connect as whoever may do all in a database."""
        return Directory(self.port, f"{ADMIN},{root}", PASSWORD)

    def configure(self, entry: str, **values: tuple[str, ...]) -> None:
        """Replace attributes of an entry of its configuration; an empty tuple removes one."""
        with Directory(self.path) as directory:
            directory.replace(f"{entry},cn=config" if entry else "cn=config", values)

    def allow(self, *rules: str, root: str = TELLING) -> None:
        """Replace the access rules of a database."""
        number = (TELLING, POLLED).index(root) + 1
        numbered = tuple(f"{{{place}}}{rule}" for place, rule in enumerate(rules))
        self.configure(f"olcDatabase={{{number}}}mdb", olcAccess=numbered)

    def log(self) -> str:
        """Return what it has said."""
        return (self.directory / "log").read_text(errors="replace")

    def _configure(self, our_schema: str, overlay: str) -> None:
        databases = []
        for number, root in enumerate(self._roots, 1):
            (self.directory / str(number)).mkdir()
            access = "\n".join(f"olcAccess: {rule}" for rule in ALL_READ)
            databases.append(
                _DATABASE.format(
                    number=number, root=root, here=self.directory, admin=ADMIN, password=PASSWORD, access=access
                )
            )
        text = _CONFIG.format(
            here=self.directory,
            modules=_MODULES,
            modules_of_ours="olcModuleLoad: syncprov\n" if overlay else "",
            schemas=f"{_CORE_SCHEMA.read_text()}\n\n{our_schema}",
            databases="\n".join((*databases, overlay)),
            uid=os.geteuid(),
            gid=os.getegid(),
        )
        (self.directory / "config.ldif").write_text(text)
        (self.directory / "config").mkdir()
        add = [str(Path(self.program).with_name("slapadd")), "-n0", "-F", str(self.directory / "config")]
        subprocess.run([*add, "-l", self.directory / "config.ldif"], check=True, timeout=60)

    def _spawn(self) -> subprocess.Popen[bytes]:
        addresses = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls_port} ldapi://{self.path_in_url}"
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [self.program, "-d", "0", "-h", addresses, "-F", str(self.directory / "config")],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def free_ports(number: int) -> list[int]:
    """Return TCP ports of 127.0.0.1 that nobody listens on."""
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def make_certificates(directory: Path) -> None:
    """Write two authorities, and what the first one signed: a server at 127.0.0.1, and a client."""
    (directory / "openssl.cnf").write_text("[req]\ndistinguished_name = name\n[name]\n")
    as_authority = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign", "subjectKeyIdentifier=hash")
    for name in ("ca", "other-ca"):
        sign(directory, name, None, *as_authority)
    for name in ("server", "client"):
        sign(directory, name, "ca", "subjectAltName=IP:127.0.0.1", "authorityKeyIdentifier=keyid")


def sign(directory: Path, name: str, authority: str | None, *extensions: str) -> None:
    """Write a key and a certificate, signed by an authority or by itself."""
    words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    words += ["-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
    for extension in extensions:
        words += ["-addext", extension]
    if authority is not None:
        words += ["-CA", f"{authority}.pem", "-CAkey", f"{authority}.key"]
    command = ["openssl", "req", "-x509", "-config", "openssl.cnf", *words]
    subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=60)
