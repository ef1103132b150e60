"""Django, set up once with the settings of these tests, and what several of them need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import django
import pytest
from django.conf import settings

from . import site_settings

if not settings.configured:
    # Not by DJANGO_SETTINGS_MODULE: projects that other tests start would inherit it.
    settings.configure(**{name: value for name, value in vars(site_settings).items() if name.isupper()})
    django.setup()

from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings

from uwsgiconf.contrib.django.uwsgify.tasks.task import _registered


@pytest.fixture(scope="session")
def _tables() -> None:
    """Make the tables of the database in memory, by the migrations."""
    call_command("migrate", verbosity=0)


@pytest.fixture
def database(_tables: None) -> Iterator[None]:
    """Let the test write to the database; all of it is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def django_commits() -> Iterator[None]:
    """Let what waits for a commit happen at once, as outside the transaction around the test."""
    with mock.patch("django.db.transaction.on_commit", side_effect=lambda act: act()):
        yield


@pytest.fixture
def no_tasks() -> Iterator[None]:
    """Begin and end without background tasks, and with an empty cache."""
    before = dict(_registered)
    _registered.clear()
    cache.clear()
    yield
    _registered.clear()
    _registered.update(before)


@pytest.fixture
def chief(database: None) -> Client:
    """A browser in which somebody who may do everything has logged in."""
    client = Client()
    client.force_login(User.objects.create_superuser("chief", password="secret"))
    return client


@pytest.fixture
def guest(database: None) -> Client:
    """A browser in which somebody has logged in who may enter the admin, and do nothing there."""
    client = Client()
    client.force_login(User.objects.create_user("guest", is_staff=True))
    return client


@pytest.fixture
def runtime_dir(tmp_path: Path) -> Iterator[Path]:
    """A directory for files of the running instance; that of the project is there."""
    with override_settings(UWSGIFY_RUNTIME_DIR=tmp_path):
        yield tmp_path
