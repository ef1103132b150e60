"""Monitors of others: what other distributions have registered for schemes of their own."""

from __future__ import annotations

import inspect
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from imperator.errors import ImperatorError
from imperator.monitors.credentials import hide_passwords
from imperator.monitors.interface import Monitor
from imperator.monitors.unusable import UnusableTargetError
from imperator.settings import Watching

__all__ = ["GROUP", "make_registered_monitor", "registered_schemes"]

GROUP = "imperator.monitors"
"""The group of entry points: each is named like its scheme, and leads to what makes the monitor."""


def registered_schemes() -> tuple[str, ...]:
    """Return the schemes that other distributions have registered. None of them is imported."""
    return tuple(sorted(entry_points(group=GROUP).names))


def make_registered_monitor(scheme: str, rest_of_target: str, watching: Watching, directory: str) -> Monitor:
    """Import what is registered for a scheme, and make its monitor.

    :raises UnusableTargetError: It cannot be imported, fails, or makes something else than a monitor.
    :raises ImperatorError: It says itself what is wrong with the target.
    """
    entry_point = _find(scheme)
    try:
        maker = entry_point.load()
    except Exception as failure:  # others' code: whatever it raises
        remedy = f"Install what {_owner(entry_point)} needs, or remove it."
        raise _fault(entry_point, f"it cannot be imported: {_shown(failure)}", remedy) from failure
    if not callable(maker):
        raise _fault(entry_point, f"{maker!r}, which cannot be called", _repair(entry_point))
    try:
        monitor = maker(rest_of_target, watching, directory)
    except ImperatorError:
        raise
    except Exception as failure:  # as above
        raise _fault(entry_point, f"it fails: {_shown(failure)}", _repair(entry_point)) from failure
    if (lack := _find_lack(monitor)) is not None:
        raise _fault(entry_point, f"it makes {type(monitor).__name__}, {lack}", _repair(entry_point))
    return cast("Monitor", monitor)


def _find(scheme: str) -> EntryPoint:
    found = tuple(entry_points(group=GROUP, name=scheme))
    if len(found) > 1:
        raise UnusableTargetError(
            f"{scheme}://",
            wanted=f"one monitor of {scheme}://",
            found=f"{' and '.join(sorted(map(_owner, found)))} each register one",
            remedy="Remove all but one of them.",
        )
    return found[0]


def _find_lack(monitor: object) -> str | None:
    """Return what an object lacks to be a monitor, or None."""
    source = getattr(monitor, "source", None)
    if not isinstance(source, str) or not source:
        return "which has no source: a text that names it"
    if not callable(getattr(monitor, "look_now", None)):
        return "which has no method look_now"
    if not inspect.isasyncgenfunction(getattr(monitor, "news", None)):
        return "which has no asynchronous generator news"
    return None


def _fault(entry_point: EntryPoint, found: str, remedy: str) -> UnusableTargetError:
    scheme = entry_point.name
    wanted = f"the monitor that {_owner(entry_point)} registers for {scheme}:// ({entry_point.value})"
    return UnusableTargetError(f"{scheme}://", wanted=wanted, found=found, remedy=remedy)


def _repair(entry_point: EntryPoint) -> str:
    return f"Report it to the authors of {_owner(entry_point)}; imperator.monitors.interface says what is wanted."


def _owner(entry_point: EntryPoint) -> str:
    distribution = entry_point.dist
    return "somebody" if distribution is None else f"{distribution.name} {distribution.version}"


def _shown(failure: Exception) -> str:
    return hide_passwords(f"{type(failure).__name__}: {failure}")  # which may quote the target
