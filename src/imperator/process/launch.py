"""Making a vassal's process: its command line, its environment, its descriptors."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from imperator.errors import ImperatorError
from imperator.policy.vassal import ZERG_SUFFIX, VassalSpec
from imperator.process.binary import Binary, find_binary, read_binary
from imperator.process.limits import lowered_descriptor_limit
from imperator.process.stages import Stages
from imperator.process.staging import Identity, Staging
from imperator.settings import Hooks, Launching, Settings

__all__ = ["MAX_CONFIG_BYTES", "LaunchError", "Launched", "Launcher", "NoBinaryError", "open_pidfd"]

_log = logging.getLogger(__name__)

_CHANNEL = 3
_CONFIG_CHANNEL = 4
"""Where a vassal finds its ends. Always the same, so the environment is made once for all."""

_Place = tuple[int, int]
"""A descriptor of ours, and where the vassal has it."""
_FileAction = tuple[int, ...] | tuple[int, int, str, int, int]
_NO_HOOKS = Hooks()
MAX_CONFIG_BYTES = 0xFFFF
"""What one message of the configuration pipe carries."""
_CONFIG_MODIFIER = 115

_FLAGS = {
    ".ini": "--ini",
    ".xml": "--xml",
    ".yml": "--yaml",
    ".yaml": "--yaml",
    ".js": "--json",
    ".json": "--json",
}

# Python ignores these for itself; a program that starts with them ignored would miss broken pipes and full disks.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)

_NOT_EXECUTABLE = (errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ENOTDIR, errno.EPERM, errno.ELOOP, errno.ETXTBSY)
"""Why `execvp` of one program fails where the next may do; anything else is the machine's trouble."""


class LaunchError(ImperatorError):
    """A vassal could not be given a process."""


class NoBinaryError(ImperatorError):
    """There is nothing vassals could be started with."""


@dataclass(slots=True)
class Launched:
    """One process of a vassal, as the Emperor holds it.

    :param channel: The Emperor's end of the channel, -1 once closed.
    :param pidfd: Descriptor of the process: readable once it is dead, and never another process.
    :param config_channel: The Emperor's end of the configuration pipe, -1 where there is none.
    :param config: What goes through that pipe; None where there is none.
    :param owner: User and group it runs as. None: ours.
    :param way: The program and the directory that its attributes asked for.
    """

    pid: int
    channel: int
    pidfd: int
    config_channel: int = -1
    config: bytes | None = None
    owner: tuple[int, int] | None = None
    way: tuple[str | None, str | None] = (None, None)

    def close_channel(self) -> None:
        """Close our end of the channel, once."""
        if self.channel != -1:
            os.close(self.channel)
            self.channel = -1

    def close(self) -> None:
        """Close all that we hold of it, once."""
        self.close_channel()
        _close(self.pidfd, self.config_channel)
        self.pidfd = self.config_channel = -1


class Launcher:
    """Starts vassals' processes.

    :param extra_extensions: Endings that uWSGI is told nothing about (``--config``).
    :param environment: What vassals inherit, before the protocol's own changes.
    :param hooks: What vassals' own processes do before they become the vassal's program.
    :param descriptor_limit: Soft limit of open files that vassals get. None: ours.
    :param capabilities: Those of ours that what is done before a vassal's program may take, see `Stages`.
    :param speaks_json: What that tells is JSON.
    :raises NoBinaryError: Neither a wrapper nor a binary can be found.
    """

    def __init__(
        self,
        launching: Launching,
        extra_extensions: Sequence[str] = (),
        environment: Mapping[str, str] = os.environ,
        descriptor_limit: int | None = None,
        *,
        hooks: Hooks = _NO_HOOKS,
        capabilities: Sequence[int] = (),
        speaks_json: bool = False,
    ) -> None:
        self._binary = _choose_binary(launching)
        self._overrides = launching.wrapper_overrides
        self._fallbacks = launching.wrapper_fallbacks
        self._head = _arguments_before(launching)
        self._tail = _arguments_after(launching)
        self._extra_extensions = tuple(extra_extensions)
        self._magic_exec = launching.magic_exec
        self._tyrant = launching.tyrant
        self._wrapper_attribute = launching.wrapper_attribute
        self._directory_attribute = launching.directory_attribute
        self._staging = Staging.for_settings(launching, hooks, gives_up_capabilities=bool(capabilities))
        # A process group of its own: a Ctrl-C at the terminal is the Emperor's business, and what a vassal that has to
        # be killed has started goes with it. Another user's has a session of its own, lest it types into ours.
        alone = {"setsid": True} if launching.tyrant else {"setpgroup": 0}
        self._posix_spawn: Callable[..., int] = partial(os.posix_spawnp, **alone)
        self._environment = _vassal_environment(environment)
        self._environment_with_config = {
            **self._environment,
            b"UWSGI_EMPEROR_FD_CONFIG": str(_CONFIG_CHANNEL).encode(),
        }
        # The Emperor needs two descriptors a vassal and raises its limit; uWSGI walks through all it might have.
        self._their_descriptor_limit = descriptor_limit
        namespaces = self._staging.born_with
        self._stages = Stages(
            self._environment, descriptor_limit, namespaces, capabilities=capabilities, speaks_json=speaks_json
        )

    @classmethod
    def for_settings(
        cls, settings: Settings, environment: Mapping[str, str] = os.environ, descriptor_limit: int | None = None
    ) -> Self:
        """Make the one that an Emperor's settings ask for."""
        return cls(
            settings.launching,
            settings.watching.extra_extensions,
            environment,
            descriptor_limit,
            hooks=settings.hooks,
            capabilities=settings.hosting.capabilities or (),
            speaks_json=settings.logging.as_json,
        )

    def command_line(self, spec: VassalSpec) -> list[str]:
        """Build what is executed for a vassal where nothing comes before wrapper or binary, argument 0 included."""
        binary = self._binary_of(spec)
        return [binary.path, *binary.arguments, *self._head, self._flag(spec.name), self._name_of(spec), *self._tail]

    def _name_of(self, spec: VassalSpec) -> str:
        """Return what uWSGI gets as the name of the configuration."""
        if spec.config is not None:
            return f"emperor://{spec.name}"
        path = os.path.join(spec.directory, spec.name)
        name = path if self._way_of(spec)[1] is not None else spec.name
        is_program = self._magic_exec and os.access(path, os.R_OK | os.X_OK)
        return f"exec://{name}" if is_program else name

    def _way_of(self, spec: VassalSpec) -> tuple[str | None, str | None]:
        """Return the program and the directory that a vassal's attributes ask for."""
        wrapper, directory = self._wrapper_attribute, self._directory_attribute
        return (
            (spec.attribute(wrapper) or None) if wrapper is not None else None,
            (spec.attribute(directory) or None) if directory is not None else None,
        )

    def _binary_of(self, spec: VassalSpec) -> Binary:
        wrapper = self._way_of(spec)[0]
        return self._binary if wrapper is None else Binary(wrapper)

    def _programs_of(self, spec: VassalSpec) -> tuple[str, ...]:
        """Return what is tried, one after the other."""
        return (*self._overrides, self._binary_of(spec).path, *self._fallbacks)

    def _directory_of(self, spec: VassalSpec) -> str:
        """Return where a vassal starts."""
        directory = self._way_of(spec)[1]
        return spec.directory if directory is None else os.path.join(spec.directory, directory)

    def prepare(self) -> None:
        """Start what makes vassals' processes, where that takes one.

        :raises LaunchError: It cannot be started.
        """
        if not self._staging.is_needed:
            return
        try:
            self._stages.start()
        except OSError as failure:
            raise LaunchError(
                "the process that starts vassals",
                wanted=f"to run {sys.executable}",
                found=failure.strerror or str(failure),
                remedy=_REMEDIES.get(failure.errno, "See the system's log and limits."),
            ) from failure

    def close(self) -> None:
        """Keep nothing ready any longer."""
        self._stages.close()

    def launch(self, spec: VassalSpec, listener: int | None = None) -> Launched:
        """Start a process for a vassal. Returns once it executes the binary, not once it is ready.

        :param listener: The socket of an on-demand vassal: uWSGI takes a socket on descriptor 0 as its first one.
        :raises LaunchError: It could not be started; nothing is left behind.
        """
        try:
            # A spawned process starts where its parent is, and uWSGI's Emperor moves about in just this way. We go even
            # where we are by name: that may be another directory by now.
            os.chdir(spec.directory)
        except (OSError, ValueError) as failure:
            raise _launch_error(spec, f"to enter its directory {spec.directory}", failure) from failure
        try:
            return self._launch(spec, listener)
        except (OSError, ValueError) as failure:
            raise _launch_error(spec, f"to start {' or '.join(self._programs_of(spec))}", failure) from failure

    def prepare_reload(self, spec: VassalSpec, held: Launched) -> bool:
        """Have ready what a process reads when it reloads.

        :param spec: As it was judged now.
        :returns: False: it has to start anew, for it runs as another user, may read its file by itself no longer, or
            another program or directory is asked for.
        """
        if self._tyrant and (spec.uid, spec.gid) != held.owner:
            return False
        if (spec.config is None) != (held.config is None) or self._way_of(spec) != held.way:
            return False
        held.config = spec.config
        return True

    def _flag(self, name: str) -> str:
        name = name.removesuffix(ZERG_SUFFIX)
        if self._extra_extensions and name.endswith(self._extra_extensions):
            return "--config"
        return _FLAGS.get(os.path.splitext(name)[1], "--inherit")

    def _launch(self, spec: VassalSpec, listener: int | None) -> Launched:
        channel, theirs = _socket_pair()
        config_channel = their_config = -1
        try:
            descriptors = [(theirs, _CHANNEL)] if listener is None else [(listener, 0), (theirs, _CHANNEL)]
            environment = self._environment
            if spec.config is not None:
                config_channel, their_config = _socket_pair()
                # The channel's end was opened first and so is the lower: filling 3 and then 4 overwrites neither.
                descriptors.append((their_config, _CONFIG_CHANNEL))
                environment = self._environment_with_config
                send_config(config_channel, spec.config)
            if spec.zerg:
                environment = {**environment, b"UWSGI_BROODLORD_NUM": str(spec.zerg).encode()}
            spawn = self._spawn_staged if self._staging.is_needed else self._spawn_first
            pid = spawn(spec, environment, descriptors)
            pidfd = open_pidfd(pid)
        except BaseException:
            _close(channel, config_channel)
            raise
        finally:
            _close(theirs, their_config)
        owner = (spec.uid, spec.gid) if self._tyrant else None
        return Launched(pid, channel, pidfd, config_channel, spec.config, owner, self._way_of(spec))

    def _spawn_first(self, spec: VassalSpec, environment: Mapping[bytes, bytes], descriptors: list[_Place]) -> int:
        """Spawn the first of our programs that can be executed."""
        command_line = self.command_line(spec)
        *first, last = self._programs_of(spec)
        for program in first:
            command_line[0] = program
            try:
                return self._spawn(command_line, environment, descriptors)
            except OSError as failure:
                if failure.errno not in _NOT_EXECUTABLE:
                    raise
                self._tell_next(spec, program, failure)
        command_line[0] = last
        return self._spawn(command_line, environment, descriptors)

    def _spawn_staged(self, spec: VassalSpec, environment: Mapping[bytes, bytes], descriptors: list[_Place]) -> int:
        """Spawn what drops privileges, does what else there is to do, and becomes the vassal's program."""
        identity = Identity(spec.uid, spec.gid) if self._tyrant else None
        programs, command_line, directory = self._programs_of(spec), self.command_line(spec), self._directory_of(spec)
        if directory == spec.directory:
            wrapped = self._staging.wrap(programs, command_line, identity)
            if wrapped is not None:
                return self._spawn(wrapped, environment, descriptors)
        steps = self._staging.steps(spec, programs, command_line, identity, directory)
        return self._stages.make(spec.name, environment, steps, descriptors)

    def _tell_next(self, spec: VassalSpec, program: str, failure: OSError) -> None:
        # An override that is not there is how overrides are meant to be used; a missing binary is not.
        level = logging.DEBUG if program != self._binary.path else logging.WARNING
        tried, what = f"{program} cannot be executed ({failure.strerror})", {"vassal": spec.name, "event": "fallback"}
        _log.log(level, "vassal %s: %s: trying the next program", spec.name, tried, extra=what)

    def _spawn(self, command_line: list[str], environment: Mapping[bytes, bytes], descriptors: list[_Place]) -> int:
        actions: list[_FileAction] = [(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in descriptors]
        if descriptors[0][1] != 0:
            actions.insert(0, (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0))
        with lowered_descriptor_limit(self._their_descriptor_limit):
            return self._posix_spawn(
                command_line[0],
                command_line,
                environment,
                file_actions=actions,
                setsigmask=(),
                setsigdef=_IGNORED_BY_PYTHON,
            )


def send_config(config_channel: int, config: bytes) -> None:
    """Write a configuration's text into a vassal's configuration pipe.

    :param config: At most 65,535 bytes.
    :raises OSError: It is longer than one message of the protocol carries, or the vassal does not take it.
    """
    if len(config) > MAX_CONFIG_BYTES:
        raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
    header = bytes((_CONFIG_MODIFIER, len(config) & 0xFF, len(config) >> 8, 0))
    os.write(config_channel, header + config)


def _choose_binary(launching: Launching) -> Binary:
    others = launching.wrapper_overrides + launching.wrapper_fallbacks
    if launching.wrapper is not None:
        if not others:
            _check_executable("--emperor-wrapper", launching.wrapper)
        return Binary(launching.wrapper)
    if launching.binary is not None:
        if not others:
            _check_executable("--binary-path", launching.binary)
        return read_binary(launching.binary)
    found = find_binary() or ("uwsgi" if others else None)
    if found is None:
        raise NoBinaryError(
            "uwsgi",
            wanted="a uWSGI binary to start vassals with",
            found="none beside our Python nor on PATH",
            remedy='Install one with `pip install "imperator[uwsgi]"`, or name one with --binary-path.',
        )
    return read_binary(found)


def _check_executable(option: str, path: str) -> None:
    if "/" in path and not os.path.isabs(path):
        return  # relative to the vassals' directories, as execvp would have it
    if shutil.which(path) is None:
        raise NoBinaryError(
            option,
            wanted="something to start vassals with",
            found=f"{path}, which " + ("may not be executed" if os.path.exists(path) else "does not exist"),
            remedy="Name an executable file, or a program on PATH.",
        )


def _arguments_before(launching: Launching) -> list[str]:
    return [
        *_each("--inherit", launching.inherits_before),
        *_each("--include", launching.includes_before),
        *_each("--set", launching.placeholders),
    ]


def _arguments_after(launching: Launching) -> list[str]:
    return [*_each("--inherit", launching.inherits), *_each("--include", launching.includes)]


def _each(flag: str, values: Sequence[str]) -> list[str]:
    return [argument for value in values for argument in (flag, value)]


def _vassal_environment(environment: Mapping[str, str]) -> dict[bytes, bytes]:
    """Turn the Emperor's environment into a vassal's: ``UWSGI_VASSAL_X`` becomes ``UWSGI_X``."""
    ours_alone = {"UWSGI_RELOADS", "NOTIFY_SOCKET", "UWSGI_EMPEROR_FD", "UWSGI_EMPEROR_FD_CONFIG"}
    kept = {name: value for name, value in environment.items() if name not in ours_alone}
    for name in [name for name in kept if name.startswith("UWSGI_VASSAL_")]:
        kept["UWSGI_" + name.removeprefix("UWSGI_VASSAL_")] = kept.pop(name)
    kept["UWSGI_EMPEROR_FD"] = str(_CHANNEL)
    return {os.fsencode(name): os.fsencode(value) for name, value in kept.items()}


def _socket_pair() -> tuple[int, int]:
    """Make a pair of stream sockets: ours, which never blocks, and the vassal's, which is as uWSGI expects it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setblocking(False)
    return ours.detach(), theirs.detach()


def open_pidfd(pid: int) -> int:
    """Return a descriptor of a child that was just made.

    :raises OSError: There is none to be had: the child is dead and buried.
    """
    try:
        return os.pidfd_open(pid)
    except OSError:
        # A process we could not hear die must not live.
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        if descriptor != -1:
            os.close(descriptor)


_NO_VALUE = "Correct its name, directory and attributes where it comes from: no NUL, and what has an encoding."
_REMEDIES: dict[int | None, str] = {
    errno.EMFILE: "Raise the limit of open files (ulimit -n, LimitNOFILE=): each vassal takes two.",
    errno.ENFILE: "Raise the system's limit of open files (sysctl fs.file-max).",
    errno.EAGAIN: "Raise the limit of processes (ulimit -u, TasksMax=) or stop what fills it.",
    errno.ENOMEM: "Free memory: the kernel has none left for another process.",
    errno.ENOENT: "Check that it, and the interpreter that its first line names, exist.",
    errno.EACCES: "Let the Emperor's user enter or execute it.",
    errno.EMSGSIZE: f"Make its configuration shorter: the protocol carries {MAX_CONFIG_BYTES:,} bytes.",
    errno.ENOEXEC: "It is neither a binary for this machine nor a script with an interpreter line.",
}


def _launch_error(spec: VassalSpec, wanted: str, failure: OSError | ValueError) -> LaunchError:
    """:param failure: What the system said, or a value that it cannot even be given."""
    code = failure.errno if isinstance(failure, OSError) else None
    remedy = _REMEDIES.get(code, "It is tried again.") if isinstance(failure, OSError) else _NO_VALUE
    found = os.strerror(code) if code else str(failure)
    return LaunchError(f"vassal {spec.name}", wanted=wanted, found=found, remedy=remedy)
