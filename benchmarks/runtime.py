"""`python -m benchmarks.runtime`: what a call of `uwsgiconf.runtime` costs more than uWSGI's own function.

Both are called in one worker of a real uWSGI, in turns; the median of the batches is taken.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from uwsgiconf.config import Section
from uwsgiconf.probing import find_binary

GOAL_MICROSECONDS = 1.5
LIMIT_SECONDS = 120
ROOT = Path(__file__).parents[1]


def configure(directory: Path, rounds: int) -> Section:
    """The instance that measures."""
    section = Section()
    section.master_process.set_basic_params(enable=True)
    section.workers.set_basic_params(count=1)
    section.set_option("worker-reload-mercy", 1)  # it stops itself while it loads
    section.set_option("lazy-apps", True).set_option("wsgi-file", str(ROOT / "benchmarks" / "runtime_app.py"))
    section.python.set_basic_params(search_path=[str(ROOT), str(ROOT / "src")], enable_threads=True)
    section.networking.register_socket(Section.networking.sockets.uwsgi(str(directory / "socket")))
    section.main_process.set_basic_params(binary_path=sys.executable)
    section.caching.add_cache("bench", 100)
    section.locks.set_basic_params(count=1)
    section.monitoring.register_metric(section.monitoring.metric_types.absolute("bench"))
    section.set_placeholder("rounds", rounds).set_placeholder("results", str(directory / "results.json"))
    return section


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Have a uWSGI measure, and return microseconds by call: `raw` and `ours`."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        file = configure(directory, rounds).as_configuration().tofile(directory / "bench.ini")
        log = directory / "uwsgi.log"
        with log.open("wb") as output:
            subprocess.run(
                [find_binary(), "--ini", file], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                timeout=LIMIT_SECONDS, check=False,
            )  # fmt: skip
        results = directory / "results.json"
        if not results.exists():
            raise SystemExit(f"uWSGI measured nothing:\n{log.read_text(errors='replace')}")
        found: dict[str, dict[str, float]] = json.loads(results.read_text())
        return found


def show(results: dict[str, dict[str, float]]) -> None:
    """Print the table."""
    table = Table(title="a call of uwsgiconf.runtime beside uWSGI's own, in one worker; median µs")
    for heading in ("what", "uWSGI's", "ours", "more", "goal", "reached"):
        table.add_column(heading)
    for what, spent in results.items():
        more = spent["ours"] - spent["raw"]
        reached = "yes" if more <= GOAL_MICROSECONDS else "no"
        goal = f"≤ {GOAL_MICROSECONDS}"
        table.add_row(what, f"{spent['raw']:.2f}", f"{spent['ours']:.2f}", f"{more:.2f}", goal, reached)
    Console().print(table)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="batches of 100 calls of each kind (200)")
    show(measure(parser.parse_args(arguments).rounds))


if __name__ == "__main__":
    main()
