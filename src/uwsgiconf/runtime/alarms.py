"""Alarms: telling somebody, by the means that the configuration says."""

from __future__ import annotations

from .. import uwsgi

#: What uWSGI takes for a message, if nothing is said.
_MESSAGE_BYTES = 8192


def trigger_alarm(name: str, message: str) -> None:
    """Raise an alarm; uWSGI ignores one that is not configured.

    ::

        section.alarms.register_alarm(section.alarms.alarm_types.log('myalarm'))

        trigger_alarm('myalarm', 'The disk is nearly full')

    :param name: The alarm. Source: ``alarm``.
    :param message: What to tell. What is over 8 KiB is cut off. Source: ``alarm-msg-size``.
    """
    # uWSGI would not raise it at all.
    most_bytes = int(uwsgi.opt.get("alarm-msg-size", _MESSAGE_BYTES))
    uwsgi.alarm(name, message.encode()[:most_bytes].decode(errors="ignore"))
