"""Where specs come from: one module per scheme.

What monitors of others are made of is here, too, and imported when it is asked for.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from imperator.monitors.interface import Gone, Listing, Monitor, News, Present, Unreachable, Unreadable
from imperator.monitors.names import is_configuration
from imperator.monitors.unusable import UnusableTargetError
from imperator.monitors.wildcards import has_wildcards
from imperator.policy.vassal import VassalSpec
from imperator.settings import Watching

if TYPE_CHECKING:
    from imperator.monitors.credentials import hide_passwords, read_address
    from imperator.monitors.delays import Delays, rest
    from imperator.monitors.entries import Entry, EntryReader, Refusal, compare
    from imperator.monitors.threads import run_in_thread

__all__ = [
    "Delays",
    "Entry",
    "EntryReader",
    "Gone",
    "Listing",
    "Monitor",
    "News",
    "Present",
    "Refusal",
    "Unreachable",
    "Unreadable",
    "UnusableTargetError",
    "VassalSpec",
    "compare",
    "hide_passwords",
    "make_monitor",
    "read_address",
    "rest",
    "run_in_thread",
    "schemes",
]

_TOOLS = {
    "Delays": "delays",
    "Entry": "entries",
    "EntryReader": "entries",
    "Refusal": "entries",
    "compare": "entries",
    "hide_passwords": "credentials",
    "read_address": "credentials",
    "rest": "delays",
    "run_in_thread": "threads",
}
"""What monitors are made of: the module of each name, imported when used."""


def __getattr__(name: str) -> object:
    if name not in _TOOLS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_TOOLS[name]}"), name)


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


def schemes() -> tuple[str, ...]:
    """Return the schemes of all monitors, ours and registered ones; some need a driver that is installed apart."""
    from imperator.monitors.registered import registered_schemes

    return (*_MAKERS, *registered_schemes())


def make_monitor(target: str, watching: Watching, directory: str) -> Monitor:
    """Make the monitor a target asks for.

    :param target: ``scheme://...``, a directory, a glob, or one configuration file, which may appear later.
    :param directory: The Emperor's working directory, absolute: relative targets start there.
    :raises UnusableTargetError: The scheme is not known, its driver is not there, or nothing can match.
    :raises ImperatorError: What its monitor has against the rest of it.
    Source: ``emperor``.
    """
    scheme, rest = _split_target(target, watching, directory)
    if scheme not in _MAKERS:
        return _make_registered(target, scheme, rest, watching, directory)
    if scheme in _FILES and (not rest or (scheme == "glob" and rest.endswith("/"))):
        raise UnusableTargetError(
            target,
            wanted="a directory, or a pattern that names files",
            found="it names no files",
            remedy=f"Did you mean {rest + '*.ini'!r}?" if rest else "Add a path behind the scheme.",
        )
    return _find_maker(scheme)(rest, watching, directory)


def _make_registered(target: str, scheme: str, rest: str, watching: Watching, directory: str) -> Monitor:
    from imperator.monitors.registered import make_registered_monitor  # reads all distributions

    if scheme not in schemes():
        raise _describe_unusable(target, scheme)
    return make_registered_monitor(scheme, rest, watching, directory)


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
    known = schemes()
    found = f"there is no monitor for {scheme}://"
    nearest = difflib.get_close_matches(scheme, known, n=1, cutoff=0.5)
    remedy = f"Did you mean {nearest[0]}://?" if nearest else "Correct the scheme."
    wanted = f"a directory, a glob or one of {', '.join(f'{name}://' for name in known)}"
    return UnusableTargetError(target, wanted=wanted, found=found, remedy=remedy)
