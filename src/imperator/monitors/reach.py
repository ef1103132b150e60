"""Whether a source can be reached, and when it is looked at again.

A directory that vanishes takes nothing with it. When it is back it may just be being filled, so it is listed only when
it has been the same for a while: else every vassal whose file comes last would be stopped.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum, auto

from imperator.monitors.files import Sight
from imperator.monitors.layout import Layout
from imperator.monitors.survey import Survey
from imperator.settings import Watching

__all__ = ["POLL_SECONDS", "RESCAN_SECONDS", "Reach", "Turn", "Verdict"]

RESCAN_SECONDS = 60.0
"""Between two safety surveys where the kernel tells of changes."""
POLL_SECONDS = 3.0
"""Between two surveys where it does not."""
_RETURN_SECONDS = 0.5
"""How long a directory that is back has to stay the same before it is listed."""
_RETURN_EMPTY_SECONDS = 10.0
"""The same where everything that runs is missing from it: it was made anew and is filled later, if ever."""
_RETURN_MAX_SECONDS = 15.0
"""After so long it is listed though it still changes."""
_LOST_SECONDS = 0.2
"""A directory that is replaced is missing for a moment: it is called lost when it still is after this."""
_RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0)


class Turn(Enum):
    """What a survey means for the source."""

    SAME = auto()
    """It is what it was: the survey's differences count."""
    REACHED = auto()
    """It can be reached, for the first time or again: the survey is the new listing."""
    LOST = auto()
    """It cannot be reached; what it gave goes on."""
    UNSURE = auto()
    """Nothing can be said yet."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """:param again_seconds: When to survey again. :param reason: Why it is lost; None before a try has failed."""

    turn: Turn
    again_seconds: float
    reason: str | None = None


class Reach:
    """What is known of the way to one source."""

    def __init__(self, layout: Layout, watching: Watching) -> None:
        self._layout = layout
        self._watching = watching
        self._anchor: tuple[int, int] | None = None
        self._directory = ""
        self._was_mount = False
        self._failures = 0
        self._returning: dict[str, Sight] | None = None
        self._back_since = self._same_since = 0.0
        self.is_reached = False

    def rescan_seconds(self, is_deaf: bool) -> float:
        """Return the time between two surveys.

        :param is_deaf: The kernel does not tell of all changes.
        """
        if self._watching.rescan_seconds is not None:
            return self._watching.rescan_seconds
        return POLL_SECONDS if is_deaf else RESCAN_SECONDS

    def is_anchor_in_place(self) -> bool:
        """Tell whether the directory is there and the one that was listed."""
        try:
            status = os.stat(self._layout.anchor)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._anchor

    def judge(self, survey: Survey, now: float) -> Verdict:
        """Decide what a survey of everything means.

        :param now: Monotonic, in seconds.
        """
        reason = survey.unreachable or self._read_lost_mount(survey)
        if reason is not None:
            return self._lose(reason)
        again_seconds = self.rescan_seconds(bool(survey.deaf or survey.deaf_reason))
        if self.is_reached and survey.anchor == self._anchor and survey.directory == self._directory:
            return Verdict(Turn.SAME, again_seconds)
        if self.is_reached:  # another directory under the same path; this survey gave differences only
            self.is_reached = False
            return Verdict(Turn.UNSURE, 0.0)
        if self._is_first or self._is_settled(survey, now):
            self._settle(survey)
            return Verdict(Turn.REACHED, again_seconds)
        return Verdict(Turn.UNSURE, _RETURN_SECONDS)

    @property
    def _is_first(self) -> bool:
        return self._anchor is None and self._failures == 0

    def _is_settled(self, survey: Survey, now: float) -> bool:
        if self._returning is None:
            self._back_since = now
        if self._returning != survey.sights:
            self._returning, self._same_since = survey.sights, now
        lost_everything = bool(survey.sights) and not survey.names
        wanted_seconds = _RETURN_EMPTY_SECONDS if lost_everything else _RETURN_SECONDS
        return now - self._same_since >= wanted_seconds or now - self._back_since >= _RETURN_MAX_SECONDS

    def _settle(self, survey: Survey) -> None:
        self._anchor, self._directory = survey.anchor, survey.directory
        self._was_mount = survey.anchor_is_mount
        self._returning = None
        self._failures = 0
        self.is_reached = True

    def _lose(self, reason: str) -> Verdict:
        self._returning = None
        if self.is_reached:
            self.is_reached = False
            return Verdict(Turn.LOST, _LOST_SECONDS)
        again_seconds = _RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS) - 1)]
        if self._watching.rescan_seconds is not None:
            again_seconds = min(again_seconds, self._watching.rescan_seconds)
        self._failures += 1
        return Verdict(Turn.LOST, again_seconds, reason)

    def _read_lost_mount(self, survey: Survey) -> str | None:
        """What was unmounted leaves an empty directory behind, which must not be taken for an empty source."""
        if not self._was_mount or survey.anchor_is_mount or survey.names:
            return None
        return (
            f"directory {self._layout.anchor} was a file system of its own, which is mounted no longer: mount it again"
        )
