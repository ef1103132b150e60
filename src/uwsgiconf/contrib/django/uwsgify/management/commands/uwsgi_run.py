"""`manage.py uwsgi_run`: become uWSGI, and serve the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from uwsgiconf.contrib.django.uwsgify.instance import is_running
from uwsgiconf.contrib.django.uwsgify.management.section_command import SectionCommand
from uwsgiconf.contrib.django.uwsgify.serving import make_runtime_directories, serve, serve_embedded

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(SectionCommand):
    """Become uWSGI, and serve the project."""

    help = (
        "Serves the project with uWSGI, at http://127.0.0.1:8000 unless a uwsgicfg.py beside manage.py says otherwise. "
        "The process keeps its id; stop it with Ctrl+C, or with uwsgi_stop from elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what says how to start."""
        super().add_arguments(parser)
        parser.add_argument("--compile", action="store_true", help="print the configuration instead")
        parser.add_argument("--binary", metavar="UWSGI", help="the uWSGI to become; default: the one beside Python")
        parser.add_argument(
            "--embedded", action="store_true", help="run the uWSGI of the module `pyuwsgi` within this process"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the configuration, or become uWSGI."""
        configurations, module = self.configurations(options)
        if options["compile"]:
            for configuration in configurations:
                self.stdout.write(str(configuration.format(stamp=False)), ending="")
            return
        section = configurations[0].sections[0]
        if is_running(section):
            # Its own end would take FIFO and pidfile away from the one that runs.
            raise CommandError("This project is served already: use uwsgi_reload, or uwsgi_stop first.")
        make_runtime_directories(configurations)
        if options["embedded"]:
            serve_embedded(configurations[0], module)
        else:
            serve(configurations, module, options["binary"])
