"""The pages of the admin: what uWSGI does, how it is configured, maintenance, background tasks."""

from .pages import ConfigurationAdmin, MaintenanceAdmin, SummaryAdmin, WorkersAdmin
from .tasks import TaskAdmin

__all__ = ["ConfigurationAdmin", "MaintenanceAdmin", "SummaryAdmin", "TaskAdmin", "WorkersAdmin"]
