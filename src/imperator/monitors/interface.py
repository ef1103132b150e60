"""What a monitor tells the Emperor.

*Gone*, *unreadable* and *unreachable* are three things. Only what is gone is stopped; what cannot be read and what a
source that cannot be reached last gave stays as it is.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from imperator.policy.vassal import VassalSpec

__all__ = ["Gone", "Listing", "Monitor", "News", "Present", "Unreachable", "Unreadable"]


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything the source holds now: a vassal of this source that is in neither part is gone.

    :param specs: What is wanted.
    :param unreadable: Names that are there but cannot be taken, each with the reason and what to do about it.
    :param is_remembered: It is what the source held when it was last reached; it was not reached yet.
    """

    specs: tuple[VassalSpec, ...]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    is_remembered: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """One vassal is new or has changed."""

    spec: VassalSpec


@dataclass(frozen=True, slots=True)
class Gone:
    """One vassal is wanted no longer."""

    name: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One entry is there but cannot be taken: a vassal of that name that runs goes on.

    :param reason: What is wrong with it and what to do, for people.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The source itself cannot be reached: everything it last gave goes on.

    Told after each try that failed: who hears it logs each reason once. It holds until the next `Listing`.

    :param reason: What failed and what to do, for people.
    :param retry_seconds: When the monitor tries again.
    """

    reason: str
    retry_seconds: float


News = Listing | Present | Gone | Unreadable | Unreachable


class Monitor(Protocol):
    """Where specs come from. One module per scheme; drivers are imported in the module, modules when used."""

    @property
    def source(self) -> str:
        """The target as stats and log show it: no credentials. Also the ``source`` of each spec."""
        ...

    def news(self) -> AsyncGenerator[News, None]:
        """Yield a listing first, then whatever changes, for as long as the Emperor lives.

        Never raises for what happens outside (a lost server, a removed directory): that is an `Unreachable`, and the
        monitor tries again with growing, capped delays. What it does raise is a bug of ours: the Emperor logs it and
        starts the monitor anew.
        """
        ...

    def look_now(self) -> None:
        """Compare with the source at once instead of at the next turn (SIGWINCH, the trigger socket)."""
        ...
