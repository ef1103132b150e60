"""What an option is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from imperator.cli.values import Kind

__all__ = ["Option", "Topic"]


class Topic(Enum):
    """What options are about; the order is the order of help and manual."""

    VASSALS = "Where vassals come from"
    LAUNCHING = "How vassals are started"
    HOOKS = "What is run around them"
    PATIENCE = "How much patience they get"
    HOSTING = "The Emperor's own process"
    HEARING = "What the Emperor listens to"
    TELLING = "What the Emperor tells"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option.

    :param name: As uWSGI spells it.
    :param help: What it does, in a line.
    :param topic: What it is about.
    :param takes: How its value reads.
    :param sets: Field of `imperator.settings.Settings`, as ``topic.field``.
    :param aliases: Other names for the same.
    :param short: Its one-letter form.
    :param repeats: Whether giving it again adds to what was given; else the last one counts.
    :param is_ours: Whether uWSGI has no such option.
    """

    name: str
    help: str
    topic: Topic
    takes: Kind
    sets: str
    aliases: tuple[str, ...] = ()
    short: str = ""
    repeats: bool = False
    is_ours: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All its long names."""
        return (self.name, *self.aliases)
