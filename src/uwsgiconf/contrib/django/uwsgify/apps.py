"""The application that Django loads."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from uwsgiconf import uwsgi
from uwsgiconf.presets.nice import ENV_MAINTENANCE_INPLACE

#: The module of applications and of the project in which they say what uWSGI is to do: timers, cron, signals, tasks.
INIT_MODULE = "uwsgiinit"


class UwsgifyConfig(AppConfig):
    """Finds the modules `uwsgiinit` of all applications and of the project's own package."""

    name = "uwsgiconf.contrib.django.uwsgify"
    label = "uwsgify"
    verbose_name = _("uWSGI")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Load these modules, unless maintenance has taken the application's place."""
        from .checks import check_cache_of_tasks  # not before models can be loaded

        if os.environ.get(ENV_MAINTENANCE_INPLACE):
            return
        autodiscover_modules(INIT_MODULE)
        package = os.environ.get("DJANGO_SETTINGS_MODULE", "").rpartition(".")[0]
        if package and find_spec(f"{package}.{INIT_MODULE}"):
            import_module(f"{package}.{INIT_MODULE}")
        register(check_cache_of_tasks, Tags.caches)
        self._listen_for_tasks()

    def _listen_for_tasks(self) -> None:
        from .tasks import registered_tasks
        from .tasks.requests import listen_for_requests

        if registered_tasks() and not uwsgi.is_stub:
            listen_for_requests()
