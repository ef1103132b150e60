"""`manage.py uwsgi_stop`: stop the running uWSGI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uwsgiconf.contrib.django.uwsgify.management.section_command import InstanceCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(InstanceCommand):
    """Stop the running uWSGI."""

    help = "Stops uWSGI when the requests that are in work are answered."

    letters = {"force": "Q"}  # noqa: RUF012 - never changed
    usual = "q"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what says how to stop."""
        parser.add_argument("--force", action="store_true", help="do not wait for requests that are in work")
