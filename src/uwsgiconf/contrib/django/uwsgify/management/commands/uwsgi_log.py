"""`manage.py uwsgi_log`: what is to be done about the log of the running uWSGI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from uwsgiconf.contrib.django.uwsgify.management.section_command import InstanceCommand
from uwsgiconf.contrib.django.uwsgify.toolbox import LOG_FILE_OPTIONS
from uwsgiconf.exceptions import ConfigurationError

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from uwsgiconf.config import Section


class Command(InstanceCommand):
    """What is to be done about the log of the running uWSGI."""

    help = "Opens the log file of uWSGI again, or begins a new one."

    letters = {"reopen": "l", "rotate": "L"}  # noqa: RUF012 - never changed

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what is to be done."""
        parser.add_argument("--reopen", action="store_true", help="open the file again, after logrotate has moved it")
        parser.add_argument("--rotate", action="store_true", help="put the file aside and begin a new one")

    def look_at(self, section: Section) -> None:
        """See whether there is a log file."""
        if not any(section.entries.texts(option) for option in LOG_FILE_OPTIONS):
            raise ConfigurationError(
                "uwsgi_log",
                wanted="a log file",
                found="a section that logs to standard error",
                remedy="Name one in uwsgicfg.py: PythonSection(log_into=...), or section.logging.log_into(...).",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        if options["reopen"] == options["rotate"]:
            raise CommandError("uwsgi_log: wanted --reopen or --rotate, found both or none")
        super().handle(**options)
