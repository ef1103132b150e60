"""Hooks in uWSGI's words, turned into steps."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from imperator.policy.vassal import VassalSpec
from imperator.settings import Hooks

__all__ = [
    "ACTIONS",
    "Act",
    "after_launch",
    "as_vassal",
    "as_waiting",
    "before_drop",
    "before_launch",
    "emperor_lost",
    "emperor_reload",
    "emperor_start",
    "emperor_stop",
    "in_namespaces",
    "read_hook",
    "stop",
]

Act = tuple[Any, ...]
"""One step of `imperator.process.stage`."""

ACTIONS = (
    *("append", "appendn", "cd", "chdir", "creat", "create", "exec", "exit", "hostname", "log", "mkdir", "mount"),
    *("print", "safeexec", "umount", "unlink", "write", "writefifo", "writen"),
)
"""What `imperator.process.actions` can do."""


def read_hook(text: str) -> tuple[str, str, bool]:
    """Take a hook apart.

    :param text: ``ACTION:ARGUMENTS``; an ``!`` before it keeps it out of the log.
    :returns: Action, arguments, and whether it is private.
    :raises ValueError: There is no such action.
    """
    action, colon, argument = text.removeprefix("!").partition(":")
    if not colon or action not in ACTIONS:
        raise ValueError(text)
    return action, argument, text.startswith("!")


def before_drop(hooks: Hooks) -> list[Act]:
    """Return what a vassal's process does before it drops privileges."""
    return _steps("as-vassal-before-drop", hooks.as_vassal_before_drop, is_fatal=True)


def as_vassal(hooks: Hooks, name: str, directory: str) -> list[Act]:
    """Return what a vassal's process does right before the vassal's program."""
    steps = [_command("start-hook", hooks.vassals_start, name, directory)] if hooks.vassals_start else []
    steps += _steps("as-vassal", hooks.as_vassal, is_fatal=True)
    steps += _steps("as-vassal", _with("mount", hooks.mount_as_vassal), is_fatal=True)
    steps += _steps("as-vassal", _with("umount", hooks.umount_as_vassal), is_fatal=True)
    steps += _steps("as-vassal", _with("exec", hooks.exec_as_vassal), is_fatal=True)
    return steps


def before_launch(hooks: Hooks) -> list[Act]:
    """Return the errands that a vassal's start waits for."""
    return _steps("as-emperor-before-vassal", hooks.as_emperor_before_vassal, is_fatal=False)


def after_launch(hooks: Hooks, name: str, pid: int, uid: int, gid: int) -> list[Act]:
    """Return the errands that follow a vassal's start."""
    more = _of_vassal(name, pid, uid, gid)
    phase = "as-emperor"
    return [
        *_steps(phase, hooks.as_emperor, is_fatal=False, more=more),
        *_steps(phase, _with("mount", hooks.mount_as_emperor), is_fatal=False),
        *_steps(phase, _with("umount", hooks.umount_as_emperor), is_fatal=False),
        *_steps(phase, _with("exec", hooks.exec_as_emperor), is_fatal=False, more=more),
    ]


def in_namespaces(hooks: Hooks, name: str, pid: int, uid: int, gid: int) -> list[Act]:
    """Return what is done in the namespaces of a vassal."""
    more = _of_vassal(name, pid, uid, gid)
    return _steps("as-emperor-setns", hooks.as_emperor_setns, is_fatal=False, more=more)


def as_waiting(hooks: Hooks, spec: VassalSpec, *, is_news: bool) -> list[Act]:
    """Return what is done as a vassal that waits for a connection.

    :param is_news: Its configuration has changed; else it just begins to wait.
    """
    more = {
        "UWSGI_VASSAL_CONFIG": spec.name,
        "UWSGI_VASSAL_SOCKET": spec.socket or "",
        "UWSGI_VASSAL_UID": str(spec.uid),
        "UWSGI_VASSAL_GID": str(spec.gid),
    }
    if is_news:
        return _steps("as-on-config-vassal", hooks.as_on_config_vassal, is_fatal=False, more=more)
    return _steps("as-on-demand-vassal", hooks.as_on_demand_vassal, is_fatal=False, more=more)


def emperor_stop(hooks: Hooks) -> list[Act]:
    """Return what is done when our own Emperor tells us to stop."""
    return _steps("emperor-stop", hooks.emperor_stop, is_fatal=False)


def emperor_reload(hooks: Hooks) -> list[Act]:
    """Return what is done when our own Emperor tells us to reload."""
    return _steps("emperor-reload", hooks.emperor_reload, is_fatal=False)


def emperor_lost(hooks: Hooks) -> list[Act]:
    """Return what is done when our own Emperor is gone."""
    return _steps("emperor-lost", hooks.emperor_lost, is_fatal=False)


def stop(hooks: Hooks, name: str, directory: str) -> list[Act]:
    """Return the errand that follows the end of a vassal's process."""
    return [_command("stop-hook", hooks.vassals_stop, name, directory)] if hooks.vassals_stop else []


def emperor_start(hooks: Hooks) -> list[Act]:
    """Return what has to succeed before there are vassals."""
    return _steps("emperor-start", hooks.emperor_start, is_fatal=True)


def _of_vassal(name: str, pid: int, uid: int, gid: int) -> dict[str, str]:
    return {
        "UWSGI_VASSAL_CONFIG": name,
        "UWSGI_VASSAL_PID": str(pid),
        "UWSGI_VASSAL_UID": str(uid),
        "UWSGI_VASSAL_GID": str(gid),
    }


def _with(action: str, arguments: Iterable[str]) -> list[str]:
    return [f"{action}:{argument}" for argument in arguments]


def _steps(phase: str, hooks: Iterable[str], *, is_fatal: bool, more: Mapping[str, str] | None = None) -> list[Act]:
    return [("hook", phase, is_fatal, *read_hook(hook), _encoded(more or {})) for hook in hooks]


def _command(phase: str, command: str | None, name: str, directory: str) -> Act:
    assert command is not None, "only what was told is run"
    return ("command", phase, [os.fsencode(command), os.fsencode(name)], _encoded({"UWSGI_VASSALS_DIR": directory}))


def _encoded(environment: Mapping[str, str]) -> dict[bytes, bytes]:
    return {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
