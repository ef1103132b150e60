"""What only `ldap://` does: on a real OpenLDAP server."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import EMPEROR_COMMAND, read_stats
from tests.system.sources.directory import RefusalError, Values
from tests.system.sources.ldap import LdapSource, bind_words
from tests.system.sources.slapd import ALL_READ, PASSWORD, POLLED, TELLING, SlapdServer
from tests.system.sources.source import PIPE, config, wait_for_configs, wait_for_heard
from tests.system.sources.test_postgres import answers
from tests.system.waiting import wait_for

RELOAD = 1
NO_LIMITS = ("{0}* size=unlimited",)
OURSELVES = f"gidNumber={os.getegid()}+uidNumber={os.geteuid()},cn=peercred,cn=external,cn=auth"


@pytest.fixture
def server(slapd_server: SlapdServer) -> Iterator[SlapdServer]:
    """Return the server for tests that hurt it: it is well again afterwards."""
    yield slapd_server
    if slapd_server.process.poll() is not None:
        slapd_server.start()
    slapd_server.freeze(signal.SIGCONT)
    for number, root in enumerate((TELLING, POLLED), 1):
        slapd_server.allow(*ALL_READ, root=root)
        slapd_server.configure(f"olcDatabase={{{number}}}mdb", olcLimits=NO_LIMITS)


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
def test_ways_to_say_where(start_emperor: StartEmperor, ldap: LdapSource, server: SlapdServer, way: str) -> None:
    """Each way to connect is who it says it is, gives its vassals and hears of changes."""
    target, reader = WAYS[way](ldap)
    server.allow(*only(ldap, reader))
    ldap.put("a.ini", config("first"))
    emperor = start_emperor("--plugin", "ldap", "--emperor", target)
    wait_for_configs(emperor, {"a.ini": config("first")})
    ldap.put("a.ini", config("second"))
    wait_for_heard(emperor, "a.ini", [RELOAD])
    assert "the server tells of changes" in emperor.log()
    assert PASSWORD not in emperor.log()


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


def test_entry_that_leaves_the_filter_or_moves(start_emperor: StartEmperor, ldap: LdapSource) -> None:
    """An entry that matches no longer is gone; one with a new place and the same content goes on; names may move."""
    for name in ("leaves.ini", "moves.ini", "named.ini"):
        ldap.put(name, config(name))
        ldap.change(name, description="active", imperatorTime="20260101000000Z")
    wanted = "(%26(objectClass=imperatorVassal)(description=active))"
    emperor = start_emperor("--emperor", ldap.url(wanted=wanted))
    wait_for_configs(emperor, {name: config(name) for name in ("leaves.ini", "moves.ini", "named.ini")})
    ldap.directory.rename(ldap.place("moves.ini"), "cn=elsewhere")
    ldap.change("leaves.ini", description="retired")
    ldap.change("named.ini", imperatorName="renamed.ini")
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
    start_emperor: StartEmperor, ldap: LdapSource, server: SlapdServer, tmp_path: Path, stats: Path, place: str
) -> None:
    """With target or password kept elsewhere, neither log, stats nor the process list hold the password."""
    server.allow(*only(ldap, ldap.user))
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


LOSSES = {
    "all of it": ('to dn.subtree="{base}" by * none', "refuses (search: no such object): create the entry"),
    "all entries": ('to dn.children="{base}" by * none', "a.ini: its entry is not shown any more, and nothing proves"),
    "one entry": ('to dn.base="{place}" by * none', "a.ini: its entry is not shown any more, and nothing proves"),
    "one entry, which is admitted": ('to dn.base="{place}" by * disclose', "a.ini: its entry is not shown any more"),
    "the filter's attribute": ('to dn.children="{base}" attrs=objectClass by * none', "a.ini: its entry is not shown"),
    "the name": ('to dn.children="{base}" attrs=imperatorName by * none', "a.ini: "),
    "the configuration": (
        'to dn.children="{base}" attrs=imperatorConfig by * none',
        "(the entry shows no imp",
    ),
    "stamps": ('to dn.children="{base}" attrs=entryCSN,modifyTimestamp by * none', "a.ini: it has no ts"),
}


@pytest.mark.parametrize("tells", [True, False], ids=["telling", "polled"])
@pytest.mark.parametrize("loss", LOSSES)
def test_what_may_no_longer_be_read_is_not_gone(
    start_emperor: StartEmperor,
    ldap: LdapSource,
    polled_ldap: LdapSource,
    server: SlapdServer,
    loss: str,
    tells: bool,
) -> None:
    """A directory hides what may not be read: no vassal is stopped, and it is told; later changes are seen again."""
    source = ldap if tells else polled_ldap
    root = TELLING if tells else POLLED
    source.put("a.ini", config("first"))
    source.put("b.ini", config("b"))
    emperor = start_emperor("--emperor", source.target, "--emperor-freq", "1")
    wait_for_configs(emperor, {"a.ini": config("first"), "b.ini": config("b")})
    rule, reason = LOSSES[loss]
    server.allow(ALL_READ[0], rule.format(base=source.base, place=source.place("a.ini")), ALL_READ[1], root=root)
    source.touch("a.ini")
    emperor.wait_for_log(reason)
    wait_for_configs(emperor, {"a.ini": config("first"), "b.ini": config("b")})
    server.allow(*ALL_READ, root=root)
    source.put("a.ini", config("second"))
    wait_for_configs(emperor, {"a.ini": config("second"), "b.ini": config("b")})
    assert (emperor.journal.heard(PIPE + "a.ini"), emperor.journal.heard(PIPE + "b.ini")) == ([RELOAD], [])


@pytest.mark.parametrize("tells", [True, False], ids=["telling", "polled"])
def test_hidden_entry_that_is_removed_stops_its_vassal(
    start_emperor: StartEmperor, ldap: LdapSource, polled_ldap: LdapSource, server: SlapdServer, tells: bool
) -> None:
    """The server says nothing of what it hides, but it proves that an entry is gone to whoever asks for it."""
    source = ldap if tells else polled_ldap
    source.put("a.ini", config())
    source.put("b.ini", config())
    emperor = start_emperor("--emperor", source.target, "--emperor-freq", "1")
    wait_for_configs(emperor, {"a.ini": config(), "b.ini": config()})
    rule = f'to dn.base="{source.place("a.ini")}" by * none'
    server.allow(ALL_READ[0], rule, ALL_READ[1], root=TELLING if tells else POLLED)
    emperor.wait_for_log("a.ini: its entry is not shown any more")
    source.remove("a.ini")
    wait_for_configs(emperor, {"b.ini": config()})


def test_entries_that_are_shown_at_last_start(
    start_emperor: StartEmperor, ldap: LdapSource, server: SlapdServer, stats: Path
) -> None:
    """The server does not tell that access rules have changed: it is compared with now and then, and on SIGWINCH."""
    ldap.put("a.ini", config())
    server.allow(ALL_READ[0], f'to dn.children="{ldap.base}" by * none', ALL_READ[1])
    emperor = start_emperor("--emperor", ldap.target, "--emperor-stats", str(stats))
    emperor.wait_for_log(": connected")
    assert emperor.journal.entries() == []
    server.allow(*ALL_READ)
    emperor.send(signal.SIGWINCH)
    wait_for_configs(emperor, {"a.ini": config()})


@pytest.mark.parametrize("tells", [True, False], ids=["telling", "polled"])
def test_part_of_an_answer_is_none(
    start_emperor: StartEmperor, ldap: LdapSource, polled_ldap: LdapSource, server: SlapdServer, tells: bool
) -> None:
    """With a size limit the server sends some entries and an error: all vassals go on, and the remedy is told."""
    source = ldap if tells else polled_ldap
    configs = {f"{number}.ini": config(str(number)) for number in range(3)}
    source.put_all(configs)
    emperor = start_emperor("--emperor", source.target, "--emperor-freq", "1")
    wait_for_configs(emperor, configs)
    server.configure(f"olcDatabase={{{1 if tells else 2}}}mdb", olcLimits=("{0}* size=1",))
    server.kill()
    server.start()
    source.forget_connection()
    emperor.wait_for_log("refuses (search: size limit exceeded): raise the server's size limit")
    wait_for_configs(emperor, configs)
    server.configure(f"olcDatabase={{{1 if tells else 2}}}mdb", olcLimits=NO_LIMITS)
    source.remove("2.ini")
    del configs["2.ini"]
    wait_for_configs(emperor, configs)
    assert len(emperor.journal.entries(event="started")) == 3


def test_parts_that_are_elsewhere_are_told(start_emperor: StartEmperor, ldap: LdapSource, stats: Path) -> None:
    """A reference to another server is told and not followed; a base that is one says where to go instead."""
    ldap.put("a.ini", config())
    reference = f"ou=elsewhere,{ldap.base}"
    values = {"objectClass": ["referral", "extensibleObject"], "ou": "elsewhere", "ref": "ldap://other.example/dc=x"}
    ldap.directory.add(reference, values)
    there = ldap.target.replace(ldap.base, reference)
    emperor = start_emperor("--emperor", ldap.target, "--emperor", there, "--emperor-stats", str(stats))
    wait_for_configs(emperor, {"a.ini": config()})
    emperor.wait_for_log("refuses (search: referral): name the server that holds the entry")
    (told,) = read_stats(stats)["unreadable"]
    assert told["id"] == "(references)"
    assert "what is at ldap://other.example/" in told["reason"]


def test_schema_that_lacks_an_attribute_is_told(start_emperor: StartEmperor, ldap: LdapSource) -> None:
    """An attribute that the server does not know would be an empty answer without end: it is named instead."""
    ldap.put("a.ini", config())
    wrong = ldap.url(attributes="cn,descriptoin")
    emperor = start_emperor("--emperor", wrong, "--emperor", ldap.target)
    wait_for_configs(emperor, {"a.ini": config()})
    emperor.wait_for_log("the server knows no attribute descriptoin: load the schema (or correct the URL)")


def test_base_that_comes_later_is_waited_for(start_emperor: StartEmperor, ldap: LdapSource) -> None:
    """Without its base a source is not empty: that is told, and tried again."""
    base = f"ou=later,{ldap.base}"
    emperor = start_emperor("--emperor", ldap.target.replace(ldap.base, base))
    emperor.wait_for_log("refuses (search: no such object): create the entry that the URL names")
    ldap.directory.add(base, {"objectClass": "organizationalUnit", "ou": "later"})
    values = {"objectClass": "imperatorVassal", "imperatorName": "a.ini", "imperatorConfig": config()}
    ldap.directory.add(f"imperatorName=a.ini,{base}", values)
    wait_for_configs(emperor, {"a.ini": config()})


def write_until(stop: threading.Event, source: LdapSource) -> None:
    """Change vassals without a pause, whatever becomes of the server; what it has taken counts."""
    number = 0
    while not stop.is_set():
        number += 1
        name = f"busy-{number % 10}.ini"
        try:
            if number % 7 == 0:
                source.remove(name)
            else:
                source.put(name, config(str(number)))
        except RefusalError:  # it is not there
            continue
        except OSError:
            source.forget_connection()


def test_five_kills_under_load_lose_no_change_and_stop_no_vassal(
    start_emperor: StartEmperor, ldap: LdapSource, server: SlapdServer
) -> None:
    """While entries change without a pause the server is killed five times: what it holds in the end is what runs."""
    ldap.put_all({"steady.ini": config("steady"), "other.ini": config("other")})
    emperor = start_emperor("--emperor", ldap.target)
    wait_for_configs(emperor, {"steady.ini": config("steady"), "other.ini": config("other")})
    stop = threading.Event()
    writer = threading.Thread(target=write_until, args=(stop, ldap))
    writer.start()
    try:
        for number in range(1, 6):
            seen = len(emperor.journal.entries())
            wait_for(lambda seen=seen: len(emperor.journal.entries()) > seen + 10, "changes that arrive")  # type: ignore[misc]
            server.kill()
            emperor.wait_for_log("cannot be reached")
            server.start()
            wait_for(lambda number=number: emperor.log().count("connected again") == number, f"connection {number}")  # type: ignore[misc]
    finally:
        stop.set()
        writer.join()
    names, configs = (ldap.directory.read(ldap.base, attribute) for attribute in ("imperatorName", "imperatorConfig"))
    wait_for_configs(emperor, {names[place].decode(): text.decode() for place, text in configs.items()})
    assert emperor.journal.heard(PIPE + "steady.ini") == []
    assert emperor.journal.heard(PIPE + "other.ini") == []


def test_server_that_is_down_at_the_start_is_waited_for(
    start_emperor: StartEmperor, ldap: LdapSource, server: SlapdServer, vassals: Path
) -> None:
    """The Emperor runs, its other monitors work, and it connects when it can; over the UNIX socket, too."""
    (vassals / "file.ini").write_text(config("file"))
    ldap.put("a.ini", config("a"))
    server.kill()
    Path(server.path).unlink()
    on_socket = over_socket(ldap, "x-sasl=external").replace("????", "???(imperatorName=none.ini)?")
    emperor = start_emperor("--emperor", ldap.target, "--emperor", on_socket, "--emperor", str(vassals))
    emperor.wait_for_running({"file.ini": config("file")})
    emperor.wait_for_log("cannot be reached (Connection refused): see that it runs, and that the address is right")
    emperor.wait_for_log("cannot be reached ([Errno 2] No such file or directory)")
    server.start()
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})


def test_server_that_hangs_is_left_and_found_again(
    start_emperor: StartEmperor, ldap: LdapSource, server: SlapdServer, vassals: Path
) -> None:
    """A server that stands still is told after ten seconds, delays nobody else, and is heard when it goes on."""
    ldap.put("a.ini", config("a"))
    emperor = start_emperor("--emperor", ldap.target, "--emperor", str(vassals), "--emperor-freq", "1")
    wait_for_configs(emperor, {"a.ini": config("a")})
    server.freeze()
    try:
        (vassals / "file.ini").write_text(config("file"))
        emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})
        emperor.wait_for_log("does not answer within 10 s: see whether it hangs")
        newcomer = start_emperor("--emperor", ldap.target, "--emperor", str(vassals))
        newcomer.wait_for_running({"file.ini": config("file")})
        assert newcomer.stop(limit_seconds=5) == 0
    finally:
        server.freeze(signal.SIGCONT)
    ldap.put("a.ini", config("b"))
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("b")})


def test_empty_directory_after_an_outage_is_doubted(
    start_emperor: StartEmperor, ldap: LdapSource, server: SlapdServer
) -> None:
    """A directory that is back without any entry may be being restored: vassals go on until it is asked once more."""
    ldap.put("a.ini", config())
    emperor = start_emperor("--emperor", ldap.target, "--emperor-freq", "3600")
    wait_for_configs(emperor, {"a.ini": config()})
    server.kill()
    emperor.wait_for_log("cannot be reached")
    server.start()
    ldap.forget_connection()
    ldap.remove("a.ini")
    emperor.wait_for_log("it is back and holds no vassal: asked again in 10 s")
    wait_for_configs(emperor, {"a.ini": config()})
    emperor.send(signal.SIGWINCH)
    wait_for_configs(emperor, {})


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
    start_emperor: StartEmperor, server: SlapdServer, uwsgi_binary: str, tmp_path: Path, free_port: int
) -> None:
    """Each command of the how-to works on an empty server, and its site answers, and otherwise after its change."""
    empty = SlapdServer(server.program, is_empty=True)
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
