"""`imperator check ...`: what would become of a command line or file, and what is wrong with its vassals."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from imperator.cli.arguments import parse_arguments
from imperator.cli.differences import EVERYWHERE
from imperator.cli.examination import Examination, examine
from imperator.errors import ImperatorError
from imperator.log import escaped

__all__ = ["main"]

_USAGE = """\
Usage: imperator check [--json] TARGET... [OPTIONS]

Say what of an Emperor's configuration file, or of a command line, is honoured, noted and refused, and what will differ
from uWSGI's Emperor; then check the configuration of every vassal. Starts nothing.

  imperator check /etc/uwsgi/emperor.ini                 an Emperor's file
  imperator check /etc/uwsgi/vassals                     a directory of vassals
  imperator check --emperor /etc/uwsgi/vassals ...       a command line, as uWSGI's Emperor is given it

  --json  Print one JSON object.

Exit codes: 0 nothing is wrong, 1 something is, 2 nothing was named.
"""


def main(argv: Sequence[str]) -> int:
    """Examine what an Emperor would be told, and print what was found.

    :param argv: The words after ``check``: those of the command, and ``--json``.
    :returns: 0: nothing is wrong. 1: something is. 2: there is nothing to examine.
    """
    words = [word for word in argv if word != "--json"]
    arguments = parse_arguments(words)
    if arguments.wants_help:
        sys.stdout.write(_USAGE)
        return 0
    if not words:
        sys.stderr.write(
            "imperator: check: wanted what `imperator` is told in order to run: a file, a directory, options, "
            "found nothing. Write for example: imperator check /etc/uwsgi/emperor.ini\n"
        )
        return 2
    examination = examine(arguments)
    if "--json" in argv:
        sys.stdout.write(json.dumps(_as_object(examination), indent=2) + "\n")
    else:
        for line in _lines(examination):
            sys.stdout.write(escaped(line) + "\n")
    return 1 if examination.has_faults else 0


def _lines(examination: Examination) -> Iterator[str]:
    for given in examination.honoured:
        yield f"honoured: {given.thing}"
    for note in examination.notes:
        yield f"noted: {note}"
    for error in examination.refused:
        yield f"refused: {error}"
    for option, how in examination.differs.items():
        yield f"differs: {option}: {how}"
    for how in EVERYWHERE:
        yield f"differs: {how}"
    yield from _lines_of_vassals(examination)
    yield _summary(examination)


def _lines_of_vassals(examination: Examination) -> Iterator[str]:
    for source, reason in examination.unreachable.items():
        yield f"unreachable: {source}: {reason}"
    for name, reason in examination.unreadable.items():
        yield f"unreadable: {name}: {reason}"
    for vassal in examination.vassals:
        if vassal.unchecked:
            yield f"not checked: vassal {vassal.name}: {vassal.unchecked}"
        for fault in vassal.faults:
            yield f"fault: vassal {vassal.name}: {fault}"


def _summary(examination: Examination) -> str:
    faulty = sum(bool(vassal.faults) for vassal in examination.vassals) + len(examination.unreadable)
    return (
        f"{len(examination.honoured)} honoured, {len(examination.notes)} noted, {len(examination.refused)} refused; "
        f"{len(examination.vassals) + len(examination.unreadable)} vassals, {faulty or 'none'} of them with faults"
    )


def _as_object(examination: Examination) -> dict[str, Any]:
    return {
        "honoured": [{"option": given.name, "place": given.place} for given in examination.honoured],
        "noted": examination.notes,
        "refused": [_error_as_object(error) for error in examination.refused],
        "differs": examination.differs,
        "unreachable": examination.unreachable,
        "unreadable": examination.unreadable,
        "vassals": [
            {
                "id": vassal.name,
                "monitor": vassal.source,
                "unchecked": vassal.unchecked,
                "faults": [fault._asdict() for fault in vassal.faults],
            }
            for vassal in examination.vassals
        ],
    }


def _error_as_object(error: ImperatorError) -> dict[str, str]:
    return {"thing": error.thing, "wanted": error.wanted, "found": error.found, "remedy": error.remedy}
