"""Who a vassal is and what it holds, seen from inside, for each way in which it can be started."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import is_listening, read_stats
from tests.system.test_tyrant import ALICE, STAFF, STAGED, City
from tests.system.waiting import wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")

NO_CAPABILITIES = dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapAmb"), 0)
OF_PYTHON = (1 << signal.SIGPIPE - 1) | (1 << signal.SIGXFSZ - 1)
OF_THE_C_LIBRARY = (1 << 32 - 1) | (1 << 33 - 1)
"""Signals that the portrait's own Python, and whoever starts programs with `posix_spawn`, ignore."""
LISTING = 1
"""The descriptor that lists them."""


@dataclass(frozen=True)
class Way:
    """A way of starting a vassal, and in what it differs from the others.

    :param arguments: Of the Emperor.
    :param owner: User and group that the vassal has to have. None: the Emperor's own.
    """

    arguments: tuple[str, ...] = ("--emperor-tyrant",)
    owner: tuple[int, int] | None = (ALICE, STAFF)
    groups: tuple[int, ...] = ()
    bounding: int | None = None
    descriptors: frozenset[int] = frozenset({0, 1, 2, 3})
    more_environment: frozenset[str] = frozenset()
    mode: int = 0o755
    is_on_demand: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


SOME_USER = next(user for user in pwd.getpwall() if user.pw_uid not in (0, 65534))
PIPED = {"descriptors": frozenset({0, 1, 2, 3, 4}), "more_environment": frozenset({"UWSGI_EMPEROR_FD_CONFIG"})}

WAYS = {
    "plain": Way(arguments=(), owner=None, facts={"session": False}),
    "plain-with-hooks": Way(arguments=("--exec-as-vassal", ":"), owner=None, facts={"session": False}),
    "tyrant": Way(),
    "stage": Way(arguments=("--emperor-tyrant", *STAGED)),
    "hooks": Way(arguments=("--emperor-tyrant", "--exec-as-vassal", ":", "--hook-as-vassal-before-drop", "exec::")),
    "emperors-hooks": Way(arguments=("--emperor-tyrant", "--hook-as-emperor-before-vassal", "exec::")),
    "capabilities": Way(arguments=("--emperor-tyrant", "--emperor-cap", "kill,chown"), bounding=(1 << 5) | (1 << 0)),
    "no-capabilities": Way(
        arguments=("--emperor-tyrant", "--emperor-cap", "chown", "--exec-as-vassal", ":"), bounding=1
    ),
    "namespaces": Way(arguments=("--emperor-tyrant", "--emperor-use-clone", "ipc,uts,fs")),
    "processes-namespace": Way(arguments=("--emperor-tyrant", "--emperor-use-clone", "pid"), facts={"pid": 1}),
    "initgroups": Way(
        arguments=("--emperor-tyrant", "--emperor-tyrant-initgroups"),
        owner=(SOME_USER.pw_uid, STAFF),
        groups=tuple(sorted(os.getgrouplist(SOME_USER.pw_name, SOME_USER.pw_gid))),
    ),
    "pipe": Way(mode=0o777, **PIPED),  # type: ignore[arg-type]
    "pipe-and-hooks": Way(arguments=("--emperor-tyrant", "--exec-as-vassal", ":"), mode=0o777, **PIPED),  # type: ignore[arg-type]
    "on-demand": Way(arguments=("--emperor-tyrant", "--emperor-on-demand-extension", ".socket"), is_on_demand=True),
    "on-demand-and-hooks": Way(
        arguments=("--emperor-tyrant", "--emperor-on-demand-extension", ".socket", "--exec-as-vassal", ":"),
        is_on_demand=True,
    ),
}


@pytest.fixture
def city(start_emperor: StartEmperor) -> Iterator[City]:
    """Yield an empty city."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield City(Path(directory), start_emperor)


def of_ours(field_name: str) -> int:
    """Return a set of bits of our own, from which the Emperor's and its vassals' come."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(f"{field_name}:")).split()[1], 16)


def start(city: City, way: Way) -> dict[str, Any]:
    """Start a vassal that way from an Emperor that has groups and a service manager; return its portrait."""
    city.vassals.chmod(way.mode)
    uid, gid = way.owner or (ALICE, STAFF)
    if way.is_on_demand:
        city.write("app.ini.socket", 0, 0, str(city.root / "app.sock"))
    city.write("app.ini", uid, gid)
    os.setgroups([4, 20, 27])
    try:
        city.start(
            *way.arguments,
            is_tyrant=False,
            environment={"NOTIFY_SOCKET": "/nowhere", "UWSGI_RELOADS": "1", "UWSGI_VASSAL_COLOUR": "red"},
        )
    finally:
        os.setgroups([])
    if way.is_on_demand:
        wait_for(lambda: is_listening(city.root / "app.sock"), "the socket", otherwise=city.emperor.log)
        wait_for(lambda: is_listening(city.root / "stats"), "the stats", otherwise=city.emperor.log)
        wait_for(
            lambda: [vassal["phase"] for vassal in read_stats(city.root / "stats")["vassals"]] == ["listening"],
            "the Emperor to listen",
            otherwise=city.emperor.log,
        )
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(city.root / "app.sock"))
            return city.portraits("app.ini")[0]
    return city.portraits("app.ini")[0]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_vassal_is_who_it_has_to_be_and_holds_nothing_else(city: City, way: Way) -> None:
    """Ids, groups, all capability sets, descriptors, environment, session and signals are the documented ones."""
    seen = start(city, way)
    if way.owner is None:
        assert (seen["uids"], seen["gids"], seen["groups"]) == ([0] * 3, [0] * 3, [4, 20, 27])
    else:
        uid, gid = way.owner
        assert (seen["uids"], seen["gids"], seen["groups"]) == ([uid] * 3, [gid] * 3, list(way.groups))
        assert {name: seen["caps"][name] for name in NO_CAPABILITIES} == NO_CAPABILITIES
    assert seen["caps"]["CapBnd"] == (of_ours("CapBnd") if way.bounding is None else way.bounding)
    assert seen["no_new_privileges"] == "0"  # setuid programs work as they do for everybody
    assert way.descriptors < set(seen["descriptors"])
    assert len(seen["descriptors"]) == len(way.descriptors) + LISTING
    assert seen["stdin"].startswith("socket:") if way.is_on_demand else seen["stdin"] == "/dev/null"
    check_environment(seen["env"], way)
    assert seen["blocked"] == 0
    assert not seen["ignored"] & ~(OF_PYTHON | OF_THE_C_LIBRARY | of_ours("SigIgn"))
    assert {name: seen[name] for name in way.facts} == way.facts
    assert seen["session"] is (way.owner is not None)


def check_environment(names: list[str], way: Way) -> None:
    """Check that the environment is the Emperor's own with the protocol's changes, and nothing was added on the way."""
    ours = {*os.environ, "IMPERATOR_TEST_MARK", "FAKE_VASSAL_JOURNAL", "UWSGI_EMPEROR_FD", "UWSGI_COLOUR"}
    assert set(names) - {"LC_CTYPE"} == (ours | way.more_environment) - {"LC_CTYPE"}
