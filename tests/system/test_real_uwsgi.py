"""Unmodified uWSGI under our Emperor: the protocol as it really is spoken."""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.request
from pathlib import Path

from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats
from tests.system.test_protocol_vassals import touch_later
from tests.system.waiting import wait_for

APPLICATION = """
import os, uwsgi
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [uwsgi.opt["answer"] + b" %d" % os.getppid()]
"""


def site(directory: Path, port: int, answer: str | None) -> str:
    """Return the configuration of a site that answers with a word and its master's pid.

    :param answer: None: it takes the word from a placeholder that somebody else sets.
    """
    return (
        f"[uwsgi]\nhttp-socket = 127.0.0.1:{port}\nmaster = true\nchdir = {directory}\nwsgi-file = app.py\n"
        f"worker-reload-mercy = 1\ndisable-logging = true\n"
        + (f"set-placeholder = answer={answer}\n" if answer is not None else "")
    )


def ask(port: int) -> str:
    """Return what the site answers, or nothing where it does not."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
            return str(response.read().decode())
    except OSError:
        return ""


def wait_for_answer(emperor: Empire, port: int, answer: str) -> int:
    """Wait for an answer that begins with a word, and return the master's pid in it."""
    text = wait_for(
        lambda: (said := ask(port)).startswith(f"{answer} ") and said, f"the answer {answer}", otherwise=emperor.log
    )
    return int(str(text).split()[1])


def test_site_comes_changes_and_goes(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, uwsgi_binary: str, free_port: int
) -> None:
    """Drop a file and the site is up; edit it and the same process serves the new one; kill it and it is back."""
    (tmp_path / "app.py").write_text(APPLICATION)
    file, stats = vassals / "site.ini", tmp_path / "stats"
    emperor = start_emperor(
        *("--emperor", str(vassals), "--binary-path", uwsgi_binary, "--emperor-stats", str(stats)),
        fake_vassals=False,
    )
    file.write_text(site(tmp_path, free_port, "first"))
    master = wait_for_answer(emperor, free_port, "first")
    emperor.wait_for_log("vassal site.ini has been spawned")
    emperor.wait_for_log("vassal site.ini is now loyal")

    file.write_text(site(tmp_path, free_port, "second"))
    assert wait_for_answer(emperor, free_port, "second") == master
    wait_for(lambda: read_stats(stats)["vassals"][0]["phase"] == "running", "the reload to be answered")

    os.kill(master, signal.SIGKILL)
    # Only what the Emperor says will do: a worker that is not dead yet may still answer, with another parent.
    wait_for(
        lambda: (vassal := read_stats(stats)["vassals"][0])["pid"] not in (-1, master) and vassal["accepting"],
        "a new master",
        otherwise=emperor.log,
    )

    file.unlink()
    emperor.wait_for_log("removed uwsgi instance site.ini (exited with 0)")
    assert ask(free_port) == ""


def test_broken_configuration_is_told_and_mended(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, uwsgi_binary: str, free_port: int
) -> None:
    """A site whose file uWSGI refuses is throttled; the mended file is tried at once."""
    (tmp_path / "app.py").write_text(APPLICATION)
    file = vassals / "site.ini"
    file.write_text("[uwsgi]\nstrict = true\nno-such-option = 1\n")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--binary-path", uwsgi_binary, "--emperor-throttle", "1000000"),
        fake_vassals=False,
    )
    emperor.wait_for_log("unloyal bad behaving vassal found: site.ini exited with 1")
    file.write_text(site(tmp_path, free_port, "mended"))
    wait_for_answer(emperor, free_port, "mended")


def test_templates_and_placeholders_reach_uwsgi(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, uwsgi_binary: str, free_port: int
) -> None:
    """`vassal-set` before, `vassals-include` after: a file that is almost empty is a whole site."""
    (tmp_path / "app.py").write_text(APPLICATION)
    (tmp_path / "common.ini").write_text(site(tmp_path, free_port, None))
    (vassals / "site.ini").write_text("[uwsgi]\n; nothing of its own\n")
    emperor = start_emperor(
        *("--emperor", str(vassals), "--binary-path", uwsgi_binary),
        *("--vassal-set", "answer=templated", "--vassals-include", str(tmp_path / "common.ini")),
        fake_vassals=False,
    )
    wait_for_answer(emperor, free_port, "templated")


def test_all_reload_on_hangup_without_changing_process(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, uwsgi_binary: str, free_port: int
) -> None:
    """SIGHUP gives every site its reload: same master, new workers, and stats count it."""
    (tmp_path / "app.py").write_text(APPLICATION)
    stats = tmp_path / "stats"
    (vassals / "site.ini").write_text(site(tmp_path, free_port, "up"))
    emperor = start_emperor(
        *("--emperor", str(vassals), "--binary-path", uwsgi_binary, "--emperor-stats", str(stats)),
        fake_vassals=False,
    )
    master = wait_for_answer(emperor, free_port, "up")
    emperor.send(signal.SIGHUP)
    emperor.wait_for_log("reload the uwsgi instance site.ini")
    wait_for(
        lambda: (vassal := read_stats(stats)["vassals"][0])["phase"] == "running" and vassal["respawns"] == 1,
        "the reload to be answered",
        otherwise=emperor.log,
    )
    assert wait_for_answer(emperor, free_port, "up") == master
    touch_later(vassals / "site.ini")
    wait_for(lambda: read_stats(stats)["vassals"][0]["respawns"] == 2, "the touch to be one reload more")


def test_vassal_hands_its_channel_on(
    start_emperor: StartEmperor, vassals: Path, tmp_path: Path, uwsgi_binary: str, free_port: int
) -> None:
    """`emperor-proxy-socket` in a vassal's file works: whoever takes the channel from there speaks for the vassal."""
    (tmp_path / "app.py").write_text(APPLICATION)
    proxy, file = tmp_path / "proxy", vassals / "proxy.ini"
    file.write_text(f"[uwsgi]\nmaster = true\nemperor-proxy-socket = {proxy}\n")
    emperor = start_emperor("--emperor", str(vassals), "--binary-path", uwsgi_binary, fake_vassals=False)
    emperor.wait_for_log("vassal proxy.ini has been spawned")
    wait_for(proxy.exists, "the vassal to offer its channel", otherwise=emperor.log)
    (tmp_path / "site.ini").write_text(site(tmp_path, free_port, "here"))
    successor = subprocess.Popen(
        [uwsgi_binary, str(tmp_path / "site.ini")],
        env=os.environ | {"UWSGI_EMPEROR_PROXY": str(proxy)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_answer(emperor, free_port, "here")
        emperor.wait_for_log("vassal proxy.ini is now loyal")
        file.unlink()
        assert successor.wait(30) == 0
    finally:
        successor.kill()
        successor.wait()
