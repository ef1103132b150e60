"""Attributes with real processes: what configurations say to the Emperor, and what becomes of it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import FAKE_VASSAL, Empire, read_stats
from tests.system.test_protocol_vassals import RELOAD, wait_for_heard, wait_for_starts
from tests.system.test_tyrant import ALICE, BOB, STAFF, City, city
from tests.system.waiting import wait_for

__all__ = ["city"]


def attributes_of(stats: Path, name: str) -> dict[str, str] | None:
    """Return what the stats tell of a vassal's attributes."""
    return next((vassal["attributes"] for vassal in read_stats(stats)["vassals"] if vassal["id"] == name), None)


def wait_for_attributes(emperor: Empire, stats: Path, name: str, wanted: dict[str, str]) -> None:
    emperor.wait_for_log("stats server enabled")
    wait_for(lambda: attributes_of(stats, name) == wanted, f"{wanted} of {name}", otherwise=emperor.log)


def write_vassal_program(path: Path, option: str) -> str:
    """Write a program that runs the fake vassal with one more argument, by which its journal tells it from others."""
    path.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {shlex.quote(str(FAKE_VASSAL))} {option} "$@"\n'
    )
    path.chmod(0o755)
    return str(path)


def test_collected_attributes_are_in_the_stats(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """What is collected of the section [emperor] is told, the newest of it, and nothing else of any file is."""
    file, stats = vassals / "app.ini", tmp_path / "stats"
    file.write_text("[uwsgi]\nplan = no\n[emperor]\n; plan = comment\nplan = small\nplan = large\nsecret = x\nempty\n")
    (vassals / "other.yml").write_text("emperor:\n  plan: yaml\n")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-stats", str(stats)),
        *("--emperor-collect-attribute", "plan", "--emperor-collect-attr", "empty"),
    )
    wait_for_attributes(emperor, stats, "app.ini", {"plan": "large", "empty": ""})
    assert attributes_of(stats, "other.yml") == {}
    file.write_text("[emperor]\nplan = huge\n[uwsgi]\n")
    wait_for_attributes(emperor, stats, "app.ini", {"plan": "huge"})
    wait_for_heard(emperor, "app.ini", [RELOAD])


def test_attribute_names_the_program(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """`emperor-wrapper-attr`: it is run in the wrapper's place after any overrides; another one is a new start."""
    one, two = (write_vassal_program(tmp_path / name, f"--{name}") for name in ("one", "two"))
    file = vassals / "app.ini"
    file.write_text(f"[emperor]\nrun = {one}\n[uwsgi]\n")
    (vassals / "plain.ini").write_text("[emperor]\nrun =\n[uwsgi]\n")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--emperor-wrapper-attr", "run", "--emperor-wrapper-override", "/nowhere/uwsgi"),
        *("--vassals-set", "a=b"),
    )
    wait_for_starts(emperor, "app.ini", 1)
    file.write_text(f"[emperor]\nrun = {two}\n[uwsgi]\n")
    wait_for_starts(emperor, "app.ini", 2)
    first, second = (entry.facts["argv"] for entry in emperor.journal.starts("app.ini"))
    assert (first, second) == tuple([f"--{name}", "--set", "a=b", "--ini", "app.ini"] for name in ("one", "two"))
    wait_for_starts(emperor, "plain.ini", 1)
    assert emperor.journal.starts("plain.ini")[0].facts["argv"] == ["--set", "a=b", "--ini", "plain.ini"]


def test_attribute_names_the_directory(start_emperor: StartEmperor, vassals: Path, tmp_path: Path) -> None:
    """`emperor-chdir-attr`: the vassal starts there and reads its own file all the same; what is not there is told.

    The Emperor never goes there: the file system may not answer.
    """
    (tmp_path / "home").mkdir()
    (vassals / "app.ini").write_text(f"[emperor]\nhome = {tmp_path}/home\n[uwsgi]\n")
    (vassals / "lost.ini").write_text("[emperor]\nhome = nowhere\n[uwsgi]\n")
    emperor = start_emperor("--emperor", str(vassals), "--emperor-chdir-attr", "home")
    name = str(vassals / "app.ini")
    wait_for_starts(emperor, name, 1)
    (started,) = emperor.journal.starts(name)
    assert (started.facts["directory"], started.facts["argv"]) == (str(tmp_path / "home"), ["--ini", name])
    emperor.wait_for_log(f"vassal lost.ini: wanted to enter its directory {vassals}/nowhere, found No such file")
    assert os.readlink(f"/proc/{emperor.pid}/cwd") == str(vassals)


def test_every_vassal_gets_text_through_the_pipe(start_emperor: StartEmperor, vassals: Path) -> None:
    """`emperor-force-config-pipe`: files are sent, in each reload anew; what is too long or unreadable is told."""
    file = vassals / "app.ini"
    file.write_text("[uwsgi]\n; one\n")
    (vassals / "long.ini").write_text("[uwsgi]\n;" + "x" * 65_535)
    emperor = start_emperor("--emperor", str(vassals), "--emperor-force-config-pipe")
    wait_for(
        lambda: emperor.journal.running() == {"emperor://app.ini": "[uwsgi]\n; one\n"}, "one", otherwise=emperor.log
    )
    file.write_text("[uwsgi]\n; two\n")
    wait_for(
        lambda: emperor.journal.running() == {"emperor://app.ini": "[uwsgi]\n; two\n"}, "two", otherwise=emperor.log
    )
    assert len(emperor.journal.starts("emperor://app.ini")) == 1
    emperor.wait_for_log("vassal long.ini: wanted a configuration of at most 65,535 bytes")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")
def test_owner_chooses_program_and_directory_as_himself(city: City) -> None:
    """Under Tyrant the owner's program runs as the owner, in a directory that the owner may enter, and in no other."""
    homes = {name: city.root / name for name in ("alice", "secret")}
    for home in homes.values():
        home.mkdir(mode=0o700)
        os.chown(home, ALICE, STAFF)
    os.chown(homes["secret"], BOB, BOB)
    own = city.root / "own"
    own.write_text(city.wrapper.read_text())
    own.chmod(0o755)
    city.write("app.ini", ALICE, STAFF, f"[emperor]\nhome = {homes['alice']}\nrun = {own}\n[uwsgi]\n")
    city.write("thief.ini", ALICE, STAFF, f"[emperor]\nhome = {homes['secret']}\n[uwsgi]\n")
    city.start("--emperor-chdir-attr", "home", "--emperor-wrapper-attr", "run")
    (seen,) = city.portraits(str(city.vassals / "app.ini"))
    assert (seen["uids"], seen["caps"]["CapEff"]) == ([ALICE] * 3, 0)
    city.emperor.wait_for_log(
        f"vassal thief.ini: wanted to enter its directory {homes['secret']}, found Permission denied."
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")
def test_attributes_are_those_of_what_was_judged(city: City) -> None:
    """Where others could swap the file, its attributes are those of the text that is sent."""
    city.vassals.chmod(0o777)
    own = city.root / "own"
    own.write_text(city.wrapper.read_text())
    own.chmod(0o755)
    city.write("app.ini", ALICE, STAFF, f"[emperor]\nrun = {own}\n[uwsgi]\n")
    city.start("--emperor-wrapper-attr", "run")
    (seen,) = city.portraits("app.ini")
    assert (seen["uids"], seen["argv"]) == ([ALICE] * 3, ["--ini", "emperor://app.ini"])
