"""What can be done in the phases of an instance's life."""

from __future__ import annotations

from ..values import ParametrizedValue, Path, Strings, listed
from .alarm_types import AlarmType


class HookAction(ParametrizedValue):
    """Something to do in a phase of an instance's life.

    :param args: Its arguments.
    """


class ActionMount(HookAction):
    """Mounts a filesystem, or unmounts one when neither `fs` nor `src` is given.

    :param mountpoint: Where.
    :param fs: Kind of filesystem, such as `proc`.
    :param src: What to mount there; uWSGI needs it and `fs`: `none` for a filesystem that is of nothing.
    :param flags: Flags of the system, on Linux for example `bind`, `readonly`, `rec`, `detach`.
    """

    name = "mount"

    def __init__(
        self, mountpoint: Path, *, fs: str | None = None, src: str | None = None, flags: Strings | None = None
    ) -> None:
        super().__init__(fs, src, mountpoint, listed(flags, ","))
        self._unmounts = fs is None and src is None

    @property
    def written_name(self) -> str:
        """`mount` or `umount`."""
        return "umount" if self._unmounts else self.name


class ActionExecute(HookAction):
    """Runs a shell command; when it fails in a phase that is fatal, uWSGI ends.

    :param command: The command line.
    """

    name = "exec"

    def __init__(self, command: str) -> None:
        super().__init__(command)


class ActionCall(HookAction):
    """Calls a C function of the process.

    :param target: Name of the function, and its arguments.
    :param honour_exit_status: Take what it returns as failure unless that is 0.
    :param arg_int: Give it its argument as a number.
    """

    name = "call"

    def __init__(self, target: str, *, honour_exit_status: bool = False, arg_int: bool = False) -> None:
        super().__init__(target)
        self._suffix = ("int" if arg_int else "") + ("ret" if honour_exit_status else "")

    @property
    def written_name(self) -> str:
        """`call`, `callint`, `callret` or `callintret`."""
        return f"{self.name}{self._suffix}"


class ActionDirChange(HookAction):
    """Changes the working directory.

    :param target_dir: Where to.
    """

    name = "cd"

    def __init__(self, target_dir: Path) -> None:
        super().__init__(target_dir)


class ActionDirCreate(HookAction):
    """Makes a directory with mode 777.

    :param target_dir: The directory.
    """

    name = "mkdir"

    def __init__(self, target_dir: Path) -> None:
        super().__init__(target_dir)


class ActionFileCreate(HookAction):
    """Makes a file with mode 666.

    :param fpath: The file.
    """

    name = "create"

    def __init__(self, fpath: Path) -> None:
        super().__init__(fpath)


class ActionExit(HookAction):
    """Ends the process.

    :param status_code: Exit code. Default: 0.
    """

    name = "exit"

    def __init__(self, status_code: int | None = None) -> None:
        super().__init__(status_code)


class ActionPrintout(HookAction):
    """Writes a line into the log.

    :param text: The line. Default: an empty one.
    """

    name = "print"

    def __init__(self, text: str | None = None) -> None:
        super().__init__(text)


class ActionSetHostName(HookAction):
    """Sets the name of the host.

    :param name: The name.
    """

    name = "hostname"

    def __init__(self, name: str) -> None:
        super().__init__(name)


class ActionAlarm(HookAction):
    """Raises an alarm.

    :param alarm: A registered alarm, or its name.
    :param message: The message to send.
    """

    name = "alarm"

    def __init__(self, alarm: AlarmType | str, message: str) -> None:
        super().__init__(alarm.alias if isinstance(alarm, AlarmType) else alarm, message)


class ActionFileWrite(HookAction):
    """Writes text into a file, which is made if there is none.

    :param target: The file.
    :param text: The text.
    :param append: Add it to what is in the file, instead of replacing that.
    :param newline: End it with a line break.
    """

    name = "write"

    def __init__(self, target: Path, text: str, *, append: bool = False, newline: bool = False) -> None:
        super().__init__(target, text)
        self._written_name = ("append" if append else "write") + ("n" if newline else "")

    @property
    def written_name(self) -> str:
        """`write`, `writen`, `append` or `appendn`."""
        return self._written_name


class ActionFifoWrite(HookAction):
    """Writes text into a FIFO, such as that of another instance's master.

    :param target: The FIFO.
    :param text: The text.
    :param wait: Wait until somebody reads it.
    """

    name = "writefifo"

    def __init__(self, target: Path, text: str, *, wait: bool = False) -> None:
        super().__init__(target, text)
        self._waits = wait

    @property
    def written_name(self) -> str:
        """`writefifo` or `spinningfifo`."""
        return "spinningfifo" if self._waits else self.name


class ActionUnlink(HookAction):
    """Removes a file.

    :param target: The file.
    """

    name = "unlink"

    def __init__(self, target: Path) -> None:
        super().__init__(target)
