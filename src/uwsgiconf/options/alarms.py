"""Alarms: telling somebody that something special happened."""

from __future__ import annotations

from typing import TypeAlias

from ..base import OptionsGroup, SectionT
from ..values import as_list
from .alarm_types import AlarmCommand, AlarmCurl, AlarmLog, AlarmMule, AlarmSignal, AlarmType, AlarmXmpp

AlarmOrAlarms: TypeAlias = "AlarmType | str | list[AlarmType] | list[str]"


class Alarms(OptionsGroup[SectionT]):
    """Alarms tell somebody, by a channel of your choice, that something special happened in an instance."""

    class alarm_types:  # noqa: N801 - the documented name
        """What an alarm can do, for `register_alarm`."""

        command = AlarmCommand
        curl = AlarmCurl
        log = AlarmLog
        mule = AlarmMule
        signal = AlarmSignal
        xmpp = AlarmXmpp

    def set_basic_params(
        self,
        *,
        msg_size: int | None = None,
        cheap: bool | None = None,
        anti_loop_timeout: int | None = None,
    ) -> SectionT:
        """Set how alarms work.

        :param msg_size: Longest message, in bytes. Default: 8192. Source: ``alarm-msg-size``.
        :param cheap: Send cURL alarms from the main alarm thread, instead of one thread each. Source: ``alarm-cheap``.
        :param anti_loop_timeout: Seconds in which the same alarm is raised once only. Default: 3.
            Source: ``alarm-freq``.
        """
        return self._set(
            {
                "alarm-msg-size": msg_size,
                "alarm-cheap": cheap,
                "alarm-freq": anti_loop_timeout,
            }
        )

    def print_alarms(self) -> SectionT:
        """Print the alarms that uWSGI knows at its start. Source: ``alarm-list``."""
        return self._set({"alarm-list": True})

    def register_alarm(self, alarm: AlarmOrAlarms) -> SectionT:
        """Make alarms known, so that they can be raised by their names.

        :param alarm: One of `alarm_types`, or a list of them. Source: ``alarm``.
        """
        for item in as_list(alarm):
            self._set({"alarm": item}, plugin=getattr(item, "plugin", None))
        return self._section

    def alarm_on_log(self, alarm: AlarmOrAlarms, matcher: str, *, skip: bool = False) -> SectionT:
        """Raise alarms for log lines of a certain form.

        :param alarm: The alarms; those that are not registered yet are.
        :param matcher: Regular expression that the line matches. Source: ``log-alarm``.
        :param skip: Do not raise them for such lines. Source: ``not-log-alarm``.
        """
        names = ",".join(self._registered(alarm))
        return self._set({"not-log-alarm" if skip else "log-alarm": f"{names} {matcher}"})

    def alarm_on_fd_ready(
        self, alarm: AlarmOrAlarms, *, fd: str | int, message: str, byte_count: int | None = None
    ) -> SectionT:
        """Raise alarms when a file descriptor has something to read, an eventfd for example.

        :param alarm: The alarms; those that are not registered yet are. Source: ``alarm-fd``.
        :param fd: The file descriptor.
        :param message: The message to send.
        :param byte_count: Bytes to read from the descriptor, 8 for an eventfd. Default: 1.
        """
        source = fd if byte_count is None else f"{fd}:{byte_count}"
        return self._set({"alarm-fd": [f"{name} {source} {message}" for name in self._registered(alarm)]})

    def alarm_on_queue_full(self, alarm: AlarmOrAlarms) -> SectionT:
        """Raise alarms when the queue of connections nobody accepted yet is full.

        :param alarm: The alarms; those that are not registered yet are. Source: ``alarm-backlog``.
        """
        return self._set({"alarm-backlog": self._registered(alarm)})

    def alarm_on_segfault(self, alarm: AlarmOrAlarms) -> SectionT:
        """Raise alarms when a process crashes; the message is the trace of the crash.

        :param alarm: The alarms; those that are not registered yet are. Source: ``alarm-segfault``.
        """
        return self._set({"alarm-segfault": self._registered(alarm)})

    def _registered(self, alarm: AlarmOrAlarms) -> list[str]:
        """The names of alarms, after making known those that are not."""
        known = self._section.entries.texts("alarm")
        names: list[str] = []
        for item in as_list(alarm):
            if isinstance(item, AlarmType) and str(item) not in known:
                self.register_alarm(item)
            names.append(item.alias if isinstance(item, AlarmType) else str(item))
        return names
