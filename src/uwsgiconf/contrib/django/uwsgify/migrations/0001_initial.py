"""The table of background tasks, and what stands for the pages of the admin."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The first one."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Configuration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "configuration",
                "verbose_name_plural": "configuration",
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Maintenance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "maintenance",
                "verbose_name_plural": "maintenance",
                "managed": False,
                "default_permissions": ("view", "change"),
            },
        ),
        migrations.CreateModel(
            name="Summary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "summary",
                "verbose_name_plural": "summary",
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Workers",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "workers",
                "verbose_name_plural": "workers",
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(editable=False, max_length=200, unique=True, verbose_name="name")),
                (
                    "active",
                    models.BooleanField(
                        default=True,
                        help_text="Whether it runs on schedule. It can be run by hand anyway.",
                        verbose_name="active",
                    ),
                ),
                (
                    "cooldown",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How long it does not run on schedule after it ended. Empty: as the code says.",
                        null=True,
                        verbose_name="cooldown, seconds",
                    ),
                ),
                ("owner", models.CharField(blank=True, editable=False, max_length=200, verbose_name="running in")),
                ("lease_until", models.DateTimeField(editable=False, null=True, verbose_name="taken for lost at")),
                ("started_at", models.DateTimeField(editable=False, null=True, verbose_name="last start")),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="last end")),
                ("duration_seconds", models.FloatField(editable=False, null=True, verbose_name="duration")),
                ("succeeded", models.BooleanField(editable=False, null=True, verbose_name="succeeded")),
                ("result", models.TextField(blank=True, editable=False, verbose_name="last result")),
                ("runs", models.PositiveBigIntegerField(default=0, editable=False, verbose_name="runs")),
                ("run_requested", models.BooleanField(default=False, editable=False, verbose_name="to be run at once")),
            ],
            options={
                "verbose_name": "background task",
                "verbose_name_plural": "background tasks",
                "ordering": ("name",),
                "default_permissions": ("change", "delete", "view"),
            },
        ),
    ]
