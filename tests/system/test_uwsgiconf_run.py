"""A section served with `uwsgiconf run` does what it says, on a real uWSGI."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.system.instance import Instance
from tests.system.waiting import wait_for

StartInstance = Callable[..., Instance]


@pytest.fixture
def start(tmp_path: Path, free_port: int, uwsgi_binary: str) -> Iterator[StartInstance]:
    """Return a function that starts an instance; it is buried at the test's end."""
    started: list[Instance] = []

    def start_one(statements: str = "", **options: Any) -> Instance:
        started.append(Instance(tmp_path, free_port, statements, **options))
        return started[-1]

    yield start_one
    for instance in started:
        instance.bury()


def master_and_worker(instance: Instance) -> tuple[int, int]:
    """The processes that an answer came from."""
    worker, master, _ = instance.answer().body.split()
    return int(master), int(worker)


def has_ended_if_killed(pid: int) -> bool:
    """Kill a uWSGI, whose workers go with it, and tell whether there was nobody left to be killed."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return True
    return False


def test_the_process_becomes_uwsgi(start: StartInstance) -> None:
    """The master has the process id of the command that was started, and SIGTERM ends it as the preset says."""
    instance = start()

    assert master_and_worker(instance)[0] == instance.pid
    os.kill(instance.pid, signal.SIGTERM)
    instance.wait_for_end()
    assert instance.ask() is None


def test_threads_answer_at_the_same_time(start: StartInstance) -> None:
    """With two threads, two slow requests are in work at once, by one worker."""
    instance = start("section.workers.set_thread_params(count=2)")
    instance.answer()

    with ThreadPoolExecutor(2) as pool:
        answers = [answer.body.split() for answer in pool.map(instance.answer, ["/slow", "/slow"])]

    assert answers[0][0] == answers[1][0]
    assert answers[0][2] != answers[1][2]


def test_static_files_are_served(start: StartInstance, tmp_path: Path) -> None:
    """A static map answers with the file; a path that leads out of it does not."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "style.css").write_text("body {}")
    instance = start('section.statics.register_static_map("/static", HERE + "/assets")')

    assert instance.answer("/static/style.css").body == "body {}"
    assert "def application" not in instance.answer("/static/../app.py").body


def test_routing_rules_decide(start: StartInstance) -> None:
    """A rule refuses a path, another one redirects, and what no rule matches goes to the application."""
    instance = start(
        """
        routing = section.routing
        rule = routing.route_rule
        routing.register_route([
            rule(rule.actions.do_break("403 Forbidden"), rule.subjects.path_info("^/secret")),
            rule(rule.actions.redirect("http://%s/new" % ADDRESS), rule.subjects.path_info("^/old")),
        ])
        routing.header_add("X-Answered-By", "uwsgiconf")
        """
    )

    assert instance.answer("/").headers["X-Answered-By"] == "uwsgiconf"
    assert instance.answer("/secret").status == 403
    assert instance.answer("/old").body == instance.answer("/new").body


def test_error_pages_are_shown(start: StartInstance, tmp_path: Path) -> None:
    """Where there is no application to answer, the answer is the page that was set for that error."""
    (tmp_path / "500.html").write_text("<p>we are sorry</p>")
    instance = start(
        """
        section.applications.set_basic_params(exit_if_none=False)
        section.routing.set_error_page(500, HERE + "/500.html")
        """,
        application="no_application = None\n",
    )

    answer = instance.answer()
    assert (answer.status, answer.body) == (500, "<p>we are sorry</p>")


CACHING = """\
import uwsgi

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [uwsgi.cache_get("greeting", "words") or b"nothing"]
"""


def test_a_cache_holds_what_was_put_into_it(start: StartInstance) -> None:
    """An item that the configuration put into a cache is there for the application."""
    instance = start(
        """
        section.caching.add_cache("words", max_items=10)
        section.caching.add_item("greeting", "hello", cache_name="words")
        """,
        application=CACHING,
    )

    assert instance.answer().body == "hello"


def test_an_attached_process_is_started_again(start: StartInstance) -> None:
    """A process beside the instance is started with it, and again when it ends."""
    instance = start("""section.master_process.attach_process("sh -c 'echo $$ >> %s/pids; exec sleep 1000'" % HERE)""")

    first = int(instance.wait_for_file("pids", "\n").split()[0])
    os.kill(first, signal.SIGKILL)
    pids = wait_for(lambda: (found := instance.wait_for_file("pids").split())[1:] and found, "a second process")
    assert int(pids[1]) != first


def test_the_fifo_takes_commands(start: StartInstance) -> None:
    """`c` reloads the workers one by one, the master stays; `Q` ends all at once."""
    instance = start(
        """
        section.master_process.set_basic_params(fifo_file=HERE + "/master.fifo")
        section.applications.switch_into_lazy_mode()
        """
    )
    master, worker = master_and_worker(instance)

    instance.write_fifo("master.fifo", "c")
    wait_for(lambda: master_and_worker(instance) != (master, worker), "another worker", otherwise=instance.log)
    assert master_and_worker(instance)[0] == master

    instance.write_fifo("master.fifo", "Q")
    instance.wait_for_end()


def test_touching_the_module_reloads(start: StartInstance) -> None:
    """A touched file of `touch_reload` reloads the instance; the process stays, its worker does not."""
    instance = start('section.main_process.set_basic_params(touch_reload=HERE + "/touched")')
    instance.directory.joinpath("touched").touch()
    master, worker = master_and_worker(instance)

    instance.touch("touched")

    wait_for(lambda: (instance.ask() or ("", "")) and master_and_worker(instance)[1] != worker, "another worker")
    assert master_and_worker(instance)[0] == master


def test_an_idle_instance_ends(start: StartInstance) -> None:
    """An instance that nobody asks anything ends by itself, if it is told to."""
    instance = start("section.master_process.set_idle_params(timeout=1, exit=True)")
    instance.answer()

    instance.wait_for_end()


def test_cron_tasks_run(start: StartInstance) -> None:
    """Due tasks run each minute, others do not; a unique one never beside itself; one that takes too long is ended."""
    instance = start(
        """
        import time
        cron = section.master_process.add_cron_task
        cron("echo >> %s/ran" % HERE)
        cron("echo >> %s/never" % HERE, month=time.localtime().tm_mon % 12 + 1)
        cron("echo $$ >> %s/unique; exec sleep 1000" % HERE, unique=True)
        cron("echo $$ >> %s/long; exec sleep 1001" % HERE, harakiri=1)
        """
    )
    ran, unique, long = (instance.directory / name for name in ("ran", "unique", "long"))
    instance.answer()
    try:
        instance.wait_for_log("*** HARAKIRI ON CRON")
        wait_for(lambda: ran.exists() and len(ran.read_text()) >= 2, "the next minute", 75, instance.log)
        assert len(unique.read_text().split()) == 1
        assert not (instance.directory / "never").exists()
    finally:
        instance.bury()  # first, so that no minute brings another task
        for pid in [*unique.read_text().split(), *long.read_text().split()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def test_a_second_configuration_runs_beside_the_first(start: StartInstance, tmp_path: Path) -> None:
    """Of two configurations in a module the first becomes the process, the second one is started too."""
    instance = start(
        """
        beside = PythonSection("beside", wsgi_module=HERE + "/app.py", workers=1)
        beside.main_process.set_pid_file(HERE + "/beside.pid")
        beside.networking.register_socket(Section.networking.sockets.uwsgi(HERE + "/beside.sock"))
        return [section.as_configuration(), beside.as_configuration(alias="beside")]
        """
    )
    instance.answer()
    beside = int(instance.wait_for_file("beside.pid", "\n"))
    try:
        assert beside != instance.pid
        assert master_and_worker(instance)[0] == instance.pid
    finally:
        # Asking is not enough: a worker that was just forked takes the master's signal for its own, and stays.
        wait_for(lambda: has_ended_if_killed(beside), "the one beside to end", otherwise=instance.log)


def test_a_module_that_describes_nothing_is_told(tmp_path: Path, start: StartInstance) -> None:
    """A module without a configuration ends the command with its reason instead of starting a uWSGI."""
    instance = start("return 5")

    assert instance.wait_for_end() == 1
    assert "wanted a function that returns a Section, a Configuration, or a list of them, found" in instance.log()
    assert "configure_uwsgi: 5 (int)" in instance.log()


def test_another_binary_is_refused_if_it_is_none(tmp_path: Path, start: StartInstance) -> None:
    """Without the binary that was named, nothing is started."""
    from click.testing import CliRunner

    from uwsgiconf.cli import main

    (tmp_path / "cfg.py").write_text("from uwsgiconf.config import Section\nconfiguration = Section()\n")
    done = CliRunner().invoke(main, ["run", "--binary", "/nope/uwsgi", str(tmp_path / "cfg.py")])

    assert done.exit_code == 1
    assert "/nope/uwsgi" in done.stderr


SLOW = """\
import os, time

def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        open(os.path.dirname(__file__) + "/busy", "w").write("!")
        time.sleep(15)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


def test_an_overloaded_instance_gets_a_zerg(start: StartInstance, tmp_path: Path) -> None:
    """While its only worker is busy, an instance of the Broodlord preset is helped by a zerg at the same address."""
    (tmp_path / "vassals").mkdir()
    instance = start(
        """
        from uwsgiconf.probing import find_binary

        common = Section().master_process(enable=True).workers(count=1)
        common.set_option("pythonpath", HERE).set_option("module", "app")
        helping = Section.derive_from(common).set_option("protocol", "http")  # zergs speak uwsgi if not told otherwise
        brood = Broodlord(
            HERE + "/brood.sock", vassal_overload_sos_interval=1, section_emperor=common, section_zerg=helping
        )
        chief, zerg = brood.configure()
        chief.networking.register_socket(Section.networking.sockets.http(ADDRESS))
        Configuration([chief, zerg]).tofile(HERE + "/vassals/site.ini")

        lord = Section().empire.set_emperor_params(vassals_home=HERE + "/vassals")
        lord.empire.set_mode_broodlord_params(2)
        return lord.set_option("emperor-wrapper", find_binary())
        """,
        application=SLOW,
    )
    alone = instance.answer().body

    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(instance.ask, "/slow")
        instance.wait_for_file("busy", "!")
        helper = instance.answer().body
        assert not busy.done(), "the only worker was free again before anybody helped"
        os.kill(instance.pid, signal.SIGINT)
    assert helper != alone
