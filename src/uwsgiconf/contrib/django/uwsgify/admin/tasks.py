"""Background tasks in the admin: how each went last, and running it now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from uwsgiconf.contrib.django.uwsgify.models import Task
from uwsgiconf.contrib.django.uwsgify.tasks import BackgroundTask, TaskState, registered_tasks, run_soon
from uwsgiconf.contrib.django.uwsgify.tasks.in_database import DatabaseBackend
from uwsgiconf.contrib.django.uwsgify.tasks.owners import is_gone

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

_SHOWN_CHARACTERS = 80


class TaskElsewhere(NamedTuple):
    """A task that has no row in the database."""

    state: TaskState
    status: SafeString
    cooldown_seconds: float
    #: Where it is run by its button.
    run_url: str


class TaskAdminBase(admin.ModelAdmin):  # type: ignore[type-arg]  # Django has no parameters for it at runtime
    """Background tasks; register your own model with a class derived from this one."""

    change_list_template = "admin/uwsgify/task/change_list.html"
    list_display = ("name", "status", "started_at", "duration", "shown_result", "runs", "shown_cooldown", "run")
    search_fields = ("name", "result")
    actions = ("run_selected", "activate_selected", "deactivate_selected")
    fields = (
        "name",
        "active",
        "cooldown",
        "owner",
        "started_at",
        "ended_at",
        "duration",
        "succeeded",
        "result",
        "runs",
    )
    readonly_fields = ("name", "owner", "started_at", "ended_at", "duration", "succeeded", "result", "runs")

    class Media:
        """The colours of states."""

        css = {"all": ["uwsgify/uwsgify.css"]}  # noqa: RUF012 - as Django declares it

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Tasks come with the code."""
        return False

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """The columns; the one with buttons only for who may press them."""
        may_run = self.has_change_permission(request)
        return tuple(column for column in super().get_list_display(request) if may_run or column != "run")

    def get_urls(self) -> list[URLPattern]:
        """The usual ones, and one to run a task."""
        view = self.admin_site.admin_view(self.run_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_run"
        return [path("run/<path:name>/", view, name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """List the tasks, those that never ran too, and those kept elsewhere below."""
        in_database, elsewhere = self._by_place()
        known = set(self.model.objects.values_list("name", flat=True))
        self.model.objects.bulk_create(
            [self.model(name=name) for name in in_database if name not in known], ignore_conflicts=True
        )
        title = capfirst(self.opts.verbose_name_plural)
        may_run = self.has_change_permission(request)
        context = {"title": title, "tasks_elsewhere": elsewhere, "may_run": may_run, **(extra_context or {})}
        return super().changelist_view(request, context)

    def run_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Run a task, and go back to the list."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        if name not in registered_tasks():
            raise Http404(name)
        self._run(request, [name])
        return HttpResponseRedirect(self._url("changelist"))

    @admin.action(permissions=["change"], description=gettext_lazy("Run now"))
    def run_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        """Run the chosen tasks."""
        self._run(request, [row.name for row in queryset])

    @admin.action(permissions=["change"], description=gettext_lazy("Let run on schedule"))
    def activate_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        """Let the chosen tasks run on schedule."""
        queryset.update(active=True)

    @admin.action(permissions=["change"], description=gettext_lazy("Do not run on schedule"))
    def deactivate_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        """Do not run the chosen tasks on schedule."""
        queryset.update(active=False)

    def _by_place(self) -> tuple[list[str], list[TaskElsewhere]]:
        """The names of tasks in the database, and all other tasks."""
        in_database: list[str] = []
        elsewhere: list[TaskElsewhere] = []
        for task in registered_tasks().values():
            if isinstance(task.backend, DatabaseBackend):
                in_database.append(task.name)
            else:
                elsewhere.append(self._elsewhere(task))
        return in_database, elsewhere

    def _elsewhere(self, task: BackgroundTask) -> TaskElsewhere:
        state = task.backend.state(task.name)
        succeeded = state.last.succeeded if state.last else None
        badge = _badge(task.name, running=_is_running(state.owner), active=state.active, succeeded=succeeded)
        return TaskElsewhere(state, badge, task.terms.cooldown_seconds, self._url("run", task.name))

    def _url(self, view: str, *arguments: str) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}"
        return reverse(name, args=arguments, current_app=self.admin_site.name)

    def _run(self, request: HttpRequest, names: list[str]) -> None:
        tasks = registered_tasks()
        present = [name for name in names if name in tasks]
        for name in present:
            run_soon(tasks[name])
        if present:
            messages.success(request, _("Being run: %(names)s") % {"names": ", ".join(present)})
        if missing := [name for name in names if name not in tasks]:
            messages.error(request, _("No longer in the code: %(names)s") % {"names": ", ".join(missing)})

    @admin.display(description=gettext_lazy("status"))
    def status(self, row: Task) -> SafeString:
        """How it is."""
        return _badge(row.name, running=_is_running(row.owner), active=row.active, succeeded=row.succeeded)

    @admin.display(description=gettext_lazy("duration"), ordering="duration_seconds")
    def duration(self, row: Task) -> str:
        """How long the last run took."""
        return _seconds(row.duration_seconds)

    @admin.display(description=gettext_lazy("last result"))
    def shown_result(self, row: Task) -> SafeString:
        """What came of the last run."""
        short = Truncator(row.result).chars(_SHOWN_CHARACTERS)
        return format_html('<span title="{}">{}</span>', row.result, short)

    @admin.display(description=gettext_lazy("cooldown"))
    def shown_cooldown(self, row: Task) -> str:
        """How long it pauses after a run."""
        task = registered_tasks().get(row.name)
        usual = task.terms.cooldown_seconds if task else None
        return _seconds(usual if row.cooldown is None else row.cooldown)

    @admin.display(description="")
    def run(self, row: Task) -> SafeString | str:
        """A button that runs it."""
        if row.name not in registered_tasks():
            return ""
        url = self._url("run", row.name)
        return format_html(
            '<button type="submit" class="button uwsgify-run" formaction="{}">{}</button>', url, _("Run now")
        )


@admin.register(Task)
class TaskAdmin(TaskAdminBase):
    """Background tasks in the usual model."""


def _is_running(owner: str) -> bool:
    return bool(owner) and not is_gone(owner)


def _badge(name: str, *, running: bool, active: bool, succeeded: bool | None) -> SafeString:
    if name not in registered_tasks():
        kind, text = "off", _("not in the code")
    elif running:
        kind, text = "busy", _("running")
    elif not active:
        kind, text = "off", _("not active")
    elif succeeded is None:
        kind, text = "off", _("never ran")
    else:
        kind, text = ("good", _("succeeded")) if succeeded else ("bad", _("failed"))
    return format_html('<span class="uwsgify-badge uwsgify-{}">{}</span>', kind, text)


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return _("%(seconds)s s") % {"seconds": number_format(seconds, 0 if seconds == int(seconds) else 3)}
