"""Maintenance of a Django site: a page with status 503 everywhere but in the admin, where it is turned off."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from uwsgiconf.presets.nice import ENV_MAINTENANCE

from . import files
from .project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

_RETRY_SECONDS = 300

_OPEN = "uwsgify-open"


def is_maintenance_on() -> bool:
    """Whether visitors get the page instead of the site."""
    return os.path.exists(_trigger())


def set_maintenance(*, on: bool) -> None:
    """Turn maintenance on or off; it is so from the next request on.

    :param on: Whether it is to be on.
    :raises OSError: The file that turns it on cannot be made or removed.
    """
    trigger = _trigger()
    if on:
        with open(trigger, "a"):
            return
    try:
        os.unlink(trigger)
    except FileNotFoundError:
        return


def _trigger() -> str:
    """The file that turns maintenance on: as the instance was told that this runs in, else the project's."""
    return os.environ.get(ENV_MAINTENANCE) or Project.current().maintenance_trigger


def maintenance_rules(trigger: str) -> Iterator[tuple[str, str]]:
    """The routing rules, as options and what they are set to.

    uWSGI knows no `and`, so a request that may pass goes on at a label behind the page.

    :param trigger: The file that turns maintenance on.
    """
    passing = [*admin_paths(), files.static_mountpoint()]
    yield "route-if-not", f"exists:{trigger} goto:{_OPEN}"
    for path in filter(None, passing):
        yield "route", f"^{re.escape(path.rstrip('/'))}/ goto:{_OPEN}"
    yield "route-run", f"addheader:Retry-After: {_RETRY_SECONDS}"
    yield "route-run", "addheader:Cache-Control: no-store"
    page = files.error_page(files.MAINTENANCE_STATUS)
    yield "route-run", f"file:filename={page},status={files.MAINTENANCE_STATUS} Service Unavailable"
    yield "route-label", _OPEN


def admin_paths() -> list[str]:
    """Where the admin is, in every language if URLs begin with the language; nothing if the project has none."""
    has_prefixes, _prefixes_the_usual = is_language_prefix_patterns_used(settings.ROOT_URLCONF)
    found: list[str] = []
    for language in [code for code, _name in settings.LANGUAGES] if has_prefixes else [settings.LANGUAGE_CODE]:
        with translation.override(language):
            try:
                path = reverse("admin:index")
            except NoReverseMatch:
                return []
        if path not in found:
            found.append(path)
    return found
