"""What every source has to do alike."""

from __future__ import annotations

import os
import random
import signal
import socket
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.sources.source import PIPE, Source, config, wait_for_configs, wait_for_heard
from tests.system.waiting import wait_for

RELOAD = 1


@pytest.fixture
def stats(tmp_path: Path) -> Path:
    """Return where the Emperor tells its stats."""
    return tmp_path / "stats"


@pytest.fixture
def emperor(start_emperor: StartEmperor, source: Source, stats: Path) -> Empire:
    """Return an Emperor that follows the source."""
    return start_emperor("--emperor", source.target, "--emperor-stats", str(stats))


def test_vassal_comes_changes_and_goes(emperor: Empire, source: Source) -> None:
    """An added entry starts, each change of it reloads once with the new text, a removed one stops."""
    source.put("a.ini", config("first"))
    wait_for_configs(emperor, {"a.ini": config("first")})
    source.put("a.ini", config("second"))
    wait_for_heard(emperor, "a.ini", [RELOAD])
    wait_for_configs(emperor, {"a.ini": config("second")})
    source.put("a.ini", config("first"))
    wait_for_heard(emperor, "a.ini", [RELOAD, RELOAD])
    wait_for_configs(emperor, {"a.ini": config("first")})
    source.remove("a.ini")
    wait_for_configs(emperor, {})
    assert len(emperor.journal.starts(PIPE + "a.ini")) == 1


def test_touch_reloads_once(emperor: Empire, source: Source) -> None:
    """The same text with a newer time reloads, and only that vassal."""
    source.put_all({"a.ini": config("a"), "b.ini": config("b")})
    wait_for_configs(emperor, {"a.ini": config("a"), "b.ini": config("b")})
    source.touch("a.ini")
    wait_for_heard(emperor, "a.ini", [RELOAD])
    source.put("fence.ini", config())
    wait_for_configs(emperor, {"a.ini": config("a"), "b.ini": config("b"), "fence.ini": config()})
    assert (emperor.journal.heard(PIPE + "a.ini"), emperor.journal.heard(PIPE + "b.ini")) == ([RELOAD], [])


def test_many_at_once(emperor: Empire, source: Source) -> None:
    """200 entries added at once all start, once each."""
    configs = {f"site-{number}.ini": config(str(number)) for number in range(200)}
    source.put_all(configs)
    wait_for_configs(emperor, configs)
    assert len(emperor.journal.entries(event="started")) == len(configs)


BAD_ENTRIES = [
    ("", config(), "0", "it has no name"),
    ("a.conf", config(), "0", "its name ends in none of .xml, .ini"),
    ("../a.ini", config(), "0", "its name has a slash or two dots"),
    ("a:b.ini", config(), "0", "its name has a colon"),
    ("x" * 251 + ".ini", config(), "0", "its name is 255 bytes long"),
    ("a.ini", "#" * 65_536, "0", "its configuration has 65,536 bytes"),
    ("a.ini", config(), "-1", "its uid is -1"),
    ("a.ini", config(), "4294967295", "its uid is 4294967295"),
]


def test_bad_entries_are_refused_one_by_one(emperor: Empire, source: Source, stats: Path) -> None:
    """Each entry that can be no vassal is told with its reason in log and stats; the others run."""
    bad_entries = [entry for entry in BAD_ENTRIES if source.holds(entry[0])]
    for number, (name, text, uid, _) in enumerate(bad_entries):
        source.put(name if name != "a.ini" else f"{number}.ini", text, uid=uid)
    source.put("good.ini", config())
    wait_for_configs(emperor, {"good.ini": config()})
    for _, _, _, reason in bad_entries:
        emperor.wait_for_log(reason)
    told = [entry["reason"] for entry in read_stats(stats)["unreadable"]]
    assert [reason for *_, reason in bad_entries if not any(reason in text for text in told)] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
def test_tyrant_refuses_an_entry_of_nobody(start_emperor: StartEmperor, source: Source, stats: Path) -> None:
    """Under Tyrant an entry without a user is never started, as root least of all, and that is shown."""
    emperor = start_emperor("--emperor", source.target, "--emperor-tyrant", "--emperor-stats", str(stats))
    source.put("a.ini", config(), uid="0")
    emperor.wait_for_log("a.ini: wanted")
    wait_for(lambda: [entry["id"] for entry in read_stats(stats)["unreadable"]] == ["a.ini"], "a refusal in the stats")
    assert emperor.journal.entries() == []


def test_entry_that_turns_bad_stops_nothing(emperor: Empire, source: Source, stats: Path) -> None:
    """A vassal goes on when its entry cannot be taken any more, and reloads when it can again."""
    source.put("a.ini", config("good"))
    wait_for_configs(emperor, {"a.ini": config("good")})
    source.put("a.ini", "#" * 65_536)
    emperor.wait_for_log("its configuration has 65,536 bytes")
    assert emperor.journal.heard(PIPE + "a.ini") == []
    source.put("a.ini", config("better"))
    wait_for_configs(emperor, {"a.ini": config("better")})
    wait_for(lambda: read_stats(stats)["unreadable"] == [], "nothing unreadable")


def test_largest_configuration_arrives_whole(emperor: Empire, source: Source) -> None:
    """65,535 bytes, all that the protocol carries, reach the vassal."""
    text = config("x" * (65_535 - len(config())))
    source.put("a.ini", text)
    wait_for_configs(emperor, {"a.ini": text})


def test_entry_with_a_socket_waits_for_a_connection(emperor: Empire, source: Source, tmp_path: Path) -> None:
    """A vassal with a socket is not started before somebody connects there."""
    path = str(tmp_path / "s")
    source.put("a.ini", config(), socket=path)
    emperor.wait_for_log(f'a.ini -> "on demand" instance, waiting for connections on socket "{path}"')
    assert emperor.journal.entries() == []
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        wait_for_configs(emperor, {"a.ini": config()})


def test_socket_that_cannot_be_is_told_of_its_entry(emperor: Empire, source: Source, stats: Path) -> None:
    """An entry whose socket nobody can listen on is named with the reason in log and stats, until it is gone."""
    source.put("a.ini", config(), socket="127.0.0.1:99999")
    emperor.wait_for_log("a.ini: address '127.0.0.1:99999': wanted host:port or the path of a UNIX socket")
    (told,) = read_stats(stats)["unreadable"]
    assert (told["id"], "found the port '99999'" in told["reason"]) == ("a.ini", True)
    source.remove("a.ini")
    wait_for(lambda: read_stats(stats)["unreadable"] == [], "nothing unreadable")


def test_emperor_that_starts_later_learns_all(start_emperor: StartEmperor, source: Source) -> None:
    """What changes while no Emperor runs is known to the next; a source without a list brings only that."""
    first = start_emperor("--emperor", source.target)
    source.put_all({"kept.ini": config("kept"), "gone.ini": config("gone")})
    wait_for_configs(first, {"kept.ini": config("kept"), "gone.ini": config("gone")})
    assert first.stop(signal.SIGINT) == 0
    source.remove("gone.ini")
    source.put("new.ini", config("new"))
    second = start_emperor("--emperor", source.target)
    kept = {"kept.ini": config("kept")} if source.keeps_a_list else {}
    wait_for_configs(second, {**kept, "new.ini": config("new")})


@pytest.mark.parametrize("seed", [1, 2])
def test_random_changes_end_as_told(emperor: Empire, source: Source, seed: int) -> None:
    """After 300 changes in any order each vassal runs with the newest text, and no other does."""
    chance = random.Random(seed)
    wanted: dict[str, str] = {}
    for number in range(300):
        name = f"site-{chance.randrange(20)}.ini"
        if name in wanted and chance.random() < 0.3:
            source.remove(name)
            del wanted[name]
        elif name in wanted and chance.random() < 0.3:
            source.touch(name)
        else:
            wanted[name] = config(f"change {number}")
            source.put(name, wanted[name])
    wait_for_configs(emperor, wanted)


def test_source_keeps_its_descriptors_to_itself(emperor: Empire, source: Source) -> None:
    """A vassal inherits its channel and configuration pipe, and nothing that belongs to the source."""
    source.put("first.ini", config())
    wait_for_configs(emperor, {"first.ini": config()})
    source.put("second.ini", config())
    wait_for_configs(emperor, {"first.ini": config(), "second.ini": config()})
    (start,) = emperor.journal.starts(PIPE + "second.ini")
    own = {0, 1, 2, 3, 4}
    assert len(set(start.facts["descriptors"]) - own) <= 1  # the one that listing them takes
