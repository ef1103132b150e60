"""The `imperator` command."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from imperator import __version__
from imperator.errors import UsageError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run an Emperor, or check an Emperor's file, as the command line says.

    :param argv: The words after the command's name. None: those of this process.
    :returns: 0: ended as asked. 1: it failed, or the system refused something. 2: what was told cannot be right.
    """
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["check"]:
        from imperator.cli import check

        return check.main(argv[1:])
    if argv[:1] == ["schema"]:
        from imperator.cli import schema

        return schema.main(argv[1:])
    from imperator.cli.arguments import parse_arguments

    arguments = parse_arguments(argv)
    if arguments.wants_help:
        from imperator.cli.help import help_text

        sys.stdout.write(help_text())
        return 0
    if arguments.wants_version:
        sys.stdout.write(f"imperator {__version__}\n")
        return 0
    from imperator.cli.gather import gather_settings

    try:
        settings, notes = gather_settings(arguments)
    except UsageError as error:
        for fault in error.faults:
            sys.stderr.write(f"imperator: {fault}\n")
        return 2
    from imperator.cli.origin import Origin
    from imperator.cli.run import run

    return run(settings, notes, Origin(argv))
