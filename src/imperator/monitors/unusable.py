"""What is told when nothing can be made of a target."""

from __future__ import annotations

from imperator.errors import SettingsError
from imperator.monitors.credentials import hide_passwords

__all__ = ["UnusableTargetError"]


class UnusableTargetError(SettingsError):
    """A target no monitor can be made for.

    :ivar target: The target, its password hidden.
    """

    def __init__(self, target: str, *, wanted: str, found: str, remedy: str) -> None:
        target = hide_passwords(target)
        super().__init__(f"target {target!r}", wanted=wanted, found=found, remedy=remedy)
        self.target = target
