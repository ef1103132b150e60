"""The command socket: what is a command, and what happens to everything else."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imperator.control import commands as commands_module
from imperator.control.address import receive
from imperator.control.commands import BadCommandError, Command, CommandSocket, Verb, parse_command
from tests.imperator.control.packets import packet

LIMIT_SECONDS = 30


class Recorder:
    """Obeys by writing down; knows one vassal."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.turns = asyncio.Queue[None]()

    def spawn(self, name: str) -> bool:
        return self._take("spawn", name)

    def reload(self, name: str) -> bool:
        return self._take("reload", name)

    def hold(self, name: str) -> bool:
        return self._take("hold", name)

    def _take(self, verb: str, name: str) -> bool:
        self.told.append(f"{verb} {name}")
        self.turns.put_nowait(None)
        return name == "app.ini"


@pytest.mark.parametrize(
    ("pairs", "command"),
    [
        ({"cmd": "spawn", "vassal": "app.ini"}, Command(Verb.SPAWN, "app.ini")),
        ({"command": "stop", "vassal": "app.ini"}, Command(Verb.STOP, "app.ini")),
        ({"vassal": "ä/b.ini", "cmd": "respawn", "later": "key"}, Command(Verb.RESPAWN, "ä/b.ini")),
        ({"cmd": "log", "msg": "deployed\n"}, Command(Verb.LOG, message="deployed\n")),
    ],
)
def test_commands(pairs: dict[str, str], command: Command) -> None:
    """Each command is read, in any order of keys and with either name of its key; unknown keys are passed over."""
    assert parse_command(packet(**pairs)) == command


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "0 bytes are no packet"),
        (b"\0\5\0", "3 bytes are no packet"),
        (b"\0\5\0\0", "its header announces 5 bytes, 0 came"),
        (packet(cmd="spawn", vassal="a")[:-1], "its header announces 23 bytes, 22 came"),
        (b"\0\1\0\0\3", "it ends in the middle of a key or value"),
        (b"\0\4\0\0\3\0ab", "it ends in the middle of a key or value"),
        (b"\0\5\0\0\3\0cmd", "its last key has no value"),
        (packet(), "its cmd is '', not one of spawn, respawn, stop, log"),
        (packet(cmd="reboot", vassal="a"), "its cmd is 'reboot', not one of"),
        (packet(cmd="spawn"), "spawn needs a vassal"),
        (packet(cmd="stop", vassal=""), "stop needs a vassal"),
        (packet(cmd="log", vassal="a"), "log needs a msg"),
    ],
)
def test_what_is_no_command(data: bytes, why: str) -> None:
    """Whatever is malformed, unknown or incomplete is refused with the reason."""
    with pytest.raises(BadCommandError) as caught:
        parse_command(data)
    assert str(caught.value).startswith(why)


def read_or_refuse(data: bytes) -> Command | None:
    """Return the command, or None for what is refused in the one way there is."""
    try:
        return parse_command(data)
    except BadCommandError:
        return None


@given(st.binary(max_size=200))
def test_junk_is_refused_or_understood(body: bytes) -> None:
    """No bytes do anything but give a command or the one error, also behind a header that fits them."""
    for data in (body, b"\0" + len(body).to_bytes(2, "little") + b"\0" + body):
        command = read_or_refuse(data)
        assert command is None or command.vassal or command.message


@given(st.sampled_from([verb for verb in Verb if verb is not Verb.LOG]), st.text(min_size=1, max_size=300))
def test_what_is_written_is_what_is_read(verb: Verb, name: str) -> None:
    """Names come through whatever letters they have."""
    name = name.encode("utf-8", "replace").decode()
    assert parse_command(packet(cmd=verb.value, vassal=name)) == Command(verb, name)


@given(st.integers(0, 60), st.integers(0, 255))
def test_one_wrong_byte(place: int, value: int) -> None:
    """A packet with any byte changed is still read as a command or refused."""
    data = bytearray(packet(cmd="respawn", vassal="some/where/app.ini", msg="x"))
    data[place % len(data)] = value
    command = read_or_refuse(bytes(data))
    assert command is None or command.verb in Verb


@asynccontextmanager
async def serving(path: Path) -> AsyncIterator[tuple[CommandSocket, Recorder, socket.socket]]:
    """A command socket, what it told, and a client of it."""
    listener, recorder = receive(str(path / "commands")), Recorder()
    commands = CommandSocket(listener, recorder, asyncio.get_running_loop())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect(str(path / "commands"))
        async with asyncio.timeout(LIMIT_SECONDS):
            yield commands, recorder, client
    commands.close()
    listener.close()


async def test_commands_are_obeyed_in_order(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each datagram is one command, told in the log."""
    caplog.set_level(logging.INFO)
    async with serving(tmp_path) as (_, recorder, client):
        for verb in ("spawn", "respawn", "stop"):
            client.send(packet(cmd=verb, vassal="app.ini"))
        for _ in range(3):
            await recorder.turns.get()
    assert recorder.told == ["spawn app.ini", "reload app.ini", "hold app.ini"]
    assert caplog.messages == [f"commanded to {verb} vassal app.ini" for verb in ("spawn", "respawn", "stop")]


async def test_complaints_are_limited_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of junk is one line, its number is kept, and it keeps no command from being obeyed."""
    monkeypatch.setattr(commands_module, "COMPLAINT_SECONDS", 1000.0)
    async with serving(tmp_path) as (commands, recorder, client):
        for _ in range(100):
            client.setblocking(False)
            try:
                client.send(b"junk")
            except BlockingIOError:  # the kernel's queue is short
                await asyncio.sleep(0)
        while commands.refused < 10:
            await asyncio.sleep(0)
        client.setblocking(True)
        client.send(packet(cmd="spawn", vassal="nobody.ini"))
        await recorder.turns.get()
    assert recorder.told == ["spawn nobody.ini"]
    assert commands.refused >= 11
    assert caplog.messages == [
        "the command socket got something that is no command: its header announces 28277 bytes, 0 came"
    ]


async def test_unknown_vassal_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A name that no vassal has is told."""
    async with serving(tmp_path) as (_, recorder, client):
        client.send(packet(cmd="stop", vassal="nobody.ini"))
        await recorder.turns.get()
    assert caplog.messages == ["the command socket was told to stop 'nobody.ini': there is no such vassal"]
