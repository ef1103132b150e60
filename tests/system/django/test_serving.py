"""A project under `manage.py uwsgi_run`: served, reloaded, spoken to and stopped."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.system.waiting import wait_for

from .site import Site


def test_the_command_becomes_the_master(served: Site) -> None:
    """The process of `manage.py uwsgi_run` is the master, which its pidfile tells."""
    master, worker = served.master_and_worker()

    assert master == served.pid != worker
    assert (served.directory / "run" / "mysite" / "uwsgi.pid").read_text() == f"{served.pid}\n"


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("/static/shop/look.css", "text/css", "body { color: red }"),
        ("/static/admin/css/base.css", "text/css", "--primary"),
        ("/static/uwsgify/uwsgify.css", "text/css", "uwsgify-badge"),
        ("/media/hat.txt", "text/plain", "a hat"),
        ("/admin/login/", "text/html", "csrfmiddlewaretoken"),
    ],
)
def test_all_parts_of_a_site_are_served(served: Site, path: str, kind: str, content: str) -> None:
    """Static files of the project, of Django and of this application, media, and the admin."""
    answer = served.answer(path)

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith(kind)
    assert content in answer.body


@pytest.mark.parametrize("path", ["/static/../mysite/settings.py", "/media/../uwsgicfg.py", "/static/%2e%2e/manage.py"])
def test_nothing_else_is(served: Site, path: str) -> None:
    """Files of the project outside these directories are not given away."""
    assert served.answer(path).status == 404


def test_failures_are_djangos(served: Site) -> None:
    """A view that fails gives status 500, and the worker goes on."""
    assert served.answer("/broken/").status == 500
    assert served.answer("/").status == 200


class Visitor:
    """Somebody who asks one thing after the other, and counts what was refused."""

    def __init__(self, site: Site) -> None:
        self.workers: list[int] = []
        self.refused = 0
        self._site = site
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._leaving.is_set():
            answer = self._site.ask("/slow/")
            if answer is None or answer.status != 200:
                self.refused += 1
            else:
                self.workers.append(int(answer.body.split()[0]))

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()


@pytest.mark.parametrize("arguments", [[], ["--workers"]])
def test_a_reload_refuses_nobody(site: Site, arguments: list[str]) -> None:
    """After a reload other workers answer, under the same master, and no request was lost or refused meanwhile."""
    site.start()
    before = {site.master_and_worker()[1] for _ in range(20)}
    with Visitor(site) as visitor:
        wait_for(lambda: visitor.workers, "a visitor", otherwise=site.log)
        site.manage("uwsgi_reload", *arguments)
        wait_for(lambda: visitor.workers[-1] not in before, "other workers", otherwise=site.log)

    assert visitor.refused == 0, site.log()
    assert site.master_and_worker()[0] == site.pid


def test_stats_are_logged(served: Site) -> None:
    """`uwsgi_stats` lets the master write into its log what its workers have done."""
    served.manage("uwsgi_stats")
    served.wait_for_log("workers total requests: ")


def test_the_log_is_opened_again(site: Site) -> None:
    """After logrotate has moved the file, `uwsgi_log --reopen` begins a new one; `--rotate` does both itself."""
    site.start()
    log = site.directory / "uwsgi.log"
    log.rename(site.directory / "moved.log")
    site.manage("uwsgi_log", "--reopen")
    wait_for(log.exists, "a new log")
    site.answer("/?after-reopen")
    wait_for(lambda: "after-reopen" in log.read_text(), "the request in the new log", otherwise=site.log)

    site.manage("uwsgi_log", "--rotate")
    wait_for(lambda: list(site.directory.glob("uwsgi.log.*")), "the old log put aside", otherwise=site.log)
    site.answer("/?after-rotate")
    wait_for(lambda: "after-rotate" in log.read_text(), "the request in the third log", otherwise=site.log)
    assert "after-reopen" not in log.read_text()


@pytest.mark.parametrize("arguments", [[], ["--force"]])
def test_stopped_nothing_is_left(site: Site, arguments: list[str]) -> None:
    """After `uwsgi_stop` all processes have ended, and neither FIFO nor pidfile is there."""
    site.start()
    processes = {site.pid, *(site.master_and_worker()[1] for _ in range(20))}
    site.manage("uwsgi_stop", *arguments)

    assert site.wait_for_end() == 0
    assert [pid for pid in processes if Path(f"/proc/{pid}").exists()] == []
    assert list((site.directory / "run" / "mysite").iterdir()) == []
    assert site.ask() is None


def test_an_embedded_uwsgi_reloads_and_stops(site: Site) -> None:
    """With --embedded no program but this Python is run, and the commands work as they do without."""
    site.start("--embedded")
    before = {site.master_and_worker()[1] for _ in range(20)}
    assert os.readlink(f"/proc/{site.pid}/exe") == os.readlink("/proc/self/exe")

    site.manage("uwsgi_reload")
    wait_for(lambda: site.ask() and site.master_and_worker()[1] not in before, "other workers", otherwise=site.log)
    assert site.master_and_worker()[0] == site.pid
    site.manage("uwsgi_stop")
    assert site.wait_for_end() == 0


def test_a_project_that_cannot_be_loaded_tells_why(site: Site) -> None:
    """A fault in the project's code ends uWSGI with its traceback, instead of serving errors."""
    wsgi = site.directory / "mysite" / "wsgi.py"
    wsgi.write_text("raise LookupError('lost')\n")
    with pytest.raises(AssertionError, match="LookupError: lost"):
        site.start()

    assert site.wait_for_end() != 0
