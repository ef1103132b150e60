"""What a hostile owner's own processes try under Tyrant. All of them run beside a victim's, under one real Emperor."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.empire import Empire, read_if_there
from tests.system.fortress import MALLORY, VICTIM, Fortress
from tests.system.test_tyrant import find_open_python
from tests.system.waiting import wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else: sudo make test")


@dataclass(frozen=True)
class Attempt:
    """Something that must not work.

    :param claim: What holds instead.
    :param script: Succeeds if it does. It runs as Mallory and knows `$emperor`, `$victim`, `$waiting`, which are pids,
        `$root`, and `$python`.
    """

    claim: str
    script: str


ATTEMPTS = {
    "read-configuration": Attempt("A private configuration is its owner's to read.", "cat $root/vassals/victim.ini"),
    "read-home": Attempt("Nobody gets into another's directory.", "cat $root/victim/secret.ini"),
    "environment-of-victim": Attempt("Nobody sees another's environment.", "cat /proc/$victim/environ"),
    "memory-of-victim": Attempt("Nobody reads another's memory.", "head -c 1 /proc/$victim/mem"),
    "channel-of-victim": Attempt("Nobody speaks on another's channel.", "printf '\\0' > /proc/$victim/fd/3"),
    "environment-of-emperor": Attempt("Nobody sees the Emperor's own environment.", "cat /proc/$emperor/environ"),
    "descriptors-of-emperor": Attempt("Nobody sees what the Emperor holds.", "ls /proc/$emperor/fd | grep ."),
    "memory-of-emperor": Attempt("Nobody reads the Emperor's memory.", "head -c 1 /proc/$emperor/mem"),
    "orders": Attempt(
        "Nobody gets hold of processes that wait for orders.",
        "for pid in $waiting; do ls /proc/$pid/fd | grep . && exit 0; head -c 1 /proc/$pid/mem && exit 0; done; exit 1",
    ),
    "kill-emperor": Attempt("Nobody kills the Emperor.", "kill -9 $emperor"),
    "stop-what-starts": Attempt(
        "Nobody halts what starts vassals.", "for pid in $waiting; do kill -STOP $pid && exit 0; done; exit 1"
    ),
    "kill-victim": Attempt("Nobody kills another's vassal.", "kill -9 $victim"),
    "kill-group-of-victim": Attempt("Nobody kills another's workers.", "kill -9 -$victim"),
    "slow-emperor": Attempt("Nobody makes the Emperor slower.", "renice -n 19 -p $emperor"),
    "limit-emperor": Attempt("Nobody takes descriptors from the Emperor.", "prlimit --pid $emperor --nofile=8:8"),
    "sacrifice-emperor": Attempt(
        "Nobody offers the Emperor to the kernel.", "echo 1000 > /proc/$emperor/oom_score_adj"
    ),
    "move-emperor": Attempt("Nobody binds the Emperor to one processor.", "taskset -p 1 $emperor"),
    "stats": Attempt(
        "Only root reads the stats, which name everybody's vassals.",
        """$python -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' $root/stats""",
    ),
    "commands": Attempt(
        "Nobody but root commands.",
        "$python -c 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)"
        '.sendto(b"x", sys.argv[1])\' $root/commands',
    ),
    "trigger": Attempt(
        "Nobody but root makes the Emperor look.",
        """$python -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' $root/trigger""",
    ),
    "plant-vassal": Attempt("Nobody makes a vassal in root's directory.", ": > $root/vassals/planted.ini"),
    "remove-vassal": Attempt("Nobody removes another's vassal.", "rm -f $root/vassals/victim.ini"),
    "replace-vassal": Attempt(
        "Nobody replaces another's vassal.", "mv $root/vassals/mallory.ini $root/vassals/victim.ini"
    ),
    "become-root": Attempt("Nobody gets root back.", "$python -c 'import os; os.setresuid(0, 0, 0)'"),
    "become-victim": Attempt("Nobody becomes somebody else.", f"$python -c 'import os; os.setresuid(*[{VICTIM}] * 3)'"),
    "groups-of-root": Attempt("Nobody gets the Emperor's groups.", "$python -c 'import os; os.setgroups([0, 4])'"),
    "empty-log": Attempt("Nobody empties the log.", ": > /proc/$$/fd/2"),
    "terminal": Attempt("Nobody types into the Emperor's terminal: there is none.", ": < /dev/tty"),
    "own-rights": Attempt(
        "There are no rights that a program started from here could use.",
        r"grep -E '^Cap(Inh|Prm|Eff|Amb):' /proc/$$/status | grep -qv 0000000000000000",
    ),
    "mount": Attempt("Nobody mounts over what others use.", "mount --bind /tmp $root/vassals"),
    "pidfile": Attempt("Nobody writes the pidfile.", "echo 1 > $root/pidfile"),
}


@pytest.fixture(scope="module")
def besieged() -> Iterator[Fortress]:
    """Yield a fortress in which every attempt has been made."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        root.chmod(0o755)
        empires: list[Empire] = []

        def start(*arguments: str, **options: object) -> Empire:
            (root / "log").mkdir()
            empires.append(Empire(root / "log", *arguments, **options))  # type: ignore[arg-type]
            return empires[-1]

        fortress = Fortress(root, start)
        fortress.loyal("victim.ini", VICTIM)
        emperor = fortress.start(
            *("--emperor-command-socket", str(root / "commands"), "--emperor-trigger-socket", str(root / "trigger")),
            *("--exec-as-vassal", ":", "--emperor-pidfile", str(root / "pidfile")),
        )
        try:
            fortress.wait_loyal("victim.ini")
            besiege(fortress, emperor)
            yield fortress
        finally:
            emperor.bury()


def besiege(fortress: Fortress, emperor: Empire) -> None:
    """Let Mallory make every attempt, and wait until the last one is made."""
    home = fortress.homes[MALLORY]
    tries = [
        f"if ( {attempt.script} ) > {home}/{name}.said 2>&1 3<&-; then echo succeeded; else echo failed; fi "
        f"> {home}/{name}\n"
        for name, attempt in ATTEMPTS.items()
    ]
    known = fortress.root / "known"
    wait = f"until [ -e {known} ]; do sleep 0.02; done; . {known}\n"
    fortress.loyal("mallory.ini", MALLORY, wait + "".join(tries))
    fortress.wait_loyal("mallory.ini")
    # Only now: one of those that waited has become Mallory's own.
    waiting = [pid for pid in emperor.processes() if b"stage_maker" in read_if_there(Path(f"/proc/{pid}/cmdline"))]
    assert len(waiting) >= 2, "what starts vassals, and one that waits for orders"
    text = (
        f"emperor={emperor.pid} victim={fortress.state_of('victim.ini')['pid']} root={fortress.root} "
        f"python={find_open_python()} waiting='{' '.join(map(str, waiting))}'\n"
    )
    fortress.write(known, text, 0, 0o644)
    last = home / list(ATTEMPTS)[-1]
    wait_for(lambda: last.exists() and last.read_text(), "the last attempt", otherwise=emperor.log)


@pytest.mark.parametrize("name", ATTEMPTS)
def test_attempt_fails(besieged: Fortress, name: str) -> None:
    """Each attempt has its claim in the table, and the program that made it says that it failed."""
    home = besieged.homes[MALLORY]
    said = (home / f"{name}.said").read_text(errors="replace")
    assert (home / name).read_text() == "failed\n", f"{ATTEMPTS[name].claim}\n{said}"
    assert "not found" not in said, "an attempt that was not made proves nothing"


def test_victim_has_noticed_nothing(besieged: Fortress) -> None:
    """After all of it the victim's process is the same, and the Emperor serves it as ever."""
    before = besieged.state_of("victim.ini")["pid"]
    besieged.check_victim()
    assert besieged.state_of("victim.ini")["pid"] == before
    assert sorted(path.name for path in besieged.vassals.iterdir()) == ["mallory.ini", "victim.ini"]
