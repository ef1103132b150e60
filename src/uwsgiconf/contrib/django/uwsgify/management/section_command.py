"""What commands share that need the section that serves the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from uwsgiconf.contrib.django.uwsgify.instance import send_command
from uwsgiconf.contrib.django.uwsgify.toolbox import project_configurations
from uwsgiconf.exceptions import ConfigurationError

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from uwsgiconf.config import Configuration, Section

# What can be added to a section: its parameter, and what leaving it out is called and means.
_CONTRIBUTIONS = {
    "static": ("--nostatic", "serve static files and media", "leave static files and media to Django or others"),
    "errpages": ("--noerrpages", "show pages with errors of uWSGI's own", "do not"),
    "runtimes": (
        "--noruntimes",
        "have a directory with FIFO and pidfile, which the other commands need, and maintenance mode",
        "do without",
    ),
}


class ConfigurationCommand(BaseCommand):
    """A command that tells faults of the configuration as commands do, without a traceback."""

    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run it."""
        try:
            return super().execute(*args, **options)
        except ConfigurationError as error:
            raise CommandError(str(error)) from error


class SectionCommand(ConfigurationCommand):
    """A command that is about the section that serves the project."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what says which things are added to the section."""
        for name, (without, meaning, otherwise) in _CONTRIBUTIONS.items():
            parser.add_argument(
                f"--contribute-{name}", dest=name, action="store_true", default=True, help=f"{meaning} (default)"
            )
            parser.add_argument(without, dest=name, action="store_false", help=otherwise)

    def configurations(self, options: dict[str, Any]) -> tuple[list[Configuration], str]:
        """What serves the project, and the file that says so."""
        return project_configurations(**{name: options[name] for name in _CONTRIBUTIONS})


class InstanceCommand(ConfigurationCommand):
    """A command that is given to the running instance."""

    #: What the master is told; the first option that was given decides, else `usual`.
    letters: dict[str, str] = {}  # noqa: RUF012 - never changed
    usual = ""

    def look_at(self, section: Section) -> None:
        """See whether the command makes sense for this section; raise if it does not."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Give the command."""
        chosen = [letter for name, letter in self.letters.items() if options[name]]
        # No more than where the FIFO is: a project whose URLs are broken has to be stopped, too.
        configurations, _ = project_configurations(static=False, errpages=False, maintenance=False)
        section = configurations[0].sections[0]
        self.look_at(section)
        send_command(section, chosen[0] if chosen else self.usual)
