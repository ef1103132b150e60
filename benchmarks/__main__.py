"""`python -m benchmarks`: measure, print the table, keep the numbers as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
from pathlib import Path

from benchmarks.arena import BrokenRunError
from benchmarks.contestants import (
    Contestant,
    MissingToolError,
    build_uwsgi,
    build_vassal,
    find_uwsgi_pg,
    ours,
    uwsgi,
)
from benchmarks.plan import Plan
from benchmarks.results import Result
from benchmarks.rows import ROWS
from benchmarks.table import as_markdown, print_table


def read_arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--vassals", type=int, default=2000, help="how many a cold start starts (%(default)s)")
    parser.add_argument("--at-rest", type=int, default=5000, help="how many are at rest (%(default)s)")
    parser.add_argument("--rest-seconds", type=float, default=60, help="for how long (%(default)s)")
    parser.add_argument(
        "--samples", type=int, default=25, help="touches, files and pairs of edits a round (%(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=2, help="how often the contestants take turns (%(default)s)")
    parser.add_argument("--only", default=",".join(ROWS), help="rows, separated by commas: %(default)s")
    parser.add_argument("--uwsgi", type=Path, help="a uWSGI binary; else one is built into --directory, once")
    parser.add_argument("--uwsgi-pg", type=shlex.split, help="a uWSGI with emperor_pg, its plugin loaded (Debian's)")
    parser.add_argument("--without-uwsgi", action="store_true", help="measure ours alone: needs no compiler")
    parser.add_argument("--ours", type=shlex.split, help="the command of our Emperor (python -m imperator)")
    parser.add_argument("--directory", type=Path, default=Path(".bench"), help="what is built stays here (%(default)s)")
    parser.add_argument("--markdown", type=Path, help="also write the table for the manual")
    parser.add_argument("--json", type=Path, help="where the numbers go (results.json in --directory)")
    arguments = parser.parse_args(argv)
    if unknown := [row for row in arguments.only.split(",") if row not in ROWS]:
        parser.error(f"--only: no row is called {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if arguments.vassals <= 10:
        parser.error(f"--vassals: more than 10 are needed to tell what each further one costs, not {arguments.vassals}")
    return arguments


def make_plan(arguments: argparse.Namespace) -> Plan:
    """Build what has to be built."""
    theirs = None if arguments.without_uwsgi else uwsgi(arguments.uwsgi or build_uwsgi(arguments.directory))
    return Plan(
        uwsgi=theirs,
        uwsgi_pg=None if arguments.without_uwsgi else uwsgi_pg(arguments),
        ours=ours(tuple(arguments.ours)) if arguments.ours else ours(),
        vassal=build_vassal(arguments.directory).absolute(),
        vassals=arguments.vassals,
        resting=arguments.at_rest,
        rest_seconds=arguments.rest_seconds,
        samples=arguments.samples,
        rounds=arguments.rounds,
    )


def uwsgi_pg(arguments: argparse.Namespace) -> Contestant | None:
    """Return the uWSGI that is measured with PostgreSQL; a missing one is told where that row is wanted."""
    if arguments.uwsgi_pg:
        return Contestant("uWSGI", tuple(arguments.uwsgi_pg))
    try:
        return find_uwsgi_pg()
    except MissingToolError as error:
        if "sources" in arguments.only.split(","):
            print(f"not measured: {error}", file=sys.stderr)
        return None


def write_json(path: Path, results: list[Result]) -> None:
    machine = {"python": platform.python_version(), "kernel": platform.release(), "cores": os.cpu_count()}
    path.write_text(json.dumps({"machine": machine, "results": [result.as_json() for result in results]}, indent=1))


def main(argv: list[str] | None = None) -> int:
    """Return 0 when everything was measured, reached or not; 1 when a contestant failed; 2 when a tool is missing."""
    arguments = read_arguments(sys.argv[1:] if argv is None else argv)
    try:
        plan = make_plan(arguments)
    except MissingToolError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    results: list[Result] = []
    failed = 0
    for row in arguments.only.split(","):
        print(f"measuring: {row}", file=sys.stderr, flush=True)
        try:
            results += ROWS[row](plan)
        except BrokenRunError as error:
            failed = 1
            print(f"benchmarks: {row}: {error}", file=sys.stderr)
    print_table(results)
    if arguments.markdown:
        arguments.markdown.write_text(as_markdown(results))
    write_json(arguments.json or arguments.directory / "results.json", results)
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
