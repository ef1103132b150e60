"""`zmq://`: what only messages can do."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import zmq

from tests.system.conftest import StartEmperor
from tests.system.empire import EMPEROR_COMMAND, read_stats
from tests.system.sources.source import PIPE, config, wait_for_configs, wait_for_heard
from tests.system.sources.zeromq import Prepare, ZeroMQSource, push_to
from tests.system.waiting import wait_for

RELOAD = 1

FOUNDING_EXAMPLE = """
import zmq
c = zmq.Context()
s = zmq.Socket(c, zmq.PUSH)
s.connect('tcp://127.0.0.1:5252')
s.send_multipart([b'touch',b'foo.ini',b"[uwsgi]\\nsocket=:4142"])
"""
"""As uWSGI's manual has it, except that Python 3 wants bytes."""

ONCE_SENT = "s.close(); c.term()"
"""A program that ends at once takes what it has not sent yet with it; somebody at a prompt does not."""


def test_founding_example_works(start_emperor: StartEmperor, zeromq: ZeroMQSource, free_port: int) -> None:
    """The example that uWSGI's manual has always had starts its vassal, and run again reloads it."""
    emperor = start_emperor("--plugin", "emperor_zeromq", "--emperor", zeromq.target)
    program = [sys.executable, "-c", FOUNDING_EXAMPLE.replace("5252", str(free_port)) + ONCE_SENT]
    subprocess.run(program, check=True, timeout=30)
    wait_for_configs(emperor, {"foo.ini": "[uwsgi]\nsocket=:4142"})
    subprocess.run(program, check=True, timeout=30)
    wait_for_heard(emperor, "foo.ini", [RELOAD])


def test_real_uwsgi_serves_what_a_message_says(
    start_emperor: StartEmperor, zeromq: ZeroMQSource, uwsgi_binary: str, tmp_path: Path
) -> None:
    """uWSGI takes its configuration from the pipe, and takes the new one when it is touched."""
    (tmp_path / "app.py").write_text(APPLICATION)
    emperor = start_emperor("--emperor", zeromq.target, fake_vassals=False)
    for answer in ("one", "two"):
        zeromq.put("site.ini", site(tmp_path, answer))
        wait_for(partial(answers, tmp_path / "site", answer), answer, otherwise=emperor.log)


APPLICATION = """
import uwsgi
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [uwsgi.opt["answer"]]
"""


def site(directory: Path, answer: str) -> str:
    """Return the configuration of a site that answers one word."""
    return (
        f"[uwsgi]\nmaster = true\nhttp-socket = {directory}/site\nwsgi-file = {directory}/app.py\n"
        f"answer = {answer}\ndisable-logging = true\n"
    )


def answers(path: Path, answer: str) -> bool:
    """Tell whether that is what the site says now."""
    return ask(path) == answer


def ask(path: Path) -> str:
    """Return the body of the answer, or nothing while nobody answers."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        try:
            client.connect(str(path))
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b"".join(iter(lambda: client.recv(4096), b""))
        except (FileNotFoundError, ConnectionError):
            return ""
    return answer.rpartition(b"\r\n\r\n")[2].strip().decode()


def test_message_without_text_means_a_file(start_emperor: StartEmperor, zeromq: ZeroMQSource, tmp_path: Path) -> None:
    """With two parts, or an empty third, the vassal is the file of that name in the Emperor's directory."""
    (tmp_path / "a.ini").write_text(config("a"))
    (tmp_path / "b.ini").write_text(config("b"))
    emperor = start_emperor("--emperor", zeromq.target, cwd=tmp_path)
    zeromq.send(b"touch", b"missing.ini")
    zeromq.send(b"touch", b"../a.ini")
    zeromq.send(b"touch", b"a.ini")
    zeromq.send(b"touch", b"b.ini", b"", b"0", b"0", b"")
    emperor.wait_for_running({"a.ini": config("a"), "b.ini": config("b")})
    zeromq.send(b"touch", b"a.ini")
    wait_for(lambda: emperor.journal.heard("a.ini") == [RELOAD], "a reload")
    emperor.wait_for_log(f"missing.ini: there is no such file in {tmp_path}: create it first")
    emperor.wait_for_log("../a.ini: its name has a slash or two dots")


def test_text_and_file_take_turns(start_emperor: StartEmperor, zeromq: ZeroMQSource, tmp_path: Path) -> None:
    """A vassal whose text gives way to the file of its name, and the other way round, is started anew as that."""
    (tmp_path / "a.ini").write_text(config("file"))
    emperor = start_emperor("--emperor", zeromq.target, cwd=tmp_path)
    for _ in range(2):
        zeromq.put("a.ini", config("text"))
        emperor.wait_for_running({PIPE + "a.ini": config("text")})
        zeromq.send(b"touch", b"a.ini")
        emperor.wait_for_running({"a.ini": config("file")})


NOT_UNDERSTOOD = [
    ((b"touch",), "1 parts where 2 to 6 are wanted"),
    ((b"touch", b"a.ini", b"x", b"0", b"0", b"", b"more"), "7 parts where 2 to 6 are wanted"),
    ((b"Touch", b"a.ini"), "the command b'Touch', which is neither touch nor destroy"),
    ((b"", b""), "the command b'', which is neither touch nor destroy"),
    ((b"destroy", b"a.ini"), "destroy 'a.ini', which is no vassal of this socket"),
    ((b"destroy", b"\xff"), "destroy '\\\\xff', which is no vassal of this socket"),
]


@pytest.mark.parametrize(("parts", "what"), NOT_UNDERSTOOD)
def test_message_that_means_nothing_is_told(
    start_emperor: StartEmperor, zeromq: ZeroMQSource, tmp_path: Path, parts: tuple[bytes, ...], what: str
) -> None:
    """A malformed message is counted and named in the log and the stats, and the next one is heard."""
    emperor = start_emperor("--emperor", zeromq.target, "--emperor-stats", str(tmp_path / "stats"))
    zeromq.send(*parts)
    emperor.wait_for_log(f"(messages not understood): 1 so far, the newest: {what}")
    zeromq.put("good.ini", config())
    wait_for_configs(emperor, {"good.ini": config()})
    (told,) = read_stats(tmp_path / "stats")["unreadable"]
    assert told == {
        "id": "(messages not understood)",
        "monitor": zeromq.target,
        "reason": f"1 so far, the newest: {what}",
    }


def test_flood_of_nonsense_fills_neither_log_nor_memory(start_emperor: StartEmperor, zeromq: ZeroMQSource) -> None:
    """Of 5,000 bad messages with 2,500 names a hundred names are told; good ones in between are heard."""
    emperor = start_emperor("--emperor", zeromq.target)
    for number in range(2_500):
        zeromq.send(b"touch", b"%d" % number, b"text")
        zeromq.send(b"%d" % number, b"a.ini")
    zeromq.put("good.ini", config())
    wait_for_configs(emperor, {"good.ini": config()})
    log = emperor.log()
    assert log.count("its name ends in none of") <= 101
    assert log.count("(messages not understood)") <= 3


def test_oversized_message_leaves_the_others_heard(start_emperor: StartEmperor, zeromq: ZeroMQSource) -> None:
    """A part of two MiB is thrown away with its connection; the sender connects again and is heard."""
    emperor = start_emperor("--emperor", zeromq.target)
    zeromq.put("first.ini", config())
    wait_for_configs(emperor, {"first.ini": config()})
    zeromq.send(b"touch", b"big.ini", b"#" * (2 << 20))

    def sent_again() -> bool:  # what is on its way when the connection is dropped is lost
        zeromq.put("second.ini", config())
        return PIPE + "second.ini" in emperor.journal.running()

    wait_for(sent_again, "the next vassal", otherwise=emperor.log)


def test_port_that_is_taken_is_waited_for(
    start_emperor: StartEmperor, zeromq: ZeroMQSource, vassals: Path, free_port: int
) -> None:
    """Other monitors work while the endpoint is another's, and messages are heard once it is free."""
    (vassals / "file.ini").write_text(config("file"))
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", free_port))
        other.listen()
        emperor = start_emperor("--emperor", zeromq.target, "--emperor", str(vassals))
        emperor.wait_for_log(f"{zeromq.target}: cannot be bound (Address already in use): see who else uses it")
        emperor.wait_for_running({"file.ini": config("file")})
    zeromq.put("a.ini", config("a"))
    emperor.wait_for_running({"file.ini": config("file"), PIPE + "a.ini": config("a")})


def test_socket_of_another_emperor_is_left_alone(start_emperor: StartEmperor, tmp_path: Path) -> None:
    """A UNIX socket that somebody listens on is not taken from him; one whose owner was killed is."""
    with push_to(f"ipc://{tmp_path}/emperor.zmq") as source:
        first = start_emperor("--emperor", source.target)
        source.put("a.ini", config("a"))
        wait_for_configs(first, {"a.ini": config("a")})
        second = start_emperor("--emperor", source.target)
        second.wait_for_log("cannot be bound (Address already in use): see who else uses it")
        source.put("a.ini", config("b"))
        wait_for_configs(first, {"a.ini": config("b")})
        first.bury()
        second.send(signal.SIGWINCH)
        second.wait_for_log(f"{source.target}: connected")
        source.put("c.ini", config("c"))
        second.wait_for_log("vassal c.ini has been spawned")


def test_checking_a_configuration_binds_nothing(start_emperor: StartEmperor, tmp_path: Path) -> None:
    """`imperator check` leaves an Emperor that runs its socket."""
    with push_to(f"ipc://{tmp_path}/emperor.zmq") as source:
        emperor = start_emperor("--emperor", source.target)
        emperor.wait_for_log("connected")
        made = (tmp_path / "emperor.zmq").stat()
        (tmp_path / "emperor.ini").write_text(f"[uwsgi]\nemperor = {source.target}\n")
        command = [*EMPEROR_COMMAND, "check", str(tmp_path / "emperor.ini")]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert (ran.returncode, "0 vassals" in ran.stdout) == (0, True), ran
        assert (tmp_path / "emperor.zmq").stat() == made
        source.put("a.ini", config())
        wait_for_configs(emperor, {"a.ini": config()})


def test_endpoint_without_transport_is_refused(start_emperor: StartEmperor) -> None:
    """What cannot be an endpoint ends the command with exit code 2 and says how one is written."""
    emperor = start_emperor("--emperor", "zmq://127.0.0.1:5252")
    assert emperor.wait_for_exit() == 2
    assert "Write it whole, as in zmq://tcp://127.0.0.1:5252" in emperor.log()


def with_password(password: bytes) -> Prepare:
    """Return what makes a socket send that password."""

    def prepare(socket: zmq.Socket[bytes]) -> None:
        socket.setsockopt(zmq.PLAIN_USERNAME, b"deploy")
        socket.setsockopt(zmq.PLAIN_PASSWORD, password)

    return prepare


def with_keys(server: bytes, public: bytes, secret: bytes) -> Prepare:
    """Return what makes a socket speak CURVE to the server of a public key."""

    def prepare(socket: zmq.Socket[bytes]) -> None:
        socket.setsockopt(zmq.CURVE_SERVERKEY, server)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, secret)

    return prepare


def test_password_is_asked_for(start_emperor: StartEmperor, free_port: int, tmp_path: Path) -> None:
    """With `plain` only those with a password are heard; the others are counted in the stats, and nothing is shown."""
    (tmp_path / "senders").write_text("deploy:sesame\n")
    endpoint, stats = f"tcp://127.0.0.1:{free_port}", str(tmp_path / "stats")
    words = ("--emperor-stats", stats, "--log-level", "debug")
    emperor = start_emperor("--emperor", f"zmq://{endpoint};plain=@{tmp_path}/senders", *words)
    with push_to(endpoint) as stranger, push_to(endpoint, with_password(b"wrong")) as liar:
        for bad in (stranger, liar):
            bad.put("bad.ini", config())
        emperor.wait_for_log("(senders refused): 1 so far, the newest: 127.0.0.1 with PLAIN")
        with push_to(endpoint, with_password(b"sesame")) as friend:
            friend.put("good.ini", config())
            wait_for_configs(emperor, {"good.ini": config()})
    assert "bad.ini" not in emperor.log()
    (refused,) = read_stats(stats)["unreadable"]
    assert refused["id"] == "(senders refused)"
    assert "sesame" not in emperor.log() + str(read_stats(stats))


def test_keys_are_asked_for(start_emperor: StartEmperor, free_port: int, tmp_path: Path) -> None:
    """With `curve` only those whose public key is listed are heard, and everything is encrypted."""
    server_public, server_secret = zmq.curve_keypair()
    public, secret = zmq.curve_keypair()
    (tmp_path / "clients").write_bytes(public)
    endpoint = f"tcp://127.0.0.1:{free_port}"
    target = f"zmq://{endpoint};curve=@ZMQ_SECRET;clients=@{tmp_path}/clients"
    emperor = start_emperor("--emperor", target, environment={"ZMQ_SECRET": server_secret.decode()})
    with push_to(endpoint, with_keys(server_public, *zmq.curve_keypair())) as stranger:
        stranger.put("bad.ini", config())
        emperor.wait_for_log("(senders refused): 1 so far, the newest: 127.0.0.1 with CURVE")
        with push_to(endpoint, with_keys(server_public, public, secret)) as friend:
            friend.put("good.ini", config())
            wait_for_configs(emperor, {"good.ini": config()})
    assert "bad.ini" not in emperor.log()
    assert server_secret.decode() not in emperor.log()


def test_key_in_the_target_is_refused(start_emperor: StartEmperor, free_port: int) -> None:
    """A secret that everybody could read in the process list ends the command, and is not repeated."""
    emperor = start_emperor("--emperor", f"zmq://tcp://127.0.0.1:{free_port};plain=hunter2")
    assert emperor.wait_for_exit() == 2
    assert "Write plain=@/PATH/OF/A/FILE or plain=@VARIABLE: a target can be read by everybody." in emperor.log()
    assert "hunter2" not in emperor.log()


def test_missing_driver_names_the_extra(start_emperor: StartEmperor, zeromq: ZeroMQSource, tmp_path: Path) -> None:
    """Without pyzmq the error says what to install."""
    (tmp_path / "zmq.py").write_text("raise ModuleNotFoundError(\"No module named 'zmq'\", name='zmq')\n")
    emperor = start_emperor("--emperor", zeromq.target, environment={"PYTHONPATH": str(tmp_path)})
    assert emperor.wait_for_exit() == 2
    assert 'Install it: pip install "imperator[zmq]"' in emperor.log()
