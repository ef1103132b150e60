"""`manage.py uwsgi_sysinit`: let the system start the project."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from uwsgiconf.contrib.django.uwsgify.management.section_command import SectionCommand
from uwsgiconf.contrib.django.uwsgify.project import Project
from uwsgiconf.sysinit import TYPE_SYSTEMD, TYPES, get_config, quoted

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(SectionCommand):
    """Print a unit that starts the project with the system."""

    help = "Prints a unit that starts `manage.py uwsgi_run` with the system: uwsgi_sysinit > mysite.service"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add which system it is for."""
        super().add_arguments(parser)
        parser.add_argument("--systype", choices=TYPES, default=TYPE_SYSTEMD, help=f"default: {TYPE_SYSTEMD}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the unit."""
        configurations, _ = self.configurations(options)
        project = Project.current()
        left_out = [f"--no{name}" for name in ("static", "errpages", "runtimes") if not options[name]]
        unit = get_config(
            options["systype"],
            conf=configurations[0].sections[0],
            conf_path=os.path.join(project.directory, "manage.py"),
            runner=quoted(sys.executable),
            project_name=project.name,
            arguments=["uwsgi_run", *left_out],
        )
        self.stdout.write(unit, ending="")
