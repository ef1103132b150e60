"""What hooks do. Run beside `imperator.process.stage`, in processes of their own: never in the Emperor's."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _socket
import ctypes
import os
import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from imperator.process.stage import StepError, say, tell
else:
    from stage import StepError, say, tell

MOUNT_FLAGS = {
    "bind": 4096,
    "dirsync": 128,
    "mandlock": 64,
    "move": 8192,
    "noatime": 1024,
    "nodev": 4,
    "noexec": 8,
    "nosuid": 2,
    "private": 1 << 18,
    "rdonly": 1,
    "readonly": 1,
    "ro": 1,
    "rec": 16384,
    "recursive": 16384,
    "remount": 32,
    "shared": 1 << 20,
    "slave": 1 << 19,
    "sync": 16,
}
NAMESPACE_FILES = {0x00020000: "mnt", 0x04000000: "uts", 0x08000000: "ipc", 0x20000000: "pid", 0x40000000: "net"}
_LOOK_AGAIN_MILLISECONDS = 5
UMOUNT_FLAGS = {"force": 1, "detach": 2}


def take(step: Sequence[Any], name: str, environment: dict[bytes, bytes]) -> None:
    """Take one step: run a hook's action, a command, or set the time they have.

    :raises StepError: A hook that has to succeed did not.
    """
    verb, *arguments = step
    if verb == "limit":
        _limit(*arguments)
    elif verb == "join":
        _join(*arguments)
    elif verb == "command":
        _run_command(*arguments, name=name, environment=environment)
    elif verb == "hook":
        _run_hook(*arguments, name=name, environment=environment)


def _limit(seconds: int) -> None:
    # The kernel ends us when the time is up, whatever we wait for then; the whole process group goes with us.
    _signal.alarm(seconds)


def _join(pid: int, pidfd: int, namespaces: int) -> None:
    """Enter the namespaces of a vassal, once it has some of its own: it makes most of them itself.

    :param pidfd: Descriptor of its process: the number alone may be another's by now.
    :param namespaces: Which, ``CLONE_NEW...`` flags.
    """
    ended = select.poll()
    ended.register(pidfd, select.POLLIN)
    own = [name for flag, name in NAMESPACE_FILES.items() if namespaces & flag]
    while any(os.readlink(f"/proc/{pid}/ns/{name}") == os.readlink(f"/proc/self/ns/{name}") for name in own):
        if ended.poll(_LOOK_AGAIN_MILLISECONDS):
            raise StepError("it ended before it had namespaces of its own")
    _system("setns", pidfd, namespaces)


def _run_command(
    phase: str, command: list[bytes], more: dict[bytes, bytes], *, name: str, environment: dict[bytes, bytes]
) -> None:
    """Run a command, whatever comes of it."""
    tell(name, f"running {os.fsdecode(command[0])} ({phase})")
    try:
        code = _wait_for(command, environment | more)
    except OSError as failure:
        tell(name, f"{phase} {os.fsdecode(command[0])} cannot be run: {failure.strerror}")
        return
    tell(name, f"{phase} returned {code}")


def _run_hook(
    phase: str,
    is_fatal: bool,
    action: str,
    argument: str,
    is_private: bool,
    more: dict[bytes, bytes],
    *,
    name: str,
    environment: dict[bytes, bytes],
) -> None:
    shown = "a private hook" if is_private else f'"{action}:{argument}"'
    tell(name, f"running {shown} ({phase})")
    try:
        _ACTIONS[action](argument, environment | more)
    except (OSError, StepError) as failure:
        told = f"{shown} ({phase}) failed" if is_private else f"{shown} ({phase}) failed: {failure}"
        if is_fatal:
            raise StepError(told) from failure
        tell(name, told)


def _wait_for(command: list[bytes], environment: dict[bytes, bytes]) -> int:
    nothing = (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)  # standard input may be the vassal's socket
    ignored_by_python = (13, 25)  # SIGPIPE and SIGXFSZ
    pid = os.posix_spawnp(command[0], command, environment, file_actions=[nothing], setsigdef=ignored_by_python)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _exec(argument: str, environment: dict[bytes, bytes]) -> None:
    code = _wait_for([b"/bin/sh", b"-c", os.fsencode(argument)], environment)
    if code != 0:
        raise StepError(f"it exited with {code}" if code > 0 else f"it was killed by signal {-code}")


def _safeexec(argument: str, environment: dict[bytes, bytes]) -> None:
    _wait_for([b"/bin/sh", b"-c", os.fsencode(argument)], environment)


def _exit(argument: str, _: dict[bytes, bytes]) -> None:
    os._exit(int(argument or 0) & 0xFF)


def _writer(flags: int, end: bytes = b"", *, needs_text: bool = True) -> Callable[[str, dict[bytes, bytes]], None]:
    def write(argument: str, _: dict[bytes, bytes]) -> None:
        path, space, text = argument.partition(" ")
        if needs_text and not space:
            raise StepError("it takes a file, a space and a text")
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o666)
        try:
            os.write(descriptor, os.fsencode(text) + end)
        finally:
            os.close(descriptor)

    return write


def _create(argument: str, _: dict[bytes, bytes]) -> None:
    os.close(os.open(argument, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666))


def _writefifo(argument: str, environment: dict[bytes, bytes]) -> None:
    try:
        _writer(os.O_NONBLOCK)(argument, environment)
    except OSError as failure:
        if failure.errno not in (6, 19):  # ENXIO, ENODEV: nobody reads it
            raise


def _hostname(argument: str, _: dict[bytes, bytes]) -> None:
    _socket.sethostname(argument)


def _print(argument: str, _: dict[bytes, bytes]) -> None:
    say(argument)


def _mount(argument: str, _: dict[bytes, bytes]) -> None:
    words = argument.split(" ", 4)
    if len(words) < 3:
        raise StepError("it takes a type, a source, a directory, and then flags and data")
    kind, source, target = (os.fsencode(word) for word in words[:3])
    flags = _flags(words[3], MOUNT_FLAGS) if len(words) > 3 else 0
    _system("mount", source, target, kind, flags, os.fsencode(words[4]) if len(words) > 4 else None)


def _umount(argument: str, _: dict[bytes, bytes]) -> None:
    target, _space, words = argument.partition(" ")
    wanted = [word for word in words.split(",") if word]
    places = [target]
    if any(word in ("rec", "recursive") for word in wanted):
        places = [*_mounts_below(target), target]
    flags = _flags(",".join(word for word in wanted if word not in ("rec", "recursive")), UMOUNT_FLAGS)
    for place in places:
        _system("umount2", os.fsencode(place), flags)


def _mounts_below(target: str) -> list[str]:
    """Return the mount points below a directory, the deepest first."""
    with open("/proc/self/mounts") as mounts:
        places = [line.split(" ")[1].encode().decode("unicode_escape") for line in mounts]
    return sorted((place for place in places if place.startswith(target.rstrip("/") + "/")), reverse=True)


def _flags(words: str, known: dict[str, int]) -> int:
    flags = 0
    for word in filter(None, words.split(",")):
        if word not in known:
            raise StepError(f"there is no flag {word}; there are {', '.join(known)}")
        flags |= known[word]
    return flags


def _system(function: str, *arguments: object) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), function)(*arguments) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


_CREATING = os.O_CREAT | os.O_TRUNC
_APPENDING = os.O_CREAT | os.O_APPEND
_ACTIONS: dict[str, Callable[[str, dict[bytes, bytes]], None]] = {
    "append": _writer(_APPENDING),
    "appendn": _writer(_APPENDING, b"\n", needs_text=False),
    "cd": lambda argument, _: os.chdir(argument),
    "chdir": lambda argument, _: os.chdir(argument),
    "creat": _create,
    "create": _create,
    "exec": _exec,
    "exit": _exit,
    "hostname": _hostname,
    "log": _print,
    "mkdir": lambda argument, _: os.mkdir(argument),
    "mount": _mount,
    "print": _print,
    "safeexec": _safeexec,
    "umount": _umount,
    "unlink": lambda argument, _: os.unlink(argument),
    "write": _writer(_CREATING),
    "writefifo": _writefifo,
    "writen": _writer(_CREATING, b"\n"),
}
ACTIONS = tuple(_ACTIONS)
