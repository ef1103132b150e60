"""Every option of an Emperor, written once: flags, files, help and the manual's table all read this."""

from __future__ import annotations

from functools import cache

from imperator.cli.attribute_options import ATTRIBUTE_OPTIONS
from imperator.cli.hook_options import HOOK_OPTIONS
from imperator.cli.option import Option, Topic
from imperator.cli.rights_options import RIGHTS_OPTIONS
from imperator.cli.unsupported import NOTED, REFUSED
from imperator.cli.values import Capabilities, Choice, Count, KeyValue, Number, Permissions, Switch, Text

__all__ = ["FILE_FLAGS", "INSTEAD", "OPTIONS", "Option", "Topic", "find_option", "nearest_name"]


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
        name="emperor-on-demand-extension",
        aliases=("emperor-on-demand-ext",),
        help="NAME plus this is a file with the address to listen on; the first connection starts the vassal.",
        topic=Topic.VASSALS,
        takes=Text(".EXT"),
        sets="on_demand.extension",
    ),
    Option(
        name="emperor-on-demand-directory",
        aliases=("emperor-on-demand-dir",),
        help="Listen on DIRECTORY/NAME.socket for each vassal; the first connection starts it.",
        topic=Topic.VASSALS,
        takes=Text("DIRECTORY"),
        sets="on_demand.directory",
    ),
    Option(
        name="emperor-on-demand-exec",
        help="Shell command that gets a vassal's name and prints the address to listen on for it, if any.",
        topic=Topic.VASSALS,
        takes=Text("COMMAND"),
        sets="on_demand.command",
    ),
    Option(
        name="chmod-socket",
        help="Permissions of the UNIX sockets that the Emperor makes (600; without a value 666).",
        topic=Topic.VASSALS,
        takes=Permissions(),
        sets="sockets.mode",
    ),
    Option(
        name="listen",
        short="l",
        help="How many connections may wait on the sockets that the Emperor makes (100).",
        topic=Topic.VASSALS,
        takes=Count(1, 65535),
        sets="sockets.backlog",
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
    *RIGHTS_OPTIONS,
    *ATTRIBUTE_OPTIONS,
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
    *HOOK_OPTIONS,
    Option(
        name="emperor-wait-for-command",
        help="Start no vassal before a spawn command comes for it.",
        topic=Topic.PATIENCE,
        takes=Switch(),
        sets="rules.wait_for_command",
    ),
    Option(
        name="emperor-wait-for-command-ignore",
        help="A vassal that starts by itself all the same, by its name.",
        topic=Topic.PATIENCE,
        takes=Text("VASSAL"),
        sets="rules.never_wait",
        repeats=True,
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
        name="reloads-at-once",
        help="How many vassals reload side by side when all are told to, by SIGHUP (8).",
        topic=Topic.PATIENCE,
        takes=Count(1, 100_000),
        sets="rules.reloads_at_once",
        is_ours=True,
    ),
    Option(
        name="emperor-broodlord",
        help="How many zergs all vassals together may have when they ask for reinforcements (0).",
        topic=Topic.PATIENCE,
        takes=Count(0, 1000),
        sets="rules.zergs",
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
        name="cap",
        help="The capabilities the Emperor keeps when it becomes another user; vassals get none of them.",
        topic=Topic.HOSTING,
        takes=Capabilities(),
        sets="hosting.capabilities",
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
        name="emperor-subreaper",
        help="Adopt orphans that vassals leave behind, and bury them when they die.",
        topic=Topic.HOSTING,
        takes=Switch(),
        sets="hosting.subreaper",
    ),
    Option(
        name="emperor-command-socket",
        help="Take commands for single vassals as datagrams: path of a UNIX socket, or host:port for UDP.",
        topic=Topic.HEARING,
        takes=Text("ADDRESS"),
        sets="control.commands",
    ),
    Option(
        name="emperor-trigger-socket",
        help="Look at every source now whenever somebody connects: host:port or the path of a UNIX socket.",
        topic=Topic.HEARING,
        takes=Text("ADDRESS"),
        sets="control.trigger",
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
        name="stats-http",
        help="The stats server speaks HTTP.",
        topic=Topic.TELLING,
        takes=Switch(),
        sets="control.stats_http",
    ),
    Option(
        name="logto",
        help="Log to this file; SIGHUP or a rotation opens it anew.",
        topic=Topic.TELLING,
        takes=Text("LOGFILE"),
        sets="logging.path",
    ),
    Option(
        name="imperial-monitor-list",
        aliases=("imperial-monitors-list",),
        help="Begin the log with the kinds of sources that vassals may come from.",
        topic=Topic.TELLING,
        takes=Switch(),
        sets="logging.lists_monitors",
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

    known = [*_by_name(), *FILE_FLAGS, *REFUSED, *NOTED]
    return next(iter(get_close_matches(name.lower().replace("_", "-"), known, n=1, cutoff=0.7)), None)
