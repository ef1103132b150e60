"""The pages of the admin in a real browser, of a project that real uWSGI serves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.waiting import wait_for

from .browser import Browser
from .site import Site


@pytest.fixture(scope="module")
def browser(served: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser in which the chief has logged in."""
    window = Browser(tmp_path_factory.mktemp("browser"), f"http://127.0.0.1:{served.port}")
    try:
        window.log_in("chief", "secret")
        yield window
    finally:
        window.close()


def test_the_summary_is_of_this_instance(browser: Browser, served: Site) -> None:
    """The summary shows the master that was started, and what it is made of."""
    browser.open("/admin/uwsgify/summary/")
    shown = browser.text("#content")

    assert f"Master process {served.pid}" in shown
    assert "Workers 2" in shown
    assert "Caches plain, shared, tasks" in shown
    assert "Requests answered" in shown
    assert browser.complaints() == []


def test_the_configuration_is_that_of_uwsgicfg(browser: Browser, served: Site) -> None:
    """Options are shown as uWSGI has them, all values of repeated ones too, with the call that sets them."""
    browser.open("/admin/uwsgify/configuration/")
    shown = browser.text("#content")

    assert f"http-socket\nsection.networking.register_socket(socket=...)\n127.0.0.1:{served.port}\n" in shown
    assert "/media=" in shown
    assert f"/static={served.directory}/assets" in shown
    assert browser.complaints() == []


def test_the_workers_are_there(browser: Browser, served: Site) -> None:
    """Each worker has a line; the one that made the page is busy with it."""
    workers = {served.master_and_worker()[1] for _ in range(50)}
    browser.open("/admin/uwsgify/workers/")
    shown = browser.text("#content")

    assert all(str(worker) in shown for worker in workers)
    assert shown.count("\N{BLACK CIRCLE}") == 2, "the worker, and what that means"
    assert "busy" in shown
    assert browser.complaints() == []


@pytest.mark.parametrize(("scheme", "is_light"), [("light", True), ("dark", False)])
def test_the_pages_follow_the_colours_of_the_admin(browser: Browser, scheme: str, *, is_light: bool) -> None:
    """Who prefers a dark look gets one, and can read it."""
    browser.prefer(scheme)
    pictured = {"summary": ".uwsgify-facts td", "workers": ".uwsgify-list td", "configuration": ".uwsgify-list td"}
    for page, cell in {**pictured, "maintenance": ".uwsgify-note p", "task": "#result_list td"}.items():
        browser.open(f"/admin/uwsgify/{page}/")
        assert (_lightness(browser.style("body", "background-color")) > 128) is is_light
        assert (_lightness(browser.style(cell, "color")) > 128) is not is_light
        browser.keep(f"{page}-{scheme}")


def _lightness(color: str) -> float:
    red, green, blue = (float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3])
    return (red + green + blue) / 3


def test_maintenance_is_turned_on_and_off(browser: Browser, served: Site) -> None:
    """Turned on in the admin, visitors get status 503 and the page at once, the admin works; turned off, the site."""
    browser.open("/admin/uwsgify/maintenance/")
    assert served.answer("/").status == 200
    browser.press("#content button")
    assert "Maintenance is on." in browser.text("#content")
    answer = served.answer("/")
    assert answer.status == 503
    assert "Back soon" in answer.body
    assert answer.headers["Retry-After"] == "300"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert served.answer("/static/shop/look.css").status == 200
    browser.keep("maintenance-on")

    browser.press("#content button")
    assert "Maintenance is off." in browser.text("#content")
    assert served.answer("/").status == 200


def test_a_task_is_run_now(browser: Browser, served: Site) -> None:
    """The button of a task has a worker run it, once; its result is in the list then."""
    browser.open("/admin/uwsgify/task/?q=by-hand")
    assert "never ran" in browser.text("#result_list")
    browser.press("#result_list button")
    assert "Being run: by-hand" in browser.text()
    served.wait_for_lines("by-hand", 1)

    def listed() -> str:
        browser.open("/admin/uwsgify/task/?q=by-hand")
        return browser.text("#result_list")

    wait_for(lambda: "3 rooms swept" in listed(), "the result", otherwise=listed)
    assert "succeeded" in listed()
    assert served.lines("by-hand") == ["ran"]


def test_a_task_in_the_cache_is_run_now(browser: Browser, served: Site) -> None:
    """A task that is not in the database has a button too, and tells that it failed."""
    browser.open("/admin/uwsgify/task/")
    browser.press('[formaction="/admin/uwsgify/task/run/by-hand-cache/"]')
    served.wait_for_lines("by-hand-cache", 1)

    def listed() -> str:
        browser.open("/admin/uwsgify/task/")
        return browser.text(".uwsgify-elsewhere")

    wait_for(lambda: "LookupError: no broom" in listed(), "the failure", otherwise=listed)
    assert "failed" in listed()
    for scheme in ("light", "dark"):
        browser.prefer(scheme)
        listed()
        browser.keep(f"task-{scheme}")
