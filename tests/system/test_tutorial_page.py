"""The manual's tutorial works as it is written: its files are taken from the page itself."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.system.conftest import StartEmperor
from tests.system.waiting import wait_for

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
FILE = re.compile(r'```\w+ title="(?P<name>[^"]+)"\n(?P<text>.*?)```', re.DOTALL)


@pytest.fixture
def files() -> dict[str, str]:
    """Return the files that the page has its reader write, with ports that are free here."""
    files = {match["name"]: match["text"] for match in FILE.finditer(PAGE.read_text(encoding="utf-8"))}
    with socket.socket() as http, socket.socket() as application:
        for port, holder in (("8000", http), ("8001", application)):
            holder.bind(("127.0.0.1", 0))
            for name, text in files.items():
                files[name] = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{holder.getsockname()[1]}")
    return files


def fetch(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bytes(response.read())
    except OSError:
        return None


def test_the_page_from_top_to_bottom(
    start_emperor: StartEmperor, tmp_path: Path, files: dict[str, str], uwsgi_binary: str
) -> None:
    """One vassal, a second one while it runs, a change, a broken third one, and a stop that leaves only the files."""
    empire = tmp_path / "empire"
    for name in ("code/app.py", "static/style.css", "uwsgi.ini"):
        (empire / name).parent.mkdir(parents=True, exist_ok=True)
        (empire / name).write_text(files[name])
    emperor = start_emperor("*.ini", fake_vassals=False, cwd=empire, environment={"PYTHONDONTWRITEBYTECODE": "1"})
    emperor.wait_for_log("vassal uwsgi.ini is ready to accept requests")

    (empire / "http.ini").write_text(files["http.ini"])
    url = "http://" + str(re.search(r"http = (.*)", files["http.ini"])[1])  # type: ignore[index]
    page = wait_for(lambda: fetch(f"{url}/"), "the page", otherwise=emperor.log)
    assert page == b"<h1>Long live the Emperor</h1>"
    assert fetch(f"{url}/style.css") == files["static/style.css"].encode()
    pid = json.loads(fetch(f"{url}/facts.json") or b"")["pid"]

    (empire / "code" / "app.py").write_text(files["code/app.py"].replace("Long live", "Hail to"))
    (empire / "uwsgi.ini").touch()
    wait_for(lambda: fetch(f"{url}/") == b"<h1>Hail to the Emperor</h1>", "the change", otherwise=emperor.log)
    assert json.loads(fetch(f"{url}/facts.json") or b"")["pid"] != pid

    (empire / "broken.ini").write_text("module = nowhere\n")
    emperor.wait_for_log("unloyal bad behaving vassal found: broken.ini")
    assert fetch(f"{url}/") == b"<h1>Hail to the Emperor</h1>"
    (empire / "broken.ini").unlink()

    assert emperor.stop() == 0
    wait_for(lambda: not emperor.processes(), "no process left", otherwise=emperor.processes)
    left = {str(path.relative_to(empire)) for path in empire.rglob("*") if path.is_file()}
    assert left == set(files)
