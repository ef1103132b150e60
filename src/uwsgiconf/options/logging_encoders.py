"""What can be done to log messages on their way to a logger."""

from __future__ import annotations

from ..values import ParametrizedValue, escaped_percents


class Encoder(ParametrizedValue):
    """A change made to each log message.

    :param args: Arguments of the change.
    """

    name_separator = " "
    name_separator_strip = True


class EncoderPrefix(Encoder):
    """Puts text before each message.

    :param value: The text.
    """

    name = "prefix"

    def __init__(self, value: str) -> None:
        super().__init__(value)


class EncoderSuffix(EncoderPrefix):
    """Puts text after each message.

    :param value: The text.
    """

    name = "suffix"


class EncoderNewline(Encoder):
    """Ends each message with a line break."""

    name = "nl"


class EncoderGzip(Encoder):
    """Compresses each message with gzip."""

    name = "gzip"


class EncoderCompress(Encoder):
    """Compresses each message with zlib."""

    name = "compress"


class TimeFormatter:
    """The current time in a form of your own.

    :param fmt: A format as for `strftime`, or `iso` for ISO 8601, such as `2020-11-29T04:44:08+0000`.
    """

    tpl = "${strftime:%s}"

    _ALIASES = {"iso": "%Y-%m-%dT%H:%M:%S%z"}  # noqa: RUF012 - a constant

    def __init__(self, fmt: str) -> None:
        self.fmt = self._ALIASES.get(fmt, fmt)

    def __str__(self) -> str:
        return self.tpl.replace("%s", escaped_percents(self.fmt), 1)


class EncoderFormat(Encoder):
    """Writes each message by a template.

    :param template: Text with variables of `vars`.
    """

    name = "format"

    class vars:  # noqa: A001, N801 - the documented name
        """Variables for the template."""

        #: The message without its line break.
        MESSAGE = "${msg}"
        #: The message with its line break.
        MESSAGE_NEWLINE = "${msgnl}"
        #: The current time in seconds since the epoch.
        TIME = "${unix}"
        #: The current time in microseconds since the epoch.
        TIME_US = "${micros}"
        #: The current time in milliseconds since the epoch.
        TIME_MS = "${millis}"
        #: The current time in a form of your own.
        TIME_FORMAT = TimeFormatter

    def __init__(self, template: str) -> None:
        super().__init__(template)


class EncoderJson(EncoderFormat):
    """Writes each message by a template, with every variable escaped for JSON.

    :param template: Text with variables of `vars`.
    """

    name = "json"
