"""What stands between the Emperor and a vassal's program, in the vassal's own process: a few steps, then `exec`.

`imperator.process.stage_maker` makes the process, and hands it its steps through a descriptor: no argument shows them
to `ps`, no environment passes them on. A step that fails ends the process before anything of the vassal's has run.
Errands of the Emperor's own are steps, too.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` would bring `enum` along, to be copied for each vassal
import ctypes
import marshal
import os
import pwd
import sys
import time
from _json import encode_basestring_ascii  # `json` itself would be copied for each vassal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn

    Step = tuple[Any, ...]

_PASSED_ON = (3, 4)
"""Channel and configuration pipe: for the vassal's program, not for what hooks run."""
_FAILED = 1
_NOT_EXECUTABLE = 126

_PR_CAPBSET_DROP = 24
_PR_CAPBSET_READ = 23
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_CLONE_NEWNS = 0x00020000
_MS_REC = 0x4000
_MS_SLAVE = 1 << 19

_LIBC = ctypes.PyDLL(None, use_errno=True)
_SPEAKS_JSON: list[bool] = []
"""Not empty: what is told is JSON, as the orders say. This process is one vassal's."""
# Made once: what each vassal's process makes anew takes more memory, which the kernel has to copy for it.
_CAPGET = _LIBC.capget
_PRCTL = _LIBC.prctl
_PRCTL.argtypes = (ctypes.c_int, *(ctypes.c_ulong,) * 4)
_OWN_CAPABILITIES = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
_Capabilities = ctypes.c_uint32 * 6


class StepError(Exception):
    """A step could not be done."""


def main(orders: int) -> NoReturn:
    """Read the orders and carry them out.

    :param orders: Descriptor of a file that holds a marshalled name, environment, and steps.
    """
    name, environment, steps = marshal.loads(os.pread(orders, os.fstat(orders).st_size, 0))  # noqa: S302  the Emperor's
    try:
        for step in steps:
            _take(step, name, environment)
    except StepError as failure:
        tell(name, str(failure))
        os._exit(_FAILED)
    except OSError as failure:
        tell(name, f"step {step[0]!r} failed: {failure}")
        os._exit(_FAILED)
    os._exit(0)


def tell(name: str, text: str) -> None:
    """Write a line to the log, which is our standard error; no name can make two of it."""
    line = f"[emperor] vassal {name}: {text}"
    printable = "".join(char if char.isprintable() else "?" for char in line)
    _log(_as_json("stage", name, text) if _SPEAKS_JSON else printable.encode("utf-8", "replace") + b"\n")


def say(text: str) -> None:
    """Write somebody's own words to the log."""
    _log(_as_json("print", None, text) if _SPEAKS_JSON else os.fsencode(text) + b"\n")


def _log(line: bytes) -> None:
    try:
        os.write(2, line)
    except OSError:  # the disk is full, or nobody reads: a vassal must run all the same
        return


def _as_json(event: str, name: str | None, text: str) -> bytes:
    """Return a line as `imperator.log` writes it where it writes JSON."""
    now = time.time()
    moment = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now % 1 * 1000):03d}Z"
    vassal = "null" if name is None else encode_basestring_ascii(name)
    return (
        f'{{"time":"{moment}","level":"info","event":"{event}","vassal":{vassal},'
        f'"message":{encode_basestring_ascii(text)}}}\n'
    ).encode()


def _take(step: Step, name: str, environment: dict[bytes, bytes]) -> None:
    verb, *arguments = step
    if verb == "run":
        run(*arguments, name=name, environment=environment)
    elif verb in _STEPS:
        _STEPS[verb](*arguments)
    else:
        import actions  # type: ignore[import-not-found]  # beside this file, where whoever made us has imported it

        actions.take(step, name, environment)


def enter(directory: str) -> None:
    """Go where the vassal starts."""
    try:
        os.chdir(directory)
    except OSError as failure:
        raise StepError(
            f"wanted to enter its directory {directory}, found {failure.strerror}. "
            "Create it, and let the user that the vassal runs as enter it."
        ) from failure


def unshare(namespaces: int) -> None:
    """Leave the Emperor's namespaces for new ones.

    :param namespaces: The kernel's ``CLONE_NEW...`` flags.
    """
    _call("unshare", namespaces)
    if namespaces & _CLONE_NEWNS:
        # What the vassal mounts stays with it, what the system mounts and unmounts goes on reaching it.
        _call("mount", None, b"/", None, _MS_REC | _MS_SLAVE, None)


def bound_capabilities(kept: Sequence[int]) -> None:
    """Take all capabilities but these out of the bounding set: no program run from here can ever have them."""
    number = 0
    while (has := _prctl(_PR_CAPBSET_READ, number)) >= 0:
        if has and number not in kept and _prctl(_PR_CAPBSET_DROP, number) != 0:
            raise StepError(f"capability {number} cannot be dropped: the Emperor needs CAP_SETPCAP (run it as root)")
        number += 1


def drop(uid: int, gid: int, with_groups: bool) -> None:
    """Become a user for good: groups, then group, then user, real and effective and saved, then capabilities.

    :param with_groups: Join all groups that the user belongs to; else there are none but `gid`.
    """
    try:
        os.setgroups(_groups_of(uid) if with_groups else [])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    except PermissionError as failure:
        raise StepError(
            f"it cannot become user {uid}, group {gid}: run the Emperor as root, or with CAP_SETUID and CAP_SETGID"
        ) from failure
    # Without root's rights the kernel does not do it for us.
    if _holds_capabilities():
        _drop_capabilities()
    if os.getresuid() != (uid,) * 3 or os.getresgid() != (gid,) * 3 or _holds_capabilities():
        raise StepError(f"it became user {uid}, group {gid} in part only: the kernel gave us no reason")


def run(programs: Sequence[bytes], arguments: Sequence[bytes], *, name: str, environment: dict[bytes, bytes]) -> None:
    """Become the first of the programs that can be executed.

    :param arguments: All arguments after the program's own name.
    """
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):  # Python ignores these for itself
        _signal.signal(number, _signal.SIG_DFL)
    for descriptor in _PASSED_ON:
        if _is_open(descriptor):
            os.set_inheritable(descriptor, True)
    for program in programs:
        try:
            os.execvpe(program, [program, *arguments], environment)  # noqa: S606
        except OSError as failure:
            tell(name, f"{os.fsdecode(program)} cannot be executed ({failure.strerror})")
    os._exit(_NOT_EXECUTABLE)


def _groups_of(uid: int) -> list[int]:
    try:
        user = pwd.getpwuid(uid)
    except KeyError:
        raise StepError(f"user {uid} is in no user database: its groups are not known (initgroups)") from None
    return os.getgrouplist(user.pw_name, user.pw_gid)


def _holds_capabilities() -> bool:
    """Whether there are any: effective, permitted or inheritable; ambient ones are of both of the last two."""
    held = _Capabilities()
    if _CAPGET(_OWN_CAPABILITIES, held) != 0:
        raise StepError("its capabilities cannot be read")
    return any(held)


def _drop_capabilities() -> None:
    if _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL) != 0:
        raise StepError("ambient capabilities cannot be cleared")
    _call("capset", _OWN_CAPABILITIES, _Capabilities())


def _prctl(*arguments: int) -> int:
    return int(_PRCTL(*(*arguments, 0, 0, 0, 0)[:5]))


def _call(function: str, *arguments: object) -> None:
    """Call a function of the C library that tells failure by -1."""
    if getattr(_LIBC, function)(*arguments) == -1:
        code = ctypes.get_errno()
        raise StepError(f"{function} failed: {os.strerror(code)}. Run the Emperor as root, or leave the option out.")


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


_STEPS: dict[str, Callable[..., object]] = {
    "bound": bound_capabilities,
    "drop": drop,
    "drop_capabilities": _drop_capabilities,
    "enter": enter,
    "group": lambda: os.setpgid(0, 0),
    "session": os.setsid,
    "speak_json": lambda: _SPEAKS_JSON.append(True),
    "unshare": unshare,
}

if __name__ == "__main__":
    sys.exit("This is run by an Emperor, not by hand.")
