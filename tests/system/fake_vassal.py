"""A vassal that is quick to start, speaks the Emperor's protocol and writes down all it sees.

It stands in for uWSGI as `--emperor-wrapper`, so it gets uWSGI's command line. Each line of the journal (the file that
FAKE_VASSAL_JOURNAL names) is one JSON object, see `tests.system.journal`. Its configuration says how it behaves:

    [uwsgi]
    behave = ignore-stop

| behave | what it does |
|---|---|
| (nothing) | says spawned, accepting, loyal; obeys |
| exit CODE | ends at once, before it has said anything |
| disloyal CODE | says spawned, then ends |
| die CODE | says all three, then ends |
| mute | says nothing, obeys |
| never-ready | says spawned and no more |
| ignore-stop | hears the stop bytes and stays |
| close-channel | closes its channel and lives on |
| flood | writes bytes as fast as the channel takes them |
| say N... | says these bytes after the usual three |
"""

import json
import os
import select
import signal
import sys
import time
from typing import NoReturn

SPAWNED, CONFIG_WANTED, ACCEPTING, LOYAL = 1, 2, 5, 17
STOP, RELOAD, STOP_GRACEFULLY = 0, 1, 2
USUAL = (SPAWNED, ACCEPTING, LOYAL)
FLAGS = ("--ini", "--xml", "--yaml", "--json", "--config", "--inherit")


def note(event: str, **facts: object) -> None:
    """Append one line: a single write to an O_APPEND file, so that vassals never mix theirs."""
    line = json.dumps({"event": event, "pid": os.getpid(), "name": NAME, "at": time.monotonic(), **facts})
    journal = os.open(os.environ["FAKE_VASSAL_JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    os.write(journal, line.encode() + b"\n")
    os.close(journal)


def name_on_the_command_line(argv: list[str]) -> str:
    """Return what follows the last configuration flag that is not a template's."""
    places = [place for place, word in enumerate(argv) if word in FLAGS[:-1]] or [argv.index("--inherit")]
    return argv[places[-1] + 1]


def read_config() -> str:
    """Return the configuration: from the configuration pipe if there is one, else from the file."""
    pipe = os.environ.get("UWSGI_EMPEROR_FD_CONFIG")
    if pipe is None:
        try:
            with open(NAME, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            leave("its file is gone", 1)
    header = os.read(int(pipe), 4)
    left, text = int.from_bytes(header[1:3], "little"), b""
    while left and (piece := os.read(int(pipe), left)):
        text, left = text + piece, left - len(piece)
    return text.decode(errors="replace")


def behaviour_in(config: str) -> tuple[str, list[int]]:
    """Return the word of the `behave` line and its numbers."""
    for line in config.splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "behave" and value.split():
            word, *numbers = value.split()
            return word, [int(number) for number in numbers]
    return "", []


def leave(because: str, code: int = 0) -> NoReturn:
    note("left", because=because, code=code)
    sys.exit(code)


def say(*messages: int) -> None:
    if messages:
        os.write(CHANNEL, bytes(messages))


def load() -> str:
    """Do what uWSGI does from its first instruction to its first request; return the word it behaves by."""
    config = read_config()
    note("loaded", config=config)
    word, numbers = behaviour_in(config)
    if word == "exit":
        leave("told to", *numbers)
    say(*{"mute": (), "never-ready": USUAL[:1], "disloyal": USUAL[:1]}.get(word, USUAL))
    if word in {"disloyal", "die"}:
        leave("told to", *numbers)
    if word == "say":
        say(*numbers)
    if word == "close-channel":
        os.close(CHANNEL)
        while True:
            signal.pause()
    return word


def flood_until_there_is_something_to_read() -> None:
    os.set_blocking(CHANNEL, False)
    while not select.select([CHANNEL], [], [], 0)[0]:
        select.select([CHANNEL], [CHANNEL], [])
        try:
            os.write(CHANNEL, b"\x63" * 4096)
        except BlockingIOError:
            continue
    os.set_blocking(CHANNEL, True)


def obey(word: str) -> None:
    """Answer the Emperor until told to stop, or until it is gone."""
    while True:
        if word == "flood":
            flood_until_there_is_something_to_read()
        try:
            message = os.read(CHANNEL, 1)
        except ConnectionResetError:  # it is gone, and had not heard all that we said
            message = b""
        if not message:
            leave("the Emperor is gone", 1)
        note("heard", byte=message[0])
        if message[0] in {STOP, STOP_GRACEFULLY} and word != "ignore-stop":
            leave("told to")
        if message[0] == RELOAD:
            if "UWSGI_EMPEROR_FD_CONFIG" in os.environ:
                say(CONFIG_WANTED)
            word = load()


NAME = name_on_the_command_line(sys.argv)
CHANNEL = int(os.environ["UWSGI_EMPEROR_FD"])

if __name__ == "__main__":
    note(
        "started",
        argv=sys.argv[1:],
        environment={key: value for key, value in os.environ.items() if key.startswith(("UWSGI_", "NOTIFY_"))},
        directory=os.getcwd(),
        stdin=os.readlink("/proc/self/fd/0"),
        descriptors=sorted(int(name) for name in os.listdir("/proc/self/fd")),
        uid=os.getuid(),
        gid=os.getgid(),
    )
    obey(load())
