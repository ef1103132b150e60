"""What an option does here that it does not do under uWSGI's Emperor, for whoever moves a deployment over."""

from __future__ import annotations

__all__ = ["DIFFERENCES", "EVERYWHERE"]

EVERYWHERE = (
    "a changed file is seen at once, also when it is older than before; uWSGI looks every few seconds",
    "an unknown option of the Emperor is an error; uWSGI starts without it unless told to be strict",
    "UNIX sockets of the Emperor's own are made for its user alone (0600)",
    "what the command line says counts more than what files say; in uWSGI what comes last does",
    "no options are read from environment variables (UWSGI_...); vassals get those as under uWSGI",
)
"""What differs whatever the Emperor's file says."""

_STATS = (
    "it has more keys: phase, last_death, next_try and attributes of vassals; sources, unreadable, "
    "unreachable, refused_commands, last_refused_command"
)

DIFFERENCES = {
    "daemonize": "the command returns when the Emperor has started or failed, and the umask stays as it is",
    "emperor-freq": "it is only the safety rescan: changes are seen at once where the kernel reports them",
    "emperor-max-throttle": "a changed configuration is tried at once, however long the wait still is",
    "emperor-pidfile": "it is removed at the end",
    "emperor-stats": _STATS,
    "emperor-stats-server": _STATS,
    "emperor-throttle": "a changed configuration is tried at once, however long the wait still is",
    "logto": "it is reopened after a rotation; log servers over UDP are not supported",
    "stats-http": "requests are read within bounds, and HEAD is answered",
}
"""By option, what differs once it is given."""
