"""Every option of an Emperor, written once: flags, files, help and the manual's table all read this."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache

from imperator.cli.unsupported import NOT_YET, NOTED
from imperator.cli.values import Capabilities, Choice, Hook, KeyValue, Kind, Namespaces, Number, Switch, Text

__all__ = ["FILE_FLAGS", "INSTEAD", "OPTIONS", "Option", "Topic", "find_option", "nearest_name"]


class Topic(Enum):
    """What options are about; the order is the order of help and manual."""

    VASSALS = "Where vassals come from"
    LAUNCHING = "How vassals are started"
    HOOKS = "What is run around them"
    PATIENCE = "How much patience they get"
    HOSTING = "The Emperor's own process"
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


_DAY = 86_400
_MILLISECOND = 0.001
_PATH = Text("PATH")

OPTIONS: tuple[Option, ...] = (
    Option(
        name="emperor",
        help="Directory, glob or scheme:// URL to take vassals from; waits for one that is not there yet.",
        topic=Topic.VASSALS,
        takes=Text("TARGET"),
        sets="targets",
        repeats=True,
    ),
    Option(
        name="emperor-freq",
        help="Seconds between safety rescans; changes are seen at once where the kernel reports them.",
        topic=Topic.VASSALS,
        takes=Number("seconds", 1, _DAY),
        sets="watching.rescan_seconds",
    ),
    Option(
        name="emperor-nofollow",
        help="Watch symbolic links themselves instead of what they point to.",
        topic=Topic.VASSALS,
        takes=Switch(on=False),
        sets="watching.follow_links",
    ),
    Option(
        name="emperor-extra-extension",
        aliases=("emperor-extra-ext",),
        help="Take files with this ending for configurations, too; uWSGI reads them with --config.",
        topic=Topic.VASSALS,
        takes=Text(".EXT"),
        sets="watching.extra_extensions",
        repeats=True,
    ),
    Option(
        name="emperor-magic-exec",
        help="Run executable configuration files and take what they print.",
        topic=Topic.VASSALS,
        takes=Switch(),
        sets="launching.magic_exec",
    ),
    Option(
        name="binary-path",
        help="The uWSGI binary; else the one beside our Python, else the first on PATH.",
        topic=Topic.LAUNCHING,
        takes=_PATH,
        sets="launching.binary",
    ),
    Option(
        name="emperor-wrapper",
        help="Run this program in the binary's place, with the same arguments.",
        topic=Topic.LAUNCHING,
        takes=_PATH,
        sets="launching.wrapper",
    ),
    Option(
        name="emperor-wrapper-override",
        help="Try this program before wrapper or binary; the first that can be executed is run.",
        topic=Topic.LAUNCHING,
        takes=_PATH,
        sets="launching.wrapper_overrides",
        repeats=True,
    ),
    Option(
        name="emperor-wrapper-fallback",
        help="Try this program where none of the others can be executed.",
        topic=Topic.LAUNCHING,
        takes=_PATH,
        sets="launching.wrapper_fallbacks",
        repeats=True,
    ),
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
    Option(
        name="vassal-set",
        aliases=("vassals-set",),
        help="Set a placeholder for every vassal.",
        topic=Topic.LAUNCHING,
        takes=KeyValue(),
        sets="launching.placeholders",
        repeats=True,
    ),
    Option(
        name="vassals-inherit",
        help="Template that every vassal inherits after its own file.",
        topic=Topic.LAUNCHING,
        takes=_PATH,
        sets="launching.inherits",
        repeats=True,
    ),
    Option(
        name="vassals-inherit-before",
        help="Template that every vassal inherits before its own file.",
        topic=Topic.LAUNCHING,
        takes=_PATH,
        sets="launching.inherits_before",
        repeats=True,
    ),
    Option(
        name="vassals-include",
        help="File that every vassal includes after its own.",
        topic=Topic.LAUNCHING,
        takes=_PATH,
        sets="launching.includes",
        repeats=True,
    ),
    Option(
        name="vassals-include-before",
        help="File that every vassal includes before its own.",
        topic=Topic.LAUNCHING,
        takes=_PATH,
        sets="launching.includes_before",
        repeats=True,
    ),
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
        name="hook-emperor-start",
        help="Done before there are vassals; failing ends the Emperor.",
        topic=Topic.HOOKS,
        takes=Hook(),
        sets="hooks.emperor_start",
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
    Option(
        name="emperor-throttle",
        help="What each death before loyalty adds to the wait before the next start (1000).",
        topic=Topic.PATIENCE,
        takes=Number("milliseconds", 0, 1000 * _DAY, _MILLISECOND),
        sets="rules.throttle_seconds",
    ),
    Option(
        name="emperor-max-throttle",
        help="The longest such wait (180000).",
        topic=Topic.PATIENCE,
        takes=Number("milliseconds", 0, 1000 * _DAY, _MILLISECOND),
        sets="rules.max_throttle_seconds",
    ),
    Option(
        name="emperor-no-blacklist",
        help="Start vassals again at once, however often they die.",
        topic=Topic.PATIENCE,
        takes=Switch(on=False),
        sets="rules.use_blacklist",
    ),
    Option(
        name="emperor-curse-tolerance",
        help="How long a vassal that was asked to stop may take before it is killed (30).",
        topic=Topic.PATIENCE,
        takes=Number("seconds", 0, _DAY),
        sets="rules.curse_seconds",
    ),
    Option(
        name="emperor-required-heartbeat",
        help="How long a vassal that sends heartbeats may be silent before it is killed (30).",
        topic=Topic.PATIENCE,
        takes=Number("seconds", 1, _DAY),
        sets="rules.heartbeat_seconds",
    ),
    Option(
        name="emperor-graceful-shutdown",
        help="Let vassals finish their requests when the Emperor stops.",
        topic=Topic.PATIENCE,
        takes=Switch(),
        sets="rules.graceful_stop",
    ),
    Option(
        name="reload-mercy",
        help="How long all vassals together may take when the Emperor stops (30).",
        topic=Topic.PATIENCE,
        takes=Number("seconds", 0, _DAY),
        sets="rules.mercy_seconds",
    ),
    Option(
        name="chdir",
        help="Go to this directory first.",
        topic=Topic.HOSTING,
        takes=Text("DIRECTORY"),
        sets="hosting.directory",
    ),
    Option(
        name="daemonize",
        short="d",
        help="Detach from the terminal and log to this file; returns when the Emperor has started.",
        topic=Topic.HOSTING,
        takes=Text("LOGFILE"),
        sets="hosting.daemonize",
    ),
    Option(
        name="uid",
        help="Become this user, by name or number, before anything is watched or run.",
        topic=Topic.HOSTING,
        takes=Text("USER"),
        sets="hosting.uid",
    ),
    Option(
        name="gid",
        help="Become this group, by name or number.",
        topic=Topic.HOSTING,
        takes=Text("GROUP"),
        sets="hosting.gid",
    ),
    Option(
        name="emperor-pidfile",
        help="Keep our pid in this file while we run.",
        topic=Topic.HOSTING,
        takes=_PATH,
        sets="hosting.pidfile",
    ),
    Option(
        name="emperor-procname",
        help="The name that ps shows.",
        topic=Topic.HOSTING,
        takes=Text("NAME"),
        sets="hosting.procname",
    ),
    Option(
        name="emperor-stats",
        aliases=("emperor-stats-server",),
        help="Tell stats as JSON to whoever connects: host:port or the path of a UNIX socket.",
        topic=Topic.TELLING,
        takes=Text("ADDRESS"),
        sets="stats",
    ),
    Option(
        name="logto",
        help="Log to this file; SIGHUP or a rotation opens it anew.",
        topic=Topic.TELLING,
        takes=Text("LOGFILE"),
        sets="logging.path",
    ),
    Option(
        name="log-json",
        help="Log one JSON object a line.",
        topic=Topic.TELLING,
        takes=Switch(),
        sets="logging.as_json",
        is_ours=True,
    ),
    Option(
        name="log-level",
        help="Least level to log: debug, info, warning or error (info).",
        topic=Topic.TELLING,
        takes=Choice(("debug", "info", "warning", "error"), "LEVEL"),
        sets="logging.level",
        is_ours=True,
    ),
)

FILE_FLAGS = {
    "ini": "ini",
    "xml": "xml",
    "yaml": "yaml",
    "yml": "yaml",
    "json": "json",
    "js": "json",
    "config": "config",
}
"""Options that name a configuration file of the Emperor's own."""

INSTEAD = {
    "auto-procname": "emperor-procname",
    "chdir2": "chdir",
    "daemonize2": "daemonize",
    "immediate-gid": "gid",
    "immediate-uid": "uid",
    "logger": "logto",
    "logto2": "logto",
    "pidfile": "emperor-pidfile",
    "pidfile2": "emperor-pidfile",
    "procname": "emperor-procname",
    "procname-master": "emperor-procname",
    "safe-pidfile": "emperor-pidfile",
    "safe-pidfile2": "emperor-pidfile",
    "stats": "emperor-stats",
    "stats-server": "emperor-stats",
}
"""Options of uWSGI that are refused, and ours that does what is probably meant."""


@cache
def _by_name() -> dict[str, Option]:
    return {name: option for option in OPTIONS for name in option.names}


def find_option(name: str) -> Option | None:
    """The working option of that name, or None."""
    return _by_name().get(name)


def nearest_name(name: str) -> str | None:
    """The name of an Emperor's option that was most likely meant, or None where nothing comes near."""
    from difflib import get_close_matches  # only a mistake needs it

    known = [*_by_name(), *FILE_FLAGS, *NOT_YET, *NOTED]
    return next(iter(get_close_matches(name.lower().replace("_", "-"), known, n=1, cutoff=0.7)), None)
