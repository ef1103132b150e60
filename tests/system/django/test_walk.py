"""The walk in the manual, from an empty project to a served site, works as it is written."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.waiting import wait_for

from .conftest import free_port
from .site import Site

PAGE = Path(__file__).parents[3] / "docs" / "uwsgiconf" / "django.md"
_FILE = re.compile(r'```python title="(?P<name>[^"]+)"\n(?P<text>.*?)```', re.DOTALL)
_SHELL = re.compile(r"```sh\n(?P<text>.*?)```", re.DOTALL)


class WalkedSite(Site):
    """A project made of nothing but what the manual says, at a port that is free here."""

    def _make(self) -> None:
        walk = PAGE.read_text().partition("## From an empty project")[2].partition("\n## ")[0]
        self.files = {match["name"]: match["text"] for match in _FILE.finditer(walk)}
        self.commands = [line for match in _SHELL.finditer(walk) for line in match["text"].splitlines()]
        self._run("-m", "django", *self.commands[0].split()[1:], ".")
        # The manual's instance has its files in /run, which is not ours.
        with (self.directory / "mysite" / "settings.py").open("a") as settings:
            settings.write(self.files["mysite/settings.py"] + '\nUWSGIFY_RUNTIME_DIR = BASE_DIR / "run"\n')

    def _configure(self) -> None:
        """Nothing: the manual comes to that later."""

    def write(self, name: str, old: str = "", new: str = "") -> None:
        """Write a file of the manual, with one thing in it replaced."""
        assert old in self.files[name]
        (self.directory / name).write_text(self.files[name].replace(old, new))

    def task(self) -> tuple[int, str]:
        """How often the task has run, and with what result."""
        with closing(sqlite3.connect(self.directory / "db.sqlite3")) as database:
            found = database.execute("SELECT runs, result FROM uwsgify_task WHERE name = 'clear sessions'").fetchone()
        return found or (0, "")


@pytest.fixture
def walked(tmp_path: Path, uwsgi_binary: str) -> Iterator[WalkedSite]:
    """The project at the walk's beginning."""
    made = WalkedSite(tmp_path, free_port())
    yield made
    made.bury()


def test_the_walk(walked: WalkedSite) -> None:
    """An empty project is served with its admin and static files, gets a task with a reload, and is stopped."""
    assert [line.split()[2] for line in walked.commands if line.startswith("python manage.py")] == [
        "migrate",
        "createsuperuser",
        "uwsgi_run",
        "uwsgi_reload",
        "uwsgi_stop",
    ]
    walked.manage("migrate")
    assert "http-socket = 127.0.0.1:8000\n" in walked.manage("uwsgi_run", "--compile")

    walked.write("uwsgicfg.py", "8000", str(walked.port))
    walked.start()
    assert "The install worked successfully" in walked.answer("/").body
    assert "csrfmiddlewaretoken" in walked.answer("/admin/").body
    assert walked.answer("/static/admin/css/base.css").status == 200

    walked.write("mysite/uwsgiinit.py", "register_timer_rb(60)", "register_timer_rb(1)")
    walked.manage("uwsgi_reload")
    wait_for(lambda: walked.task()[0], "a run of the task", otherwise=walked.log)
    assert walked.task() == (1, "cleared")

    walked.manage("uwsgi_stop")
    assert walked.wait_for_end() == 0


def test_the_mutator_of_the_manual_works(walked: WalkedSite) -> None:
    """The class of the section about changing more adds its header."""
    name, text = next(match.groups() for match in _FILE.finditer(PAGE.read_text()) if "Mutator" in match["text"])
    (walked.directory / name).write_text(text)
    with (walked.directory / "mysite" / "settings.py").open("a") as settings:
        settings.write('\nUWSGIFY_SECTION_MUTATOR = "mysite.serving.Mutator"\n')

    assert "add-header = X-Served-By: mysite\n" in walked.manage("uwsgi_run", "--compile")
