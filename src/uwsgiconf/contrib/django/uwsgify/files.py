"""The files that uWSGI serves for a project without asking Django."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings

from uwsgiconf.presets.nice import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Statuses that uWSGI answers with by itself, and has pages for.
PAGED_STATUSES = (403, 404, 500)

MAINTENANCE_STATUS = 503


class StaticMap(NamedTuple):
    """A part of the site that is a directory."""

    #: Start of the paths, without a slash at the end.
    mountpoint: str
    directory: str


def static_maps() -> list[StaticMap]:
    """Static files and media of the project, as its settings say.

    With DEBUG, or before `collectstatic` has filled STATIC_ROOT, static files are served from where the finders of
    `django.contrib.staticfiles` see them, so that nothing has to be collected while a site is being made.
    """
    return [*_static(), *_media()]


def error_page(status: int) -> str:
    """The page for a status: `uwsgify/STATUS.html` among the project's static files, or else one of ours.

    :param status: One of `PAGED_STATUSES`, or `MAINTENANCE_STATUS`.
    """
    name = f"{status}.html"
    if apps.is_installed("django.contrib.staticfiles"):
        from django.contrib.staticfiles import finders

        found = finders.find(f"uwsgify/{name}")
        if isinstance(found, str):
            return found
    return Section.get_bundled_static_path(name)


def static_mountpoint() -> str:
    """Where static files are on this host, without a slash at the end; empty if they are elsewhere."""
    return _mountpoint(settings.STATIC_URL)


def _static() -> Iterator[StaticMap]:
    mountpoint = static_mountpoint()
    if not mountpoint:
        return
    collected = os.fspath(settings.STATIC_ROOT or "")
    if not settings.DEBUG and os.path.isdir(collected):
        yield StaticMap(mountpoint, collected)
    elif apps.is_installed("django.contrib.staticfiles"):
        yield from _uncollected(mountpoint)


def _uncollected(mountpoint: str) -> Iterator[StaticMap]:
    """The directories that the finders look into, first what is found first."""
    from django.contrib.staticfiles.finders import AppDirectoriesFinder, FileSystemFinder, get_finders

    for finder in get_finders():
        if isinstance(finder, FileSystemFinder):
            for prefix, directory in finder.locations:
                yield StaticMap(f"{mountpoint}/{prefix}".rstrip("/"), os.fspath(directory))
        elif isinstance(finder, AppDirectoriesFinder):
            for storage in finder.storages.values():
                yield StaticMap(mountpoint, os.fspath(storage.location))


def _media() -> Iterator[StaticMap]:
    mountpoint = _mountpoint(settings.MEDIA_URL)
    if mountpoint and settings.MEDIA_ROOT:
        yield StaticMap(mountpoint, os.fspath(settings.MEDIA_ROOT))


def _mountpoint(url: str | None) -> str:
    """The path of a URL on this host; empty for other hosts, and for the root, which is Django's."""
    parts = urlsplit(url or "")
    return "" if parts.netloc else parts.path.rstrip("/")
