"""The Emperor: keeps vassals in line with their configuration, wherever that lives.

To run one inside an asyncio program::

    async with Emperor(Settings(targets=("/etc/uwsgi/vassals",))) as emperor:
        await emperor.settled()
        ...
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imperator.emperor import Emperor
    from imperator.errors import ImperatorError
    from imperator.policy.discipline import Rules
    from imperator.settings import Control, Launching, Settings, Watching

__all__ = ["Control", "Emperor", "ImperatorError", "Launching", "Rules", "Settings", "Watching", "__version__"]

__version__ = "0.1.0.dev0"

_HOMES = {
    "Control": "imperator.settings",
    "Emperor": "imperator.emperor",
    "ImperatorError": "imperator.errors",
    "Launching": "imperator.settings",
    "Rules": "imperator.policy.discipline",
    "Settings": "imperator.settings",
    "Watching": "imperator.settings",
}


def __getattr__(name: str) -> object:
    # The command line asks for a part of this package at a time; none of it should pay for the rest.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
