"""The master process, which minds all others."""

from __future__ import annotations

import re
from itertools import product

from ..base import OptionsGroup, SectionT
from ..exceptions import ConfigurationError
from ..values import Account, Path, Paths, Strings, flag, key_values, listed

_INTERVAL = re.compile(r"(\d+)-(\d+)(?:/([1-9]\d*))?")


class MasterProcess(OptionsGroup[SectionT]):
    """The master process minds all others: it restarts workers, runs cron tasks and attached programs.

    An instance that serves anybody should have one.
    """

    def set_basic_params(
        self,
        *,
        enable: bool | None = None,
        name: str | None = None,
        no_orphans: bool | None = None,
        as_root: bool | None = None,
        subproc_check_interval: int | None = None,
        fifo_file: Paths | None = None,
    ) -> SectionT:
        """Set whether there is a master, and how it works.

        :param enable: Have one. Source: ``master``.
        :param name: Its name in `ps`. Source: ``procname-master``.
        :param no_orphans: End the workers when the master dies. Source: ``no-orphans``.
        :param as_root: Leave the master running as root. Source: ``master-as-root``.
        :param subproc_check_interval: Seconds between two looks at its processes. Default: 1.
            Source: ``check-interval``.
        :param fifo_file: Up to ten FIFOs to take commands from; the first is in use at the start. Paths may have
            placeholders: `{project_runtime_dir}.fifo`. Source: ``master-fifo``.
        """
        return self._set(
            {
                "master": enable,
                "procname-master": name,
                "no-orphans": no_orphans,
                "master-as-root": as_root,
                "check-interval": subproc_check_interval,
                "master-fifo": fifo_file,
            }
        )

    def set_exit_events(
        self,
        *,
        no_workers: bool | None = None,
        idle: bool | None = None,
        reload: bool | None = None,
        sig_term: bool | None = None,
    ) -> SectionT:
        """Set on what events the instance ends.

        :param no_workers: No worker is left; not in released uWSGI. Source: ``die-on-no-workers``.
        :param idle: Nobody asked for anything, see `set_idle_params`. Source: ``die-on-idle``.
        :param reload: It is told to reload. Source: ``exit-on-reload``.
        :param sig_term: It gets SIGTERM, which otherwise makes uWSGI 2.0 reload. Source: ``die-on-term``.
        """
        return self._set(
            {
                "die-on-no-workers": no_workers,
                "die-on-idle": idle,
                "exit-on-reload": reload,
                "die-on-term": sig_term,
            }
        )

    def set_exception_handling_params(
        self,
        *,
        handler: Strings | None = None,
        catch: bool | None = None,
        no_write_exception: bool | None = None,
    ) -> SectionT:
        """Set what is done about exceptions of applications.

        :param handler: What to tell of them, such as a C function. Source: ``exception-handler``.
        :param catch: Answer with the traceback; for tests only, it shows everything. Source: ``catch-exceptions``.
        :param no_write_exception: Raise none when the client is gone. Source: ``disable-write-exception``.
        """
        return self._set(
            {
                "exception-handler": handler,
                "catch-exceptions": catch,
                "disable-write-exception": no_write_exception,
            }
        )

    def set_idle_params(self, *, timeout: int | None = None, exit: bool | None = None) -> SectionT:  # noqa: A002
        """Put the instance in cheap mode, without workers, when nobody asks for anything.

        :param timeout: Seconds of inactivity. Source: ``idle``.
        :param exit: End the instance instead. Source: ``die-on-idle``.
        """
        return self._set({"idle": timeout, "die-on-idle": exit})

    def set_reload_params(self, *, mercy: int | None = None, exit: bool | None = None) -> SectionT:  # noqa: A002
        """Set how the instance reloads.

        :param mercy: Seconds that processes may take to end before they are killed. Default: 60.
            Source: ``reload-mercy``.
        :param exit: End the instance instead. Source: ``exit-on-reload``.
        """
        return self._set({"reload-mercy": mercy, "exit-on-reload": exit})

    def add_cron_task(
        self,
        command: str,
        *,
        weekday: str | int | None = None,
        month: str | int | None = None,
        day: str | int | None = None,
        hour: str | int | None = None,
        minute: str | int | None = None,
        legion: str | None = None,
        unique: bool | None = None,
        harakiri: int | None = None,
    ) -> SectionT:
        """Run a command at certain times. Source: ``cron2``.

        A time that is not given is every time; -3 is every third. `13-18`, `10-18/2` and `1,15` are several times:
        uWSGI knows only single ones, so each gets a line of its own, and `unique` then is about each.

        :param command: The command line.
        :param weekday: Day of the week, 0 for Sunday to 6 for Saturday.
        :param month: Month, 1 to 12.
        :param day: Day of the month, 1 to 31.
        :param hour: Hour, 0 to 23.
        :param minute: Minute, 0 to 59.
        :param legion: Run it only on the lord of this legion.
        :param unique: Do not start it while it is still running from the time before. Leave it out if it may.
        :param harakiri: Seconds it may take before it is killed. Default: for ever.
        :raises ConfigurationError: An interval ends before it begins.
        """
        further = {"legion": legion, "unique": flag(unique), "harakiri": harakiri}
        # Its first word would be taken for the times if it has a `=`, as with a variable for the command.
        has_equals = "=" in command.partition(" ")[0]
        lines: list[str] = []
        for week, in_month, on, at, past in product(*map(_single_times, (weekday, month, day, hour, minute))):
            when = {"week": week, "month": in_month, "day": on, "hour": at, "minute": past, **further}
            times = key_values(when) or ("minute=-1" if has_equals else "")
            lines.append(f"{times} {command}".strip())
        return self._set({"cron2": lines})

    def attach_process_classic(
        self,
        command_or_pid_path: str,
        *,
        background: bool,
        control: bool = False,
        for_legion: bool = False,
    ) -> SectionT:
        """Run a program beside the workers, in the way of uWSGI before 2.0; see also `attach_process`.

        :param command_or_pid_path: The command line; before it, the path of its pidfile, which ends in `.pid`, if the
            master is to watch that. Source: ``attach-daemon``.
        :param background: The program goes into the background by itself, which needs a pidfile.
            Source: ``smart-attach-daemon``, ``smart-attach-daemon2`` for one that does not.
        :param control: End the instance when the program ends; it has no pidfile. Source: ``attach-control-daemon``.
        :param for_legion: Run it only on the lord of the legion. Source: ``legion-attach-daemon``,
            ``legion-smart-attach-daemon``, ``legion-smart-attach-daemon2``.
        :raises ConfigurationError: It is to go into the background and there is no pidfile, or it is a control for a
            legion or with a pidfile.
        """
        has_pidfile = command_or_pid_path.partition(" ")[0].endswith(".pid")
        _refuse_unattachable(has_pidfile=has_pidfile, background=background, control=control, for_legion=for_legion)
        if has_pidfile:
            option = "smart-attach-daemon" if background else "smart-attach-daemon2"
        else:
            option = "attach-control-daemon" if control else "attach-daemon"
        return self._set({f"legion-{option}" if for_legion else option: command_or_pid_path})

    def attach_process(
        self,
        command: str,
        *,
        for_legion: bool = False,
        broken_counter: int | None = None,
        pidfile: Path | None = None,
        control: bool | None = None,
        daemonize: bool | None = None,
        touch_reload: Paths | None = None,
        signal_stop: int | None = None,
        signal_reload: int | None = None,
        honour_stdin: bool | None = None,
        uid: Account | None = None,
        gid: Account | None = None,
        new_pid_ns: bool | None = None,
        change_dir: Path | None = None,
    ) -> SectionT:
        """Run a program beside the workers: the master starts it, and starts it again when it ends.

        Parameters that switch something on do so when they are given at all: uWSGI has no way to say the contrary.

        :param command: The command line. Source: ``attach-daemon2``.
        :param for_legion: uWSGI cannot do this, see `attach_process_classic`.
        :param broken_counter: How many checks of the master, about one a second, may find nobody behind the pidfile
            before it is started again or, if it never went into the background, complained about. Default: 10.
        :param pidfile: Its pidfile, which the master then watches.
        :param control: End the instance when the program ends.
        :param daemonize: Put it into the background; it has a pidfile and does not do so itself.
        :param touch_reload: Files that start it again when they are touched.
        :param signal_stop: Number of the signal that stops it. Default: 15.
        :param signal_reload: Number of the signal that it gets when uWSGI reloads. Default: it is stopped.
        :param honour_stdin: Leave its standard input as it is.
        :param uid: The user to run it as; the master has to be root. uWSGI takes numbers here, and any name for 0,
            root: a name is looked up when this is called, and one that is unknown there is left for uWSGI.
        :param gid: The group to run it as, likewise.
        :param new_pid_ns: Run it in its own namespace of process numbers, on Linux; the master has to be root.
        :param change_dir: Its working directory.
        :raises ConfigurationError: It is for a legion.
        """
        if for_legion:
            raise ConfigurationError(
                "MasterProcess.attach_process: `for_legion`",
                wanted="a program for this instance alone, as no uWSGI has `attach-daemon2` for legions",
                found="for_legion=True",
                remedy="Use attach_process_classic(..., for_legion=True).",
            )
        program = {
            "cmd": command,
            "freq": broken_counter,
            "pidfile": pidfile,
            "control": flag(control),
            "daemonize": flag(daemonize),
            "touch": listed(touch_reload),
            "stopsignal": signal_stop,
            "reloadsignal": signal_reload,
            "stdin": flag(honour_stdin),
            "uid": None if uid is None else _user_number(uid),
            "gid": None if gid is None else _group_number(gid),
            "ns_pid": flag(new_pid_ns),
            "chdir": change_dir,
        }
        return self._set({"attach-daemon2": key_values(program)})


def _single_times(field: str | int | None) -> list[str | int | None]:
    """The times that a field stands for; uWSGI would read the first one and no further."""
    if not isinstance(field, str):
        return [field]
    times: list[str | int | None] = []
    for part in field.replace(" ", "").split(","):  # uWSGI ends the times at a blank
        interval = _INTERVAL.fullmatch(part)
        if interval is None:
            times.append(part)
        else:
            first, last, step = (int(number) for number in interval.groups("1"))
            if first > last:
                raise ConfigurationError(
                    "MasterProcess.add_cron_task",
                    wanted="an interval that ends after it begins",
                    found=repr(part),
                    remedy="Write two: 22-23,0-4.",
                )
            times += range(first, last + 1, step)
    return times


def _user_number(user: Account) -> Account:
    """The number of a user, as uWSGI reads a name here as 0, which is root; an unknown one is left as documented."""
    from pwd import getpwnam

    try:
        return getpwnam(str(user)).pw_uid
    except KeyError:
        return user


def _group_number(group: Account) -> Account:
    """The number of a group, likewise."""
    from grp import getgrnam

    try:
        return getgrnam(str(group)).gr_gid
    except KeyError:
        return group


def _refuse_unattachable(*, has_pidfile: bool, background: bool, control: bool, for_legion: bool) -> None:
    thing = "MasterProcess.attach_process_classic"
    if background and not has_pidfile:
        raise ConfigurationError(
            f"{thing}: `background`",
            wanted="a pidfile, by which the master knows a program in the background",
            found="a command line that does not begin with a path ending in .pid",
            remedy="Put the path of its pidfile before the command, or say background=False.",
        )
    if control and (has_pidfile or for_legion):
        raise ConfigurationError(
            f"{thing}: `control`",
            wanted="a program without pidfile that is not for a legion",
            found="a pidfile" if has_pidfile else "for_legion=True",
            remedy="Leave `control` out, or use attach_process(..., control=True).",
        )
