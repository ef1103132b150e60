"""`amqp://` while its broker is away, hangs, or refuses us."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pika
import pytest

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.sources.amqp import AMQPSource
from tests.system.sources.rabbitmq import PASSWORD, USER, RabbitMQServer
from tests.system.sources.source import PIPE, config, wait_for_configs
from tests.system.waiting import wait_for

RELOAD = 1


@pytest.fixture
def server(rabbitmq_server: RabbitMQServer) -> Iterator[RabbitMQServer]:
    """Return the server for a test that kills it; afterwards it runs again."""
    yield rabbitmq_server
    if rabbitmq_server.process.poll() is not None:
        rabbitmq_server.start()


def test_five_kills_lose_no_change_and_stop_no_vassal(
    start_emperor: StartEmperor, amqp: AMQPSource, server: RabbitMQServer
) -> None:
    """Whatever was confirmed before, while and after the server is killed reaches its vassal, once and in order."""
    emperor = start_emperor("--emperor", amqp.target)
    amqp.put("steady.ini", config())
    amqp.put("changing.ini", config("0"))
    wait_for_configs(emperor, {"steady.ini": config(), "changing.ini": config("0")})
    wanted = {"steady.ini": config()}
    for number in range(1, 6):
        before, after = f"before-{number}.ini", f"after-{number}.ini"
        publisher = threading.Thread(target=publish_all, args=(amqp, number))
        publisher.start()
        server.kill()
        server.start()
        publisher.join()
        wanted |= {before: config(before), after: config(after), "changing.ini": config(str(number))}
        wait_for_configs(emperor, wanted)
    assert emperor.journal.heard(PIPE + "steady.ini") == []
    assert len(emperor.journal.entries(event="started")) == len(wanted)
    assert set(emperor.journal.heard(PIPE + "changing.ini")) == {RELOAD}
    assert "Traceback" not in emperor.log()


def publish_all(amqp: AMQPSource, number: int) -> None:
    """Publish while the server dies and comes back: each message until it is confirmed."""
    for name in (f"before-{number}.ini", f"after-{number}.ini"):
        amqp.put(name, config(name))
        amqp.put("changing.ini", config(str(number)))


def test_what_is_published_while_the_emperor_is_away_is_kept(
    start_emperor: StartEmperor, amqp: AMQPSource, server: RabbitMQServer
) -> None:
    """Emperor killed, changes published, server killed and started: the next Emperor knows everything."""
    first = start_emperor("--emperor", amqp.target)
    for name in ("kept.ini", "gone.ini", "changed.ini"):
        amqp.put(name, config(name))
    wait_for_configs(first, {name: config(name) for name in ("kept.ini", "gone.ini", "changed.ini")})
    first.bury()
    amqp.remove("gone.ini")
    amqp.put("changed.ini", config("anew"))
    server.kill()
    server.start()
    second = start_emperor("--emperor", amqp.target)
    wait_for_configs(second, {"kept.ini": config("kept.ini"), "changed.ini": config("anew")})


def test_vassals_start_from_the_state_while_the_server_is_down(
    start_emperor: StartEmperor, amqp: AMQPSource, server: RabbitMQServer, vassals: Path, tmp_path: Path
) -> None:
    """Down at the start: what was announced earlier runs, other monitors work, and it connects when it can."""
    (vassals / "file.ini").write_text(config("file"))
    announced = tmp_path / "announced.ini"
    announced.write_text(config("announced"))
    first = start_emperor("--emperor", amqp.target)
    amqp.put("text.ini", config("text"))
    amqp.publish("", str(announced))
    first.wait_for_running({PIPE + "text.ini": config("text"), str(announced): config("announced")})
    assert first.stop() == 0
    server.kill()
    stats = str(tmp_path / "stats")
    second = start_emperor("--emperor", amqp.target, "--emperor", str(vassals), "--emperor-stats", stats)
    running = {
        "file.ini": config("file"),
        PIPE + "text.ini": config("text"),
        str(announced): config("announced"),
    }
    second.wait_for_running(running)
    assert f"{amqp.target.replace(quote(PASSWORD, safe=''), '***')}: connected" not in second.log()
    second.wait_for_log("Connection refused): see that it runs, and that host, port and TLS are right")
    (told,) = read_stats(stats)["unreachable"]
    assert "Connection refused" in told["reason"]
    server.start()
    amqp.put("late.ini", config("late"))
    second.wait_for_running({**running, PIPE + "late.ini": config("late")})
    wait_for(lambda: read_stats(stats)["unreachable"] == [], "a reachable server")


def test_server_that_hangs_is_left_and_found_again(
    start_emperor: StartEmperor, amqp: AMQPSource, server: RabbitMQServer, vassals: Path
) -> None:
    """A server that stands still is told when its heartbeat is missed, delays nobody, and is heard when it goes on."""
    emperor = start_emperor("--emperor", f"{amqp.target}&heartbeat=1", "--emperor", str(vassals))
    amqp.put("a.ini", config("a"))
    wait_for_configs(emperor, {"a.ini": config("a")})
    server.freeze()
    try:
        (vassals / "file.ini").write_text(config("file"))
        emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})
        emperor.wait_for_log("cannot be reached (it broke off, or was silent for too long)")
    finally:
        server.freeze(signal.SIGCONT)
    amqp.put("a.ini", config("b"))
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("b")})
    assert emperor.journal.heard(PIPE + "a.ini") == [RELOAD]


def test_emperor_stops_at_once_while_the_server_hangs(
    start_emperor: StartEmperor, amqp: AMQPSource, server: RabbitMQServer
) -> None:
    """SIGTERM ends the Emperor though its broker answers nothing, with a queue to remove or without."""
    off = amqp.target.replace(f"&state={amqp.state}", "&state=off").replace(f"&queue={amqp.queue}", "")
    emperors = [start_emperor("--emperor", target) for target in (amqp.target, off)]
    for emperor in emperors:
        emperor.wait_for_log("; 0 vassals")
    server.freeze()
    try:
        assert [emperor.stop(limit_seconds=8) for emperor in emperors] == [0, 0]
    finally:
        server.freeze(signal.SIGCONT)


def test_wrong_password_then_right(
    start_emperor: StartEmperor, amqp: AMQPSource, server: RabbitMQServer, tmp_path: Path
) -> None:
    """Wrong credentials, a missing vhost and missing permissions are told one by one, and tried until right."""
    options = f"exchange={amqp.exchange}&state={tmp_path / 'other.state'}&queue=imperator.{amqp.exchange}"
    emperor = start_emperor("--emperor", f"amqp://emperor:secret@127.0.0.1:{server.port}/gaul?{options}")
    emperor.wait_for_log("refuses user emperor (ACCESS_REFUSED - Login was refused")
    server.control("add_user", "emperor", "secret")
    look_until(emperor, CLOSED)
    server.control("add_vhost", "gaul")
    server.control("set_permissions", "-p", "gaul", "emperor", "", "", "")
    look_until(emperor, "refuses user emperor something (ACCESS_REFUSED")
    server.control("set_permissions", "-p", "gaul", "emperor", ".*", ".*", ".*")
    look_until(emperor, "; 0 vassals")
    server.control("set_permissions", "-p", "gaul", USER, ".*", ".*", ".*")
    publish(server, amqp.exchange, "a.ini", config("a"))
    wait_for_configs(emperor, {"a.ini": config("a")})
    server.control("clear_permissions", "-p", "gaul", "emperor")
    server.control("close_all_connections", "-p", "gaul", "test")
    wait_for(lambda: emperor.log().count(CLOSED) == 2, "a second refusal", 30, emperor.log)
    wait_for_configs(emperor, {"a.ini": config("a")})
    publish(server, amqp.exchange, "a.ini", config("b"))
    server.control("set_permissions", "-p", "gaul", "emperor", ".*", ".*", ".*")
    emperor.send(signal.SIGWINCH)
    wait_for_configs(emperor, {"a.ini": config("b")})
    assert "secret" not in emperor.log()


CLOSED = "does not open vhost gaul to user emperor: create it, and give that user permissions there"


def look_until(emperor: Empire, text: str) -> None:
    """Have the Emperor try again until its log holds a text."""

    def look() -> bool:
        emperor.send(signal.SIGWINCH)
        return text in emperor.log()

    wait_for(look, text, otherwise=emperor.log)


def publish(server: RabbitMQServer, exchange: str, routing_key: str, body: str) -> None:
    """Publish in the vhost that this test makes."""
    connection = server.connect("gaul")
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_publish(exchange, routing_key, body, mandatory=True)
    connection.close()


def test_queue_that_is_removed_is_made_anew(start_emperor: StartEmperor, amqp: AMQPSource) -> None:
    """Somebody who removes the queue is told of, and the next message is heard."""
    emperor = start_emperor("--emperor", amqp.target)
    amqp.put("a.ini", config("a"))
    wait_for_configs(emperor, {"a.ini": config("a")})
    amqp.channel().queue_delete(amqp.queue)
    emperor.wait_for_log("somebody removed its queue")
    emperor.wait_for_log(f"the queue {amqp.queue} had expired or was removed: what was announced since it went is lost")
    amqp.put("b.ini", config("b"))
    wait_for_configs(emperor, {"a.ini": config("a"), "b.ini": config("b")})
    assert emperor.journal.heard(PIPE + "a.ini") == []


def test_exchange_that_is_removed_is_bound_anew(start_emperor: StartEmperor, amqp: AMQPSource) -> None:
    """An exchange that somebody removed, or made anew without our binding, is bound when the Emperor looks again."""
    emperor = start_emperor("--emperor", amqp.target)
    for number in (1, 2):
        amqp.put(f"{number}.ini", config())
        emperor.wait_for_log(f"vassal {number}.ini has been spawned")
        amqp.channel().exchange_delete(amqp.exchange)
        if number == 1:
            amqp.channel().exchange_declare(amqp.exchange, "fanout", durable=True)
        emperor.send(signal.SIGWINCH)
        wait_for(lambda: is_heard(amqp), "a binding", otherwise=emperor.log)
    wait_for_configs(emperor, {"1.ini": config(), "2.ini": config(), "probe.ini": config("probe")})


def is_heard(amqp: AMQPSource) -> bool:
    """Publish, and tell whether there was a queue to take it."""
    try:
        amqp.channel().basic_publish(amqp.exchange, "probe.ini", config("probe"), mandatory=True)
    except (pika.exceptions.UnroutableError, pika.exceptions.ChannelClosedByBroker):
        return False
    return True


def test_queue_of_another_consumer_is_left_alone(start_emperor: StartEmperor, amqp: AMQPSource, tmp_path: Path) -> None:
    """Two Emperors that were given one queue would each get half of the messages: the second is refused."""
    first = start_emperor("--emperor", amqp.target)
    first.wait_for_log("; 0 vassals")
    second = start_emperor("--emperor", amqp.target.replace(str(amqp.state), str(tmp_path / "other.state")))
    second.wait_for_log(f"gives the queue {amqp.queue} to another consumer")
    assert PASSWORD not in second.log()
