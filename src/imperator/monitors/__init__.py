"""Where specs come from: one module per scheme."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from importlib import import_module

from imperator.errors import SettingsError
from imperator.monitors.credentials import hide_passwords
from imperator.monitors.interface import Monitor
from imperator.monitors.names import is_configuration
from imperator.monitors.wildcards import has_wildcards
from imperator.settings import Watching

__all__ = ["UnusableTargetError", "make_monitor", "schemes"]

_MAKERS = {
    "dir": ("imperator.monitors.directory", "make_directory_monitor"),
    "glob": ("imperator.monitors.glob", "make_glob_monitor"),
    "amqp": ("imperator.monitors.amqp", "make_amqp_monitor"),
    "amqps": ("imperator.monitors.amqp", "make_amqps_monitor"),
    "ldap": ("imperator.monitors.ldap", "make_ldap_monitor"),
    "ldapi": ("imperator.monitors.ldap", "make_ldapi_monitor"),
    "ldaps": ("imperator.monitors.ldap", "make_ldaps_monitor"),
    "mongodb": ("imperator.monitors.mongodb", "make_mongodb_monitor"),
    "mongodb+srv": ("imperator.monitors.mongodb", "make_mongodb_srv_monitor"),
    "pg": ("imperator.monitors.postgres", "make_postgres_monitor"),
    "zmq": ("imperator.monitors.zeromq", "make_zeromq_monitor"),
    "zoo": ("imperator.monitors.zookeeper", "make_zookeeper_monitor"),
}
"""By scheme: the module, imported when used, and its function (rest of target, watching, directory) -> monitor."""
_FILES = ("dir", "glob")
_EXTRAS = {"amqps": "amqp", "ldapi": "ldap", "ldaps": "ldap", "mongodb+srv": "mongodb"}
"""By scheme: the extra that brings its driver, where it has another name."""


class UnusableTargetError(SettingsError):
    """A target no monitor can be made for.

    :ivar target: The target, its password hidden.
    """

    def __init__(self, target: str, *, wanted: str, found: str, remedy: str) -> None:
        target = hide_passwords(target)
        super().__init__(f"target {target!r}", wanted=wanted, found=found, remedy=remedy)
        self.target = target


def schemes() -> tuple[str, ...]:
    """Return the schemes of all monitors there are; some need a driver that is installed apart."""
    return tuple(_MAKERS)


def make_monitor(target: str, watching: Watching, directory: str) -> Monitor:
    """Make the monitor a target asks for.

    :param target: ``scheme://...``, a directory, a glob, or one configuration file, which may appear later.
    :param directory: The Emperor's working directory, absolute: relative targets start there.
    :raises UnusableTargetError: The scheme is not known, its driver is not there, or nothing can match.
    Source: ``emperor``.
    """
    scheme, rest = _split_target(target, watching, directory)
    if scheme not in _MAKERS:
        raise _describe_unusable(target, scheme)
    if scheme in _FILES and (not rest or (scheme == "glob" and rest.endswith("/"))):
        raise UnusableTargetError(
            target,
            wanted="a directory, or a pattern that names files",
            found="it names no files",
            remedy=f"Did you mean {rest + '*.ini'!r}?" if rest else "Add a path behind the scheme.",
        )
    return _find_maker(scheme)(rest, watching, directory)


def _find_maker(scheme: str) -> Callable[[str, Watching, str], Monitor]:
    module_name, function_name = _MAKERS[scheme]
    try:
        maker: Callable[[str, Watching, str], Monitor] = getattr(import_module(module_name), function_name)
    except ImportError as failure:
        if scheme in _FILES:
            raise
        raise UnusableTargetError(
            f"{scheme}://",
            wanted=f"the driver of {scheme}://",
            found=f"it cannot be imported: {failure}",
            remedy=f'Install it: pip install "imperator[{_EXTRAS.get(scheme, scheme)}]"',
        ) from failure
    return maker


def _split_target(target: str, watching: Watching, directory: str) -> tuple[str, str]:
    explicit = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", target)
    if explicit is not None:
        return explicit[1], target[explicit.end() :]
    if os.path.isdir(os.path.join(directory, target)):
        return "dir", target
    if has_wildcards(target) or is_configuration(target, watching.extra_extensions):
        return "glob", target
    return "dir", target


def _describe_unusable(target: str, scheme: str) -> UnusableTargetError:
    found = f"there is no monitor for {scheme}://"
    nearest = difflib.get_close_matches(scheme, _MAKERS, n=1, cutoff=0.5)
    remedy = f"Did you mean {nearest[0]}://?" if nearest else "Correct the scheme."
    known = ", ".join(f"{name}://" for name in _MAKERS)
    return UnusableTargetError(target, wanted=f"a directory, a glob or one of {known}", found=found, remedy=remedy)
