"""How a source stands with us: since when it is connected, when it last told of a change, what it last failed with."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

__all__ = ["Standing", "tell"]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Standing:
    """What the news of one source say of the source itself. Moments are monotonic seconds; None: never.

    Only the methods write the fields.

    :param source: The monitor's target without credentials.
    :param connected_since: Since when it answers. None: it does not, or has not been heard yet.
    :param lost_at: Since when it does not.
    :param last_change_at: When it last told something that was not known.
    :param changes: How many such tidings there were.
    :param last_error: What it last failed with, and what to do, for people. It stays when the source is back.
    :param next_try_at: When its monitor tries again. None: it is connected, or not heard yet.
    """

    source: str
    connected_since: float | None = None
    lost_at: float | None = None
    last_change_at: float | None = None
    changes: int = 0
    last_error: str = ""
    last_error_at: float | None = None
    next_try_at: float | None = None

    @property
    def trouble(self) -> str | None:
        """Why it cannot be reached now, or None."""
        return self.last_error if self.next_try_at is not None else None

    def reached(self, now: float) -> None:
        """It has answered."""
        if self.connected_since is not None:
            return
        after = f" again after {now - self.lost_at:.0f} s" if self.lost_at is not None else ""
        _log.info("%s: connected%s", self.source, after, extra={"event": "connected"})
        self.connected_since, self.lost_at, self.next_try_at = now, None, None

    def changed(self, now: float, number: int = 1) -> None:
        """It has told so much that was not known."""
        self.last_change_at = now
        self.changes += number

    def lost(self, now: float, reason: str, retry_seconds: float) -> None:
        """It cannot be reached: said once for each reason, for a source may be away for days.

        :param retry_seconds: When its monitor tries again.
        """
        if self.trouble != reason:
            _log.error(
                "%s: %s; trying again at %s", self.source, reason, _clock(retry_seconds), extra={"event": "unreachable"}
            )
        if self.lost_at is None:
            self.lost_at = now
        self.connected_since = None
        self.last_error, self.last_error_at, self.next_try_at = reason, now, now + retry_seconds


def tell(standing: Standing, now: float) -> None:
    """Log how a source stands, for SIGUSR1."""
    moments = (standing.connected_since, standing.last_change_at, standing.last_error_at, standing.next_try_at)
    connected, change, error, retry = ("never" if moment is None else _clock(moment - now) for moment in moments)
    parts = [f"connected since {connected}" if standing.connected_since is not None else "not connected"]
    parts.append(f"last change {change}")
    parts.append(f"last error {error} ({standing.last_error})" if standing.last_error else "no error")
    if standing.next_try_at is not None:
        parts.append(f"next try {retry}")
    _log.info("source %s: %s", standing.source, ", ".join(parts), extra={"event": "state"})


def _clock(from_now_seconds: float) -> str:
    """Return a moment as people read it: the wall's time, and the day where it is not today's."""
    moment = time.localtime(time.time() + from_now_seconds)
    is_today = moment[:3] == time.localtime()[:3]
    return time.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M:%S", moment)
