"""What `manage.py check` says about the settings of this application."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name for it

from .tasks import registered_tasks
from .tasks.in_cache import CacheBackend

# Caches that each process has for itself, or that keep nothing.
_NOT_SHARED = ("django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.dummy.DummyCache")


def check_cache_of_tasks(**_: Any) -> list[CheckMessage]:
    """Warn of tasks that run once in each process, because their state is in a cache that is not shared."""
    names = [task.name for task in registered_tasks().values() if isinstance(task.backend, CacheBackend)]
    alias = getattr(settings, "UWSGIFY_TASK_CACHE", "default")
    backend = settings.CACHES.get(alias, {}).get("BACKEND")
    if not names or backend not in _NOT_SHARED:
        return []
    return [
        Warning(
            f"The cache {alias!r} keeps the state of {', '.join(names)}, and processes do not share it.",
            hint="Name another one in UWSGIFY_TASK_CACHE: UwsgiCache, or one that a server keeps.",
            id="uwsgify.W001",
        )
    ]
