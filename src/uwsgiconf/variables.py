"""What uWSGI replaces in a configuration when it reads it, and the plugins a binary usually has built in."""

from __future__ import annotations


class Variables:
    """Variables to use in values: uWSGI replaces them when it reads the configuration.

    Source: uWSGI's magic variables.
    """

    #: The uWSGI version.
    VERSION = "%V"
    #: Starts an ANSI sequence in what uWSGI prints.
    FORMAT_ESCAPE = "%["
    #: Ends all ANSI formatting in what uWSGI prints.
    FORMAT_END = "%[[0m"
    #: The section being read, as `file:section`.
    CONF_CURRENT_SECTION = "%x"
    #: As `CONF_CURRENT_SECTION`, of the first file that is not a template included by another.
    CONF_CURRENT_SECTION_NTPL = "%X"
    #: The configuration file, as the command line named it.
    CONF_NAME_ORIGINAL = "%o"
    #: As `CONF_NAME_ORIGINAL`, of the first file that is not a template included by another.
    CONF_NAME_ORIGINAL_NTPL = "%O"
    #: When the instance started, in seconds since the epoch.
    TIMESTAMP_STARTUP_S = "%t"
    #: When the instance started, in microseconds since the epoch.
    TIMESTAMP_STARTUP_MS = "%T"
    #: The directory of the vassals, which is the working directory.
    DIR_VASSALS = "%v"
    #: The name of the host.
    HOST_NAME = "%h"
    #: How many processor cores there are.
    CPU_CORES = "%k"
    #: The number of the user uWSGI was started by.
    USER_ID = "%u"
    #: The name of the user uWSGI was started by.
    USER_NAME = "%U"
    #: The number of the group uWSGI was started by.
    GROUP_ID = "%g"
    #: The name of the group uWSGI was started by.
    GROUP_NAME = "%G"

    @classmethod
    def get_descriptions(cls) -> dict[str, str]:
        """What each variable stands for, by variable."""
        return {
            cls.VERSION: "uWSGI version",
            cls.FORMAT_ESCAPE: "start of an ANSI sequence",
            cls.FORMAT_END: "end of ANSI formatting",
            cls.CONF_CURRENT_SECTION: "section being read, with its file",
            cls.CONF_CURRENT_SECTION_NTPL: "section being read, of the first file that is no template",
            cls.CONF_NAME_ORIGINAL: "configuration file, as named on the command line",
            cls.CONF_NAME_ORIGINAL_NTPL: "configuration file, the first that is no template",
            cls.TIMESTAMP_STARTUP_S: "start of the instance, seconds since the epoch",
            cls.TIMESTAMP_STARTUP_MS: "start of the instance, microseconds since the epoch",
            cls.DIR_VASSALS: "directory of the vassals",
            cls.HOST_NAME: "name of the host",
            cls.CPU_CORES: "number of processor cores",
            cls.USER_ID: "number of the user",
            cls.USER_NAME: "name of the user",
            cls.GROUP_ID: "number of the group",
            cls.GROUP_NAME: "name of the group",
        }


class PluginPresets:
    """Lists of plugins to give as `embedded_plugins`, so that no line of the configuration loads them."""

    #: What uWSGI's own default build, also the one on PyPI, has built in.
    BASIC: list[str] = [  # noqa: RUF012 - a constant
        "ping",
        "cache",
        "nagios",
        "rrdtool",
        "carbon",
        "rpc",
        "corerouter",
        "fastrouter",
        "http",
        "ugreen",
        "signal",
        "syslog",
        "rsyslog",
        "logsocket",
        "router_uwsgi",
        "router_redirect",
        "router_basicauth",
        "zergpool",
        "redislog",
        "mongodblog",
        "router_rewrite",
        "router_http",
        "logfile",
        "router_cache",
        "rawrouter",
        "router_static",
        "sslrouter",
        "spooler",
        "cheaper_busyness",
        "symcall",
        "transformation_tofile",
        "transformation_gzip",
        "transformation_chunked",
        "transformation_offload",
        "router_memcached",
        "router_redis",
        "router_hash",
        "router_expires",
        "router_metrics",
        "transformation_template",
        "stats_pusher_socket",
        "router_fcgi",
    ]

    @staticmethod
    def PROBE(uwsgi_binary: str | None = None) -> list[str]:  # noqa: N802 - the documented name
        """The plugins that a binary really has built in, by asking it.

        :param uwsgi_binary: Its path or name; None takes the one beside this Python, else the first on the path.
        :raises ConfigurationError: There is no such binary, or it did not tell.
        """
        from .probing import probe_plugins  # it runs processes: nothing else here needs what it imports

        found = probe_plugins(uwsgi_binary)
        return [*found.generic, *found.request]
