"""The state of background tasks in the database: for all machines that share it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from .backend import RESULT_CHARACTERS, Outcome, TaskBackend, TaskState, Terms
from .owners import is_gone, new_owner

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from uwsgiconf.contrib.django.uwsgify.models import Task

_USUAL_MODEL = "uwsgify.Task"


def task_model() -> type[Task]:
    """The model of tasks: that of the setting UWSGIFY_TASK_MODEL, as `app.Model`, or else the usual one."""
    found: type[Task] = apps.get_model(getattr(settings, "UWSGIFY_TASK_MODEL", _USUAL_MODEL))
    return found


class DatabaseBackend(TaskBackend):
    """One row for each task. Who changes the row from free to owned runs the task; the database sees to it that only
    one does.
    """

    def acquire(self, terms: Terms, *, forced: bool) -> str | None:
        """Claim a task to run it."""
        row, _ = task_model().objects.get_or_create(name=terms.name)
        now = timezone.now()
        is_free = Q(owner="") | Q(lease_until__lte=now)
        if is_gone(row.owner):
            is_free |= Q(owner=row.owner)
        wanted = self._rows(terms.name).filter(is_free)
        if not forced:
            cooldown = timedelta(seconds=terms.cooldown_seconds if row.cooldown is None else row.cooldown)
            wanted = wanted.filter(Q(ended_at=None) | Q(ended_at__lte=now - cooldown), active=True)
        owner = new_owner()
        lease_until = now + timedelta(seconds=terms.limit_seconds)
        return owner if wanted.update(owner=owner, started_at=now, lease_until=lease_until) else None

    def release(self, terms: Terms, owner: str, outcome: Outcome) -> None:
        """Tell how a run ended."""
        self._rows(terms.name).filter(owner=owner).update(
            owner="",
            lease_until=None,
            ended_at=timezone.now(),
            duration_seconds=outcome.duration_seconds,
            succeeded=outcome.succeeded,
            result=outcome.result[:RESULT_CHARACTERS],
            runs=F("runs") + 1,
        )

    def request(self, name: str) -> None:
        """Ask for a task to be run at once."""
        task_model().objects.update_or_create(name=name, defaults={"run_requested": True})

    def take_request(self, name: str) -> bool:
        """Whether a task was asked for since the last time."""
        return bool(self._rows(name).filter(run_requested=True).update(run_requested=False))

    def state(self, name: str) -> TaskState:
        """What is known of a task."""
        row = self._rows(name).first()
        if row is None:
            return TaskState(name)
        last = None
        if row.succeeded is not None:
            last = Outcome(row.succeeded, row.result, row.duration_seconds or 0)
        return TaskState(name, row.active, row.owner, row.started_at, row.ended_at, last, row.runs)

    def set_active(self, name: str, *, active: bool) -> None:
        """Set whether a task runs on schedule."""
        task_model().objects.update_or_create(name=name, defaults={"active": active})

    @staticmethod
    def _rows(name: str) -> QuerySet[Task]:
        return task_model().objects.filter(name=name)
