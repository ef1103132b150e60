"""`manage.py uwsgi_reload`: reload the running uWSGI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uwsgiconf.contrib.django.uwsgify.management.section_command import InstanceCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(InstanceCommand):
    """Reload the running uWSGI."""

    help = "Reloads uWSGI: its configuration and all its processes. No request is refused meanwhile."

    letters = {"chain": "c", "force_workers": "W", "workers": "w", "force": "R"}  # noqa: RUF012 - never changed
    usual = "r"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what says how to reload."""
        parser.add_argument("--force", action="store_true", help="do not wait for requests that are in work")
        parser.add_argument("--workers", action="store_true", help="reload the workers only, not the master")
        parser.add_argument("--chain", action="store_true", help="reload the workers one after the other (lazy-apps)")

    def handle(self, *args: object, **options: object) -> None:
        """Reload."""
        super().handle(force_workers=options["force"] and options["workers"], **options)
