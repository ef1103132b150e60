"""`manage.py uwsgi_stats`: let the running uWSGI log what it is doing."""

from __future__ import annotations

from uwsgiconf.contrib.django.uwsgify.management.section_command import InstanceCommand


class Command(InstanceCommand):
    """Let the running uWSGI log what it is doing."""

    help = "Writes the configuration of uWSGI and what its workers have done into its log."

    usual = "s"
