"""Throttle, blacklist, curse and heartbeat: how much patience a vassal gets. Values and functions."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Offence", "Rules", "punished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The limits every vassal lives under.

    :param throttle_seconds: What each further disloyal death adds to the wait before the next start. Source:
        ``emperor-throttle`` (milliseconds there, 1000).
    :param max_throttle_seconds: The longest such wait. Source: ``emperor-max-throttle`` (milliseconds there, 180000).
    :param use_blacklist: False: start again at once, however often it dies. Source: ``emperor-no-blacklist``.
    :param curse_seconds: How long a vassal that was asked to stop may take before it is killed. Source:
        ``emperor-curse-tolerance``.
    :param heartbeat_seconds: How long a vassal that has sent a heartbeat may be silent before it is killed. Source:
        ``emperor-required-heartbeat``.
    :param mercy_seconds: How long all vassals together get when the Emperor itself stops. Source: ``reload-mercy``.
    :param graceful_stop: Ask vassals to finish their requests first. Source: ``emperor-graceful-shutdown``.
    :param silence_seconds: How long an unanswered reload byte holds back the next one. uWSGI answers a reload when its
        first worker accepts requests.
    :param mute_seconds: The same for a vassal that has never said that it accepts requests: one without workers will
        never answer.
    :param zergs: How many zergs all vassals together may have. Source: ``emperor-broodlord``.
    :param reloads_at_once: How many vassals reload side by side when all are told to (SIGHUP). Source:
        ``--reloads-at-once``.
    :param wait_for_command: Start no vassal before somebody has commanded it to run. Source:
        ``emperor-wait-for-command``.
    :param never_wait: Names of vassals that start by themselves all the same. Source:
        ``emperor-wait-for-command-ignore``.
    """

    throttle_seconds: float = 1.0
    max_throttle_seconds: float = 180.0
    use_blacklist: bool = True
    curse_seconds: float = 30.0
    heartbeat_seconds: float = 30.0
    mercy_seconds: float = 30.0
    graceful_stop: bool = False
    silence_seconds: float = 5.0
    mute_seconds: float = 0.5
    zergs: int = 0
    reloads_at_once: int = 8
    wait_for_command: bool = False
    never_wait: tuple[str, ...] = ()

    def waits_for_command(self, name: str) -> bool:
        """Whether the vassal of that name runs only when it was commanded to."""
        return self.wait_for_command and name not in self.never_wait


@dataclass(slots=True)
class Offence:
    """A vassal's entry in the blacklist.

    :param attempts: Disloyal deaths in a row, from 1.
    :param first_at: Monotonic seconds of the first of them.
    :param last_at: Monotonic seconds of the newest.
    :param wait_seconds: What the newest one costs before the next start.
    """

    attempts: int
    first_at: float
    last_at: float
    wait_seconds: float

    @property
    def until(self) -> float:
        """The moment the next start is allowed, in monotonic seconds."""
        return self.last_at + self.wait_seconds


def punished(offence: Offence | None, now: float, rules: Rules, *, always: bool = False) -> Offence | None:
    """Return the blacklist entry after one more failure, or None where nothing is blacklisted.

    :param always: Punish even without a blacklist: what failed is no vassal's temper but the machine's.
    """
    if not (rules.use_blacklist or always):
        return None
    if offence is None:
        return Offence(1, now, now, min(rules.throttle_seconds, rules.max_throttle_seconds))
    wait_seconds = min(offence.wait_seconds + rules.throttle_seconds, rules.max_throttle_seconds)
    return Offence(offence.attempts + 1, offence.first_at, now, wait_seconds)
