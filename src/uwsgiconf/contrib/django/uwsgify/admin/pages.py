"""Pages of the admin that show no rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from uwsgiconf import uwsgi
from uwsgiconf.contrib.django.uwsgify.maintenance import is_maintenance_on, set_maintenance
from uwsgiconf.contrib.django.uwsgify.models import Configuration, Maintenance, Summary, Workers

from . import facts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern


class PageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django has no parameters for it at runtime
    """A page at the place where the list of a model's rows would be."""

    #: Whether there is nothing to show outside uWSGI.
    needs_uwsgi = True

    def get_urls(self) -> list[URLPattern]:
        """The page alone: there are no rows to look at, add or delete."""
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name=f"{self.opts.app_label}_{self.opts.model_name}_changelist")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing can be added."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nothing can be deleted."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name  # what the links in the template are for
        context = {
            **self.admin_site.each_context(request),
            "title": capfirst(self.opts.verbose_name_plural),
            "opts": self.opts,
            "media": self.media,
            "outside": uwsgi.is_stub and self.needs_uwsgi,
            **self.read_facts(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, f"admin/uwsgify/{self.opts.model_name}.html", context)

    def read_facts(self, request: HttpRequest) -> dict[str, Any]:
        """What the page shows, for its template."""
        raise NotImplementedError


@admin.register(Summary)
class SummaryAdmin(PageAdmin):
    """The instance at a glance."""

    def read_facts(self, request: HttpRequest) -> dict[str, Any]:
        """The facts, in groups."""
        return {"groups": [] if uwsgi.is_stub else facts.summary(), "maintenance_on": is_maintenance_on()}


@admin.register(Configuration)
class ConfigurationAdmin(PageAdmin):
    """The options that uWSGI was given."""

    def read_facts(self, request: HttpRequest) -> dict[str, Any]:
        """The options."""
        return {"options": facts.read_options()}


@admin.register(Workers)
class WorkersAdmin(PageAdmin):
    """What each worker does."""

    def read_facts(self, request: HttpRequest) -> dict[str, Any]:
        """The workers."""
        return {"workers": facts.read_workers()}


@admin.register(Maintenance)
class MaintenanceAdmin(PageAdmin):
    """A page instead of the site, while somebody looks after it."""

    needs_uwsgi = False  # it is turned on for the instance that serves the site, whoever shows this page

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the page; turn maintenance on or off when the form on it is sent."""
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        if not self.has_change_permission(request):
            raise PermissionDenied
        self._switch(request, on=request.POST.get("on") == "1")
        return HttpResponseRedirect(request.path)

    def read_facts(self, request: HttpRequest) -> dict[str, Any]:
        """Whether it is on, and whether this user may change that."""
        return {"is_on": is_maintenance_on(), "may_switch": self.has_change_permission(request)}

    def _switch(self, request: HttpRequest, *, on: bool) -> None:
        done = _("Maintenance is on.") if on else _("Maintenance is off.")
        try:
            set_maintenance(on=on)
        except OSError as error:
            messages.error(request, _("This did not work: %(error)s") % {"error": error})
            return
        self.log_change(request, Maintenance(pk=0), done)
        messages.success(request, done)
