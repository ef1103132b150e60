"""What is wanted of a vassal, and what is."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from imperator.policy.phases import Phase

__all__ = ["ProcessState", "VassalKey", "VassalSpec", "VassalState"]

VassalKey = tuple[str, str]
"""The source a vassal comes from and its name there: two directories may each hold an ``app.ini``."""


@dataclass(frozen=True, slots=True)
class VassalSpec:
    """What a monitor wants of one vassal.

    :param name: The vassal's name as its monitor gives it: what uWSGI gets as the configuration's name.
    :param source: The monitor's target as stats show it, without credentials.
    :param version: Anything that differs when the vassal has to reload. Only ever compared for equality: a roll-back
        to an older file is a change like any other.
    :param modified: When the configuration last changed, in seconds since the epoch. Shown to people, never compared.
    :param directory: Where the vassal starts.
    :param uid: Owner of the configuration.
    :param gid: Group of the configuration.
    :param config: The configuration's text where it is no file. None: ``name`` is a file.
    :param socket: Address the Emperor listens on for an on-demand vassal.
    """

    name: str
    source: str
    version: Hashable
    modified: float
    directory: str
    uid: int = 0
    gid: int = 0
    config: bytes | None = None
    socket: str | None = None

    @property
    def key(self) -> VassalKey:
        return (self.source, self.name)
