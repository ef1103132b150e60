"""`amqp://`: what a target and a message may say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import EMPEROR_COMMAND, read_stats
from tests.system.sources.amqp import AMQPSource
from tests.system.sources.rabbitmq import PASSWORD, USER, VHOST, RabbitMQServer
from tests.system.sources.source import PIPE, config, wait_for_configs, wait_for_heard
from tests.system.sources.web import serve
from tests.system.waiting import wait_for

RELOAD = 1

PUBLISH_PATH = """
import pika

# connect to RabbitMQ server
connection = pika.BlockingConnection(pika.ConnectionParameters('192.168.0.1'))

# get the channel
channel = connection.channel()

# create the exchange (if not already available)
channel.exchange_declare(exchange='uwsgi.emperor', exchange_type='fanout')

# publish a new config file
channel.basic_publish(exchange='uwsgi.emperor', routing_key='', body='/etc/vassals/mydjangoapp.xml')
"""
"""As uWSGI's manual has it, except that pika has called `type` `exchange_type` since 2017."""

PUBLISH_URL = """
channel.basic_publish(exchange='uwsgi.emperor', routing_key='', body='http://example.com/confs/trac.ini')
"""

PUBLISH_TEXT = """
channel.basic_publish(
exchange='uwsgi.emperor',
routing_key='mydomain_trac_config.ini',
body=\"\"\"
[uwsgi]
socket=:3031
env = TRAC_ENV=/accounts/unbit/trac/uwsgi
module = trac.web.main:dispatch_request
processes = 4\"\"\")
"""

REMOVE_TEXT = """
channel.basic_publish(exchange='uwsgi.emperor', routing_key='mydomain_trac_config.ini', body='')
"""

ONCE_SENT = "\nconnection.close()\n"
"""A program that ends at once takes what it has not sent yet with it; somebody at a prompt does not."""


def publish(program: str, **replaced: str) -> None:
    """Run a program of the manual's, with other hosts and paths."""
    for old, new in replaced.items():
        assert HERE[old] in program
        program = program.replace(HERE[old], new)
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


HERE = {"broker": "'192.168.0.1'", "path": "/etc/vassals/mydjangoapp.xml", "web": "http://example.com"}


def test_founding_examples_work(
    start_emperor: StartEmperor, rabbitmq_server: RabbitMQServer, tmp_path: Path, free_port: int
) -> None:
    """The examples that uWSGI's manual has always had announce, reload and remove."""
    emperor = start_emperor(
        *("--plugin", "emperor_amqp", "--emperor", f"amqp://127.0.0.1:{rabbitmq_server.port}"),
        environment={"STATE_DIRECTORY": str(tmp_path / "state")},
    )
    emperor.wait_for_log("; 0 vassals")
    broker = f"'127.0.0.1', {rabbitmq_server.port}"
    file = tmp_path / "mydjangoapp.xml"
    file.write_text("<uwsgi/>")
    publish_path = partial(publish, PUBLISH_PATH + ONCE_SENT, broker=broker, path=str(file))
    publish_path()
    emperor.wait_for_running({str(file): "<uwsgi/>"})
    publish_path()
    wait_for(lambda: emperor.journal.heard(str(file)) == [RELOAD], "a reload", otherwise=emperor.log)
    text = PUBLISH_TEXT.partition('"""')[2].partition('"""')[0]
    publish(PUBLISH_PATH + PUBLISH_TEXT + ONCE_SENT, broker=broker, path=str(file))
    direct = {PIPE + "mydomain_trac_config.ini": text}
    emperor.wait_for_running({str(file): "<uwsgi/>", **direct})
    with serve(free_port) as web:
        web.put("/confs/trac.ini", config("trac"))
        publish(PUBLISH_PATH + PUBLISH_URL + ONCE_SENT, broker=broker, path=str(file), web=web.url(""))
        page = {PIPE + web.url("/confs/trac.ini"): config("trac")}
        emperor.wait_for_running({str(file): "<uwsgi/>", **direct, **page})
    publish(PUBLISH_PATH + REMOVE_TEXT + ONCE_SENT, broker=broker, path=str(file))
    emperor.wait_for_running({str(file): "<uwsgi/>", **page})
    file.unlink()
    emperor.wait_for_running(page)
    assert [path.suffix for path in (tmp_path / "state").iterdir()] in ([".state", ".lock"], [".lock", ".state"])


def test_two_emperors_on_one_exchange_both_act(start_emperor: StartEmperor, amqp: AMQPSource, tmp_path: Path) -> None:
    """Each Emperor has a queue of its own, so a message starts and reloads the vassal under both."""
    exchange = f"amqp://{amqp.address}?exchange={amqp.exchange}"
    emperors = [start_emperor("--emperor", f"{exchange}&state={tmp_path / name}") for name in ("one", "two")]
    for emperor in emperors:
        emperor.wait_for_log("; 0 vassals")
    amqp.put("a.ini", config("a"))
    for emperor in emperors:
        wait_for_configs(emperor, {"a.ini": config("a")})
    amqp.touch("a.ini")
    for emperor in emperors:
        wait_for_heard(emperor, "a.ini", [RELOAD])


def targets(amqp: AMQPSource) -> dict[str, str]:
    """Return the ways in which a target may be written."""
    server, options = amqp.server, amqp.options
    certificate = f"cafile={server.certificate}"
    password = quote(PASSWORD, safe="")
    return {
        "vhost": f"amqp://{amqp.address}/%2F?{options}",
        "slash": f"amqp://{amqp.address}/?{options}",
        "name instead of address": f"amqp://{USER}:{password}@localhost:{server.port}?{options}",
        "guest": f"amqp://127.0.0.1:{server.port}?{options}",
        "TLS": f"amqps://{USER}:{password}@127.0.0.1:{server.tls_port}?{options}&{certificate}",
    }


WAYS = ["vhost", "slash", "name instead of address", "guest", "TLS"]


@pytest.mark.parametrize("way", WAYS)
def test_target_may_be_written_so(start_emperor: StartEmperor, amqp: AMQPSource, way: str) -> None:
    """Each form of target hears messages, and shows no password."""
    emperor = start_emperor("--emperor", targets(amqp)[way])
    amqp.put("a.ini", config("first"))
    wait_for_configs(emperor, {"a.ini": config("first")})
    assert quote(PASSWORD, safe="") not in emperor.log()


def test_other_vhost(start_emperor: StartEmperor, amqp: AMQPSource) -> None:
    """A vhost with a slash and a space is written with their codes, and another one's messages are not heard."""
    emperor = start_emperor("--emperor", f"amqp://{amqp.address}/{quote(VHOST, safe='')}?{amqp.options}")
    emperor.wait_for_log("; 0 vassals")
    amqp.put("other.ini", config())
    connection = amqp.server.connect(VHOST)
    connection.channel().basic_publish(amqp.exchange, "a.ini", config("a"))
    connection.close()
    wait_for_configs(emperor, {"a.ini": config("a")})


PLACES = ["file", "environment"]


@pytest.mark.parametrize("place", PLACES)
def test_password_is_shown_nowhere(start_emperor: StartEmperor, amqp: AMQPSource, tmp_path: Path, place: str) -> None:
    """With the target kept elsewhere, neither log, stats, state nor the process list hold the password."""
    file = tmp_path / "amqp.url"
    file.write_text(amqp.target + "\n")
    target = f"amqp://@{file}" if place == "file" else "amqp://@EMPEROR_URL"
    emperor = start_emperor(
        *("--emperor", target, "--emperor-stats", str(tmp_path / "stats"), "--log-level", "debug"),
        environment={"EMPEROR_URL": amqp.target} if place == "environment" else None,
    )
    amqp.put("a.ini", config())
    wait_for_configs(emperor, {"a.ini": config()})
    told = read_stats(tmp_path / "stats")
    assert [vassal["monitor"] for vassal in told["vassals"]] == [target]
    shown = emperor.log() + str(told) + Path(f"/proc/{emperor.pid}/cmdline").read_text() + amqp.state.read_text()
    assert [secret for secret in (PASSWORD, quote(PASSWORD, safe="")) if secret in shown] == []


OTHER_TYPES = [("topic", "a.ini"), ("direct", "")]


@pytest.mark.parametrize(("kind", "routing_key"), OTHER_TYPES)
def test_exchange_of_another_type_is_taken_as_it_is(
    start_emperor: StartEmperor, amqp: AMQPSource, vassals: Path, kind: str, routing_key: str
) -> None:
    """A topic exchange brings every message, a direct one those without a routing key."""
    amqp.channel().exchange_delete(amqp.exchange)
    amqp.channel().exchange_declare(amqp.exchange, kind, durable=True)
    (vassals / "a.ini").write_text(config("a"))
    emperor = start_emperor("--emperor", amqp.target)
    emperor.wait_for_log("; 0 vassals")
    amqp.publish(routing_key, config("a") if routing_key else str(vassals / "a.ini"))
    emperor.wait_for_running({PIPE + "a.ini" if routing_key else str(vassals / "a.ini"): config("a")})


NOT_UNDERSTOOD = [
    ("", b"", "an empty message without a routing key"),
    ("", b"/" + b"x" * 254, "255 bytes without a routing key"),
    ("", b"\xff\xfe", "b'\\xff\\xfe' without a routing key, which is no UTF-8"),
    ("", b"a.ini", "it has no name: b'a.ini' is no absolute path and no URL"),
    ("a.ini", b"", "the removal of 'a.ini', which is no vassal of this exchange"),
]


@pytest.mark.parametrize(("routing_key", "body", "what"), NOT_UNDERSTOOD)
def test_message_that_means_nothing_is_told(
    start_emperor: StartEmperor, amqp: AMQPSource, tmp_path: Path, routing_key: str, body: bytes, what: str
) -> None:
    """A message nobody can understand is counted and named in the log and the stats, and the next one is heard."""
    emperor = start_emperor("--emperor", amqp.target, "--emperor-stats", str(tmp_path / "stats"))
    amqp.publish(routing_key, body)
    amqp.put("good.ini", config())
    wait_for_configs(emperor, {"good.ini": config()})
    emperor.wait_for_log(f"(messages not understood): 1 so far, the newest: {what}")
    assert [entry["id"] for entry in read_stats(tmp_path / "stats")["unreadable"]] == ["(messages not understood)"]


BAD_MESSAGES: list[tuple[str, str | bytes, dict[str, Any] | None, str]] = [
    ("", "/srv/../a.ini", None, "/srv/../a.ini: its path has an empty step or one of dots"),
    ("", "/srv//a.ini", None, "/srv//a.ini: its path has an empty step"),
    ("", "/srv/a:b.ini", None, "/srv/a:b.ini: its name has a colon"),
    ("", "/etc/passwd", None, "/etc/passwd: it ends in none of .xml"),
    ("", "/nowhere/a.ini", None, "/nowhere/a.ini: there is no such file: create it, then publish it again"),
    ("", "http:///a.ini", None, "http:///a.ini: its URL has no host"),
    ("", "http://host:x/a.ini", None, "its URL has no host and port that can be told apart"),
    ("", "http://me:secret@host/a.ini", None, "its URL has a user or a password"),
    ("", "http://host/a b.ini", None, "its URL has a space"),
    ("", "http://host/a:b.ini", None, "its URL has a colon behind the last slash"),
    ("", "http://host/a", None, "http://host/a: it ends in none of .xml"),
    ("/srv/a.ini", "text", None, "/srv/a.ini: its name has a slash or two dots"),
    ("bytes.ini", b"\xff", None, "bytes.ini: its configuration is no UTF-8 (at 0)"),
    ("uid.ini", "text", {"uid": [1]}, "uid.ini: its uid is list and has to be"),
    ("bool.ini", "text", {"gid": True}, "bool.ini: its gid is True and has to be"),
    ("socket.ini", "text", {"socket": 7}, "socket.ini: its socket is 7 and has to be text"),
    ("", "{vassals}/listed.ini", {"uid": [1], "socket": [7]}, "listed.ini: its socket is list and has to be text"),
]


def test_bad_messages_are_refused_one_by_one(start_emperor: StartEmperor, amqp: AMQPSource, vassals: Path) -> None:
    """Each message that can be no vassal's is told by name with its reason, and the good one runs."""
    (vassals / "listed.ini").write_text(config())
    emperor = start_emperor("--emperor", amqp.target)
    for routing_key, body, headers, _ in BAD_MESSAGES:
        amqp.publish(routing_key, body.format(vassals=vassals) if isinstance(body, str) else body, headers)
    amqp.put("good.ini", config())
    wait_for_configs(emperor, {"good.ini": config()})
    for *_, reason in BAD_MESSAGES:
        emperor.wait_for_log(reason)
    assert "bug of ours" not in emperor.log()


def test_flood_of_nonsense_fills_neither_log_nor_memory(start_emperor: StartEmperor, amqp: AMQPSource) -> None:
    """Of 5,000 bad messages with 2,500 names a hundred names are told; the good one after them is heard."""
    emperor = start_emperor("--emperor", amqp.target)
    connection = amqp.server.connect()
    unconfirmed = connection.channel()
    for number in range(2_500):
        unconfirmed.basic_publish(amqp.exchange, str(number), b"text")
        unconfirmed.basic_publish(amqp.exchange, "", b"text %d" % number)
    unconfirmed.basic_publish(amqp.exchange, "good.ini", config())
    connection.close()
    wait_for_configs(emperor, {"good.ini": config()})
    log = emperor.log()
    assert log.count("its name ends in none of") <= 101
    assert log.count("(messages not understood)") <= 3


UNREADABLE_KEY = "\udcff\udcfe.ini"
"""Legal in AMQP, where routing keys are octets; the driver takes them for UTF-8."""


def test_message_that_the_driver_cannot_read_is_dropped(
    start_emperor: StartEmperor, amqp: AMQPSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A routing key that is no text costs its own message only, and no vassal reloads for it."""
    amqp.put("before.ini", config("before"))
    encode = str.encode
    monkeypatch.setattr(
        "pika.data.as_bytes", lambda text: text if isinstance(text, bytes) else encode(text, "utf-8", "surrogateescape")
    )
    amqp.publish(UNREADABLE_KEY, config())
    monkeypatch.undo()
    amqp.put("after.ini", config("after"))
    emperor = start_emperor("--emperor", amqp.target)
    wait_for_configs(emperor, {"before.ini": config("before"), "after.ini": config("after")})
    emperor.wait_for_log("one with a routing key or a header that is no UTF-8, which was dropped")
    assert emperor.journal.heard(PIPE + "before.ini") == []
    assert "Traceback" not in emperor.log()


def test_path_of_a_file(start_emperor: StartEmperor, amqp: AMQPSource, vassals: Path) -> None:
    """A file's change alone does nothing; its path published again reloads; its removal stops."""
    file = vassals / "a.ini"
    file.write_text(config("first"))
    emperor = start_emperor("--emperor", amqp.target)
    amqp.publish("", str(file))
    emperor.wait_for_running({str(file): config("first")})
    file.write_text(config("second"))
    amqp.put("fence.ini", config())
    emperor.wait_for_running({str(file): config("first"), PIPE + "fence.ini": config()})
    amqp.publish("", str(file))
    emperor.wait_for_running({str(file): config("second"), PIPE + "fence.ini": config()})
    assert emperor.journal.heard(str(file)) == [RELOAD]
    shutil.rmtree(vassals)
    emperor.wait_for_running({PIPE + "fence.ini": config()})


def test_file_that_is_replaced_is_not_gone(start_emperor: StartEmperor, amqp: AMQPSource, vassals: Path) -> None:
    """An editor that renames a file away and writes it anew stops nothing."""
    file = vassals / "a.ini"
    file.write_text(config())
    emperor = start_emperor("--emperor", amqp.target)
    amqp.publish("", str(file))
    emperor.wait_for_running({str(file): config()})
    file.rename(vassals / "a.ini~")
    file.write_text(config())
    (vassals / "gone.ini").write_text(config())
    amqp.publish("", str(vassals / "gone.ini"))
    emperor.wait_for_running({str(file): config(), str(vassals / "gone.ini"): config()})
    (vassals / "gone.ini").unlink()
    emperor.wait_for_running({str(file): config()})
    assert len(emperor.journal.starts(str(file))) == 1


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """Return an empty directory that everybody may enter, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
def test_owners_under_tyrant(start_emperor: StartEmperor, amqp: AMQPSource, vassals: Path, everybodys: Path) -> None:
    """A text runs as its headers say and is refused without them; a file belongs to its owner whatever headers say."""
    told_id, program = everybodys / "ids", everybodys / "tell"
    told_id.touch()
    told_id.chmod(0o666)
    program.write_text(f'#!/bin/sh\necho "$2 $(id -u) $(id -g)" >> {told_id}; exec sleep 60\n')
    program.chmod(0o755)
    words = ("--emperor-tyrant", "--emperor-wrapper", str(program))
    emperor = start_emperor("--emperor", amqp.target, *words, fake_vassals=False)
    file = vassals / "root.ini"
    file.write_text(config())
    amqp.publish("", str(file), {"uid": 4321, "gid": 4321})
    emperor.wait_for_log("root.ini: wanted")
    amqp.publish("nobody.ini", config())
    emperor.wait_for_log("nobody.ini: wanted a configuration that belongs to a user other than root")
    amqp.put("site.ini", config(), uid="4321")
    emperor.wait_for_log("site.ini: wanted a configuration that belongs to a group other than root")
    amqp.publish("good.ini", config(), {"uid": 4321, "gid": "4322"})
    wait_for(told_id.read_text, "a vassal", otherwise=emperor.log)
    assert told_id.read_text() == "emperor://good.ini 4321 4322\n"


def test_state_of_another_emperor_is_left_alone(start_emperor: StartEmperor, amqp: AMQPSource) -> None:
    """A second Emperor with the same state file is told, and takes over when the first has ended."""
    first = start_emperor("--emperor", amqp.target)
    amqp.put("a.ini", config())
    wait_for_configs(first, {"a.ini": config()})
    second = start_emperor("--emperor", amqp.target)
    second.wait_for_log(f"another Emperor keeps its state in {amqp.state}: give this one a file of its own with state=")
    assert first.stop() == 0
    wait_for_configs(second, {"a.ini": config()})


def test_state_may_be_off(start_emperor: StartEmperor, amqp: AMQPSource, tmp_path: Path) -> None:
    """Without a state file nothing is written, nothing is known later, and no queue is left behind."""
    target = f"amqp://{amqp.address}?exchange={amqp.exchange}&state=off"
    environment = {"STATE_DIRECTORY": str(tmp_path / "state")}
    before = queues(amqp)
    for _ in range(2):
        emperor = start_emperor("--emperor", target, environment=environment)
        emperor.wait_for_log("; 0 vassals")
        amqp.put("a.ini", config())
        wait_for_configs(emperor, {"a.ini": config()})
        assert emperor.stop() == 0
    assert not (tmp_path / "state").exists()
    assert queues(amqp) == before


def queues(amqp: AMQPSource) -> set[str]:
    """Return the names of the server's queues."""
    return set(amqp.server.control("list_queues", "name").split())


SPOILT = [
    ("not JSON", lambda path: path.write_text("{}\nnonsense\n"), "is damaged in line 2"),
    ("other beginning", lambda path: path.write_text('{"name":"a.ini"}\n'), "does not begin as a state file does"),
    ("writable by others", lambda path: path.chmod(0o666), "may be written by others (mode is -rw-rw-rw-)"),
    (
        "link",
        lambda path: (path.rename(path.with_suffix(".x")), path.symlink_to(path.with_suffix(".x"))),
        "is a link, which others may have put there",
    ),
]


@pytest.mark.parametrize(("spoil", "reason"), [case[1:] for case in SPOILT], ids=[case[0] for case in SPOILT])
def test_state_that_cannot_be_trusted_is_set_aside(
    start_emperor: StartEmperor, amqp: AMQPSource, spoil: Any, reason: str
) -> None:
    """A damaged state file, or one that others may have written, starts nothing, and is kept for whoever looks."""
    first = start_emperor("--emperor", amqp.target)
    amqp.put("a.ini", config())
    wait_for_configs(first, {"a.ini": config()})
    assert first.stop() == 0
    assert amqp.state.stat().st_mode & 0o777 == 0o600
    spoil(amqp.state)
    second = start_emperor("--emperor", amqp.target)
    amqp.put("b.ini", config())
    wait_for_configs(second, {"b.ini": config()})
    second.wait_for_log(f"{reason}: it is {amqp.state}.aside now, and vassals have to be announced again")
    assert os.path.lexists(f"{amqp.state}.aside")


def test_state_that_cannot_be_written_is_told(start_emperor: StartEmperor, amqp: AMQPSource) -> None:
    """Where the state file cannot be, vassals run all the same."""
    target = amqp.target.replace(str(amqp.state), "/proc/imperator/state")
    emperor = start_emperor("--emperor", target)
    amqp.put("a.ini", config())
    wait_for_configs(emperor, {"a.ini": config()})
    emperor.wait_for_log("/proc/imperator/state cannot be used (No such file or directory): what is announced")


def test_target_that_is_none_is_refused(start_emperor: StartEmperor) -> None:
    """What names no broker ends the command with 2 and no piece of a password."""
    emperor = start_emperor("--emperor", "amqp://me:half/a@secret@host")
    assert emperor.wait_for_exit() == 2
    assert "found no host and port that can be told apart" in emperor.log()
    assert "secret" not in emperor.log()


def test_checking_a_configuration_leaves_nothing_behind(amqp: AMQPSource, tmp_path: Path) -> None:
    """`imperator check` makes neither queue nor state file, and takes no message away from the Emperor."""
    amqp.put("a.ini", config())
    (tmp_path / "emperor.ini").write_text(f"[uwsgi]\nemperor = {amqp.target.replace('%', '%%')}\n")
    command = [*EMPEROR_COMMAND, "check", str(tmp_path / "emperor.ini")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (ran.returncode, "0 vassals" in ran.stdout) == (0, True), ran
    assert amqp.channel().queue_declare(amqp.queue, passive=True).method.message_count == 1
    assert not amqp.state.exists()


@pytest.mark.parametrize("scheme", ["amqp", "amqps"])
def test_missing_driver_names_the_extra(start_emperor: StartEmperor, tmp_path: Path, scheme: str) -> None:
    """Without aio-pika the error says what to install, and hides the password."""
    (tmp_path / "aio_pika.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'aio_pika'\", name='aio_pika')\n"
    )
    emperor = start_emperor("--emperor", f"{scheme}://me:secret@host", environment={"PYTHONPATH": str(tmp_path)})
    assert emperor.wait_for_exit() == 2
    assert 'Install it: pip install "imperator[amqp]"' in emperor.log()
    assert "secret" not in emperor.log()


def test_real_uwsgi_is_run_from_a_message(
    start_emperor: StartEmperor, amqp: AMQPSource, uwsgi_binary: str, tmp_path: Path, free_port: int
) -> None:
    """The how-to's site answers, and answers otherwise after its text was published anew."""
    page = (Path(__file__).parents[3] / "docs" / "monitors" / "amqp.md").read_text()
    (app,) = re.findall(r'```python title="/srv/site/app.py"\n(.*?)```', page, re.DOTALL)
    (deploy,) = re.findall(r'```python title="deploy.py"\n(.*?)```', page, re.DOTALL)
    (tmp_path / "app.py").write_text(app)
    emperor = start_emperor("--emperor", amqp.target, fake_vassals=False)
    for old, new in {
        "amqp://emperor:ave@127.0.0.1": f"amqp://{amqp.address}",
        "uwsgi.emperor": amqp.exchange,
        "/srv/site": str(tmp_path),
        "8080": str(free_port),
    }.items():
        assert old in deploy
        deploy = deploy.replace(old, new)
    (tmp_path / "deploy.py").write_text(deploy)
    for greeting in ("Ave!", "Salve!"):
        subprocess.run([sys.executable, str(tmp_path / "deploy.py"), greeting], check=True, timeout=30)
        wait_for(partial(answers, free_port, greeting), greeting, otherwise=emperor.log)


def answers(port: int, greeting: str) -> bool:
    """Tell whether that is what the site says now."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
            return bool(answer.read().decode().strip() == greeting)
    except OSError:
        return False
