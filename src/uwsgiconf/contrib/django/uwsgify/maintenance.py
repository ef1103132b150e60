"""Maintenance of a Django site: a page with status 503 everywhere but in the admin, where it is turned off."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from uwsgiconf.exceptions import ConfigurationError
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
    :raises ConfigurationError: Its path, or that of the page, is none that a routing rule can have.
    """
    page = files.error_page(files.MAINTENANCE_STATUS)
    _check(trigger, " ", "Set UWSGIFY_RUNTIME_DIR to another directory, or do without by --noruntimes.")
    _check(page, ",", "Move the directory of static files that it is in, or the page.")
    passing = [*admin_paths(), files.static_mountpoint()]
    yield "route-if-not", f"exists:{trigger} goto:{_OPEN}"
    for path in filter(None, passing):
        yield "route", f"^{re.escape(path.rstrip('/'))}/ goto:{_OPEN}"
    yield "route-run", f"addheader:Retry-After: {_RETRY_SECONDS}"
    yield "route-run", "addheader:Cache-Control: no-store"
    yield "route-run", f"file:filename={page},status={files.MAINTENANCE_STATUS} Service Unavailable"
    yield "route-label", _OPEN


def _check(path: str, separator: str, remedy: str) -> None:
    """See that a path is taken for one word; uWSGI knows no quotes here."""
    if separator in path:
        raise ConfigurationError(
            "maintenance mode", wanted=f"a path without {separator!r}", found=repr(path), remedy=remedy
        )


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
