"""The options about what vassals may do: users, namespaces, capabilities."""

from __future__ import annotations

from imperator.cli.option import Option, Topic
from imperator.cli.values import Capabilities, Namespaces, Switch

__all__ = ["RIGHTS_OPTIONS"]

RIGHTS_OPTIONS: tuple[Option, ...] = (
    Option(
        name="emperor-tyrant",
        help="Run each vassal as the owner (user and group) of its configuration; root's are refused.",
        topic=Topic.LAUNCHING,
        takes=Switch(),
        sets="launching.tyrant",
    ),
    Option(
        name="emperor-tyrant-nofollow",
        help="Where a configuration is a link, the owner of the link counts.",
        topic=Topic.LAUNCHING,
        takes=Switch(),
        sets="watching.owner_of_links",
    ),
    Option(
        name="emperor-tyrant-initgroups",
        help="Give vassals all groups of their user; else they have the one of their configuration.",
        topic=Topic.LAUNCHING,
        takes=Switch(),
        sets="launching.initgroups",
    ),
    Option(
        name="emperor-use-clone",
        help="Give each vassal kernel namespaces of its own.",
        topic=Topic.LAUNCHING,
        takes=Namespaces(),
        sets="launching.namespaces",
    ),
    Option(
        name="emperor-cap",
        aliases=("vassal-cap", "vassals-cap"),
        help="The capabilities that programs of vassals can have at most.",
        topic=Topic.LAUNCHING,
        takes=Capabilities(),
        sets="launching.capabilities",
    ),
)
