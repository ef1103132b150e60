"""Making the section that serves a Django project, from its settings and its `uwsgicfg.py`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

from uwsgiconf.config import Configuration, Section
from uwsgiconf.exceptions import ConfigurationError
from uwsgiconf.modules import load_configurations
from uwsgiconf.presets.nice import ENV_MAINTENANCE, PythonSection

from . import files
from .cache import CACHES_PLACEHOLDER, as_placeholder, caches_in, declared_caches
from .maintenance import maintenance_rules
from .project import USUAL_ADDRESS, Project

if TYPE_CHECKING:
    from typing import Self

# What says which application is loaded.
_APPLICATION_OPTIONS = ("wsgi", "module", "wsgi-file", "file", "eval", "mount", "worker-mount", "pecan", "paste")

#: What says which file is logged to.
LOG_FILE_OPTIONS = ("logto", "logto2", "daemonize", "daemonize2")

_MIME_TYPES = "/etc/mime.types"


class SectionMutator:
    """Adds to a section what a Django project needs.

    What `uwsgicfg.py` says stands: only what it leaves open is added. To change more, derive from this class, override
    `adjust` or any `contribute_...`, and name the class in the setting UWSGIFY_SECTION_MUTATOR.

    :param section: The section to add to.
    :param project: The project it serves. Default: the one whose settings are in use.
    """

    def __init__(self, section: Section, project: Project | None = None) -> None:
        self.section = section
        self.project = project or Project.current()

    def mutate(
        self, *, static: bool = True, errpages: bool = True, runtimes: bool = True, maintenance: bool = True
    ) -> Section:
        """Add everything, and return the section.

        :param static: Serve static files and media.
        :param errpages: Show pages with errors of uWSGI's own.
        :param runtimes: Have a directory with FIFO and pidfile, which the other commands need.
        :param maintenance: Have a maintenance mode, too, if there is such a directory.
        """
        self.contribute_application()
        self.contribute_caches()
        if runtimes:
            self.contribute_runtimes()
        if runtimes and maintenance:
            self.contribute_maintenance()
        if static:
            self.contribute_static()
        if errpages:
            self.contribute_errpages()
        self.adjust()
        return self.section

    def adjust(self) -> None:
        """Change the section after everything else was added; does nothing unless overridden."""

    def contribute_application(self) -> Self:
        """Load the application that WSGI_APPLICATION names, unless the section loads one."""
        section, project = self.section, self.project
        if not section.project_name:
            section.project_name = project.name
        section.python.set_basic_params(search_path=project.directory)
        if project.settings_module:
            section.env("DJANGO_SETTINGS_MODULE", project.settings_module)
        if not any(section.entries.texts(option) for option in _APPLICATION_OPTIONS):
            section.python.set_wsgi_params(module=project.application)
        return self

    def contribute_caches(self) -> Self:
        """Create the caches that CACHES uses, unless the section has them."""
        present = caches_in(self.section.entries.texts("cache2"))
        for cache in declared_caches():
            if cache.name not in present:
                self.section.set_option("cache2", cache.option)
        if declared := self.section.entries.texts("cache2"):
            self.section.set_placeholder(CACHES_PLACEHOLDER, as_placeholder(declared))
        return self

    def contribute_runtimes(self) -> Self:
        """Have a FIFO, which commands are given through, and a pidfile."""
        section, directory = self.section, self.project.runtime_directory
        if not section.entries.texts("master-fifo"):
            fifo = os.path.join(directory, "uwsgi.fifo")
            section.master_process.set_basic_params(fifo_file=fifo)
            section.main_process.set_hook(section.main_process.phases.EXIT, section.main_process.actions.unlink(fifo))
        if not section.entries.texts("pidfile"):
            section.main_process.set_pid_file(os.path.join(directory, "uwsgi.pid"))
        if any(section.entries.texts(option) for option in LOG_FILE_OPTIONS):
            # Or else only the master would begin a new file when it is told to; workers would stay with the old one.
            section.logging.set_master_logging_params(enable=True)
        return self

    def contribute_maintenance(self) -> Self:
        """Answer with status 503 while maintenance is on, everywhere but in the admin, where it is turned off.

        Does nothing if the section has a maintenance mode of its own that replaces the application.
        """
        section, trigger = self.section, self.project.maintenance_trigger
        if not any(text.startswith(f"{ENV_MAINTENANCE}=") for text in section.entries.texts("env")):
            section.env(ENV_MAINTENANCE, trigger)
            section.set_plugins_params(plugins="router_static")  # where it is not built in, as on Debian
            for option, text in maintenance_rules(trigger):
                section.set_option(option, text)
        return self

    def contribute_static(self) -> Self:
        """Serve static files and media."""
        maps = files.static_maps()
        for static in maps:
            self.section.statics.register_static_map(static.mountpoint, static.directory)
        if maps and not os.path.exists(_MIME_TYPES) and not self.section.entries.texts("mimefile"):
            self.section.statics.set_basic_params(mime_file=os.path.join(os.path.dirname(__file__), "mime.types"))
        return self

    def contribute_errpages(self) -> Self:
        """Show pages with errors of uWSGI's own, such as an application that cannot be loaded."""
        for status in files.PAGED_STATUSES:
            if not self.section.entries.texts(f"error-page-{status}"):
                self.section.routing.set_error_page(status, files.error_page(status))
        return self


def project_configurations(**wanted: bool) -> tuple[list[Configuration], str]:
    """What serves the project, and the file that says so: its `uwsgicfg.py` or, for want of one, its `manage.py`.

    The first section is the one that serves Django; what a project needs is added to it.

    :param wanted: Parameters of `SectionMutator.mutate`.
    :raises ConfigurationError: `uwsgicfg.py` does not describe uWSGI, or the settings contradict uWSGI.
    """
    project = Project.current()
    module = project.configuration_module
    configurations = load_configurations(module) if module else [_usual_section().as_configuration()]
    _mutator_class()(configurations[0].sections[0], project).mutate(**wanted)
    return configurations, module or os.path.join(project.directory, "manage.py")


def _usual_section() -> Section:
    return PythonSection.bootstrap(USUAL_ADDRESS)


def _mutator_class() -> type[SectionMutator]:
    named: str | None = getattr(settings, "UWSGIFY_SECTION_MUTATOR", None)
    if not named:
        return SectionMutator
    try:
        found = import_string(named)
    except ImportError as error:
        raise _no_mutator(named, str(error)) from error
    if not (isinstance(found, type) and issubclass(found, SectionMutator)):
        raise _no_mutator(named, repr(found))
    return found


def _no_mutator(named: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        f"the setting UWSGIFY_SECTION_MUTATOR, {named!r}",
        wanted="the path of a class derived from SectionMutator",
        found=found,
        remedy="Correct the path, or derive the class.",
    )
