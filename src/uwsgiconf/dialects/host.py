"""The machine and the process that a configuration is evaluated for."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from uwsgiconf import catalogue

#: Plugins in uWSGI as it is built by default: `if-plugin` finds them without their being named.
EMBEDDED_PLUGINS = frozenset(
    """
    python gevent ping cache nagios rrdtool carbon rpc corerouter fastrouter http ugreen signal syslog rsyslog logsocket
    router_uwsgi router_redirect router_basicauth zergpool redislog mongodblog router_rewrite router_http logfile
    router_cache rawrouter router_static sslrouter spooler cheaper_busyness symcall transformation_tofile
    transformation_gzip transformation_chunked transformation_offload router_memcached router_redis router_hash
    router_expires router_metrics transformation_template stats_pusher_socket
    """.split()  # noqa: SIM905 - a list of literals would be one name per line
)


def _user_name(uid: int) -> str:
    import pwd  # only %U needs it

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group_name(gid: int) -> str:
    import grp  # only %G needs it

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


@dataclass(frozen=True)
class Host:
    """What conditions and magic variables look at. By default, this machine and this process, now.

    :param environ: The environment variables uWSGI will have.
    :param cwd: The directory uWSGI will be started in, absolute.
    :param hostname: The name of the machine.
    :param uid: The user uWSGI will be started by.
    :param gid: That user's group.
    :param cpus: How many processors are online.
    :param binary: The uWSGI that will read the configuration.
    :param version: Its version.
    :param microseconds: The time since 1970 at which it starts.
    :param plugins: The plugins it has built in.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: str = field(default_factory=os.getcwd)
    hostname: str = field(default_factory=lambda: os.uname().nodename)
    uid: int = field(default_factory=os.getuid)
    gid: int = field(default_factory=os.getgid)
    cpus: int = field(default_factory=lambda: os.cpu_count() or 1)
    binary: str = "uwsgi"
    version: str = field(default_factory=catalogue.release)
    microseconds: int = field(default_factory=lambda: time.time_ns() // 1000)
    plugins: frozenset[str] = EMBEDDED_PLUGINS

    @property
    def is_reload(self) -> bool:
        """Whether uWSGI starts over what it was before, as it does when it is told to reload."""
        return "UWSGI_RELOADS" in self.environ

    def path(self, name: str) -> str:
        """The path that a name in the configuration means."""
        return os.path.join(self.cwd, name)

    def magic_letters(self) -> dict[str, str]:
        """The magic variables that no file changes."""
        return {
            "v": self.cwd,
            "h": self.hostname,
            "t": str(self.microseconds // 1_000_000),
            "T": str(self.microseconds),
            "V": self.version,
            "k": str(self.cpus),
            "[": "\033",
            "u": str(self.uid),
            "U": _user_name(self.uid),
            "g": str(self.gid),
            "G": _group_name(self.gid),
            "b": self.binary,
        }
