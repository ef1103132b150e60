"""The real uWSGI as a judge: what it says its configuration is."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from uwsgiconf.dialects import DialectError, Evaluation, Host
from uwsgiconf.dialects.sources import Target

#: The uWSGI of this environment, in a process of its own: `uwsgi` may not be on the PATH.
UWSGI = [sys.executable, "-c", "import sys; sys.argv[0] = 'uwsgi'; from pyuwsgi import run; run()"]

_BEGIN, _END = b";uWSGI instance configuration\n[uwsgi]\n", b";end of configuration\n"


def told_by_uwsgi(directory: Path, target: str, environ: dict[str, str], option: str = "") -> str | None:
    """What uWSGI prints for `--show-config`, without its own command line; None if it refuses the file."""
    option = option or Target.parse(target).dialect
    command = [*UWSGI, "--show-config", "--no-server", f"--{option}", target]
    done = subprocess.run(
        command, cwd=directory, env=environ, capture_output=True, timeout=20, check=False, stdin=subprocess.DEVNULL
    )
    log = done.stderr + done.stdout
    if _BEGIN not in log:
        assert done.returncode != 0, log
        return None
    shown = log.partition(_BEGIN)[2].partition(_END)[0].decode("utf-8", "surrogateescape")
    return shown.partition(f"\n{option} = {target}\n")[2]


def told_by_us(directory: Path, target: str, environ: dict[str, str]) -> str | None:
    """The same from our own evaluation."""
    binary = os.path.realpath(sys.executable)  # what the wheel's uWSGI takes itself for
    host = Host(environ=environ, cwd=os.fspath(directory), version=version(), binary=binary)
    evaluation = Evaluation(host=host)
    try:
        evaluation.load(target, Target.parse(target).dialect)
        evaluation.finish()
    except DialectError:
        return None
    return "".join(f"{entry.name} = {entry.value}\n" for entry in evaluation.entries)


@cache
def version() -> str:
    """The version of the uWSGI that judges."""
    command = [*UWSGI, "--version"]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
