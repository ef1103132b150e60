"""What is kept in the database: background tasks; and what stands for the pages of the admin."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TaskBase(models.Model):
    """A background task, and how it went last. Derive from it for a model of your own: UWSGIFY_TASK_MODEL."""

    name = models.CharField(_("name"), max_length=200, unique=True, editable=False)
    active = models.BooleanField(
        _("active"), default=True, help_text=_("Whether it runs on schedule. It can be run by hand anyway.")
    )
    cooldown = models.PositiveIntegerField(
        _("cooldown, seconds"),
        null=True,
        blank=True,
        help_text=_("How long it does not run on schedule after it ended. Empty: as the code says."),
    )
    owner = models.CharField(_("running in"), max_length=200, blank=True, editable=False)
    lease_until = models.DateTimeField(_("taken for lost at"), null=True, editable=False)
    started_at = models.DateTimeField(_("last start"), null=True, editable=False)
    ended_at = models.DateTimeField(_("last end"), null=True, editable=False)
    duration_seconds = models.FloatField(_("duration"), null=True, editable=False)
    succeeded = models.BooleanField(_("succeeded"), null=True, editable=False)
    result = models.TextField(_("last result"), blank=True, editable=False)
    runs = models.PositiveBigIntegerField(_("runs"), default=0, editable=False)
    run_requested = models.BooleanField(_("to be run at once"), default=False, editable=False)

    class Meta:
        """No table of its own."""

        abstract = True

    def __str__(self) -> str:
        return self.name


class Task(TaskBase):
    """The usual model of background tasks."""

    class Meta:
        """They come with the code, so they are not added by hand."""

        verbose_name = _("background task")
        verbose_name_plural = _("background tasks")
        default_permissions = ("change", "delete", "view")
        ordering = ("name",)


class Summary(models.Model):
    """A page of the admin; there is no table."""

    class Meta:
        """Who may see the page."""

        managed = False
        default_permissions = ("view",)
        verbose_name = verbose_name_plural = _("summary")


class Configuration(models.Model):
    """A page of the admin; there is no table."""

    class Meta:
        """Who may see the page."""

        managed = False
        default_permissions = ("view",)
        verbose_name = verbose_name_plural = _("configuration")


class Workers(models.Model):
    """A page of the admin; there is no table."""

    class Meta:
        """Who may see the page."""

        managed = False
        default_permissions = ("view",)
        verbose_name = verbose_name_plural = _("workers")


class Maintenance(models.Model):
    """A page of the admin; there is no table."""

    class Meta:
        """Who may see the page, and who may turn maintenance on and off."""

        managed = False
        default_permissions = ("view", "change")
        verbose_name = verbose_name_plural = _("maintenance")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
