"""Logging: what is logged, in which form, and where it goes."""

from __future__ import annotations

from typing import Any, TypeAlias

from ..base import OptionsGroup, SectionT
from ..deprecation import renamed_parameters
from ..values import Path, Paths, Strings, as_list, as_text, escaped_percents, three_digits, verbatim
from .logging_encoders import (
    Encoder,
    EncoderCompress,
    EncoderFormat,
    EncoderGzip,
    EncoderJson,
    EncoderNewline,
    EncoderPrefix,
    EncoderSuffix,
)
from .logging_loggers import (
    Logger,
    LoggerFile,
    LoggerFileDescriptor,
    LoggerMongo,
    LoggerRedis,
    LoggerRsyslog,
    LoggerSocket,
    LoggerStdIO,
    LoggerSyslog,
    LoggerZeroMq,
)
from .logging_vars import RequestVariables, Var, VarMetric, VarRequestVar

__all__ = ["Logging", "Var", "VarMetric", "VarRequestVar"]

LoggerOrLoggers: TypeAlias = "Logger | str | list[Logger] | list[str]"
EncoderOrEncoders: TypeAlias = "Encoder | str | list[Encoder] | list[str]"


class Logging(OptionsGroup[SectionT]):
    """What is logged, in which form, and where it goes."""

    class loggers:  # noqa: N801 - the documented name
        """Places that messages can go to, for `add_logger`."""

        fd = LoggerFileDescriptor
        file = LoggerFile
        mongo = LoggerMongo
        redis = LoggerRedis
        rsyslog = LoggerRsyslog
        socket = LoggerSocket
        stdio = LoggerStdIO
        syslog = LoggerSyslog
        zeromq = LoggerZeroMq

    class encoders:  # noqa: N801 - the documented name
        """Changes to messages on their way, for `add_logger_encoder`."""

        compress = EncoderCompress
        format = EncoderFormat
        gzip = EncoderGzip
        json = EncoderJson
        newline = EncoderNewline
        prefix = EncoderPrefix
        suffix = EncoderSuffix

    #: Variables for the template of `set_basic_params`.
    vars = RequestVariables

    def set_basic_params(
        self,
        *,
        no_requests: bool | None = None,
        template: str | None = None,
        memory_report: int | bool | None = None,
        prefix: str | None = None,
        prefix_date: str | bool | None = None,
        apply_strftime: bool | None = None,
        response_ms: bool | None = None,
        ip_x_forwarded: bool | None = None,
    ) -> SectionT:
        """Set what is logged about requests, and in which form.

        :param no_requests: Log messages of uWSGI and errors only, no requests. Source: ``disable-logging``.
        :param template: The line to log about a request, with variables of `vars`. Source: ``log-format``.
        :param memory_report: Log the memory of the worker with each request: 1 for its size, 2 for what it shares
            with others too, on Linux. Source: ``memory-report``.
        :param prefix: Put before each line. Source: ``log-prefix``.
        :param prefix_date: Put the date before each line: True, or a format as for `strftime`. Source: ``log-date``.
        :param apply_strftime: Use that format in the template too, see `vars.REQ_START_FORMATTED`.
            Source: ``log-format-strftime``.
        :param response_ms: Log how long responses took in microseconds, not milliseconds. Source: ``log-micros``.
        :param ip_x_forwarded: Log the client that the header X-Forwarded-For names. Source: ``log-x-forwarded-for``.
        """
        report = memory_report if isinstance(memory_report, bool) else verbatim(memory_report)
        return self._set(
            {
                "disable-logging": no_requests,
                "log-format": template,
                "memory-report": report,
                "log-prefix": prefix,
                "log-date": escaped_percents(prefix_date) if isinstance(prefix_date, str) else prefix_date,
                "log-format-strftime": apply_strftime,
                "log-micros": response_ms,
                "log-x-forwarded-for": ip_x_forwarded,
            }
        )

    def log_into(self, target: Path, *, before_priv_drop: bool = True) -> SectionT:
        """Log into a file, or to a UDP address; for more than one place see `add_logger`.

        :param target: The file, or the address. Source: ``logto``.
        :param before_priv_drop: Open it before privileges are dropped. Otherwise: ``logto2``.
        """
        return self._set({"logto" if before_priv_drop else "logto2": target})

    @renamed_parameters(trucate_on_statup="truncate_on_startup")
    def set_file_params(
        self,
        *,
        reopen_on_reload: bool | None = None,
        truncate_on_startup: bool | None = None,
        max_size: int | None = None,
        rotation_fname: Path | None = None,
        touch_reopen: Paths | None = None,
        touch_rotate: Paths | None = None,
        owner: str | None = None,
        mode: str | None = None,
    ) -> SectionT:
        """Set how log files are kept.

        :param reopen_on_reload: Open the file again after a reload. Source: ``log-reopen``.
        :param truncate_on_startup: Empty the file at the start. Source: ``log-truncate``.
        :param max_size: Bytes after which the file is rotated. Source: ``log-maxsize``.
        :param rotation_fname: Name of a rotated file. Default: the name with the time added.
            Source: ``log-backupname``.
        :param touch_reopen: Open the file again when one of these is touched, by logrotate for example.
            Source: ``touch-logreopen``.
        :param touch_rotate: Rotate the file when one of these is touched. Source: ``touch-logrotate``.
        :param owner: Owner of the file, as `user:group`. Source: ``logfile-chown``.
        :param mode: Mode of the file, in octal digits. Source: ``logfile-chmod``.
        """
        return self._set(
            {
                "log-reopen": reopen_on_reload,
                "log-truncate": truncate_on_startup,
                "log-maxsize": max_size,
                "log-backupname": rotation_fname,
                "touch-logreopen": touch_reopen,
                "touch-logrotate": touch_rotate,
                "logfile-chown": verbatim(owner),
                "logfile-chmod": three_digits(mode),
            }
        )

    def set_filters(
        self,
        *,
        include: Strings | None = None,
        exclude: Strings | None = None,
        write_errors: bool | None = None,
        write_errors_tolerance: int | None = None,
        sigpipe: bool | None = None,
    ) -> SectionT:
        """Set which messages are logged at all.

        :param include: Log only lines that match one of these regular expressions. Source: ``log-filter``.
        :param exclude: Log no lines that match one of these. Source: ``log-drain``.
        :param write_errors: Log that a client went away while it was written to. Default: True. Source:
            ``ignore-write-errors``.
        :param write_errors_tolerance: How many such errors a request may have before the application sees an
            exception. Default: none. Source: ``write-errors-tolerance``.
        :param sigpipe: Log the signal that such an error causes. Default: True. Source: ``ignore-sigpipe``.
        """
        return self._set(
            {
                "log-filter": include,
                "log-drain": exclude,
                "ignore-write-errors": None if write_errors is None else not write_errors,
                "write-errors-tolerance": write_errors_tolerance,
                "ignore-sigpipe": None if sigpipe is None else not sigpipe,
            }
        )

    def set_requests_filters(
        self,
        *,
        slower: int | None = None,
        bigger: int | None = None,
        status_4xx: bool | None = None,
        status_5xx: bool | None = None,
        no_body: bool | None = None,
        sendfile: bool | None = None,
        io_errors: bool | None = None,
    ) -> SectionT:
        """Set which requests are logged.

        :param slower: Those that took more milliseconds than this. Source: ``log-slow``.
        :param bigger: Those whose response had more bytes than this. Source: ``log-big``.
        :param status_4xx: Those with a status of 400 to 499. Source: ``log-4xx``.
        :param status_5xx: Those with a status of 500 to 599. Source: ``log-5xx``.
        :param no_body: Those whose response had no body. Source: ``log-zero``.
        :param sendfile: Those answered with sendfile. Source: ``log-sendfile``.
        :param io_errors: Those with errors in reading or writing. Source: ``log-ioerror``.
        """
        return self._set(
            {
                "log-slow": slower,
                "log-big": bigger,
                "log-4xx": status_4xx,
                "log-5xx": status_5xx,
                "log-zero": no_body,
                "log-sendfile": sendfile,
                "log-ioerror": io_errors,
            }
        )

    def set_master_logging_params(
        self,
        enable: bool | None = None,
        *,
        dedicate_thread: bool | None = None,
        buffer: int | None = None,
        sock_stream: bool | None = None,
        sock_stream_requests_only: bool | None = None,
    ) -> SectionT:
        """Let the master write all logs.

        :param enable: Do so. Source: ``log-master``.
        :param dedicate_thread: Write them in a thread, so that a slow place does not hold the master up.
            Source: ``threaded-logger``.
        :param buffer: Longest message in bytes; the rest is cut off. Default: 8192. Source: ``log-master-bufsize``.
        :param sock_stream: Send messages to the master by a stream socket. Source: ``log-master-stream``.
        :param sock_stream_requests_only: Do so for messages about requests. Source: ``log-master-req-stream``.
        """
        return self._set(
            {
                "log-master": enable,
                "threaded-logger": dedicate_thread,
                "log-master-bufsize": buffer,
                "log-master-stream": sock_stream,
                "log-master-req-stream": sock_stream_requests_only,
            }
        )

    def print_loggers(self) -> SectionT:
        """Print the kinds of loggers that uWSGI knows at its start. Source: ``loggers-list``."""
        return self._set({"loggers-list": True})

    def add_logger(
        self, logger: LoggerOrLoggers, *, requests_only: bool = False, for_single_worker: bool = False
    ) -> SectionT:
        """Log to one more place.

        :param logger: One of `loggers`, or a list of them. Source: ``logger``.
        :param requests_only: For messages about requests only. Source: ``logger-req``.
        :param for_single_worker: For an instance of one worker without master; not in released uWSGI.
            Source: ``worker-logger``, ``worker-logger-req``.
        """
        option = "logger-req" if requests_only else "logger"
        if for_single_worker:
            option = f"worker-{option}"
        for item in as_list(logger):
            self._add(option, item)
        return self._section

    def _add(self, option: str, logger: Any) -> None:
        """Set a logger after its plugin, and after the options of that plugin."""
        if isinstance(logger, Logger):
            if logger.plugin:
                self._section.set_plugins_params(plugins=logger.plugin)
            self._section.adopt(logger.entries)
        self._set({option: logger})

    def add_logger_route(self, logger: LoggerOrLoggers, matcher: str, *, requests_only: bool = False) -> SectionT:
        """Send lines of a certain form to one logger.

        :param logger: Loggers with names, or names. Source: ``log-route``.
        :param matcher: Regular expression that the line matches.
        :param requests_only: For messages about requests only. Source: ``log-req-route``.
        """
        option = "log-req-route" if requests_only else "log-route"
        return self._set({option: [f"{_alias(item)} {matcher}" for item in as_list(logger)]})

    def add_logger_encoder(
        self,
        encoder: EncoderOrEncoders,
        *,
        logger: Logger | str | None = None,
        requests_only: bool = False,
        for_single_worker: bool = False,
    ) -> SectionT:
        """Change messages on their way; encoders work in the order they were added. The master has to write the logs.

        :param encoder: One of `encoders`, or a list of them. Source: ``log-encoder``.
        :param logger: The only logger whose messages to change, with a name. Default: all.
        :param requests_only: For messages about requests only. Source: ``log-req-encoder``.
        :param for_single_worker: For an instance of one worker without master; not in released uWSGI.
            Source: ``worker-log-encoder``, ``worker-log-req-encoder``.
        """
        option = "log-req-encoder" if requests_only else "log-encoder"
        if for_single_worker:
            option = f"worker-{option}"
        return self._set({option: [_encoder_for(item, logger) for item in as_list(encoder)]})


def _alias(logger: Any) -> str:
    return logger.alias if isinstance(logger, Logger) else str(logger)


def _encoder_for(encoder: Any, logger: Logger | str | None) -> str:
    """The encoder, with the logger written behind its name."""
    if not logger:
        return as_text(encoder)
    name, space, arguments = as_text(encoder).partition(" ")
    return f"{name}:{_alias(logger)}{space}{arguments}"
