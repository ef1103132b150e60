"""Where log messages can go."""

from __future__ import annotations

from ..values import ParametrizedValue, Path, first_word


class Logger(ParametrizedValue):
    """A place that log messages go to.

    :param alias: A name for the logger, which routes and encoders refer to.
    :param args: Arguments of the place.
    :raises ConfigurationError: There is a blank in the name.
    """

    args_joiner = ","

    def __init__(self, alias: str | None, *args: object) -> None:
        super().__init__(*args)
        self.alias = first_word(alias or "", f"{type(self).__name__}: `alias`")


class LoggerFile(Logger):
    """Writes into a file.

    :param filepath: The file.
    :param alias: A name for the logger.
    """

    name = "file"
    plugin = "logfile"

    def __init__(self, filepath: Path, *, alias: str | None = None) -> None:
        super().__init__(alias, filepath)


class LoggerFileDescriptor(Logger):
    """Writes to an open file descriptor.

    :param fd: Its number.
    :param alias: A name for the logger.
    """

    name = "fd"
    plugin = "logfile"

    def __init__(self, fd: int, *, alias: str | None = None) -> None:
        super().__init__(alias, fd)


class LoggerStdIO(Logger):
    """Writes to the standard output.

    :param alias: A name for the logger.
    """

    name = "stdio"
    plugin = "logfile"

    def __init__(self, *, alias: str | None = None) -> None:
        super().__init__(alias)


class LoggerSocket(Logger):
    """Sends to a UNIX or UDP socket.

    :param addr_or_path: The socket: `/tmp/uwsgi.logsock` or `192.168.173.19:5050`.
    :param alias: A name for the logger.
    """

    name = "socket"
    plugin = "logsocket"

    def __init__(self, addr_or_path: Path, *, alias: str | None = None) -> None:
        super().__init__(alias, addr_or_path)


class LoggerSyslog(Logger):
    """Sends to the syslog of this machine.

    :param app_name: Name to log under.
    :param facility: Syslog facility, for example `local6`.
    :param alias: A name for the logger.
    """

    name = "syslog"
    plugin = "syslog"

    def __init__(self, *, app_name: str | None = None, facility: str | None = None, alias: str | None = None) -> None:
        super().__init__(alias, app_name, facility)


class LoggerRsyslog(LoggerSyslog):
    """Sends to the syslog of any machine.

    :param app_name: Name to log under.
    :param host: Its address, or a UNIX socket.
    :param facility: Number of the syslog facility.
    :param split: Send what is longer than a packet in several ones. Source: ``rsyslog-split-messages``.
    :param packet_size: Longest packet in bytes; syslog itself knows 1024 at most. Default: 1024.
        Source: ``rsyslog-packet-size``.
    :param alias: A name for the logger.
    """

    name = "rsyslog"
    plugin = "rsyslog"

    def __init__(
        self,
        *,
        app_name: str | None = None,
        host: str | None = None,
        facility: str | None = None,
        split: bool | None = None,
        packet_size: int | None = None,
        alias: str | None = None,
    ) -> None:
        super().__init__(app_name=app_name, facility=facility, alias=alias)
        if host is not None:
            self.args.insert(0, host)
        self.entries.update({"rsyslog-packet-size": packet_size, "rsyslog-split-messages": split})


class LoggerRedis(Logger):
    """Sends to Redis; see `dedicate_thread` of `set_master_logging_params`.

    :param host: Its address. Default: `127.0.0.1:6379`.
    :param command: The command to send messages with, for example `rpush foo`. Default: `publish uwsgi`.
    :param prefix: Put before each message.
    :param alias: A name for the logger.
    """

    name = "redislog"
    plugin = "redislog"

    def __init__(
        self,
        *,
        host: str | None = None,
        command: str | None = None,
        prefix: str | None = None,
        alias: str | None = None,
    ) -> None:
        super().__init__(alias, host, command, prefix)


class LoggerMongo(Logger):
    """Sends to MongoDB; see `dedicate_thread` of `set_master_logging_params`.

    :param host: Its address. Default: `127.0.0.1:27017`.
    :param collection: Collection to write to. Default: `uwsgi.logs`.
    :param node: What the instance is called there. Default: the name of the host.
    :param alias: A name for the logger.
    """

    name = "mongodblog"
    plugin = "mongodblog"

    def __init__(
        self,
        *,
        host: str | None = None,
        collection: str | None = None,
        node: str | None = None,
        alias: str | None = None,
    ) -> None:
        super().__init__(alias, host, collection, node)


class LoggerZeroMq(Logger):
    """Sends to a ZeroMQ socket.

    :param connection_str: Its endpoint, such as `tcp://192.168.173.18:9191`.
    :param alias: A name for the logger.
    """

    name = "zeromq"
    plugin = "logzmq"

    def __init__(self, connection_str: str, *, alias: str | None = None) -> None:
        super().__init__(alias, connection_str)
