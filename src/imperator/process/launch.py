"""Making a vassal's process: its command line, its environment, its descriptors."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imperator.errors import ImperatorError
from imperator.policy.vassal import ZERG_SUFFIX, VassalSpec
from imperator.process.binary import Binary, find_binary, read_binary
from imperator.settings import Launching

__all__ = ["MAX_CONFIG_BYTES", "LaunchError", "Launched", "Launcher", "NoBinaryError"]

_CHANNEL = 3
_CONFIG_CHANNEL = 4
"""Where a vassal finds its ends. Always the same, so the environment is made once for all."""

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
    """

    pid: int
    channel: int
    pidfd: int
    config_channel: int = -1

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
    :param descriptor_limit: Soft limit of open files that vassals get. None: ours.
    :raises NoBinaryError: Neither a wrapper nor a binary can be found.
    """

    def __init__(
        self,
        launching: Launching,
        extra_extensions: Sequence[str] = (),
        environment: Mapping[str, str] = os.environ,
        descriptor_limit: int | None = None,
    ) -> None:
        binary = _choose_binary(launching)
        self._path = binary.path
        self._head = (binary.path, *binary.arguments, *_arguments_before(launching))
        self._tail = _arguments_after(launching)
        self._extra_extensions = tuple(extra_extensions)
        self._magic_exec = launching.magic_exec
        self._environment = _vassal_environment(environment)
        self._environment_with_config = {
            **self._environment,
            b"UWSGI_EMPEROR_FD_CONFIG": str(_CONFIG_CHANNEL).encode(),
        }
        # The Emperor needs two descriptors a vassal and raises its limit; uWSGI walks through all it might have.
        self._our_limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._their_limits = None if descriptor_limit is None else (descriptor_limit, self._our_limits[1])
        self._directory: str | None = None

    def command_line(self, spec: VassalSpec) -> list[str]:
        """Build what is executed for a vassal, argument 0 included."""
        if spec.config is not None:
            name = f"emperor://{spec.name}"
        elif self._magic_exec and os.access(os.path.join(spec.directory, spec.name), os.R_OK | os.X_OK):
            name = f"exec://{spec.name}"
        else:
            name = spec.name
        return [*self._head, self._flag(spec.name), name, *self._tail]

    def launch(self, spec: VassalSpec, listener: int | None = None) -> Launched:
        """Start a process for a vassal. Returns once it executes the binary, not once it is ready.

        :param listener: The socket of an on-demand vassal: uWSGI takes a socket on descriptor 0 as its first one.
        :raises LaunchError: It could not be started; nothing is left behind.
        """
        try:
            self._enter(spec.directory)
        except OSError as failure:
            raise _launch_error(spec, f"to enter its directory {spec.directory}", failure) from failure
        try:
            return self._launch(spec, listener)
        except OSError as failure:
            raise _launch_error(spec, f"to start {self._path}", failure) from failure

    def _flag(self, name: str) -> str:
        name = name.removesuffix(ZERG_SUFFIX)
        if self._extra_extensions and name.endswith(self._extra_extensions):
            return "--config"
        return _FLAGS.get(os.path.splitext(name)[1], "--inherit")

    def _enter(self, directory: str) -> None:
        # A spawned process starts where its parent is, and uWSGI's Emperor moves about in just this way.
        if directory != self._directory:
            os.chdir(directory)
            self._directory = directory

    def _launch(self, spec: VassalSpec, listener: int | None) -> Launched:
        channel, theirs = _socket_pair()
        config_channel = their_config = -1
        try:
            descriptors: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [_stdin(listener)]
            descriptors.append((os.POSIX_SPAWN_DUP2, theirs, _CHANNEL))
            environment = self._environment
            if spec.config is not None:
                config_channel, their_config = _socket_pair()
                # The channel's end was opened first and so is the lower: filling 3 and then 4 overwrites neither.
                descriptors.append((os.POSIX_SPAWN_DUP2, their_config, _CONFIG_CHANNEL))
                environment = self._environment_with_config
                send_config(config_channel, spec.config)
            if spec.zerg:
                environment = {**environment, b"UWSGI_BROODLORD_NUM": str(spec.zerg).encode()}
            pid = self._spawn(self.command_line(spec), environment, descriptors)
            pidfd = _open_pidfd(pid)
        except BaseException:
            _close(channel, config_channel)
            raise
        finally:
            _close(theirs, their_config)
        return Launched(pid, channel, pidfd, config_channel)

    def _spawn(
        self,
        command_line: list[str],
        environment: Mapping[bytes, bytes],
        descriptors: list[tuple[int, ...] | tuple[int, int, str, int, int]],
    ) -> int:
        if self._their_limits is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, self._their_limits)
        try:
            # A process group of its own: a Ctrl-C at the terminal is the Emperor's business, and what a vassal that
            # has to be killed has started goes with it.
            return os.posix_spawnp(
                self._path,
                command_line,
                environment,
                file_actions=descriptors,
                setpgroup=0,
                setsigmask=(),
                setsigdef=_IGNORED_BY_PYTHON,
            )
        finally:
            if self._their_limits is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, self._our_limits)


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
    if launching.wrapper is not None:
        _check_executable("--emperor-wrapper", launching.wrapper)
        return Binary(launching.wrapper)
    if launching.binary is not None:
        _check_executable("--binary-path", launching.binary)
        return read_binary(launching.binary)
    found = find_binary()
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


def _open_pidfd(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except OSError:
        # A process we could not hear die must not live.
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def _stdin(listener: int | None) -> tuple[int, ...] | tuple[int, int, str, int, int]:
    if listener is not None:
        return (os.POSIX_SPAWN_DUP2, listener, 0)
    return (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        if descriptor != -1:
            os.close(descriptor)


_REMEDIES = {
    errno.EMFILE: "Raise the limit of open files (ulimit -n, LimitNOFILE=): each vassal takes two.",
    errno.ENFILE: "Raise the system's limit of open files (sysctl fs.file-max).",
    errno.EAGAIN: "Raise the limit of processes (ulimit -u, TasksMax=) or stop what fills it.",
    errno.ENOMEM: "Free memory: the kernel has none left for another process.",
    errno.ENOENT: "Check that it, and the interpreter that its first line names, exist.",
    errno.EACCES: "Let the Emperor's user enter or execute it.",
    errno.EMSGSIZE: f"Make its configuration shorter: the protocol carries {MAX_CONFIG_BYTES:,} bytes.",
    errno.ENOEXEC: "It is neither a binary for this machine nor a script with an interpreter line.",
}


def _launch_error(spec: VassalSpec, wanted: str, failure: OSError) -> LaunchError:
    code = failure.errno or 0
    return LaunchError(
        f"vassal {spec.name}",
        wanted=wanted,
        found=os.strerror(code) if code else str(failure),
        remedy=_REMEDIES.get(code, "It is tried again."),
    )
