"""What the library compiles is taken by a real uWSGI, and does there what the library says."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.waiting import wait_for
from uwsgiconf.config import Configuration, Section
from uwsgiconf.presets.empire import Broodlord
from uwsgiconf.presets.nice import PythonSection
from uwsgiconf.presets.nice import Section as NiceSection
from uwsgiconf.probing import probe_plugins

CASES = json.loads((Path(__file__).parents[1] / "data" / "compiles-to.json").read_text())
GROUPS_OF_CASES = sorted({case["call"].split(".")[1] for case in CASES})

#: Options that the wheel's uWSGI is built without: TLS, ZeroMQ, and routers that need a plugin of their own.
NOT_BUILT_IN = re.compile(r"ssl|https|suwsgi|sni|zeromq|subscriptions-sign|forkpty|tuntap")

APPLICATION = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"real application"]
"""


def taken_by(binary: str) -> set[str]:
    """The names of the options that a binary has."""
    text = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    return set(re.findall(r"^ {4}(?:-\w\|)?--([\w-]+)", text, re.MULTILINE))


def check(binary: str, configuration: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Let a binary read a configuration, strictly, and end when it has read all of it."""
    file = directory / "checked.ini"
    file.write_text(configuration.replace("[uwsgi]\n", "[uwsgi]\nstrict = true\n", 1) + "\nexit = 0\n")
    return subprocess.run(
        [binary, "--ini", str(file)],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("group", GROUPS_OF_CASES)
def test_lines_of_every_group_are_taken(group: str, uwsgi_binary: str, tmp_path: Path) -> None:
    """A strict uWSGI knows every option a group can set, except what the binary was built without."""
    (tmp_path / "val").touch()  # the file to lock
    known = taken_by(uwsgi_binary)
    embedded = probe_plugins(uwsgi_binary)
    plugins = {*embedded.generic, *embedded.request, "python3"}
    lines: list[str] = []
    for case in CASES:
        if case["call"].split(".")[1] != group or "only_in_2_1_dev" in case:
            continue
        needed = {line.removeprefix("plugin = ") for line in case["ini"] if line.startswith("plugin = ")}
        options = [line for line in case["ini"] if not line.startswith("plugin = ")]
        missing = [line for line in options if line.partition(" = ")[0] not in known]
        if needed <= plugins and not missing:
            lines += [line for line in options if line not in lines]
        else:
            assert needed - plugins or all(NOT_BUILT_IN.search(line) for line in missing), case
    assert lines
    done = check(uwsgi_binary, "[uwsgi]\n" + "\n".join(lines), tmp_path)
    assert done.returncode == 0, done.stderr


@contextmanager
def running(binary: str, section: Section, directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a section in a real uWSGI; it is gone when the block ends, with all of its processes."""
    file = Path(section.as_configuration().tofile(directory / "served.ini"))
    log = (directory / "uwsgi.log").open("wb")
    process = subprocess.Popen(
        [binary, "--ini", str(file)], cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        log.close()


def answer(port: int, path: str = "/") -> tuple[int, str]:
    """Status and body of a response; status 0 if there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as response:
        return response.code, response.read().decode()
    except OSError:
        return 0, ""


@pytest.fixture
def site(tmp_path: Path, free_port: int) -> PythonSection:
    """Return a section that serves an application at `free_port`."""
    (tmp_path / "app.py").write_text(APPLICATION)
    section = PythonSection(wsgi_module=tmp_path / "app.py", workers=1, project_name="site", runtime_dir=tmp_path)
    section.networking.register_socket(section.networking.sockets.http(f"127.0.0.1:{free_port}"))
    # The wheel's uWSGI is this Python: told so, it can execute itself again when it reloads.
    section.main_process.set_basic_params(binary_path=sys.executable)
    return section


def test_a_nice_site_is_served(site: PythonSection, uwsgi_binary: str, tmp_path: Path, free_port: int) -> None:
    """The nice section serves application, static files and error pages, obeys rules, and ends on SIGTERM."""
    (tmp_path / "page.txt").write_text("static file")
    rule = site.routing.route_rule
    site.statics.register_static_map("/static", tmp_path)
    site.routing.set_error_pages({404: NiceSection.get_bundled_static_path("404.html")})
    site.routing.register_route(
        [
            rule(rule.actions.redirect("/static/page.txt"), "^/old$"),
            rule(rule.actions.do_break(404), rule.subjects.custom("${REQUEST_URI}").startswith("/gone")),
            rule(rule.actions.header_add("X-Checked", "yes"), stage=rule.stages.REQUEST),
        ]
    )
    site.caching.add_cache("mine", 100)
    site.master_process.set_basic_params(fifo_file="{project_runtime_dir}.fifo")
    site.main_process.set_pid_file("{project_runtime_dir}.pid")
    with running(uwsgi_binary, site, tmp_path) as process:
        told = (tmp_path / "uwsgi.log").read_text
        wait_for(lambda: answer(free_port) == (200, "real application"), "the application", otherwise=told)
        assert answer(free_port, "/static/page.txt") == (200, "static file")
        assert answer(free_port, "/old") == (200, "static file")
        assert answer(free_port, "/gone")[0] == 404
        assert (tmp_path / "site.fifo").is_fifo()
        assert (tmp_path / "site.pid").read_text().strip() == str(process.pid)
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert not (tmp_path / "site.pid").exists()


def test_maintenance_takes_the_place_of_the_application(
    site: PythonSection, uwsgi_binary: str, tmp_path: Path, free_port: int
) -> None:
    """When the trigger appears the maintenance application answers; when it is removed, the real one does again."""
    trigger = tmp_path / "maintenance"
    site.configure_maintenance_mode(trigger, "app")
    with running(uwsgi_binary, site, tmp_path):
        told = (tmp_path / "uwsgi.log").read_text
        wait_for(lambda: answer(free_port) == (200, "real application"), "the application", otherwise=told)
        trigger.touch()
        wait_for(lambda: answer(free_port)[0] == 503, "the maintenance page", otherwise=told)
        trigger.unlink()
        wait_for(lambda: answer(free_port) == (200, "real application"), "the application", otherwise=told)


def test_json_logs_are_json(site: PythonSection, uwsgi_binary: str, tmp_path: Path, free_port: int) -> None:
    """With JSON logging, lines of uWSGI and of requests are objects with a time, a source and a message."""
    log = tmp_path / "site.log"
    site.configure_logging_json(tpl_ctx={"host": "web1"})
    site.logging.add_logger(site.logging.loggers.file(log)).logging.add_logger("file:" + str(log), requests_only=True)
    with running(uwsgi_binary, site, tmp_path):
        told = (tmp_path / "uwsgi.log").read_text
        wait_for(lambda: answer(free_port) == (200, "real application"), "the application", otherwise=told)
        wait_for(lambda: '"uwsgi.req"' in log.read_text(), "a logged request", otherwise=told)
        parsed = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert {"uwsgi.out", "uwsgi.req"} <= {line["src"] for line in parsed}
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", line["dt"]) for line in parsed)
    assert all(line["host"] == "web1" for line in parsed)


def test_broodlord_is_taken(uwsgi_binary: str, tmp_path: Path) -> None:
    """Both sections of the Broodlord preset are read without a fault."""
    emperor, zerg = Broodlord(
        zerg_socket=str(tmp_path / "b.sock"), zerg_count=4, zerg_die_on_idle=3, vassals_home=str(tmp_path)
    ).configure()
    text = str(Configuration([emperor, zerg]).format(stamp=False))
    for part in text.split("\n\n"):
        options = re.sub(r"^\[\w+\]", "[uwsgi]", part.strip(), count=1)
        options = re.sub(r"^zerg = .*\n?", "", options, flags=re.MULTILINE)  # it connects as it is read
        done = check(uwsgi_binary, options, tmp_path)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["cheaper", "lifetime", "rss"])
def test_contradictions_do_end_uwsgi(name: str, uwsgi_binary: str, tmp_path: Path) -> None:
    """What the library refuses as a contradiction would indeed end uWSGI at its start."""
    lines = {
        "cheaper": "workers = 3\ncheaper = 3",
        "lifetime": "min-worker-lifetime = 60\nmax-worker-lifetime = 30",
        "rss": "memory-report = 1\ncheaper-rss-limit-soft = 100\ncheaper-rss-limit-hard = 50",
    }
    file = tmp_path / "a.ini"
    file.write_text(f"[uwsgi]\nmaster = true\nno-server = true\nsocket = {tmp_path}/s\n{lines[name]}\n")
    done = subprocess.run(
        [uwsgi_binary, "--ini", str(file)], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert done.returncode == 1
    assert re.search(r"must be (lower|higher)", done.stdout + done.stderr)
