"""The state of everything, with the keys of uWSGI's stats server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imperator import __version__
from imperator.monitors.standing import Standing
from imperator.policy.discipline import Offence
from imperator.policy.phases import Phase
from imperator.policy.vassal import ProcessState, VassalKey, VassalSpec, VassalState

__all__ = ["Report", "complete", "describe"]


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported on.

    :param standings: How each source stands.
    :param vassals: What is wanted of each vassal, and what is.
    :param unreadable: Entries that cannot be taken, with the reasons.
    :param is_tyrant: Vassals run as the owner of their configuration.
    :param refused_commands: How many commands of the command socket were not obeyed, and why the last of them was not.
    :param epoch: The moment, in seconds since the epoch, at which the monotonic clock was zero.
    """

    standings: Sequence[Standing]
    vassals: Sequence[tuple[VassalSpec | None, VassalState]]
    unreadable: Mapping[VassalKey, str]
    epoch: float
    is_tyrant: bool = False
    refused_commands: tuple[int, str] = (0, "")

    def wall(self, moment: float | None) -> int:
        """Turn monotonic seconds into whole seconds since the epoch; what has not happened is 0, as uWSGI has it."""
        return 0 if moment is None else int(self.epoch + moment)


def describe(report: Report) -> dict[str, Any]:
    """Describe a running Emperor.

    The lists of vassals are made while they are read: there may be thousands of them, and the loop has other work.

    :returns: uWSGI's keys, then ours: ``sources``, ``unreadable``, ``unreachable``, ``refused_commands`` and
        ``last_refused_command``. Source: ``emperor-stats``.
    """
    return {
        "version": __version__,
        "pid": os.getpid(),
        "uid": os.getuid(),
        "gid": os.getgid(),
        "cwd": _directory(),
        "emperor": [standing.source for standing in report.standings],
        "emperor_tyrant": int(report.is_tyrant),
        "throttle_level": 0,
        "vassals": (_describe_vassal(report, spec, state) for spec, state in report.vassals),
        "blacklist": (
            _describe_offence(report, state, state.offence) for _, state in report.vassals if state.offence is not None
        ),
        "unreadable": [
            {"id": name, "monitor": source, "reason": why} for (source, name, _), why in report.unreadable.items()
        ],
        "unreachable": [
            {"monitor": standing.source, "reason": standing.trouble}
            for standing in report.standings
            if standing.trouble is not None
        ],
        "sources": [_describe_standing(report, standing) for standing in report.standings],
        "refused_commands": report.refused_commands[0],
        "last_refused_command": report.refused_commands[1],
    }


def complete(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description whose lists are all there, as one object of this moment."""
    return {key: list(value) if isinstance(value, Iterator) else value for key, value in description.items()}


_NO_PROCESS = ProcessState(pid=-1, version=None, directory="", launched_at=0.0)


def _describe_vassal(report: Report, spec: VassalSpec | None, state: VassalState) -> dict[str, Any]:
    wall = report.wall
    process = state.process or _NO_PROCESS
    modified = int(spec.modified) if spec is not None else 0
    return {
        "id": state.name,
        "pid": process.pid,
        "born": modified,
        "last_mod": modified,
        "last_heartbeat": wall(process.heartbeat_at),
        "loyal": int(process.loyal_at is not None),
        "ready": int(process.ready_at is not None),
        "accepting": int(process.accepting_at is not None),
        "last_loyal": wall(process.loyal_at),
        "last_ready": wall(process.ready_at),
        "last_accepting": wall(process.accepting_at),
        "first_run": wall(state.first_run_at),
        "last_run": wall(process.launched_at) if state.process is not None else 0,
        "cursed": wall(process.cursed_at),
        "zerg": int(state.key[2] != 0),
        "on_demand": state.socket or "",
        "uid": spec.uid if spec is not None else 0,
        "gid": spec.gid if spec is not None else 0,
        "monitor": state.key[0],
        "respawns": state.respawns,
        "attributes": dict(spec.attributes) if spec is not None else {},
        "phase": state.phase.value,
        "last_death": state.last_death or "",
        "next_try": wall(state.offence.until) if state.phase is Phase.THROTTLED and state.offence is not None else 0,
    }


def _describe_offence(report: Report, state: VassalState, offence: Offence) -> dict[str, Any]:
    return {
        "id": state.name,
        "throttle_level": round(offence.wait_seconds * 1000),
        "attempt": offence.attempts,
        "first_attempt": report.wall(offence.first_at),
        "last_attempt": report.wall(offence.last_at),
    }


def _describe_standing(report: Report, standing: Standing) -> dict[str, Any]:
    return {
        "monitor": standing.source,
        "connected": int(standing.connected_since is not None),
        "connected_since": report.wall(standing.connected_since),
        "last_change": report.wall(standing.last_change_at),
        "changes": standing.changes,
        "last_error": standing.last_error,
        "last_error_at": report.wall(standing.last_error_at),
        "next_try": report.wall(standing.next_try_at),
    }


def _directory() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""
