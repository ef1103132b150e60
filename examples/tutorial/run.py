"""What `make run` starts: the Emperor on this directory's two files, and the URL to open.

It is `imperator "*.ini"` with two things around it: another port where 8000 is taken, and the URL once it answers.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ANSWER_LIMIT_SECONDS = 60.0
STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def free_port(preferred: int) -> int:
    """Return the preferred TCP port of 127.0.0.1 if nobody listens there, else one that the kernel chooses."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            # uWSGI sets it too: what a server that has just ended leaves behind does not count as taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("no TCP port of 127.0.0.1 is free")


def start_emperor(http: str, application: str) -> subprocess.Popen[bytes]:
    """Start the Emperor in a session of its own, so that Ctrl-C reaches it once, from us, and vassals through it."""
    return subprocess.Popen(
        [sys.executable, "-m", "imperator", "*.ini"],
        cwd=HERE,
        env=os.environ | {"TUTORIAL_HTTP": http, "TUTORIAL_SOCKET": application, "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
    )


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_until_it_answers(emperor: subprocess.Popen[bytes], url: str) -> bool:
    """Return whether it does within the limit; no longer than the Emperor lives."""
    deadline = time.monotonic() + ANSWER_LIMIT_SECONDS
    while emperor.poll() is None and time.monotonic() < deadline:
        if answers(url):
            return True
        time.sleep(0.1)
    return False


def main() -> int:
    """Return the Emperor's exit code."""
    http, application = (f"127.0.0.1:{free_port(preferred)}" for preferred in (8000, 8001))
    emperor = start_emperor(http, application)
    for number in STOP:
        signal.signal(number, lambda *_: emperor.send_signal(signal.SIGINT))
    url = f"http://{http}/"
    if wait_until_it_answers(emperor, url):
        print(f"\n    The tutorial is served at {url}\n    Ctrl-C stops it.\n", flush=True)
    elif emperor.poll() is None:
        print(
            f"\n    {url} has not answered for {ANSWER_LIMIT_SECONDS:g} s: the log above says why.\n", file=sys.stderr
        )
        emperor.send_signal(signal.SIGINT)
    return emperor.wait()


if __name__ == "__main__":
    raise SystemExit(main())
