"""What uWSGI has to be told of a Django project, and where its files are."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from uwsgiconf.config import Section
from uwsgiconf.modules import USUAL_MODULE

if TYPE_CHECKING:
    from typing import Self

#: Where uWSGI listens unless the project has a configuration of its own.
USUAL_ADDRESS = "http://127.0.0.1:8000"

#: The application of a project that names none in its settings.
_PLAIN_APPLICATION = "django.core.wsgi:get_wsgi_application()"

_MANAGER = "manage.py"


@dataclass(frozen=True)
class Project:
    """A Django project, as its settings and the place of its `manage.py` tell."""

    #: Short name: the package of its settings, or its directory where the settings are in no package.
    name: str
    #: The directory that its packages are imported from, where `manage.py` is.
    directory: str
    #: The module of its settings.
    settings_module: str

    @classmethod
    def current(cls) -> Self:
        """The project whose settings are in use."""
        module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
        directory = _find_directory()
        package = module.rpartition(".")[0].partition(".")[0]
        return cls(package or os.path.basename(directory), directory, module)

    @property
    def package_directory(self) -> str:
        """The directory of the package of its settings."""
        return os.path.join(self.directory, self.settings_module.rpartition(".")[0].replace(".", "/")).rstrip("/")

    @property
    def configuration_module(self) -> str | None:
        """Its `uwsgicfg.py`: beside `manage.py`, or else beside its settings; None if it has none."""
        candidates = [os.path.join(place, USUAL_MODULE) for place in (self.directory, self.package_directory)]
        return next((path for path in candidates if os.path.isfile(path)), None)

    @property
    def runtime_parent(self) -> str:
        """The directory for the directory of its running instance: `UWSGIFY_RUNTIME_DIR`, else the system's own."""
        told = getattr(settings, "UWSGIFY_RUNTIME_DIR", None)
        return os.fspath(told) if told else Section().get_runtime_dir()

    @property
    def runtime_directory(self) -> str:
        """The directory of its running instance: FIFO, pidfile, the file that turns maintenance on."""
        return os.path.join(self.runtime_parent, self.name)

    @property
    def maintenance_trigger(self) -> str:
        """The file that turns maintenance on while it exists."""
        return os.path.join(self.runtime_directory, "maintenance")

    @property
    def application(self) -> str:
        """Its WSGI application, as uWSGI takes it."""
        module, _, name = (settings.WSGI_APPLICATION or "").rpartition(".")
        return f"{module}:{name}" if module else _PLAIN_APPLICATION


def _find_directory() -> str:
    """Where `manage.py` is that runs now; else what the settings call so; else the current directory."""
    program = os.path.abspath(sys.argv[0])
    if os.path.basename(program) == _MANAGER:
        return os.path.dirname(program)
    return os.fspath(getattr(settings, "BASE_DIR", os.getcwd()))
