"""What is wanted of a vassal, and what is."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from posixpath import join

from imperator.policy.discipline import Offence
from imperator.policy.phases import Phase

__all__ = [
    "ZERG_SUFFIX",
    "Attributes",
    "Order",
    "ProcessState",
    "VassalKey",
    "VassalSpec",
    "VassalState",
    "freeze_attributes",
]

VassalKey = tuple[str, str, int]
"""The source a vassal comes from, its name there, and which of its zergs it is (0: none, it is the vassal itself).

Two directories may each hold an ``app.ini``.
"""

ZERG_SUFFIX = ":zerg"
"""What makes a zerg's name of its vassal's: to uWSGI, the section of the configuration it reads."""

Attributes = tuple[tuple[str, str], ...]
"""Names and values, sorted by name, each name once: a mapping that never changes and compares by what it holds."""


def freeze_attributes(attributes: Mapping[str, str]) -> Attributes:
    """Return a mapping in the form that specs hold."""
    return tuple(sorted(attributes.items()))


class Order(Enum):
    """What a vassal was commanded to."""

    RUN = "run"
    """Run until commanded otherwise."""
    STAY_DOWN = "stay down"
    """Stop, and stay so until its configuration changes or another command comes."""


@dataclass(frozen=True, slots=True)
class VassalSpec:
    """What a monitor wants of one vassal.

    :param name: The vassal's name as its monitor gives it: what uWSGI gets as the configuration's name.
    :param source: The monitor's target as stats show it, without credentials.
    :param version: Anything that differs when the vassal has to reload. Only ever compared for equality: a roll-back
        to an older file is a change like any other.
    :param modified: When the configuration last changed, in seconds since the epoch. Shown to people, never compared.
    :param directory: Where the vassal starts.
    :param way: The same as its source names it, with the links that lead there. Empty: there are none.
    :param uid: Owner of the configuration.
    :param gid: Group of the configuration.
    :param config: The configuration's text where it is no file. None: ``name`` is a file.
    :param socket: Address the Emperor listens on for an on-demand vassal.
    :param zerg: Number of the zerg, from 1. 0: it is none.
    :param attributes: What its source says of it besides its configuration, see `freeze_attributes`. Any monitor may
        fill them; whoever does lets ``version`` differ when they do.
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
    zerg: int = 0
    attributes: Attributes = ()
    way: str = ""

    @property
    def path(self) -> str:
        """Its file, by every link on the way to it; that of a zerg is its vassal's."""
        return join(self.way or self.directory, self.name.removesuffix(ZERG_SUFFIX) if self.zerg else self.name)

    def attribute(self, name: str) -> str | None:
        """Return the value of an attribute, or None where it has none of that name."""
        return dict(self.attributes).get(name)

    @property
    def key(self) -> VassalKey:
        return (self.source, self.name, self.zerg)

    def as_zerg(self, number: int) -> VassalSpec:
        """Return what is wanted of one of its zergs: the same configuration, another section, no socket to wait on."""
        return replace(self, name=self.name + ZERG_SUFFIX, zerg=number, socket=None)


@dataclass(slots=True)
class ProcessState:
    """What is known of one process of a vassal. Moments are monotonic seconds; None: it has not come to that.

    :param version: The spec's version it was started with, or was last told to reload for.
    :param owner: User and group it runs as, where those of its configuration count. None: the Emperor's.
    :param directory: Where it was started.
    :param answers: It has said once that it accepts requests, so it will say so again after a reload.
    :param takes_text: Whether it was started to be sent its configuration's text, and not to read a file.
    :param ready_at: When it last said that it is spawned; None again while it reloads.
    :param accepting_at: When it said that it accepts requests; None again while it reloads.
    :param told_reload_at: When the reload byte was sent that it has not answered yet.
    :param asked_to_stop: Its death is what we, or the vassal itself, asked for.
    :param stop_unheard: It said that it is spawned, or accepts, after it was asked to stop: it may not have heard, and
        is asked once more. uWSGI 2.0.31 does hear: whatever comes while it reloads is read by the old process or, from
        the same channel, by the new one. What it loses at times is its own signal to a worker that is just being born.
        Then it waits for that worker and hears nothing more, for it closes the channel when it is told to stop: the
        curse ends it. It also goes on with its channel closed where it was reloading brutally (SIGTERM). Other servers
        may well drop what comes while they start.
    :param cursed_at: Since when the curse runs: it was asked to stop, or closed its channel.
    """

    pid: int
    version: Hashable
    directory: str
    launched_at: float
    owner: tuple[int, int] | None = None
    answers: bool = False
    takes_text: bool = False
    ready_at: float | None = None
    accepting_at: float | None = None
    loyal_at: float | None = None
    heartbeat_at: float | None = None
    told_reload_at: float | None = None
    asked_to_stop: bool = False
    stop_unheard: bool = False
    cursed_at: float | None = None
    killed_at: float | None = None


@dataclass(slots=True)
class VassalState:
    """What is: a vassal is more than its process. Only `imperator.policy.chronicle` changes it.

    :param key: Where it comes from and its name there.
    :param process: The current process, if there is one.
    :param socket: The address the Emperor listens on for it, whether it runs or not. None: it is not on demand.
    :param called: A connection waits on that socket.
    :param offence: Its entry in the blacklist, if it has one.
    :param tried_version: The spec's version of the newest attempt to start it. A newer one is tried at once, however
        throttled or exiled the vassal is.
    :param summoned: Somebody asked for it by name or signal: reload, or start now. Cleared by doing so.
    :param order: The newest command that holds. None: none does.
    :param last_death: How its last process ended, for people.
    :param first_run_at: Monotonic seconds of its first start.
    :param respawns: Starts and reloads after the first start.
    """

    key: VassalKey
    phase: Phase = Phase.WAITING
    process: ProcessState | None = None
    socket: str | None = None
    called: bool = False
    offence: Offence | None = None
    tried_version: Hashable = None
    summoned: bool = False
    order: Order | None = None
    first_run_at: float | None = None
    respawns: int = 0
    last_death: str | None = None

    @property
    def name(self) -> str:
        """Its name, as its monitor and uWSGI know it."""
        return self.key[1]
