"""Which modules are loaded with the application."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from django.apps import apps

from uwsgiconf.presets.nice import ENV_MAINTENANCE_INPLACE


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The package of a project, with settings and a module `uwsgiinit`."""
    (tmp_path / "bakery").mkdir()
    for name in ("__init__", "settings", "uwsgiinit"):
        (tmp_path / "bakery" / f"{name}.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "bakery.settings")
    for name in ("bakery", "bakery.uwsgiinit"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return "bakery"


def test_the_module_of_the_project_is_loaded(package: str) -> None:
    """The project's own package has a `uwsgiinit`, too, though it is not among the installed applications."""
    apps.get_app_config("uwsgify").ready()

    assert f"{package}.uwsgiinit" in sys.modules


def test_nothing_is_loaded_during_maintenance(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another application takes the place of the project's, no timer of the project is registered."""
    monkeypatch.setenv(ENV_MAINTENANCE_INPLACE, "1")
    apps.get_app_config("uwsgify").ready()

    assert f"{package}.uwsgiinit" not in sys.modules


def test_a_project_without_one_is_fine(package: str, tmp_path: Path) -> None:
    """No such module is needed."""
    (tmp_path / package / "uwsgiinit.py").unlink()
    apps.get_app_config("uwsgify").ready()

    assert package in sys.modules
    assert f"{package}.uwsgiinit" not in sys.modules
