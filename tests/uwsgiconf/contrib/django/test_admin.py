"""The pages of the admin, without a browser: what they tell, who may do what."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from uwsgiconf.contrib.django.uwsgify import cache
from uwsgiconf.contrib.django.uwsgify.admin import facts, pages
from uwsgiconf.contrib.django.uwsgify.models import Task
from uwsgiconf.contrib.django.uwsgify.tasks import task

pytestmark = pytest.mark.usefixtures("database", "no_tasks", "runtime_dir")

PAGES = ["summary", "configuration", "workers", "maintenance", "task"]


def url(page: str) -> str:
    """Where a page is."""
    return reverse(f"admin:uwsgify_{page}_changelist")


def text(client: Client, page: str) -> str:
    """What a page says."""
    response = client.get(url(page))
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A uWSGI that the pages run in; its first worker, which is this process, makes them."""
    worker = {
        "id": 1, "pid": os.getpid(), "status": b"busy", "requests": 1234, "exceptions": 3, "signals": 5,
        "avg_rt": 1500, "tx": 2 * 1024 * 1024, "respawn_count": 1, "last_spawn": 1_700_000_000,
    }  # fmt: skip
    fake = SimpleNamespace(
        is_stub=False,
        version=b"2.0.31",
        hostname=b"box",
        started_on=1_700_000_000,
        numproc=2,
        cores=4,
        has_threads=True,
        opt={
            "http-socket": b"127.0.0.1:8000",
            "master": True,
            "mules": b"2",
            "uwsgify-caches": b"name=pages,maxitems=9 | name=more,maxitems=9",
            "env": [b"SECRET_KEY=hush", b"COLOUR=red", b"DB=pg://me:hush@db/x"],
            "stats-push": b"mongodb://me:hush@db/x",
            "route": b"^/private basicauth:Keep out,me:hush",
            "snmp-community": b"hush",
            "api_key": b"hush",
            "legion": b"fleet 225.1.1.1:4242 98 bf-cbc:hush",
            "alarm": [b"chat xmpp:me@x;hush;you@x", b"mail curl:smtp://x;auth_user=me;auth_pass=hush;mail_to=you@x"],
        },
        masterpid=lambda: 4711,
        total_requests=lambda: 12345,
        listen_queue=lambda: 7,
        worker_id=lambda: 1,
        workers=lambda: (worker, worker | {"id": 2, "pid": 0, "status": b"cheap"}),
    )
    monkeypatch.setattr(facts, "uwsgi", fake)
    monkeypatch.setattr(cache, "uwsgi", fake)
    monkeypatch.setattr(pages, "uwsgi", fake)
    return fake


def test_the_index_leads_to_all_pages(chief: Client) -> None:
    """Each page is in the list of the application, under its own name."""
    index = chief.get(reverse("admin:app_list", args=["uwsgify"])).content.decode()

    assert all(f'href="{url(page)}"' in index for page in PAGES)


@pytest.mark.parametrize("page", ["summary", "configuration", "workers"])
def test_outside_uwsgi_the_pages_say_so(chief: Client, page: str) -> None:
    """Where there is nothing to tell, what to do about it is told."""
    assert "manage.py uwsgi_run" in text(chief, page)


def test_the_summary_tells_what_there_is(chief: Client, inside: SimpleNamespace) -> None:
    """The instance at a glance: version, host, load and what it is made of."""
    page = text(chief, "summary")

    for value in ("2.0.31", "box", "4711", "12,345", "1 of 1", "pages, more"):
        assert f"<td>{value}</td>" in page
    assert "manage.py uwsgi_run" not in page


def test_the_configuration_hides_secrets(chief: Client, inside: SimpleNamespace) -> None:
    """Every option is there, with the call that sets it; passwords and keys are not."""
    page = text(chief, "configuration")

    assert "section.networking" in page
    assert "<code>COLOUR=red</code>" in page
    assert "<code>SECRET_KEY=********</code>" in page
    assert "pg://me:********@db/x" in page
    assert "mongodb://me:********@db/x" in page
    assert "basicauth:Keep out,me:********" in page
    assert "fleet 225.1.1.1:4242 98 bf-cbc:********" in page
    assert "chat xmpp:me@x;********;you@x" in page
    assert "auth_user=me;auth_pass=********;mail_to=you@x" in page
    assert "hush" not in page


def test_the_workers_tell_what_they_did(chief: Client, inside: SimpleNamespace) -> None:
    """Each worker is there with its counters; one that is cheaped has no process."""
    page = text(chief, "workers")

    for value in ("1234", "1.5 ms", "2.0 MiB"):
        assert f"<td>{value}</td>" in page
    assert '<span class="uwsgify-badge uwsgify-bad">3</span>' in page
    assert '<span class="uwsgify-badge uwsgify-busy">busy</span>' in page
    assert '<span class="uwsgify-badge uwsgify-off">cheap</span>' in page
    assert "<td>-</td>" in page


@pytest.mark.parametrize("page", PAGES)
def test_guests_see_nothing(guest: Client, page: str) -> None:
    """Who has no permission for a page does not see it."""
    assert guest.get(url(page)).status_code == 403


@pytest.mark.parametrize("page", ["summary", "configuration", "workers", "maintenance"])
def test_a_permission_opens_its_page_only(guest: Client, page: str) -> None:
    """The permission to view a page lets in there, and nowhere else."""
    User.objects.get(username="guest").user_permissions.add(Permission.objects.get(codename=f"view_{page}"))

    assert [name for name in PAGES if guest.get(url(name)).status_code == 200] == [page]


def test_maintenance_is_turned_on_and_off(chief: Client, runtime_dir: Path) -> None:
    """The form makes the file that uWSGI looks at, and removes it; who did it is in the log of the admin."""
    trigger = runtime_dir / "tests" / "maintenance"
    trigger.parent.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_SETTINGS_MODULE", "tests.settings")
        assert "Maintenance is off." in text(chief, "maintenance")
        chief.post(url("maintenance"), {"on": "1"})
        assert trigger.exists()
        assert "Maintenance is on." in text(chief, "maintenance")
        chief.post(url("maintenance"), {"on": "0"})
        chief.post(url("maintenance"), {"on": "0"})
    assert not trigger.exists()
    assert [entry.change_message for entry in LogEntry.objects.order_by("id")][:2] == [
        "Maintenance is on.",
        "Maintenance is off.",
    ]


def test_maintenance_that_cannot_be_turned_on_is_told(chief: Client) -> None:
    """Without a directory for the file the page says so instead of claiming that it is on."""
    response = chief.post(url("maintenance"), {"on": "1"}, follow=True).content.decode()

    assert "This did not work: " in response
    assert "No such file or directory" in response
    assert "Maintenance is off." in response


def test_viewers_cannot_turn_it_on(guest: Client, runtime_dir: Path) -> None:
    """The permission to view is none to change: there is no button, and what is sent is refused."""
    User.objects.get(username="guest").user_permissions.add(Permission.objects.get(codename="view_maintenance"))

    assert "<button" not in text(guest, "maintenance").partition('id="content-main"')[2]
    assert guest.post(url("maintenance"), {"on": "1"}).status_code == 403


def test_tasks_are_listed_before_they_ran(chief: Client) -> None:
    """A task of the code is in the list at once, one that is no longer in the code still is, and is told."""
    task(name="sweep", cooldown=90)(lambda: None)
    Task.objects.create(name="forgotten")
    page = text(chief, "task")

    assert "never ran" in page
    assert "90 s" in page
    assert "not in the code" in page
    assert page.count('formaction="/admin/uwsgify/task/run/') == 1


def test_a_task_is_run_by_its_button(chief: Client) -> None:
    """The button runs the task, whether it is active or not; the list then tells what came of it."""
    task(name="sweep")(lambda: "3 rooms <swept>")
    text(chief, "task")
    Task.objects.update(active=False)
    page = chief.post("/admin/uwsgify/task/run/sweep/", follow=True).content.decode()

    assert "Being run: sweep" in page
    assert "3 rooms &lt;swept&gt;" in page
    assert Task.objects.get().runs == 1


def test_chosen_tasks_are_run(chief: Client) -> None:
    """The action runs all chosen tasks, and tells which could not be."""
    task(name="sweep")(lambda: None)
    task(name="mop")(lambda: 1 / 0)
    text(chief, "task")
    Task.objects.create(name="forgotten")
    chosen = list(Task.objects.values_list("pk", flat=True))
    data = {"action": "run_selected", "_selected_action": chosen}
    page = chief.post(url("task"), data, follow=True).content.decode()

    assert "Being run: mop, sweep" in page
    assert "No longer in the code: forgotten" in page
    assert dict(Task.objects.values_list("name", "succeeded")) == {"sweep": True, "mop": False, "forgotten": None}


@pytest.mark.parametrize(("action", "active"), [("deactivate_selected", False), ("activate_selected", True)])
def test_chosen_tasks_are_paused(chief: Client, action: str, *, active: bool) -> None:
    """The actions change whether the chosen tasks run on schedule."""
    chosen = Task.objects.create(name="sweep", active=not active)
    chief.post(url("task"), {"action": action, "_selected_action": [chosen.pk]})

    assert Task.objects.get().active is active


def test_tasks_in_the_cache_are_listed_below(chief: Client) -> None:
    """A task without a row has a table of its own on the same page, and runs by its button too."""
    task(name="sweep", backend="cache", cooldown=90)(lambda: "swept")
    assert "Tasks that are not in the database" in text(chief, "task")
    page = chief.post("/admin/uwsgify/task/run/sweep/", follow=True).content.decode()

    assert "swept" in page.partition("Tasks that are not in the database")[2]
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("method", "name", "status"), [("get", "sweep", 405), ("post", "nothing", 404), ("post", "sweep", 302)]
)
def test_running_is_asked_for_by_post(chief: Client, method: str, name: str, status: int) -> None:
    """A link cannot run a task, and what is not a task is not run."""
    task(name="sweep")(lambda: None)

    assert getattr(chief, method)(f"/admin/uwsgify/task/run/{name}/").status_code == status


def test_viewers_cannot_run_tasks(guest: Client) -> None:
    """The permission to view tasks is none to run them: there is no button, and what is sent is refused."""
    User.objects.get(username="guest").user_permissions.add(Permission.objects.get(codename="view_task"))
    task(name="sweep")(lambda: None)
    task(name="mop", backend="cache")(lambda: None)
    page = text(guest, "task")

    assert "sweep" in page
    assert "mop" in page
    assert "formaction" not in page
    assert guest.post("/admin/uwsgify/task/run/sweep/").status_code == 403
    assert Task.objects.get().runs == 0


def test_a_task_can_be_changed(chief: Client) -> None:
    """The page of a task shows how it went, and lets cooldown and activity be changed, nothing else."""
    row = Task.objects.create(name="sweep", result="3 rooms")
    change = reverse("admin:uwsgify_task_change", args=[row.pk])
    assert "3 rooms" in chief.get(change).content.decode()
    chief.post(change, {"active": "", "cooldown": "120", "name": "other", "runs": "99"})
    row.refresh_from_db()

    assert (row.name, row.active, row.cooldown, row.runs) == ("sweep", False, 120, 0)
