"""The benchmark works: it measures what it says, tells goals apart and leaves nothing. No number is asserted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from benchmarks import runtime
from benchmarks.__main__ import main
from benchmarks.arena import Arena, BrokenRunError
from benchmarks.contestants import BARE_LOOP, Contestant, build_vassal
from benchmarks.feeds import FEEDS
from benchmarks.plan import Plan
from benchmarks.results import Goal, percentile
from benchmarks.rows import ROWS, coldstart
from benchmarks.table import shown

from tests.system.sources.postgres import find_server

TINY = [
    "--vassals",
    "12",
    "--at-rest",
    "5",
    "--rest-seconds",
    "0.2",
    "--samples",
    "2",
    "--rounds",
    "1",
    "--without-uwsgi",
]


@pytest.fixture
def vassal(tmp_path: Path) -> Path:
    """Return the minimal vassal's program."""
    return build_vassal(tmp_path / "bench").absolute()


def test_every_row_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tiny run of our Emperor alone fills every row of the table and of the JSON file."""
    for slow in [what for what in FEEDS if not what.startswith("zmq")]:  # their servers take long to start
        monkeypatch.delitem(FEEDS, slow)
    assert main([*TINY, "--directory", str(tmp_path), "--markdown", str(tmp_path / "table.md")]) == 0
    results = json.loads((tmp_path / "results.json").read_text())["results"]
    needs_a_server = {"outage"} if find_server() is None else set[str]()
    assert {result["row"] for result in results} == set(ROWS) - needs_a_server
    assert all(result["ours"] is not None for result in results)
    assert "two edits within one second" in capsys.readouterr().out
    assert len((tmp_path / "table.md").read_text().splitlines()) == 2 + len(results)


def test_calls_inside_uwsgi_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """A tiny run in a real uWSGI measures each kind of call, uWSGI's own and ours."""
    runtime.main(["--rounds", "2"])
    table = capsys.readouterr().out
    for what in ("cache get", "lock and unlock", "signal send"):
        assert what in table


def test_an_arena_leaves_nothing(vassal: Path) -> None:
    """After a run neither a vassal's process nor the directory is left."""
    with Arena(BARE_LOOP, vassal, 3) as arena:
        for number in range(3):
            arena.add(number)
        arena.start()
        arena.wait_loyal(3, 20)
        pids = [stamp.pid for stamp in arena.slate.stamps()]
        root = arena.vassals.parent
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
    assert not root.exists()


@pytest.mark.parametrize(
    ("program", "limit_seconds", "found"),
    [
        ("raise SystemExit(3)", 20, "that it ended with 3"),
        ("import signal; signal.pause()", 0.5, "0 loyal vassals after 0.5 s"),
    ],
)
def test_a_contestant_that_starts_nothing_is_named(
    vassal: Path, program: str, limit_seconds: float, found: str
) -> None:
    """An Emperor that ends or does nothing is an error: whose run it was, what was waited for, what was found."""
    with Arena(Contestant("nobody", (sys.executable, "-c", program)), vassal, 1) as arena:
        arena.start()
        with pytest.raises(BrokenRunError) as caught:
            arena.wait_loyal(1, limit_seconds)
    assert (caught.value.contestant, caught.value.wanted) == ("nobody", "1 loyal vassals")
    assert caught.value.found == found


def test_a_contestant_that_is_too_slow_is_counted(vassal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An Emperor that lives but has started nothing at the limit is counted with what it has started: nothing."""
    monkeypatch.setattr(coldstart, "LIMIT_SECONDS", 0.2)
    idler = Contestant("idler", (sys.executable, "-c", "import signal; signal.pause()"))
    plan = Plan(uwsgi=None, ours=idler, vassal=vassal, vassals=2, resting=2, rest_seconds=0, samples=1, rounds=1)
    assert coldstart.cold_start(plan, idler, 2, 1024).per_second == 0


@pytest.mark.parametrize(
    ("goal", "ours", "uwsgi", "reached"),
    [
        (Goal(at_most=5), 5, None, True),
        (Goal(at_most=5), 5.1, 1700, False),
        (Goal(at_least=100), 99, 50, False),
        (Goal(times_uwsgi=4), 2000, 500, True),
        (Goal(times_uwsgi=4), 1999, 500, False),
        (Goal(times_uwsgi=4), 2000, None, None),
    ],
)
def test_goals(goal: Goal, ours: float, uwsgi: float | None, reached: bool | None) -> None:
    """A goal is reached, missed, or unknown where uWSGI was not measured."""
    assert goal.reached(ours, uwsgi) is reached


def test_an_unknown_row_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """`--only` with a row that is not there names it and those there are."""
    with pytest.raises(SystemExit):
        main(["--only", "touched,speed"])
    assert "no row is called speed; there are touched, added" in capsys.readouterr().err


@pytest.mark.parametrize(("percent", "value"), [(50, 2), (95, 4), (1, 1), (100, 4)])
def test_percentile(percent: float, value: float) -> None:
    """The percentile is a value that was measured, never one between two."""
    assert percentile([4, 1, 3, 2], percent) == value


@pytest.mark.parametrize(("value", "text"), [(None, ""), (0.5123, "0.512"), (23.456, "23.5"), (1702.4, "1,702")])
def test_shown(value: float | None, text: str) -> None:
    """The table shows three figures, and nothing for what was not measured."""
    assert shown(value) == text
