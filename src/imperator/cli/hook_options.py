"""The options that have something run around vassals."""

from __future__ import annotations

from imperator.cli.option import Option, Topic
from imperator.cli.values import Hook, Number, Text

__all__ = ["HOOK_OPTIONS"]

_DAY = 86_400
_PATH = Text("PATH")

HOOK_OPTIONS: tuple[Option, ...] = (
    Option(
        name="vassals-start-hook",
        help="Program that each vassal's process runs before everything else, with the vassal's name.",
        topic=Topic.HOOKS,
        takes=_PATH,
        sets="hooks.vassals_start",
    ),
    Option(
        name="vassals-stop-hook",
        help="Program run after the end of each vassal's process; the next one waits for it.",
        topic=Topic.HOOKS,
        takes=_PATH,
        sets="hooks.vassals_stop",
    ),
    Option(
        name="hook-as-vassal-before-drop",
        help="Done by a vassal's process before it drops privileges; failing ends the vassal.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.as_vassal_before_drop",
        repeats=True,
    ),
    Option(
        name="hook-as-vassal",
        help="Done by a vassal's process before its program; failing ends the vassal.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.as_vassal",
        repeats=True,
    ),
    Option(
        name="mount-as-vassal",
        help="Mounted by a vassal's process before its program; failing ends the vassal.",
        topic=Topic.HOOKS,
        takes=Text("TYPE SOURCE DIRECTORY [FLAGS [DATA]]"),
        sets="hooks.mount_as_vassal",
        repeats=True,
    ),
    Option(
        name="umount-as-vassal",
        help="Unmounted by a vassal's process before its program; failing ends the vassal.",
        topic=Topic.HOOKS,
        takes=Text("DIRECTORY [FLAGS]"),
        sets="hooks.umount_as_vassal",
        repeats=True,
    ),
    Option(
        name="exec-as-vassal",
        help="Shell command of a vassal's process before its program; failing ends the vassal.",
        topic=Topic.HOOKS,
        takes=Text("COMMAND"),
        sets="hooks.exec_as_vassal",
        repeats=True,
    ),
    Option(
        name="hook-as-emperor-before-vassal",
        help="Done before a vassal's process is made; only that vassal waits.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.as_emperor_before_vassal",
        repeats=True,
    ),
    Option(
        name="hook-as-emperor",
        help="Done once a vassal's process is made.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.as_emperor",
        repeats=True,
    ),
    Option(
        name="mount-as-emperor",
        help="Mounted once a vassal's process is made.",
        topic=Topic.HOOKS,
        takes=Text("TYPE SOURCE DIRECTORY [FLAGS [DATA]]"),
        sets="hooks.mount_as_emperor",
        repeats=True,
    ),
    Option(
        name="umount-as-emperor",
        help="Unmounted once a vassal's process is made.",
        topic=Topic.HOOKS,
        takes=Text("DIRECTORY [FLAGS]"),
        sets="hooks.umount_as_emperor",
        repeats=True,
    ),
    Option(
        name="exec-as-emperor",
        help="Shell command run once a vassal's process is made.",
        topic=Topic.HOOKS,
        takes=Text("COMMAND"),
        sets="hooks.exec_as_emperor",
        repeats=True,
    ),
    Option(
        name="hook-as-on-demand-vassal",
        help="Done as a vassal whenever it begins to wait for a connection.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.as_on_demand_vassal",
        repeats=True,
    ),
    Option(
        name="hook-as-on-config-vassal",
        help="Done as a vassal whenever its configuration has changed while it waits.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.as_on_config_vassal",
        repeats=True,
    ),
    Option(
        name="hook-as-emperor-setns",
        help="Done in the namespaces of a vassal's process once it is made.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.as_emperor_setns",
        repeats=True,
    ),
    Option(
        name="hook-emperor-start",
        help="Done before there are vassals; failing ends the Emperor.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.emperor_start",
        repeats=True,
    ),
    Option(
        name="hook-emperor-stop",
        help="Done when our own Emperor tells us to stop; nothing waits for it.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.emperor_stop",
        repeats=True,
    ),
    Option(
        name="hook-emperor-reload",
        help="Done when our own Emperor tells us to reload; nothing waits for it.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.emperor_reload",
        repeats=True,
    ),
    Option(
        name="hook-emperor-lost",
        help="Done when our own Emperor is gone; nothing waits for it.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.emperor_lost",
        repeats=True,
    ),
    Option(
        name="hook-timeout",
        help="How long the hooks of one occasion may take (60).",
        topic=Topic.HOOKS,
        takes=Number("seconds", 1, _DAY),
        sets="hooks.limit_seconds",
        is_ours=True,
    ),
)
