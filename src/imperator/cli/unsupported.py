"""Options of uWSGI that do nothing here: those that will, and those that an Emperor of ours does not need."""

from __future__ import annotations

__all__ = ["NOTED", "NOT_YET"]

_HOOKS = "Hook run by the Emperor or a vassal."
_ATTRIBUTES = "Vassal attributes."

NOT_YET = {
    "call-as-emperor": _HOOKS,
    "call-as-emperor1": _HOOKS,
    "call-as-emperor2": _HOOKS,
    "call-as-emperor4": _HOOKS,
    "call-as-vassal": _HOOKS,
    "call-as-vassal1": _HOOKS,
    "call-as-vassal3": _HOOKS,
    "emperor-chdir-attr": _ATTRIBUTES,
    "emperor-collect-attr": _ATTRIBUTES,
    "emperor-collect-attribute": _ATTRIBUTES,
    "emperor-fork-server-attr": _ATTRIBUTES,
    "emperor-proxy-socket": "Reach a vassal's Emperor channel through a socket.",
    "emperor-use-fork-server": "Fork vassals off a server process.",
    "emperor-wrapper-attr": _ATTRIBUTES,
    "fastrouter-emperor-socket": "The fast router asks the Emperor for a vassal.",
    "hook-as-emperor-setns": _HOOKS,
    "hook-as-on-config-vassal": _HOOKS,
    "hook-as-on-demand-vassal": _HOOKS,
    "subscription-vassal-required": "Take subscriptions of vassals only.",
    "vassal-fork-base": "Fork a vassal off another one.",
}
"""Options of an Emperor that are refused for now, and what they are for."""

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
    "hook-emperor-lost": _VASSALS_OWN,
    "hook-emperor-reload": _VASSALS_OWN,
    "hook-emperor-stop": _VASSALS_OWN,
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
