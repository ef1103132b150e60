"""What `ldap://` does in trouble: entries that are hidden, answers that are cut off, servers that are away."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import read_stats
from tests.system.sources.directory import RefusalError
from tests.system.sources.ldap import LdapSource
from tests.system.sources.slapd import ALL_READ, NO_LIMITS, POLLED, TELLING, SlapdServer
from tests.system.sources.source import PIPE, config, wait_for_configs
from tests.system.waiting import wait_for

RELOAD = 1


@pytest.fixture
def stats(tmp_path: Path) -> Path:
    """Return where the Emperor tells its stats."""
    return tmp_path / "stats"


LOSSES = {
    "all of it": ('to dn.subtree="{base}" by * none', "refuses (search: no such object): create the entry"),
    "all entries": ('to dn.children="{base}" by * none', "a.ini: its entry is not shown any more"),
    "one entry": ('to dn.base="{place}" by * none', "a.ini: its entry is not shown any more"),
    "one entry, which is admitted": (
        'to dn.base="{place}" by * disclose',
        "a.ini: its entry is not shown any more",
    ),
    "the filter's attribute": ('to dn.children="{base}" attrs=objectClass by * none', "a.ini: its entry is not shown"),
    "the name": ('to dn.children="{base}" attrs=imperatorName by * none', "a.ini: it shows no imperatorName"),
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
    slapd: SlapdServer,
    loss: str,
    tells: bool,
) -> None:
    """A directory hides what may not be read: no vassal is stopped, and it is told; later changes are seen again."""
    source = ldap if tells else polled_ldap
    root = TELLING if tells else POLLED
    source.put("a.ini", config("first"))
    source.put("b.ini", config("b"))
    emperor = start_emperor("--emperor", source.target, "--emperor-freq", "3600")
    wait_for_configs(emperor, {"a.ini": config("first"), "b.ini": config("b")})
    rule, reason = LOSSES[loss]
    slapd.allow(ALL_READ[0], rule.format(base=source.base, place=source.place("a.ini")), ALL_READ[1], root=root)
    source.touch("a.ini")
    emperor.send(signal.SIGWINCH)
    emperor.wait_for_log(reason)
    wait_for_configs(emperor, {"a.ini": config("first"), "b.ini": config("b")})
    slapd.allow(*ALL_READ, root=root)
    source.put("a.ini", config("second"))
    emperor.send(signal.SIGWINCH)
    wait_for_configs(emperor, {"a.ini": config("second"), "b.ini": config("b")})
    assert (emperor.journal.heard(PIPE + "a.ini"), emperor.journal.heard(PIPE + "b.ini")) == ([RELOAD], [])


@pytest.mark.parametrize("tells", [True, False], ids=["telling", "polled"])
def test_hidden_entry_that_is_removed_stops_its_vassal(
    start_emperor: StartEmperor, ldap: LdapSource, polled_ldap: LdapSource, slapd: SlapdServer, tells: bool
) -> None:
    """The server says nothing of what it hides, but it proves that an entry is gone to whoever asks for it."""
    source = ldap if tells else polled_ldap
    source.put("a.ini", config())
    source.put("b.ini", config())
    emperor = start_emperor("--emperor", source.target, "--emperor-freq", "3600")
    wait_for_configs(emperor, {"a.ini": config(), "b.ini": config()})
    rule = f'to dn.base="{source.place("a.ini")}" by * none'
    slapd.allow(ALL_READ[0], rule, ALL_READ[1], root=TELLING if tells else POLLED)
    emperor.send(signal.SIGWINCH)
    emperor.wait_for_log("a.ini: its entry is not shown any more")
    source.remove("a.ini")
    emperor.send(signal.SIGWINCH)
    wait_for_configs(emperor, {"b.ini": config()})


def test_entry_that_shows_less_of_itself_is_not_changed(
    start_emperor: StartEmperor, ldap: LdapSource, slapd: SlapdServer
) -> None:
    """A field that may not be read any more has not been taken away: the vassal goes on as it is, and that is told."""
    ldap.put("a.ini", config())
    ldap.change("a.ini", imperatorAttribute="tier=one")
    emperor = start_emperor("--emperor", ldap.target)
    wait_for_configs(emperor, {"a.ini": config()})
    slapd.allow(ALL_READ[0], f'to dn.children="{ldap.base}" attrs=imperatorAttribute by * none', ALL_READ[1])
    slapd.kill()
    slapd.start()
    emperor.wait_for_log("a.ini: it shows no imperatorAttribute any more, though nobody changed it: let the Emperor")
    wait_for_configs(emperor, {"a.ini": config()})
    assert emperor.journal.heard(PIPE + "a.ini") == []


def test_entries_that_are_shown_at_last_start(
    start_emperor: StartEmperor, ldap: LdapSource, slapd: SlapdServer, stats: Path
) -> None:
    """The server does not tell that access rules have changed: it is compared with now and then, and on SIGWINCH."""
    ldap.put("a.ini", config())
    slapd.allow(ALL_READ[0], f'to dn.children="{ldap.base}" by * none', ALL_READ[1])
    emperor = start_emperor("--emperor", ldap.target, "--emperor-stats", str(stats))
    emperor.wait_for_log(": connected")
    assert emperor.journal.entries() == []
    slapd.allow(*ALL_READ)
    emperor.send(signal.SIGWINCH)
    wait_for_configs(emperor, {"a.ini": config()})


@pytest.mark.parametrize("tells", [True, False], ids=["telling", "polled"])
def test_part_of_an_answer_is_none(
    start_emperor: StartEmperor, ldap: LdapSource, polled_ldap: LdapSource, slapd: SlapdServer, tells: bool
) -> None:
    """With a size limit the server sends some entries and an error: all vassals go on, and the remedy is told."""
    source = ldap if tells else polled_ldap
    configs = {f"{number}.ini": config(str(number)) for number in range(3)}
    source.put_all(configs)
    emperor = start_emperor("--emperor", source.target, "--emperor-freq", "1")
    wait_for_configs(emperor, configs)
    slapd.configure(f"olcDatabase={{{1 if tells else 2}}}mdb", olcLimits=("{0}* size=1",))
    slapd.kill()
    slapd.start()
    source.forget_connection()
    emperor.wait_for_log("refuses (search: size limit exceeded): raise the server's size limit")
    wait_for_configs(emperor, configs)
    slapd.configure(f"olcDatabase={{{1 if tells else 2}}}mdb", olcLimits=NO_LIMITS)
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
    start_emperor: StartEmperor, ldap: LdapSource, slapd: SlapdServer
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
            slapd.kill()
            emperor.wait_for_log("cannot be reached")
            slapd.start()
            wait_for(lambda number=number: emperor.log().count("connected again") == number, f"connection {number}")  # type: ignore[misc]
    finally:
        stop.set()
        writer.join()
    names, configs = (ldap.directory.read(ldap.base, attribute) for attribute in ("imperatorName", "imperatorConfig"))
    wait_for_configs(emperor, {names[place].decode(): text.decode() for place, text in configs.items()})
    assert emperor.journal.heard(PIPE + "steady.ini") == []
    assert emperor.journal.heard(PIPE + "other.ini") == []


def test_server_that_is_down_at_the_start_is_waited_for(
    start_emperor: StartEmperor, ldap: LdapSource, slapd: SlapdServer, vassals: Path
) -> None:
    """The Emperor runs, its other monitors work, and it connects when it can; over the UNIX socket, too."""
    (vassals / "file.ini").write_text(config("file"))
    ldap.put("a.ini", config("a"))
    slapd.kill()
    Path(slapd.path).unlink()
    on_socket = f"ldapi://{slapd.path_in_url}/{ldap.base}???(imperatorName=none.ini)?x-sasl=external"
    emperor = start_emperor("--emperor", ldap.target, "--emperor", on_socket, "--emperor", str(vassals))
    emperor.wait_for_running({"file.ini": config("file")})
    emperor.wait_for_log("cannot be reached (Connection refused): see that it runs, and that the address is right")
    emperor.wait_for_log("cannot be reached (No such file or directory)")
    slapd.start()
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})


def test_server_that_hangs_is_left_and_found_again(
    start_emperor: StartEmperor, ldap: LdapSource, slapd: SlapdServer, vassals: Path
) -> None:
    """A server that stands still is told after ten seconds, delays nobody else, and is heard when it goes on."""
    ldap.put("a.ini", config("a"))
    emperor = start_emperor("--emperor", ldap.target, "--emperor", str(vassals), "--emperor-freq", "1")
    wait_for_configs(emperor, {"a.ini": config("a")})
    slapd.freeze()
    try:
        (vassals / "file.ini").write_text(config("file"))
        emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})
        emperor.wait_for_log("does not answer within 10 s: see whether it hangs")
        newcomer = start_emperor("--emperor", ldap.target, "--emperor", str(vassals))
        newcomer.wait_for_running({"file.ini": config("file")})
        assert newcomer.stop(limit_seconds=5) == 0
    finally:
        slapd.freeze(signal.SIGCONT)
    ldap.put("a.ini", config("b"))
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("b")})


def test_empty_directory_after_an_outage_is_doubted(
    start_emperor: StartEmperor, ldap: LdapSource, slapd: SlapdServer
) -> None:
    """A directory that is back without any entry may be being restored: vassals go on until it is asked once more."""
    ldap.put("a.ini", config())
    emperor = start_emperor("--emperor", ldap.target, "--emperor-freq", "3600")
    wait_for_configs(emperor, {"a.ini": config()})
    slapd.kill()
    emperor.wait_for_log("cannot be reached")
    slapd.start()
    ldap.forget_connection()
    ldap.remove("a.ini")
    emperor.wait_for_log("it is back and holds no vassal: asked again in 10 s")
    wait_for_configs(emperor, {"a.ini": config()})
    emperor.send(signal.SIGWINCH)
    wait_for_configs(emperor, {})
