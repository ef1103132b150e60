"""What only `ldap://` does: on a real OpenLDAP server."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import EMPEROR_COMMAND, read_stats
from tests.system.sources.directory import Values
from tests.system.sources.ldap import LdapSource, bind_words
from tests.system.sources.slapd import ALL_READ, PASSWORD, POLLED, SlapdServer
from tests.system.sources.source import PIPE, config, wait_for_configs, wait_for_heard
from tests.system.sources.test_postgres import answers
from tests.system.waiting import wait_for

RELOAD = 1
OURSELVES = f"gidNumber={os.getegid()}+uidNumber={os.geteuid()},cn=peercred,cn=external,cn=auth"


@pytest.fixture
def stats(tmp_path: Path) -> Path:
    """Return where the Emperor tells its stats."""
    return tmp_path / "stats"


def only(source: LdapSource, reader: str) -> tuple[str, ...]:
    """Return access rules that let one user, and no other, read what is below a base."""
    return (ALL_READ[0], f'to dn.subtree="{source.base}" by dn.exact="{reader}" read by * none', ALL_READ[1])


Way = Callable[[LdapSource], tuple[str, str]]
"""Returns a target, and who the server takes us for there."""


def over_socket(source: LdapSource, words: str) -> str:
    return f"ldapi://{source.server.path_in_url}/{source.base}????{words}"


def over_tls(source: LdapSource, words: str, port: int, scheme: str = "ldaps") -> str:
    return f"{scheme}://127.0.0.1:{port}/{source.base}????x-tls-ca={source.server.directory}/ca.pem,{words}"


def with_certificate(source: LdapSource) -> str:
    directory = source.server.directory
    return over_tls(
        source,
        f"x-sasl=external,x-tls-cert={directory}/client.pem,x-tls-key={directory}/client.key",
        source.server.tls_port,
    )


WAYS: dict[str, Way] = {
    "simple bind": lambda source: (source.target, source.user),
    "UNIX socket as ourselves": lambda source: (over_socket(source, "x-sasl=external"), OURSELVES),
    "UNIX socket with a password": lambda source: (over_socket(source, bind_words(source.user)), source.user),
    "TLS": lambda source: (over_tls(source, bind_words(source.user), source.server.tls_port), source.user),
    "TLS with a certificate": lambda source: (with_certificate(source), "cn=client"),
    "StartTLS": lambda source: (
        over_tls(source, f"!x-starttls,{bind_words(source.user)}", source.server.port, "ldap"),
        source.user,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_ways_to_say_where(
    start_emperor: StartEmperor, ldap: LdapSource, slapd: SlapdServer, stats: Path, way: str
) -> None:
    """Each way to connect is who it says it is, gives its vassals and hears of changes."""
    target, reader = WAYS[way](ldap)
    slapd.allow(*only(ldap, reader))
    ldap.put("a.ini", config("first"))
    emperor = start_emperor("--plugin", "ldap", "--emperor", target, "--emperor-stats", str(stats))
    wait_for_configs(emperor, {"a.ini": config("first")})
    ldap.put("a.ini", config("second"))
    wait_for_heard(emperor, "a.ini", [RELOAD])
    assert "the server tells of changes" in emperor.log()
    assert PASSWORD not in emperor.log() + str(read_stats(stats))


def test_anonymous_reads_what_all_may(start_emperor: StartEmperor, ldap: LdapSource) -> None:
    """Without extensions nobody in particular is asked for, and a host that is left out is this one."""
    ldap.put("a.ini", config())
    emperor = start_emperor("--emperor", f"ldap://:{ldap.server.port}/{ldap.base}")
    wait_for_configs(emperor, {"a.ini": config()})


UNTRUSTED = {
    "another authority": ("127.0.0.1", "x-tls-ca={directory}/other-ca.pem", "certificate verify failed"),
    "no authority named": ("127.0.0.1", "", "certificate verify failed"),
    "another name": ("localhost", "x-tls-ca={directory}/ca.pem", "Hostname mismatch"),
}


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
@pytest.mark.parametrize("case", UNTRUSTED)
def test_server_that_is_not_trusted_gets_no_password(
    start_emperor: StartEmperor, ldap: LdapSource, case: str, scheme: str
) -> None:
    """A certificate of another authority or name is refused, with what to do, and nobody binds."""
    host, words, _ = UNTRUSTED[case]
    port = ldap.server.port if scheme == "ldap" else ldap.server.tls_port
    words = ",".join(word for word in (words.format(directory=ldap.server.directory), bind_words(ldap.user)) if word)
    words = f"x-starttls,{words}" if scheme == "ldap" else words
    ldap.put("a.ini", config())
    emperor = start_emperor("--emperor", f"{scheme}://{host}:{port}/{ldap.base}????{words}")
    emperor.wait_for_log("is not trusted (")
    assert "name its authority (x-tls-ca=/FILE), and the host as its certificate does" in emperor.log()
    assert emperor.journal.entries() == []


def test_silent_server_is_polled(start_emperor: StartEmperor, polled_ldap: LdapSource) -> None:
    """Where the server tells nothing it is asked every few seconds, or as often as emperor-freq says."""
    source = polled_ldap
    source.put("a.ini", config("first"))
    source.put("steady.ini", config())
    emperor = start_emperor("--emperor", source.target, "--emperor-freq", "1")
    wait_for_configs(emperor, {"a.ini": config("first"), "steady.ini": config()})
    assert "the server is asked every 1 s" in emperor.log()
    source.put("a.ini", config("second"))
    wait_for_heard(emperor, "a.ini", [RELOAD])
    source.touch("a.ini")
    wait_for_heard(emperor, "a.ini", [RELOAD, RELOAD])
    source.put("b.ini", config("b"))
    source.remove("a.ini")
    wait_for_configs(emperor, {"b.ini": config("b"), "steady.ini": config()})
    assert emperor.journal.heard(PIPE + "steady.ini") == []


def test_stamps_that_count_seconds_hide_no_change(
    start_emperor: StartEmperor, polled_ldap: LdapSource, slapd: SlapdServer
) -> None:
    """Where a server has no serial numbers of changes, several changes within one second are all seen."""
    slapd.allow(ALL_READ[0], "to attrs=entryCSN by * none", ALL_READ[1], root=POLLED)
    polled_ldap.put("a.ini", config("0"))
    emperor = start_emperor("--emperor", polled_ldap.target, "--emperor-freq", "3600")
    wait_for_configs(emperor, {"a.ini": config("0")})
    for number in range(1, 11):
        polled_ldap.put("a.ini", config(str(number)))
        emperor.send(signal.SIGWINCH)
        wait_for_configs(emperor, {"a.ini": config(str(number))})


def test_attributes_of_others_are_fields(start_emperor: StartEmperor, ldap: LdapSource) -> None:
    """A URL's list of attributes says, in order, what is the name, the configuration, the time."""
    for name, text in (("a.ini", "first"), ("b.ini", "b")):
        values = {"objectClass": "applicationProcess", "cn": name, "description": config(text), "l": "20260101000000Z"}
        ldap.directory.add(f"cn={name},{ldap.base}", values)
    target = ldap.url(
        attributes="cn,description,l", scope="one", wanted="(%26(objectClass=applicationProcess)(!(cn=b*)))"
    )
    emperor = start_emperor("--emperor", target)
    wait_for_configs(emperor, {"a.ini": config("first")})
    ldap.directory.replace(f"cn=a.ini,{ldap.base}", {"ou": "elsewhere"})  # the time is the same, and so is the text
    ldap.directory.replace(f"cn=a.ini,{ldap.base}", {"l": "20250101000000Z"})
    wait_for_heard(emperor, "a.ini", [RELOAD])
    ldap.directory.replace(f"cn=a.ini,{ldap.base}", {"description": config("second")})
    wait_for_heard(emperor, "a.ini", [RELOAD, RELOAD])


def test_attributes_of_a_vassal_are_part_of_it(start_emperor: StartEmperor, ldap: LdapSource) -> None:
    """Another attribute of a vassal is a change, though its explicit time stays the same; a bad one is refused."""
    ldap.put("a.ini", config())
    ldap.change("a.ini", imperatorTime="20260101000000Z", imperatorAttribute=("tier=one", "rank=2"))
    emperor = start_emperor("--emperor", ldap.target)
    wait_for_configs(emperor, {"a.ini": config()})
    ldap.change("a.ini", imperatorAttribute=("tier=two", "rank=2"))
    wait_for_heard(emperor, "a.ini", [RELOAD])
    ldap.change("a.ini", imperatorAttribute="tier")
    emperor.wait_for_log("its imperatorAttribute has a value that is not name=value: correct it")
    ldap.change("a.ini", imperatorAttribute=("tier=1", "tier=2"))
    emperor.wait_for_log("its attribute tier has several values: leave one")
    assert emperor.journal.heard(PIPE + "a.ini") == [RELOAD]


@pytest.mark.parametrize("tells", [True, False], ids=["telling", "polled"])
def test_entry_that_leaves_the_filter_or_moves(
    start_emperor: StartEmperor, ldap: LdapSource, polled_ldap: LdapSource, tells: bool
) -> None:
    """An entry that matches no longer is gone; one with a new place and the same content goes on; names may move."""
    source = ldap if tells else polled_ldap
    for name in ("leaves.ini", "moves.ini", "named.ini"):
        source.put(name, config(name))
        source.change(name, description="active", imperatorTime="20260101000000Z")
    wanted = "(%26(objectClass=imperatorVassal)(description=active))"
    emperor = start_emperor("--emperor", source.url(wanted=wanted), "--emperor-freq", "1")
    wait_for_configs(emperor, {name: config(name) for name in ("leaves.ini", "moves.ini", "named.ini")})
    source.directory.rename(source.place("moves.ini"), "cn=elsewhere")
    source.change("leaves.ini", description="retired")
    source.change("named.ini", imperatorName="renamed.ini")
    wait_for_configs(emperor, {"moves.ini": config("moves.ini"), "renamed.ini": config("named.ini")})
    assert emperor.journal.heard(PIPE + "moves.ini") == []


def test_entries_that_share_a_name_are_refused(start_emperor: StartEmperor, ldap: LdapSource) -> None:
    """Of two entries with one name none is taken, and the vassal goes on; with one of them removed all is well."""
    ldap.put("a.ini", config("a"))
    emperor = start_emperor("--emperor", ldap.target)
    wait_for_configs(emperor, {"a.ini": config("a")})
    twin = f"cn=twin,{ldap.base}"
    ldap.directory.add(
        twin, {"objectClass": "imperatorVassal", "imperatorName": "a.ini", "imperatorConfig": config("twin")}
    )
    emperor.wait_for_log("a.ini: there are several entries of this name: keep one of them")
    wait_for_configs(emperor, {"a.ini": config("a")})
    ldap.remove("a.ini")
    wait_for_configs(emperor, {"a.ini": config("twin")})


def test_values_that_are_too_many_cost_their_entry_only(start_emperor: StartEmperor, ldap: LdapSource) -> None:
    """Two values where one is wanted, a time that is none and bytes that are no text are refused one by one."""
    bad: dict[str, Values] = {
        "two.ini": {"description": [config("1"), config("2")]},
        "time.ini": {"description": config(), "l": "yesterday"},
        "none.ini": {},
    }
    for name, values in {**bad, "good.ini": {"description": config()}}.items():
        ldap.directory.add(f"cn={name},{ldap.base}", {"objectClass": "applicationProcess", "cn": name, **values})
    ldap.put("bytes.ini", config())
    ldap.directory.replace(ldap.place("bytes.ini"), {"imperatorConfig": b"\xff"})
    wanted = "(objectClass=applicationProcess)"
    by_list = ldap.url(attributes="cn,description,l", wanted=wanted)
    emperor = start_emperor("--emperor", by_list, "--emperor", ldap.target)
    wait_for_configs(emperor, {"good.ini": config()})
    for reason in (
        "two.ini: its description has 2 values: leave one",
        "time.ini: its ts is yesterday and has to be seconds",
        "none.ini: its configuration is empty: fill it, or remove the entry to stop the vassal (the entry shows no de",
        "bytes.ini: its configuration is no UTF-8 (at 0)",
    ):
        emperor.wait_for_log(reason)


PLACES = ["file", "environment", "password file", "password variable"]


@pytest.mark.parametrize("place", PLACES)
def test_password_is_shown_nowhere(
    start_emperor: StartEmperor, ldap: LdapSource, slapd: SlapdServer, tmp_path: Path, stats: Path, place: str
) -> None:
    """With target or password kept elsewhere, neither log, stats nor the process list hold the password."""
    slapd.allow(*only(ldap, ldap.user))
    file = tmp_path / "kept"
    file.write_text((PASSWORD if "password" in place else ldap.target) + "\n")
    environment = {"EMPEROR_KEPT": file.read_text().strip()} if place in ("environment", "password variable") else None
    name = ldap.user.replace(",", "%2C")
    targets = {
        "file": f"ldap://@{file}",
        "environment": "ldap://@EMPEROR_KEPT",
        "password file": ldap.url(words=f"bindname={name},x-bindpw-from={file}"),
        "password variable": ldap.url(words=f"bindname={name},x-bindpw-from=EMPEROR_KEPT"),
    }
    words = ("--emperor", targets[place], "--emperor-stats", str(stats), "--log-level", "debug")
    emperor = start_emperor(*words, environment=environment)
    ldap.put("a.ini", config())
    wait_for_configs(emperor, {"a.ini": config()})
    told = read_stats(stats)
    assert [vassal["monitor"] for vassal in told["vassals"]] == [targets[place]]
    command_line = Path(f"/proc/{emperor.pid}/cmdline").read_text()
    assert PASSWORD not in emperor.log() + str(told) + command_line


def test_wrong_password_then_right(start_emperor: StartEmperor, ldap: LdapSource) -> None:
    """Wrong credentials are told, and tried again until they are right."""
    ldap.put("a.ini", config())
    emperor = start_emperor("--emperor", ldap.url(words=bind_words(ldap.user, "another-one")))
    emperor.wait_for_log("refuses (bind: invalid credentials): correct bindname and password")
    ldap.directory.replace(ldap.user, {"userPassword": "another-one"})
    wait_for_configs(emperor, {"a.ini": config()})
    assert "another-one" not in emperor.log()


def test_unreadable_url_shows_nothing_of_the_password(start_emperor: StartEmperor) -> None:
    """A URL that is none ends the command with 2 and no piece of a password."""
    emperor = start_emperor("--emperor", "ldap://h/dc=x????bindname=cn=a,dc=x,x-bindpw=half,asecret")
    assert emperor.wait_for_exit() == 2
    assert "Write %2C for a comma that is part of a value." in emperor.log()
    assert "half" not in emperor.log()
    assert "asecret" not in emperor.log()


@pytest.mark.parametrize("scheme", ["ldap", "ldaps", "ldapi"])
def test_missing_driver_names_the_extra(start_emperor: StartEmperor, tmp_path: Path, scheme: str) -> None:
    """Without sansldap the error says what to install, and hides the password."""
    (tmp_path / "sansldap.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'sansldap'\", name='sansldap')\n"
    )
    words = ("--emperor", f"{scheme}://h/dc=x????bindname=cn=a,x-bindpw=asecret")
    emperor = start_emperor(*words, environment={"PYTHONPATH": str(tmp_path)})
    assert emperor.wait_for_exit() == 2
    assert 'Install it: pip install "imperator[ldap]"' in emperor.log()
    assert "asecret" not in emperor.log()


def test_how_to_is_true(
    start_emperor: StartEmperor, slapd: SlapdServer, uwsgi_binary: str, tmp_path: Path, free_port: int
) -> None:
    """Each command of the how-to works on an empty server, and its site answers, and otherwise after its change."""
    empty = SlapdServer(slapd.program, is_empty=True)
    try:
        for words, content in read_page(empty, tmp_path, free_port):
            if content is not None:
                (tmp_path / words).parent.mkdir(exist_ok=True)
                (tmp_path / words).write_text(content)
            elif words.startswith("imperator 'ldap"):
                emperor = start_emperor("--emperor", words.split("'")[1], fake_vassals=False)
            elif words.startswith("curl"):
                answer = b"Salve!\n" if "Salve" in (tmp_path / "site/site.ini").read_text() else b"Ave!\n"
                wait_for(partial(answers, free_port, answer), repr(answer), otherwise=emperor.log)
            else:
                subprocess.run(["sh", "-euc", words], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    finally:
        empty.remove()


def read_page(server: SlapdServer, directory: Path, port: int) -> Iterator[tuple[str, str | None]]:
    """Yield the how-to's files, as name and content, and its commands, in their order, for this server."""
    page = (Path(__file__).parents[3] / "docs" / "monitors" / "ldap.md").read_text().split("## The target")[0]
    imperator = shlex.join(EMPEROR_COMMAND)
    for there, here in (
        ("/srv/site", str(directory / "site")),
        ("/etc/imperator.password", str(directory / "password")),
        ("/var/lib/ldap/empire", str(directory / "empire")),
        ("install -d -o openldap -g openldap", "install -d"),
        ("gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth", OURSELVES),
        ("ldapi:///", f"ldapi://{server.path_in_url}"),
        ("ldap://127.0.0.1/", f"ldap://127.0.0.1:{server.port}/"),
        ("8080", str(port)),
        ("imperator schema", f"{imperator} schema"),
    ):
        page = page.replace(there, here)
    for title, content in re.findall(r'^```\w+(?: title="([^"]+)")?\n(.*?)^```', page, re.DOTALL | re.MULTILINE):
        if title:
            yield os.path.relpath(title, directory) if title.startswith("/") else title, content
        else:
            commands = [line for line in content.splitlines() if not line.startswith(("apt-get", "pip"))]
            yield from ((command, None) for command in commands)
