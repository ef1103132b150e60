"""The options about what vassals' configurations say to the Emperor, and how they reach the vassals."""

from __future__ import annotations

from imperator.cli.option import Option, Topic
from imperator.cli.values import Switch, Text

__all__ = ["ATTRIBUTE_OPTIONS"]

_NAME = Text("NAME")

ATTRIBUTE_OPTIONS: tuple[Option, ...] = (
    Option(
        name="emperor-collect-attribute",
        aliases=("emperor-collect-attr",),
        help="Collect this of the section [emperor] of vassals' ini files, and show it in the stats.",
        topic=Topic.LAUNCHING,
        takes=_NAME,
        sets="launching.attributes",
        repeats=True,
    ),
    Option(
        name="emperor-wrapper-attr",
        help="The attribute that names the program to run in the place of binary or wrapper.",
        topic=Topic.LAUNCHING,
        takes=_NAME,
        sets="launching.wrapper_attribute",
    ),
    Option(
        name="emperor-chdir-attr",
        help="The attribute that names the directory to start a vassal in.",
        topic=Topic.LAUNCHING,
        takes=_NAME,
        sets="launching.directory_attribute",
    ),
    Option(
        name="emperor-force-config-pipe",
        help="Send each vassal the text of its file instead of the file's name.",
        topic=Topic.LAUNCHING,
        takes=Switch(),
        sets="launching.config_pipe",
        is_ours=True,
    ),
)
