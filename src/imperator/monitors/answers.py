"""What comes of fetching a configuration."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Absent", "Answer", "Page", "Unusable"]


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of 200.

    :param text: Its body, as it is.
    """

    text: bytes


@dataclass(frozen=True, slots=True)
class Absent:
    """An answer that says there is no such configuration."""

    status: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """Nothing can be said of the configuration.

    :param reason: For people.
    """

    reason: str


Answer = Page | Absent | Unusable
