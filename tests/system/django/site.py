"""A Django project: made by `startproject`, served by `manage.py uwsgi_run`, asked over HTTP, and buried."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.system.instance import Answer
from tests.system.waiting import LIMIT_SECONDS, wait_for

from .shop.cache_claims import BLOCK_BYTES, MAX_ENTRIES

_SETTINGS = """
INSTALLED_APPS = ["uwsgiconf.contrib.django.uwsgify", "shop", *INSTALLED_APPS]
UWSGIFY_RUNTIME_DIR = BASE_DIR / "run"
ROOT_URLCONF = "shop.urls"
MEDIA_ROOT = BASE_DIR / "media"
MEDIA_URL = "media/"
STATICFILES_DIRS = [BASE_DIR / "assets"]
CACHES = {
    "default": {
        "BACKEND": "uwsgiconf.contrib.django.uwsgify.cache.UwsgiCache",
        "LOCATION": "shared",
        "OPTIONS": {"MAX_ENTRIES": %(entries)d, "BLOCK_SIZE": %(block)d},
    },
    "plain": {"BACKEND": "uwsgiconf.contrib.django.uwsgify.cache.UwsgiCache", "LOCATION": "plain"},
    # The tests clear the others.
    "tasks": {"BACKEND": "uwsgiconf.contrib.django.uwsgify.cache.UwsgiCache", "LOCATION": "tasks"},
}
UWSGIFY_TASK_CACHE = "tasks"
"""

_CONFIGURATION = """\
from uwsgiconf.config import configure_uwsgi
from uwsgiconf.presets.nice import PythonSection


def get_configuration():
    section = PythonSection.bootstrap("http://127.0.0.1:{port}", workers=2, threads=False, log_into="{log}")
    section.master_process.set_reload_params(mercy=5)
    section.caching.add_cache("plain", 100).caching.set_basic_params(expire_scan_interval=1)
    return section


configure_uwsgi(get_configuration)
"""


class Site:
    """A project and the uWSGI that serves it.

    :param directory: Where `manage.py` is to be.
    :param port: Where it listens.
    :param pattern: A project to copy instead of making one.
    """

    def __init__(self, directory: Path, port: int, pattern: Site | None = None) -> None:
        self.directory, self.port = directory, port
        # Some of these would lead the project to other settings, or its uWSGI to other options.
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "UWSGI"))
        } | {"TMPDIR": os.fspath(directory), "PYTHONDONTWRITEBYTECODE": "1"}
        self._process: subprocess.Popen[bytes] | None = None
        if pattern:
            shutil.copytree(pattern.directory, directory, dirs_exist_ok=True)
        else:
            self._make()
        self._configure()

    def _make(self) -> None:
        self._run("-m", "django", "startproject", "mysite", ".")
        settings = self.directory / "mysite" / "settings.py"
        settings.write_text(settings.read_text() + _SETTINGS % {"entries": MAX_ENTRIES, "block": BLOCK_BYTES})
        shutil.copytree(Path(__file__).parent / "shop", self.directory / "shop")
        for name, content in (("media/hat.txt", "a hat"), ("assets/shop/look.css", "body { color: red }")):
            (self.directory / name).parent.mkdir(parents=True)
            (self.directory / name).write_text(content)
        self.manage("migrate", "--verbosity", "0")

    def _configure(self) -> None:
        configuration = _CONFIGURATION.format(port=self.port, log=self.directory / "uwsgi.log")
        (self.directory / "uwsgicfg.py").write_text(configuration)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def manage(self, *arguments: str) -> str:
        """Run a command of `manage.py`, and return what it prints."""
        return self._run("manage.py", *arguments)

    def start(self, *arguments: str) -> None:
        """Become served, and wait for the first answer."""
        with (self.directory / "start.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "uwsgi_run", *arguments],
                cwd=self.directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(lambda: self.is_gone() or self.ask(), "the first answer", otherwise=self.log)
        assert not self.is_gone(), self.log()

    def ask(self, path: str = "/") -> Answer | None:
        """What it answers to a GET; None if it does not."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as response:
                return Answer(response.status, response.read().decode(), dict(response.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), dict(error.headers))
        except OSError:
            return None

    def answer(self, path: str = "/") -> Answer:
        """What it answers to a GET."""
        found = self.ask(path)
        assert found is not None, self.log()
        return found

    def master_and_worker(self) -> tuple[int, int]:
        """The processes that an answer came from."""
        worker, master = self.answer().body.split()
        return int(master), int(worker)

    @property
    def pid(self) -> int:
        """The process that `manage.py uwsgi_run` was, and the master is."""
        assert self._process is not None
        return self._process.pid

    def is_gone(self) -> bool:
        """Whether it has ended, or was never started."""
        return self._process is None or self._process.poll() is not None

    def wait_for_end(self) -> int:
        """Wait until it ends, and return its exit code."""
        assert self._process is not None
        return self._process.wait(LIMIT_SECONDS)

    def log(self) -> str:
        """All that was logged so far, before its configuration was read and after."""
        files = [self.directory / name for name in ("start.log", "uwsgi.log")]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def wait_for_log(self, text: str) -> None:
        """Wait until it logs a text."""
        wait_for(lambda: text in self.log(), f"{text!r} in the log", otherwise=self.log)

    def lines(self, name: str) -> list[str]:
        """The lines of a file of the project; none if there is no such file."""
        path = self.directory / name
        return path.read_text().splitlines() if path.exists() else []

    def wait_for_lines(self, name: str, count: int) -> list[str]:
        """Wait until a file has that many lines, and return them."""
        return wait_for(
            lambda: found if len(found := self.lines(name)) >= count else [],
            f"{count} lines in {name}",
            otherwise=self.log,
        )

    def bury(self) -> None:
        """End it, and everything it started."""
        if not self.is_gone():
            os.kill(self.pid, signal.SIGINT)
            try:
                self._process.wait(10)  # type: ignore[union-attr]  # it is not gone
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self._process.wait()  # type: ignore[union-attr]
