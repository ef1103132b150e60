"""Units that let the system start uWSGI: systemd and upstart."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .config import Section

TYPE_SYSTEMD = "systemd"
TYPE_UPSTART = "upstart"

TYPES = [TYPE_SYSTEMD, TYPE_UPSTART]

_SYSTEMD = """\
[Unit]
Description={project} on uWSGI
After=network.target

[Service]
Type=notify
NotifyAccess=all
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
KillSignal=SIGINT
Restart=on-failure
WorkingDirectory={directory}
{environment}
[Install]
WantedBy=multi-user.target
"""

_UPSTART = """\
description "{project} on uWSGI"

start on runlevel [2345]
stop on runlevel [06]

respawn
kill signal INT
chdir {directory}
exec {command}
"""


def get_tpl_systemd(conf: Section) -> str:
    """The template of a systemd service.

    uWSGI tells systemd itself when it is ready. SIGINT ends it always; of SIGTERM and SIGQUIT one reloads it, which one
    depends on `die-on-term`.

    :param conf: The section the service runs. A runtime directory below `/run` is made for it.
    """
    runtime = conf.get_runtime_dir(default=False)
    below_run = os.path.relpath(runtime, "/run") if runtime.startswith("/run/") else ""
    name = quoted(below_run).replace("{", "{{").replace("}", "}}")  # it becomes a part of the template
    return _SYSTEMD.replace("{environment}", f"RuntimeDirectory={name}\n" if below_run else "")


def get_tpl_upstart(conf: Section) -> str:
    """The template of an upstart job.

    :param conf: The section the job runs.
    """
    return _UPSTART


TEMPLATES: dict[str, Callable[[Section], str]] = {
    TYPE_SYSTEMD: get_tpl_systemd,
    TYPE_UPSTART: get_tpl_upstart,
}


def get_config(
    systype: str,
    *,
    conf: Section,
    conf_path: str,
    runner: str | None = None,
    project_name: str | None = None,
    arguments: Sequence[str] = (),
) -> str:
    """The unit that starts a configuration with the system.

    :param systype: One of `TYPES`.
    :param conf: The section it runs.
    :param conf_path: The module that describes it.
    :param runner: The command that runs the module. Default: the `uwsgiconf` beside this Python, with `run`.
    :param project_name: The name of the service. Default: that of the project, else of the directory of the module.
    :param arguments: Further arguments of the command, after the module.
    :raises ConfigurationError: There is no such type.
    """
    if systype not in TEMPLATES:
        raise ConfigurationError(
            "get_config: systype",
            wanted=" or ".join(repr(known) for known in TYPES),
            found=repr(systype),
            remedy="Use one of these.",
        )
    path = os.path.abspath(conf_path)
    directory = os.path.dirname(path)
    project = (project_name or conf.project_name or os.path.basename(directory) or "project").replace("\n", " ")
    quote: Callable[[str], str] = quoted
    if systype == TYPE_SYSTEMD:
        project, directory = project.replace("%", "%%"), directory.replace("%", "%%")
    else:
        quote = shlex.quote  # upstart leaves commands to a shell
    run = runner or f"{quote(os.path.join(os.path.dirname(sys.executable), 'uwsgiconf'))} run"
    command = " ".join([run, *map(quote, [path, *arguments])])
    return TEMPLATES[systype](conf).format(project=project, command=command, directory=directory)


def quoted(text: str) -> str:
    """A word as systemd takes it in commands and lists, where % and $ have a meaning too."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if set(escaped) & set(" \t\"'\\;") else escaped
