"""`python -m benchmarks.library`: our `uwsgiconf` beside the newest of that name on PyPI, in an environment of its own.

The same programs run in both environments, in turns, each in a fresh process: importing the configuration module, and
compiling a section of sixty options. What a bare Python takes to start is measured too and taken off.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

IMPORT = "import uwsgiconf.config"

CALLS = Path(__file__).parents[1] / "tests" / "data" / "compiles-to.json"
OPTIONS = 60


def compile_program() -> str:
    """Write the program that compiles a section: calls that give one line each, of options that differ."""
    calls: dict[str, str] = {}
    for case in json.loads(CALLS.read_text()):
        if len(case["ini"]) == 1 and "only_in_2_1_dev" not in case and "workers" not in case["call"]:
            calls.setdefault(case["ini"][0].partition(" = ")[0], case["call"])
    chosen = list(calls.values())[:: max(1, len(calls) // OPTIONS)][:OPTIONS]
    lines = ["from uwsgiconf.config import Section", "s = Section()", *chosen, "s.as_configuration().format()"]
    return "\n".join(lines)


CASES = {"import uwsgiconf.config": IMPORT, "import and compile sixty options": compile_program()}


@dataclass(slots=True)
class Contestant:
    """One environment, and the seconds its runs took by case."""

    python: Path
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def run(self, what: str, *arguments: str) -> None:
        started = time.perf_counter()
        subprocess.run([str(self.python), *arguments], check=True, stdout=subprocess.DEVNULL)
        self.seconds.setdefault(what, []).append(time.perf_counter() - started)

    def milliseconds(self, what: str, without: str | None = None) -> float:
        spent = statistics.median(self.seconds[what])
        return 1000 * (spent - (statistics.median(self.seconds[without]) if without else 0.0))


def prepare_theirs(directory: Path) -> Path:
    """Install the newest `uwsgiconf` of PyPI into an environment of its own, once."""
    python = directory / "library" / "bin" / "python"
    if not python.exists():
        print(f"installing uwsgiconf from PyPI into {directory}/library, once", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(directory / "library")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "uwsgiconf[cli]"], check=True)
    return python


def compile_ours() -> None:
    """Make our bytecode, as installing a wheel does: what is run from a checkout may be compiled at each start."""
    import uwsgiconf

    subprocess.run([sys.executable, "-m", "compileall", "-q", *uwsgiconf.__path__], check=True)


def measure(theirs: Contestant, ours: Contestant, rounds: int) -> None:
    """Run every case in both environments, in turns."""
    for _ in range(rounds):
        for contestant in (theirs, ours):
            contestant.run("bare", "-c", "pass")
            for what, program in CASES.items():
                contestant.run(what, "-c", program)
            contestant.run("uwsgiconf --help", str(contestant.python.with_name("uwsgiconf")), "--help")


def show(theirs: Contestant, ours: Contestant) -> None:
    """Print the table: median milliseconds, and ours through theirs."""
    table = Table(title="uwsgiconf: PyPI's and ours, one machine, one run; median ms")
    for heading in ("what", "PyPI's", "ours", "ours / PyPI's", "goal"):
        table.add_column(heading)
    goals = {"uwsgiconf --help": "ours ≤ 120 ms"}
    for what in (*CASES, "uwsgiconf --help"):
        without = "bare" if what in CASES else None
        one, other = theirs.milliseconds(what, without), ours.milliseconds(what, without)
        table.add_row(what, f"{one:.1f}", f"{other:.1f}", f"{other / one:.2f}", goals.get(what, "≤ 1, 0.5 wanted"))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often each case runs in each environment (15)")
    parser.add_argument("--directory", type=Path, default=Path(".bench"), help="what is installed stays here (.bench)")
    options = parser.parse_args()
    theirs, ours = Contestant(prepare_theirs(options.directory.absolute())), Contestant(Path(sys.executable))
    compile_ours()
    measure(theirs, ours, options.rounds)
    show(theirs, ours)


if __name__ == "__main__":
    main()
