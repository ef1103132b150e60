"""Bytes from outside, made up by chance, for a real Emperor: it goes on, answers in form, and lets vassals be."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from imperator.cli.arguments import parse_arguments
from imperator.cli.gather import gather
from imperator.settings import Settings
from tests.imperator.control.packets import packet
from tests.system.empire import FAKE_VASSAL, Empire, read_stats
from tests.system.waiting import LIMIT_SECONDS, wait_for

PUPPET = """import os, signal, socket
strings = socket.socket(socket.AF_UNIX)
strings.connect(os.environ["PUPPETEER"])
socket.send_fds(strings, [b"x"], [3, int(os.environ["UWSGI_EMPEROR_FD_CONFIG"])])
signal.pause()
"""

fuzzed = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
"""Short and the same each time, so that what fails in CI fails everywhere."""

NOISE = st.binary(max_size=200) | st.builds(lambda some: some * 500, st.binary(min_size=1, max_size=40))


class Siege:
    """An Emperor with all its sockets open, a vassal that must not notice anything, and one whose channel is ours."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        self._puppeteer = socket.socket(socket.AF_UNIX)
        self._puppeteer.bind(str(root / "puppeteer"))
        self._puppeteer.listen(50)
        self._puppeteer.settimeout(LIMIT_SECONDS)
        (root / "puppet.py").write_text(PUPPET)
        wrapper = root / "wrapper"
        python = shlex.quote(sys.executable)
        wrapper.write_text(
            f'#!/bin/sh\ncase "$2" in *puppet.ini) exec {python} -IS {root}/puppet.py;; esac\n'
            f'exec {python} -IS {shlex.quote(str(FAKE_VASSAL))} "$@"\n'
        )
        wrapper.chmod(0o755)
        vassals = root / "vassals"
        vassals.mkdir()
        for name in ("witness.ini", "puppet.ini"):
            (vassals / name).write_text("[uwsgi]\n")
        self.emperor = Empire(
            root,
            *("--emperor", str(vassals), "--emperor-wrapper", str(wrapper), "--emperor-stats", str(root / "stats")),
            *("--emperor-command-socket", str(root / "commands"), "--emperor-trigger-socket", str(root / "trigger")),
            *("--emperor-throttle", "1", "--emperor-max-throttle", "1", "--emperor-curse-tolerance", "1"),
            *("--emperor-force-config-pipe", *options),
            fake_vassals=False,
            environment={"PUPPETEER": str(root / "puppeteer")},
        )
        self._http = "--stats-http" in options
        self.channel = self.config = -1

    def settle(self) -> None:
        """Wait until both vassals run."""
        self.emperor.wait_for_log("vassal witness.ini is now loyal")
        self.pid = self.witness()["pid"]
        self.take_strings()

    def take_strings(self) -> None:
        """Take the channel, and the configuration pipe, of the newest puppet."""
        strings, _ = self._puppeteer.accept()
        with strings:
            _, descriptors, _, _ = socket.recv_fds(strings, 1, 2)
        for old in (self.channel, self.config):
            if old != -1:
                os.close(old)
        self.channel, self.config = descriptors
        os.set_blocking(self.channel, False)
        os.set_blocking(self.config, False)

    def witness(self) -> dict[str, Any]:
        """Return what stats tell of the vassal that must not notice anything."""
        return next(vassal for vassal in self.stats()["vassals"] if vassal["id"] == "witness.ini")

    def stats(self) -> dict[str, Any]:
        """Return the stats."""
        if self._http:
            return dict(json.loads(ask(self.root / "stats", b"GET / HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")[2]))
        return read_stats(self.root / "stats")

    def check(self) -> None:
        """Check that the Emperor goes on, and that its vassal has heard and noticed nothing."""
        seen = self.witness()
        assert (seen["pid"], seen["phase"], seen["loyal"]) == (self.pid, "running", 1), self.emperor.log()[-2000:]
        assert self.emperor.journal.heard("witness.ini") == []
        assert "please report this" not in self.emperor.log()
        assert "Traceback" not in self.emperor.log()

    def end(self) -> None:
        """End everything."""
        for descriptor in (self.channel, self.config):
            if descriptor != -1:
                os.close(descriptor)
        self._puppeteer.close()
        self.emperor.bury()


def lay(*options: str) -> Iterator[Siege]:
    with tempfile.TemporaryDirectory() as directory:
        siege = Siege(Path(directory), *options)
        try:
            siege.settle()
            yield siege
        finally:
            siege.end()


@pytest.fixture(scope="module")
def siege() -> Iterator[Siege]:
    """Yield one Emperor for all that is tried."""
    yield from lay("--emperor-broodlord", "2")


@pytest.fixture(scope="module")
def siege_over_http() -> Iterator[Siege]:
    """Yield an Emperor whose stats speak HTTP."""
    yield from lay("--stats-http")


@fuzzed
@given(said=NOISE)
@example(said=bytes(range(256)))
@example(said=b"\x1e" * 5000)
@example(said=b"\x16\x02\x02\x16")
def test_bytes_of_a_vassal(siege: Siege, said: bytes) -> None:
    """Whatever a vassal says on its channel, in whatever order and amount, is its own affair."""
    try:
        os.write(siege.channel, said)
    except BlockingIOError:
        pass
    except (BrokenPipeError, ConnectionResetError):
        siege.take_strings()  # it said that it is done: this is its next life
    siege.check()


@fuzzed
@given(said=NOISE)
def test_bytes_into_a_configuration_pipe(siege: Siege, said: bytes) -> None:
    """What a vassal writes where it is to read nobody reads, and nobody waits for."""
    with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
        os.write(siege.config, said)
        os.write(siege.channel, b"\2")
    siege.check()


WORDS = st.sampled_from(
    ["cmd", "command", "vassal", "msg", "spawn", "stop", "respawn", "log", "puppet.ini", "", "\0", "ä"]
)
PACKETS = st.dictionaries(WORDS, WORDS, max_size=4).map(lambda pairs: packet(**pairs))


@st.composite
def damaged(draw: Callable[[st.SearchStrategy[Any]], Any]) -> bytes:
    """Return a packet with some of its bytes changed, or cut."""
    whole = bytearray(draw(PACKETS))
    for _ in range(draw(st.integers(0, 3))):
        whole[draw(st.integers(0, len(whole) - 1))] = draw(st.integers(0, 255))
    return bytes(whole[: draw(st.integers(0, len(whole)))])


@fuzzed
@given(said=NOISE | PACKETS | damaged())
def test_datagrams_to_the_command_socket(siege: Siege, said: bytes) -> None:
    """Whatever comes to the command socket commands nobody who is not named in a whole command."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.settimeout(LIMIT_SECONDS)
        client.sendto(said, str(siege.root / "commands"))
    siege.check()


@fuzzed
@given(said=NOISE)
def test_bytes_to_the_trigger_socket(siege: Siege, said: bytes) -> None:
    """The trigger socket hears no bytes, and a look changes nothing where nothing has changed."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(LIMIT_SECONDS)
        client.connect(str(siege.root / "trigger"))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(said)
    siege.check()


def ask(path: Path, said: bytes) -> bytes:
    """Send bytes, and return the whole answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(LIMIT_SECONDS)
        client.connect(str(path))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(said)
            client.shutdown(socket.SHUT_WR)
        pieces = []
        with contextlib.suppress(ConnectionResetError):
            while piece := client.recv(65536):
                pieces.append(piece)
        return b"".join(pieces)


@fuzzed
@given(said=NOISE)
def test_bytes_to_the_stats_socket(siege: Siege, said: bytes) -> None:
    """Whatever a client says, it is told the stats: one JSON object."""
    assert json.loads(ask(siege.root / "stats", said))["version"]


REQUESTS = st.builds(
    lambda verb, path, version, end, more: b"%s %s HTTP/%s%s%s" % (verb, path, version, end, more),
    st.sampled_from([b"GET", b"HEAD", b"get", b"POST", b"", b"G\0T"]),
    st.sampled_from([b"/", b"/\xff", b"/" + b"x" * 20_000, b"", b"/ /"]),
    st.sampled_from([b"1.0", b"1.1", b"2", b"1.1 "]),
    st.sampled_from([b"\r\n\r\n", b"\n\n", b"\r\n", b""]),
    NOISE,
)


@fuzzed
@given(said=NOISE | REQUESTS)
def test_requests_for_the_stats(siege_over_http: Siege, said: bytes) -> None:
    """An answer over HTTP is a whole one: a status, a length that is right, and JSON; or there is none at all."""
    answer = ask(siege_over_http.root / "stats", said)
    if not answer:
        return
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    assert status in (b"HTTP/1.0 200 OK", b"HTTP/1.0 400 Bad Request")
    length = next(int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:"))
    assert length == len(body) or said.startswith(b"HEAD")
    if body:
        assert isinstance(json.loads(body), dict)
    if status.endswith(b"OK") and body:
        assert {vassal["id"] for vassal in json.loads(body)["vassals"]} == {"witness.ini", "puppet.ini"}


class Realm:
    """An Emperor that is our vassal, with a vassal of its own that must not notice anything but reloads."""

    def __init__(self, root: Path) -> None:
        self.channel, theirs = socket.socketpair()
        self.channel.settimeout(LIMIT_SECONDS)
        (root / "vassals").mkdir()
        (root / "vassals" / "witness.ini").write_text("[uwsgi]\n")
        at_our_service = root / "at-our-service"
        at_our_service.write_text('#!/bin/sh\nUWSGI_EMPEROR_FD=0 exec "$@"\n')
        at_our_service.chmod(0o755)
        with theirs:
            self.emperor = Empire(
                root, "--emperor", str(root / "vassals"), before=(str(at_our_service),), stdin=theirs.fileno()
            )
        self.hear(1, 17, 5)
        self.emperor.wait_for_running({"witness.ini": "[uwsgi]\n"})

    def hear(self, *wanted: int) -> None:
        """Wait until it has said these, and nothing else in between."""
        assert [self.channel.recv(1)[0] for _ in wanted] == [*wanted], self.emperor.log()

    def check(self) -> None:
        """Check that it still takes a word, and that its vassal is the one it had."""
        self.channel.sendall(b"\1")
        assert self.channel.recv(4096), f"it has hung up: {self.emperor.log()}"
        assert len(self.emperor.journal.starts("witness.ini")) == 1
        assert set(self.emperor.journal.heard("witness.ini")) <= {1}
        assert "please report this" not in self.emperor.log()
        assert "Traceback" not in self.emperor.log()


@pytest.fixture(scope="module")
def realm() -> Iterator[Realm]:
    """Yield one Emperor for all that is said to it."""
    with tempfile.TemporaryDirectory() as directory:
        realm = Realm(Path(directory))
        try:
            yield realm
        finally:
            realm.channel.close()
            realm.emperor.bury()


@fuzzed
@given(said=NOISE)
@example(said=bytes(range(256)))
@example(said=b"\1" * 5000)
def test_bytes_of_our_own_emperor(realm: Realm, said: bytes) -> None:
    """An Emperor that is a vassal reloads and stops when it is told to; whatever else it is told it passes over."""
    realm.channel.sendall(said.translate(None, b"\0\2"))
    realm.check()


def test_last_word_of_our_own_emperor(realm: Realm) -> None:
    """After all of it a stop is a stop, whatever stands around it."""
    realm.channel.sendall(b"\x99\1\0\x01\xff")
    assert realm.emperor.wait_for_exit() == 0
    assert realm.emperor.journal.heard("witness.ini")[-1] == 0


CONFIGURATIONS = st.builds(
    lambda lines: b"[uwsgi]\n" + b"\n".join(lines),
    st.lists(
        st.builds(
            lambda key, equals, value: key + equals + value,
            st.sampled_from(
                [b"emperor", b"set", b"for", b"endfor", b"if-env", b"endif", b"include", b"master", b"[", b""]
            ),
            st.sampled_from([b" = ", b"=", b" ", b"==", b""]),
            st.sampled_from([b"%n", b"%(emperor)", b"$(HOME)", b"@(/nowhere)", b"a=%(a)", b"x y", b"%", b"emperor://x"])
            | st.binary(max_size=20),
        ),
        max_size=6,
    ),
)


@fuzzed
@given(
    dialect=st.sampled_from(["ini", "yaml", "json", "xml"]),
    header=st.sampled_from([b"s"]) | st.binary(max_size=2),
    text=NOISE | CONFIGURATIONS,
    more=st.integers(-3, 3),
)
def test_bytes_of_a_configuration_pipe(dialect: str, header: bytes, text: bytes, more: int) -> None:
    """Whatever our own Emperor sends for a configuration: it becomes settings, or faults that are told."""
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.MonkeyPatch.context() as patch:
        length = max(0, min(0xFFFF, len(text) + more)).to_bytes(2, "little")
        ours.sendall(header + length + b"\0" + text)
        ours.close()
        patch.setenv("UWSGI_EMPEROR_FD_CONFIG", str(theirs.fileno()))
        gathered = gather(parse_arguments([f"--{dialect}", f"emperor://some.{dialect}"]))
    assert all(str(fault) for fault in gathered.faults)
    assert isinstance(gathered.settings(), Settings)


def test_it_ends_as_ever(siege: Siege) -> None:
    """After all of it the Emperor still starts what is new, and ends when it is asked to."""
    (siege.root / "vassals" / "new.ini").write_text("[uwsgi]\n")
    siege.emperor.wait_for_log("vassal new.ini is now loyal")
    siege.check()
    assert siege.emperor.stop() == 0
    wait_for(lambda: not siege.emperor.processes(), "nothing to be left", otherwise=siege.emperor.log)
