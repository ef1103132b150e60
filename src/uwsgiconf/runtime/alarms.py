"""Alarms: telling somebody, by the means that the configuration says."""

from __future__ import annotations

from .. import uwsgi


def trigger_alarm(name: str, message: str) -> None:
    """Raise an alarm; uWSGI ignores one that is not configured.

    ::

        section.alarms.register_alarm(section.alarms.alarm_types.log('myalarm'))

        trigger_alarm('myalarm', 'The disk is nearly full')

    :param name: The alarm. Source: ``alarm``.
    :param message: What to tell, below 4 KiB; uWSGI does not raise one with a longer message.
    """
    uwsgi.alarm(name, message)
