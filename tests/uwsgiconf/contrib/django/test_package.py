"""What comes with the application besides code: migrations and translations."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from uwsgiconf.contrib.django import uwsgify
from uwsgiconf.contrib.django.uwsgify.models import Task

HERE = Path(uwsgify.__file__).parent
CATALOGUES = sorted(HERE.glob("locale/*/LC_MESSAGES/django.po"))


def test_the_migrations_are_complete() -> None:
    """The models say nothing that the migrations do not: a project that upgrades has nothing to make itself."""
    call_command("makemigrations", "uwsgify", check=True, dry_run=True, verbosity=0)


def _messages(catalogue: Path) -> dict[str, str]:
    found = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', catalogue.read_text(), re.MULTILINE)
    return dict(found)


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_catalogues_are_compiled(catalogue: Path) -> None:
    """What is loaded at runtime is what is written in the catalogue, with the same placeholders."""
    with catalogue.with_suffix(".mo").open("rb") as compiled:
        loaded = GNUTranslations(compiled)
    for message, translated in _messages(catalogue).items():
        assert loaded.gettext(message) == translated != ""
        assert sorted(re.findall(r"%\(\w+\)\w", message)) == sorted(re.findall(r"%\(\w+\)\w", translated))


@pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="no xgettext here; install it with: apt-get install gettext"
)
@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_catalogues_are_complete(catalogue: Path, tmp_path: Path) -> None:
    """Every text in code and templates that can be translated is in the catalogue, and no other."""
    if shutil.which("xgettext") is None:
        reason = "no xgettext here; install it with: apt-get install gettext"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    copy = tmp_path / "uwsgify"
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--all", "--no-location", "--no-wrap", "--no-obsolete"],
        cwd=copy,
        check=True,
        capture_output=True,
        timeout=60,
    )

    assert _messages(copy / catalogue.relative_to(HERE)).keys() == _messages(catalogue).keys()


def test_the_admin_speaks_the_language_of_the_user(chief: Client) -> None:
    """The pages, and the names of models and fields, follow the browser's language."""
    page = chief.get("/admin/uwsgify/maintenance/", headers={"accept-language": "de"}).content.decode()

    assert "Die Wartung ist ausgeschaltet." in page
    with translation.override("de"):
        assert Task._meta.verbose_name_plural == "Hintergrundaufgaben"
