"""Options of uWSGI that do nothing here: those that cannot, and those that an Emperor of ours does not need."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["NOTED", "REFUSED", "Refusal"]


class Refusal(NamedTuple):
    """Why an option is refused.

    :param found: What it is.
    :param remedy: The way around.
    """

    found: str
    remedy: str


_C_OF_EMPERORS = Refusal(
    "one that calls a C function inside uWSGI's own process, which is not there",
    "Have it done by a program: exec-as-emperor = COMMAND, or hook-as-emperor = exec:COMMAND.",
)
_C_OF_VASSALS = Refusal(
    "one that calls a C function inside uWSGI's own process, which is not there",
    "Have it done by a program: exec-as-vassal = COMMAND, or hook-as-vassal = exec:COMMAND.",
)
_FORKING = Refusal(
    "one that needs an instance vassals can be forked off (fork-socket), which no released uWSGI can be",
    "Leave it out: vassals are started one by one. Workers of one vassal share its memory all the same.",
)
_FORK_SERVER = Refusal("one of the unreleased uWSGI 2.1-dev's vassals", "Leave it out: no released uWSGI knows it.")

REFUSED = {
    "call-as-emperor": _C_OF_EMPERORS,
    "call-as-emperor1": _C_OF_EMPERORS,
    "call-as-emperor2": _C_OF_EMPERORS,
    "call-as-emperor4": _C_OF_EMPERORS,
    "call-as-vassal": _C_OF_VASSALS,
    "call-as-vassal1": _C_OF_VASSALS,
    "call-as-vassal3": _C_OF_VASSALS,
    "emperor-fork-server-attr": _FORKING,
    "emperor-proxy-socket": Refusal(
        "one of a vassal that hands its channel to the Emperor on to another process",
        "Put it into that vassal's own file: it works there.",
    ),
    "emperor-use-fork-server": _FORKING,
    "fastrouter-emperor-socket": Refusal(
        "one of the unreleased uWSGI 2.1-dev's fast router",
        "To start vassals by their first request, use emperor-on-demand-directory and have the router connect there.",
    ),
    "fork-server": _FORK_SERVER,
    "fork-socket": _FORK_SERVER,
    "subscription-vassal-required": Refusal(
        "one of the unreleased uWSGI 2.1-dev's routers", "Leave it out: no released uWSGI knows it."
    ),
    "vassal-fork-base": _FORKING,
}
"""Options of an Emperor that cannot be honoured."""

_PLUGINS = "monitors are built in, and vassals name their own plugins"
_NO_APP = "the Emperor runs no application of its own"
_VASSALS_OWN = "it belongs into the vassals' files, and works there"

NOTED = {
    "autoload": _PLUGINS,
    "close-on-exec": "vassals never inherit the Emperor's descriptors",
    "die-on-term": "SIGTERM always stops the Emperor",
    "disable-logging": "the Emperor serves no requests that could be logged",
    "early-emperor": "there is nothing else here that would start first",
    "enable-threads": _NO_APP,
    "ignore-sigpipe": "SIGPIPE is always ignored",
    "lazy-apps": _NO_APP,
    "log-date": "every line has its date",
    "logdate": "every line has its date",
    "master": "the Emperor is its own master",
    "need-app": _NO_APP,
    "need-plugin": _PLUGINS,
    "need-plugins": _PLUGINS,
    "no-orphans": "vassals end by themselves when their Emperor is gone",
    "plugin": _PLUGINS,
    "plugin-dir": _PLUGINS,
    "plugins": _PLUGINS,
    "plugins-dir": _PLUGINS,
    "single-interpreter": _NO_APP,
    "strict": "unknown options are always refused",
    "vassal-sos": _VASSALS_OWN,
    "vassal-sos-backlog": _VASSALS_OWN,
    "vacuum": "the Emperor always removes the files it made",
}
"""Options that files of uWSGI's Emperor often carry and ours does not need, and why."""
