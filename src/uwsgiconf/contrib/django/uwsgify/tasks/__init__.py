"""Background tasks: functions that run on schedule inside uWSGI, one at a time across all processes and machines.

In the module `uwsgiinit` of an application::

    from uwsgiconf.contrib.django.uwsgify.tasks import task
    from uwsgiconf.runtime.scheduling import register_cron

    @register_cron(minute=-5)
    @task(cooldown=60)
    def recount():
        return f"{Poll.objects.count()} polls"
"""

from .backend import Outcome, TaskBackend, TaskState
from .requests import run_soon
from .task import BackgroundTask, registered_tasks, task

__all__ = ["BackgroundTask", "Outcome", "TaskBackend", "TaskState", "registered_tasks", "run_soon", "task"]
