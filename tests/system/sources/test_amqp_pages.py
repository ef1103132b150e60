"""`amqp://` with configurations that are fetched over HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.sources.amqp import AMQPSource
from tests.system.sources.source import PIPE, config, wait_for_configs, wait_for_heard
from tests.system.sources.web import WebPage, WebServer, serve
from tests.system.waiting import wait_for

RELOAD = 1


@pytest.fixture
def web(free_port: int) -> Iterator[WebServer]:
    """Return a web server without pages."""
    with serve(free_port) as server:
        yield server


def test_page_comes_changes_and_goes(start_emperor: StartEmperor, amqp: AMQPSource, web: WebServer) -> None:
    """A URL starts its vassal, published again it is fetched anew and reloads, and an answer of 404 removes."""
    emperor = start_emperor("--emperor", amqp.target)
    url = web.url("/confs/a.ini")
    web.put("/confs/a.ini", config("first"))
    amqp.publish("", url)
    wait_for_configs(emperor, {url: config("first")})
    web.put("/confs/a.ini", config("second"))
    amqp.publish("", url)
    wait_for_configs(emperor, {url: config("second")})
    amqp.publish("", url)
    wait_for_heard(emperor, url, [RELOAD, RELOAD])
    del web.pages["/confs/a.ini"]
    amqp.publish("", url)
    wait_for_configs(emperor, {})
    emperor.wait_for_log(f"{url}: its server answers 404")
    assert web.asked == ["/confs/a.ini"] * 4


def test_failing_server_stops_nothing_and_is_asked_again(
    start_emperor: StartEmperor, amqp: AMQPSource, web: WebServer
) -> None:
    """After an answer of 500 or 429 the vassal goes on, and the page is fetched when it can be."""
    emperor = start_emperor("--emperor", amqp.target)
    url = web.url("/a.ini")
    web.put("/a.ini", config("first"))
    amqp.publish("", url)
    wait_for_configs(emperor, {url: config("first")})
    for status in (500, 429):
        web.put("/a.ini", "try later", status)
        amqp.publish("", url)
        emperor.wait_for_log(f"its server answers {status}; asked again in 0.5 s")
        wait_for_configs(emperor, {url: config("first")})
        web.put("/a.ini", config("first"))
        emperor.journal.running()
        wait_for(lambda: len(emperor.journal.heard(PIPE + url)) == [500, 429].index(status) + 1, "a reload")  # noqa: B023
    assert emperor.journal.heard(PIPE + url) == [RELOAD] * 2


def test_server_that_is_down_is_waited_for(
    start_emperor: StartEmperor, amqp: AMQPSource, free_port: int, vassals: Path
) -> None:
    """A vassal whose page cannot be fetched yet starts when it can."""
    emperor = start_emperor("--emperor", amqp.target)
    amqp.publish("", f"http://127.0.0.1:{free_port}/a.ini")
    emperor.wait_for_log("it cannot be fetched (")
    with serve(free_port) as web:
        web.put("/a.ini", config("a"))
        wait_for_configs(emperor, {web.url("/a.ini"): config("a")})


def test_pages_survive_a_restart(start_emperor: StartEmperor, amqp: AMQPSource, free_port: int) -> None:
    """The next Emperor starts with the text fetched last, though the web server is down, and takes a newer one."""
    with serve(free_port) as web:
        web.put("/a.ini", config("first"))
        web.put("/b.ini", config("b"))
        amqp.publish("", web.url("/a.ini"))
        amqp.publish("", web.url("/b.ini"))
        first = start_emperor("--emperor", amqp.target)
        wait_for_configs(first, {web.url("/a.ini"): config("first"), web.url("/b.ini"): config("b")})
        assert first.stop() == 0
    second = start_emperor("--emperor", amqp.target)
    wait_for_configs(second, {web.url("/a.ini"): config("first"), web.url("/b.ini"): config("b")})
    with serve(free_port) as web:
        web.put("/a.ini", config("second"))
        web.put("/b.ini", config("b"))
        wait_for_configs(second, {web.url("/a.ini"): config("second"), web.url("/b.ini"): config("b")})
        wait_for(lambda: "/b.ini" in web.asked, "the other page")
        assert second.journal.heard(PIPE + web.url("/b.ini")) == []


UNUSABLE = [
    (WebPage(b"#" * 65_536), "its configuration has more than 65,535 bytes"),
    (WebPage(b"#" * 10_000_000), "its configuration has more than 65,535 bytes"),
    (WebPage(b"\xff"), "its configuration is no UTF-8 (at 0)"),
    (WebPage(b""), "its configuration is empty"),
    (WebPage(b"x", headers={"Content-Encoding": "gzip"}), "its server packs the answer though it was asked not to"),
    (WebPage(b"", 302, {"Location": "/round"}), "it leads through more than 3 redirects"),
    (WebPage(b"", 302, {"Location": "http://localhost/a.ini"}), "it leads to another host, localhost"),
    (WebPage(b"", 302, {"Location": "file:///etc/a.ini"}), "it leads from http to file, which is not followed"),
    (WebPage(b"", 204), "its server answers 204: see that it is there, then publish it again"),
]


def test_pages_that_cannot_be_taken_are_told_one_by_one(
    start_emperor: StartEmperor, amqp: AMQPSource, web: WebServer
) -> None:
    """Each answer that can be no configuration is refused with its reason; another vassal runs."""
    web.put("/good.ini", config())
    web.put("/round", "", 302, Location="/round")
    emperor = start_emperor("--emperor", amqp.target)
    for number, (page, _) in enumerate(UNUSABLE):
        web.pages[f"/{number}.ini"] = page
        amqp.publish("", web.url(f"/{number}.ini"))
    amqp.publish("", web.url("/good.ini"))
    wait_for_configs(emperor, {web.url("/good.ini"): config()})
    for number, (_, reason) in enumerate(UNUSABLE):
        emperor.wait_for_log(f"{web.url(f'/{number}.ini')}: {reason}")


def test_redirects_are_followed(start_emperor: StartEmperor, amqp: AMQPSource, web: WebServer) -> None:
    """Three redirects on one host lead to the configuration."""
    web.put("/a.ini", "", 301, Location="/two")
    web.put("/two", "", 302, Location=web.url("/three"))
    web.put("/three", "", 307, Location="/four")
    web.put("/four", config("four"))
    emperor = start_emperor("--emperor", amqp.target)
    amqp.publish("", web.url("/a.ini"))
    wait_for_configs(emperor, {web.url("/a.ini"): config("four")})


def test_only_allowed_hosts_are_asked(start_emperor: StartEmperor, amqp: AMQPSource, web: WebServer) -> None:
    """With hosts= no other host is asked; without it link-local addresses are not, whatever they are written as."""
    hosts = f"{amqp.target}&hosts=localhost,example.com"
    emperor = start_emperor("--emperor", hosts)
    web.put("/a.ini", config())
    amqp.publish("", web.url("/a.ini"))
    emperor.wait_for_log("127.0.0.1 is none of the allowed hosts: add it to hosts=")
    local = web.url("/a.ini").replace("127.0.0.1", "localhost")
    amqp.publish("", local)
    wait_for_configs(emperor, {local: config()})
    assert web.asked == ["/a.ini"]
    assert emperor.stop() == 0
    other = start_emperor("--emperor", amqp.target)
    for host in ("169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "0.0.0.0"):
        amqp.publish("", f"http://{host}/a.ini")
        other.wait_for_log(f"{host.strip('[]')} is link-local or nobody's address")


def test_slow_server_delays_nobody(start_emperor: StartEmperor, amqp: AMQPSource, web: WebServer) -> None:
    """A web server, or a broker, that never answers is left after ten seconds; meanwhile the others are heard."""
    web.put("/slow.ini", config("slow"))
    web.put("/fast.ini", config("fast"))
    web.pages["/slow.ini"].is_open.clear()
    mute = socket.create_server(("127.0.0.1", 0))
    emperor = start_emperor(
        "--emperor", amqp.target, "--emperor", f"amqp://127.0.0.1:{mute.getsockname()[1]}?state=off"
    )
    amqp.publish("", web.url("/slow.ini"))
    amqp.publish("", web.url("/fast.ini"))
    amqp.put("text.ini", config("text"))
    running = {web.url("/fast.ini"): config("fast"), "text.ini": config("text")}
    wait_for_configs(emperor, running)
    emperor.wait_for_log("it is not answered within 10 s: see what its server does")
    emperor.wait_for_log("does not answer within 10 s: see whether it hangs")
    mute.close()
    web.pages["/slow.ini"].is_open.set()
    wait_for_configs(emperor, {**running, web.url("/slow.ini"): config("slow")})


def test_missing_library_names_the_extra(
    start_emperor: StartEmperor, amqp: AMQPSource, tmp_path: Path, web: WebServer
) -> None:
    """Without aiohttp texts work, a URL says what to install, and naming hosts is refused at once."""
    (tmp_path / "aiohttp.py").write_text("raise ModuleNotFoundError(\"No module named 'aiohttp'\", name='aiohttp')\n")
    environment = {"PYTHONPATH": str(tmp_path)}
    emperor = start_emperor("--emperor", amqp.target, environment=environment)
    amqp.publish("", web.url("/a.ini"))
    amqp.put("text.ini", config("text"))
    wait_for_configs(emperor, {"text.ini": config("text")})
    emperor.wait_for_log('Install it: pip install "imperator[web]"')
    other = start_emperor("--emperor", f"{amqp.target}&hosts=localhost", environment=environment)
    assert other.wait_for_exit() == 2
    assert 'Install it: pip install "imperator[web]"' in other.log()


def test_page_of_a_real_uwsgi(
    start_emperor: StartEmperor, amqp: AMQPSource, web: WebServer, uwsgi_binary: str, tmp_path: Path
) -> None:
    """uWSGI takes a vassal whose name is a URL with a port, and reads its text from the pipe."""
    socket_path = tmp_path / "s"
    (tmp_path / "app.py").write_text("def application(environ, start_response):\n    return [b'']\n")
    web.put(
        "/confs/a.ini",
        f"[uwsgi]\nmaster = true\nhttp-socket = {socket_path}\nwsgi-file = {tmp_path}/app.py\ndisable-logging = true\n",
    )
    emperor = start_emperor("--emperor", amqp.target, fake_vassals=False)
    amqp.publish("", web.url("/confs/a.ini"))
    emperor.wait_for_log("is ready to accept requests")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(socket_path))
