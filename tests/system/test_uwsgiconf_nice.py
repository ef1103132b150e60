"""What the nice sections set up works in a real uWSGI: pages, redirections, maintenance, certificates, JSON logs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.waiting import wait_for
from uwsgiconf.config import Section
from uwsgiconf.options.networking_sockets import SocketHttps
from uwsgiconf.presets.nice import PythonSection
from uwsgiconf.presets.nice import Section as NiceSection

APPLICATION = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"real application"]
"""


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


def answer(port: int, path: str = "/", *, trusted: Path | None = None) -> tuple[int, str]:
    """Status and body of a response; status 0 if there is none.

    :param trusted: Speak TLS, and trust this certificate only.
    """
    context = ssl.create_default_context(cafile=trusted) if trusted else None
    address = f"https://localhost:{port}" if trusted else f"http://127.0.0.1:{port}"
    try:
        with urllib.request.urlopen(address + path, timeout=5, context=context) as response:
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


class _Stay(urllib.request.HTTPRedirectHandler):
    """Leaves redirections to the test."""

    def redirect_request(self, *_: object) -> None:
        return None


def redirection(port: int, path: str) -> tuple[int, str]:
    """Status and target of a redirection; the target is empty if there is none."""
    try:
        with urllib.request.build_opener(_Stay).open(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return response.status, ""
    except urllib.error.HTTPError as response:
        return response.code, response.headers.get("Location", "")


@pytest.mark.parametrize("kind", ["file", "redirection"])
def test_maintenance_answers_in_the_place_of_every_page(
    kind: str, site: PythonSection, uwsgi_binary: str, tmp_path: Path, free_port: int
) -> None:
    """While the trigger exists every path is answered with the file, or redirected; no reload is needed for either."""
    trigger, page = tmp_path / "maintenance", Path(NiceSection.get_bundled_static_path("503.html"))
    site.configure_maintenance_mode(trigger, "http://status.example/" if kind == "redirection" else str(page))
    with running(uwsgi_binary, site, tmp_path):
        told = (tmp_path / "uwsgi.log").read_text
        wait_for(lambda: answer(free_port) == (200, "real application"), "the application", otherwise=told)
        trigger.touch()
        if kind == "file":
            assert answer(free_port, "/any/page") == (200, page.read_text())
        else:
            assert redirection(free_port, "/any/page") == (302, "http://status.example/")
        trigger.unlink()
        assert answer(free_port) == (200, "real application")


def test_http_is_redirected_to_https(site: PythonSection, uwsgi_binary: str, tmp_path: Path, free_port: int) -> None:
    """Pages asked for over HTTP are redirected, with path and query; what Certbot's server asks for is not."""
    site.configure_https_redirect()
    with running(uwsgi_binary, site, tmp_path):
        told = (tmp_path / "uwsgi.log").read_text
        challenge = "/.well-known/acme-challenge/token"
        wait_for(lambda: answer(free_port, challenge) == (200, "real application"), "the application", otherwise=told)
        assert redirection(free_port, "/cart?page=2") == (301, f"https://127.0.0.1:{free_port}/cart?page=2")


@pytest.fixture
def uwsgi_with_tls() -> str:
    """Return Debian's uWSGI with Python: the wheel's is built without TLS."""
    binary = shutil.which("uwsgi_python3")
    if binary is None:
        told = "no uWSGI that speaks TLS: apt-get install uwsgi-plugin-python3"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    return binary


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Return a certificate for localhost, which signs itself, and its key."""
    chain, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    subprocess.run([*request, *names, "-keyout", key, "-out", chain], check=True, capture_output=True, timeout=60)
    return chain, key


def test_certificates_of_certbot_are_used(
    uwsgi_with_tls: str,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    free_port: int,
) -> None:
    """With Certbot's certificates HTTPS is spoken with them, and the files that prove who one is are served."""
    chain, key = certificate
    monkeypatch.setattr(SocketHttps, "get_certbot_paths", classmethod(lambda cls, domain: (str(chain), str(key))))
    challenges = tmp_path / "www" / ".well-known" / "acme-challenge"
    challenges.mkdir(parents=True)
    (challenges / "token").write_text("proof")
    section = NiceSection(workers=1)
    section.configure_certbot_https("localhost", tmp_path / "www", address=f"127.0.0.1:{free_port}")
    with running(uwsgi_with_tls, section, tmp_path):
        told = (tmp_path / "uwsgi.log").read_text
        path = "/.well-known/acme-challenge/token"
        wait_for(lambda: answer(free_port, path, trusted=chain) == (200, "proof"), "the file", otherwise=told)
