"""Presets: sections with good defaults, Broodlord, maintenance, certificates, JSON logs."""

from pathlib import Path
from typing import Any

import pytest

from uwsgiconf.config import Section as PlainSection
from uwsgiconf.maintenance import app_maintenance
from uwsgiconf.options.networking_sockets import SocketHttps
from uwsgiconf.presets.empire import Broodlord
from uwsgiconf.presets.nice import PythonSection, Section


def lines(section: PlainSection) -> list[str]:
    """The options of a section, one line each."""
    return [f"{entry.name} = {entry.text}" for entry in section.entries]


@pytest.mark.parametrize(
    ("parameters", "expected", "absent"),
    [
        ({}, ["strict = true", "master = true", "vacuum = true", "die-on-term = true", "workers = %k"], ["threads"]),
        ({"strict_config": False}, [], ["strict"]),
        ({"workers": 3}, ["workers = 3"], []),
        ({"params_workers": {"count": 5}}, ["workers = 5"], []),
        ({"threads": True}, ["enable-threads = true"], ["threads"]),
        ({"threads": False}, [], ["enable-threads"]),
        ({"threads": 4}, ["enable-threads = true", "threads = 4"], []),
        ({"mules": 2}, ["mules = 2"], []),
        ({"owner": "www"}, ["uid = www", "gid = www"], []),
        ({"owner": "www:web"}, ["uid = www", "gid = web"], []),
        ({"log_into": "/l"}, ["logto2 = /l"], []),
        ({"log_dedicated": True}, ["log-master = true", "threaded-logger = true"], []),
        ({"process_prefix": "shop"}, ["auto-procname = true", "procname-prefix-spaced = shop"], []),
        (
            {"ignore_write_errors": True},
            ["ignore-sigpipe = true", "ignore-write-errors = true", "disable-write-exception = true"],
            [],
        ),
        ({"touch_reload": ["/a", "/b"]}, ["touch-reload = /a", "touch-reload = /b"], []),
        ({"params_logging": {"template": "mine"}}, ["log-format = mine"], []),
    ],
)
def test_nice_section(parameters: dict[str, Any], expected: list[str], absent: list[str]) -> None:
    """Each parameter of the nice section sets what it says, and leaves the rest alone."""
    section = Section(**parameters)
    assert set(expected) <= set(lines(section))
    assert [name for name in absent if section.entries.last(name)] == []


def _app() -> None: ...


@pytest.mark.parametrize(
    ("parameters", "expected", "absent"),
    [
        ({"wsgi_module": "shop.wsgi"}, ["wsgi = shop.wsgi", "need-app = true"], ["plugin", "wsgi-file"]),
        ({"wsgi_module": "shop.wsgi:app"}, ["wsgi = shop.wsgi:app"], []),
        ({"wsgi_module": Path("/shop/wsgi.py")}, ["wsgi-file = /shop/wsgi.py"], ["wsgi"]),
        ({"wsgi_module": "a", "wsgi_callable": "app"}, ["wsgi = a", "callable = app"], []),
        ({"wsgi_callable": _app}, [f"wsgi = {__name__}", "callable = _app"], []),
        ({"wsgi_module": "a", "embedded_plugins": False}, ["plugin = python3"], []),
        ({"wsgi_module": "a", "require_app": False}, [], ["need-app"]),
        ({"params_python": {"python_home": "/venv", "version": 2}}, ["pyhome = /venv"], []),
        (
            {"params_python": {"version": "", "python_home": "/v"}, "embedded_plugins": []},
            ["plugin = python", "pyhome = /v"],
            [],
        ),
    ],
)
def test_python_section(parameters: dict[str, Any], expected: list[str], absent: list[str]) -> None:
    """The Python section loads the application as it is given: a module, a file, a function."""
    section = PythonSection(**parameters)
    assert set(expected) <= set(lines(section))
    assert [name for name in absent if section.entries.last(name)] == []


def test_default_log_line_names_what_matters() -> None:
    """The line about a request tells who asked for what, and how it went."""
    template = Section().get_log_format_default()
    assert all(part in template for part in ("%(addr)", "%(method)", "%(uri)", "%(status)", "%(msecs)"))


@pytest.mark.parametrize("page", ["403.html", "404.html", "500.html", "503.html"])
def test_bundled_pages(page: str) -> None:
    """Pages that come along are there, and are HTML."""
    assert "<!doctype html>" in Path(Section.get_bundled_static_path(page)).read_text()


def test_maintenance_by_file_and_by_redirect() -> None:
    """While the trigger exists, requests are answered with a file or a redirection."""
    section = Section().configure_maintenance_mode(Path("/on"), "/503.html")
    assert lines(section)[-1] == "route-if = exists:/on static:/503.html"
    section = Section().configure_maintenance_mode("/on", "http://status.example")
    assert lines(section)[-1] == "route-if = exists:/on redirect-302:http://status.example"


@pytest.mark.parametrize(
    ("response", "application"),
    [("app", "uwsgiconf.maintenance:app_maintenance"), ("app::shop.closed:app", "shop.closed:app")],
)
def test_maintenance_by_application(response: str, application: str) -> None:
    """While the trigger exists, another application is loaded in the place of the real one, and nothing else."""
    section = PythonSection(wsgi_module="shop", wsgi_callable="app").configure_maintenance_mode("/on", response)
    assert lines(section)[-10:] == [
        "env = UWSGICONF_MAINTENANCE=/on",
        "touch-reload = /on",
        "if-exists = /on",
        "env = UWSGICONF_MAINTENANCE_INPLACE=1",
        f"wsgi = {application}",
        "endif = ",
        "if-not-exists = /on",
        "wsgi = shop",
        "callable = app",
        "endif = ",
    ]
    assert len(section.entries.texts("wsgi")) == 2


@pytest.mark.parametrize(("method", "has_body"), [("GET", True), ("HEAD", False)])
def test_maintenance_application(method: str, has_body: bool) -> None:
    """The application asks to come back later, with a page where one is wanted."""
    answers: list[tuple[str, dict[str, str]]] = []
    body = b"".join(
        app_maintenance({"REQUEST_METHOD": method}, lambda status, headers: answers.append((status, dict(headers))))
    )
    [(status, headers)] = answers
    assert status == "503 Service Unavailable"
    assert headers["Retry-After"] == "300"
    assert int(headers["Content-Length"]) > 0
    assert bool(body) is has_body


def test_redirect_to_https() -> None:
    """HTTP is redirected, except where Certbot's server looks for its files."""
    assert [line for line in lines(Section().configure_https_redirect()) if line.startswith("route")] == [
        "route = ^/\\.well-known/acme-challenge/ continue:",
        "route-if-not = eq:${HTTPS};on redirect-301:https://${HTTP_HOST}${REQUEST_URI}",
    ]


def test_certbot_before_and_after_there_are_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without certificates only Certbot's files are served; with them, HTTPS is spoken, and redirected to if wanted."""
    section = Section().configure_certbot_https("shop.example", "/www", http_redirect=True)
    assert lines(section)[-1] == "static-map = /.well-known/=/www/.well-known/"
    monkeypatch.setattr(SocketHttps, "get_certbot_paths", classmethod(lambda cls, domain: ("/c.pem", "/k.pem")))
    section = Section().configure_certbot_https("shop.example", "/www", http_redirect=True, allow_shared_sockets=True)
    found = lines(section)
    assert found[found.index("shared-socket = :443") + 1] == "https-socket = =0,/c.pem,/k.pem"
    assert "touch-reload = /c.pem" in found
    assert "redirect-301" in found[-1]


def test_json_logs() -> None:
    """Messages and requests are logged as JSON, with members of one's own."""
    section = Section().configure_logging_json(tpl_msg="%(uri)", tpl_ctx={"host": "web1"})
    assert section.entries.last("log-format") == "%(uri)"
    for option, source in (("log-encoder", "uwsgi.out"), ("log-req-encoder", "uwsgi.req")):
        json, newline = section.entries.texts(option)
        assert f'"src": "{source}", "host": "web1", "msg": "${{msg}}"' in json
        assert newline == "nl"


def test_json_logs_keep_quotes() -> None:
    """What is added to each object is text of JSON, whatever is in it."""
    section = Section().configure_logging_json(tpl_ctx={"who": 'a "b"'})

    assert r'"who": "a \"b\""' in section.entries.texts("log-encoder")[0]


def test_owner_by_group_alone() -> None:
    """A group without a user changes the group only."""
    assert Section(owner=":staff").main_process.get_owner(default=False) == (None, "staff")


def test_broodlord_with_a_section_for_zergs() -> None:
    """Zergs can have a section of their own, which gets the name that uWSGI expects."""
    emperor, zerg = Broodlord("/z.sock", section_zerg=PlainSection("mine").workers(count=2)).configure()
    assert lines(emperor) == ["workers = %k", "zerg-server = /z.sock"]
    assert zerg.name == "zerg"
    assert lines(zerg) == ["workers = 2", "zerg = /z.sock"]
