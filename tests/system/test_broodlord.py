"""Broodlord mode: a vassal that asks for reinforcements gets zergs, and they go when they have nothing to do."""

from __future__ import annotations

import threading
import urllib.request
from pathlib import Path

from tests.system.conftest import StartEmperor
from tests.system.test_protocol_vassals import touch_later, wait_for_heard, wait_for_starts
from tests.system.waiting import wait_for

STOP, RELOAD = 0, 1
ZERG = "app.ini:zerg"


def config(behaviour: str) -> str:
    return f"[uwsgi]\nbehave = {behaviour}\n"


def test_reinforcements_come_up_to_the_limit_and_end_with_their_vassal(
    start_emperor: StartEmperor, vassals: Path
) -> None:
    """Each call for help is one zerg more, never above `emperor-broodlord`; all of them end with the vassal."""
    file = vassals / "app.ini"
    file.write_text(config("say 30"))
    # A zerg reads another section of the same file, which to the fake vassal is a file of that name.
    (vassals / ZERG).write_text(config(""))
    emperor = start_emperor("--emperor", str(vassals), "--emperor-broodlord", "2")
    for count in (1, 2):
        wait_for_starts(emperor, ZERG, count)
        wait_for(lambda: ZERG in emperor.journal.running(), "the zerg to run", otherwise=emperor.log)
        touch_later(file)  # it reloads, and asks again
    wait_for(lambda: emperor.journal.heard("app.ini") == [RELOAD, RELOAD], "both reloads", otherwise=emperor.log)
    numbers = [entry.facts["environment"]["UWSGI_BROODLORD_NUM"] for entry in emperor.journal.starts(ZERG)]
    assert numbers == ["1", "2"]
    assert emperor.journal.starts(ZERG)[0].facts["argv"][-2:] == ["--ini", ZERG]
    file.unlink()
    wait_for(lambda: emperor.journal.heard(ZERG).count(STOP) == 2, "the zergs to be stopped", otherwise=emperor.log)
    wait_for(lambda: not emperor.journal.running(), "nothing to run", otherwise=emperor.log)


def test_zerg_that_has_nothing_to_do_is_gone(start_emperor: StartEmperor, vassals: Path) -> None:
    """A zerg that says it is done is not started again, and makes room for another."""
    (vassals / "app.ini").write_text(config("say 30"))
    (vassals / ZERG).write_text(config("say 22"))
    emperor = start_emperor("--emperor", str(vassals), "--emperor-broodlord", "1")
    wait_for_heard(emperor, ZERG, [STOP])
    wait_for(lambda: emperor.log().count(f"removed uwsgi instance {ZERG}") == 1, "it to be gone", otherwise=emperor.log)
    touch_later(vassals / "app.ini")  # it reloads, and asks again
    wait_for_starts(emperor, ZERG, 2)
    assert emperor.journal.starts(ZERG)[1].facts["environment"]["UWSGI_BROODLORD_NUM"] == "1"


def test_zerg_that_crashes_is_started_again(start_emperor: StartEmperor, vassals: Path) -> None:
    """A zerg that dies by accident comes back, through the blacklist like every vassal."""
    (vassals / "app.ini").write_text(config("say 30"))
    (vassals / ZERG).write_text(config("exit 1"))
    emperor = start_emperor("--emperor", str(vassals), "--emperor-broodlord", "1", "--emperor-throttle", "100")
    wait_for_starts(emperor, ZERG, 2)
    emperor.wait_for_log(f"unloyal bad behaving vassal found: {ZERG} exited with 1")


def test_without_broodlord_mode_nobody_is_reinforced(start_emperor: StartEmperor, vassals: Path) -> None:
    """The call for help is heard and left alone where no zergs are allowed."""
    (vassals / "app.ini").write_text(config("say 30 5"))
    emperor = start_emperor("--emperor", str(vassals))
    emperor.wait_for_log("vassal app.ini is now loyal")
    touch_later(vassals / "app.ini")
    wait_for_heard(emperor, "app.ini", [RELOAD])
    assert emperor.journal.starts(ZERG) == []


REAL = """[uwsgi]
socket = 127.0.0.1:{port}
protocol = http
master = true
zerg-server = {directory}/zerg.socket
vassal-sos-backlog = 1
vassal-sos = 1
listen = 10
wsgi-file = {directory}/app.py
disable-logging = true
worker-reload-mercy = 1

[zerg]
zerg = {directory}/zerg.socket
protocol = http
master = true
wsgi-file = {directory}/app.py
idle = 2
die-on-idle = true
disable-logging = true
worker-reload-mercy = 1
"""

SLOW = """
import os, time
def application(environ, start_response):
    time.sleep(0.3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getppid()]
"""


def test_real_load_brings_zergs_and_their_idleness_takes_them_away(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, uwsgi_binary: str, free_port: int
) -> None:
    """A real vassal under load is joined by zergs that answer on its socket; when the load is gone so are they."""
    (tmp_path / "app.py").write_text(SLOW)
    (vassals / "app.ini").write_text(REAL.format(directory=tmp_path, port=free_port))
    emperor = start_emperor(
        *("--emperor", str(vassals), "--binary-path", uwsgi_binary, "--emperor-broodlord", "3"), fake_vassals=False
    )
    emperor.wait_for_log("vassal app.ini is ready to accept requests")
    enough, masters = threading.Event(), set[str]()

    def load() -> None:
        while not enough.is_set():
            with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/", timeout=30) as answer:
                masters.add(answer.read().decode())

    crowd = [threading.Thread(target=load) for _ in range(8)]
    for one in crowd:
        one.start()
    try:
        wait_for(lambda: len(masters) >= 2, "answers from more than one master", otherwise=emperor.log)
    finally:
        enough.set()
        for one in crowd:
            one.join()
    assert "going in broodlord mode: launching zerg 1 for app.ini" in emperor.log()
    zergs = emperor.log().count("going in broodlord mode")
    wait_for(
        lambda: emperor.log().count(f"removed uwsgi instance {ZERG}") >= zergs,
        "all zergs to be gone",
        otherwise=emperor.log,
    )
