"""The process of an instance: its owner, names, files, and what it does in the phases of its life."""

from __future__ import annotations

import os
from typing import TypeAlias

from ..base import OptionsGroup, SectionT
from ..exceptions import ConfigurationError
from ..values import Account, Path, Paths, account, as_list, as_text, first_word
from .main_process_actions import (
    ActionAlarm,
    ActionCall,
    ActionDirChange,
    ActionDirCreate,
    ActionExecute,
    ActionExit,
    ActionFifoWrite,
    ActionFileCreate,
    ActionFileWrite,
    ActionMount,
    ActionPrintout,
    ActionSetHostName,
    ActionUnlink,
    HookAction,
)
from .main_process_phases import Phases

ActionOrActions: TypeAlias = "HookAction | str | list[HookAction] | list[str]"

_DROP_AFTER = {"init": "drop-after-init", "apps": "drop-after-apps"}


class MainProcess(OptionsGroup[SectionT]):
    """The process of an instance. It may be started by root, but it should drop privileges: `set_owner_params`."""

    class actions:  # noqa: N801 - the documented name
        """What can be done in a phase, for `set_hook`."""

        alarm = ActionAlarm
        call = ActionCall
        dir_change = ActionDirChange
        dir_create = ActionDirCreate
        execute = ActionExecute
        exit = ActionExit
        fifo_write = ActionFifoWrite
        file_create = ActionFileCreate
        file_write = ActionFileWrite
        mount = ActionMount
        printout = ActionPrintout
        set_host_name = ActionSetHostName
        unlink = ActionUnlink

    #: The phases of an instance's life, for `set_hook`.
    phases = Phases

    def set_basic_params(
        self,
        *,
        touch_reload: Paths | None = None,
        priority: int | None = None,
        vacuum: bool | None = None,
        binary_path: Path | None = None,
        honour_stdin: bool | None = None,
    ) -> SectionT:
        """Set what concerns the whole instance.

        :param touch_reload: Reload the instance when one of these files or directories is touched.
            Source: ``touch-reload``.
        :param priority: Nice value of all processes, -20 to 19. Source: ``prio``.
        :param vacuum: Remove UNIX sockets and pidfiles at the end. Source: ``vacuum``.
        :param binary_path: The uWSGI to execute when it reloads, and for vassals. Source: ``binary-path``.
        :param honour_stdin: Leave standard input as it is, instead of putting `/dev/null` there.
            Source: ``honour-stdin``.
        """
        return self._set(
            {
                "touch-reload": touch_reload,
                "prio": priority,
                "vacuum": vacuum,
                "binary-path": binary_path,
                "honour-stdin": honour_stdin,
            }
        )

    def set_memory_params(self, *, ksm_interval: int | None = None, no_swap: bool | None = None) -> SectionT:
        """Set how the kernel treats the instance's memory.

        :param ksm_interval: Requests, or cycles of the master, between two looks for equal pages to be merged, on
            Linux. Source: ``ksm``.
        :param no_swap: Keep all pages in memory. Source: ``never-swap``.
        """
        return self._set({"ksm": ksm_interval, "never-swap": no_swap})

    def daemonize(self, log_into: Path, *, after_app_loading: bool = False) -> SectionT:
        """Run in the background.

        :param log_into: File or UDP address to log to. Source: ``daemonize``.
        :param after_app_loading: Stay in the foreground until applications are loaded. Source: ``daemonize2``.
        """
        return self._set({"daemonize2" if after_app_loading else "daemonize": log_into})

    def change_dir(self, to: Path, *, after_app_loading: bool = False) -> SectionT:
        """Change the working directory.

        :param to: Where to. Source: ``chdir``.
        :param after_app_loading: Do so after applications are loaded, instead of before. Source: ``chdir2``.
        """
        return self._set({"chdir2" if after_app_loading else "chdir": to})

    def set_owner_params(
        self,
        *,
        uid: Account | None = None,
        gid: Account | None = None,
        add_gids: Account | list[Account] | None = None,
        set_asap: bool = False,
        drop_after: str = "",
    ) -> SectionT:
        """Set which user and groups the processes run as; root is needed to change them.

        :param uid: The user. Source: ``uid``.
        :param gid: The group. Source: ``gid``.
        :param add_gids: Further groups. Source: ``add-gid``.
        :param set_asap: Change at once, so that nothing read later can name another user.
            Source: ``immediate-uid``, ``immediate-gid``.
        :param drop_after: Change later than usual: `init`, after plugins are ready, or `apps`, after applications are
            loaded. Source: ``drop-after-init``, ``drop-after-apps``.
        :raises ConfigurationError: There is no such moment.
        """
        if drop_after and drop_after not in _DROP_AFTER:
            raise ConfigurationError(
                "MainProcess.set_owner_params: `drop_after`",
                wanted=" or ".join(repr(moment) for moment in _DROP_AFTER),
                found=repr(drop_after),
                remedy="Leave it out to drop privileges before plugins are ready.",
            )
        prefix = "immediate-" if set_asap else ""
        values: dict[str, object] = {f"{prefix}uid": account(uid), f"{prefix}gid": account(gid), "add-gid": add_gids}
        if drop_after:
            values[_DROP_AFTER[drop_after]] = True
        return self._set(values)

    def get_owner(self, *, default: bool = True) -> tuple[Account | None, Account | None]:
        """The user and the group that processes run as.

        :param default: Whether to return those of this process where none were set; None otherwise.
        """
        entries = self._section.entries
        uid = entries.last("uid") or entries.last("immediate-uid")
        gid = entries.last("gid") or entries.last("immediate-gid")
        if not default:
            return uid, gid
        return uid or os.geteuid(), gid or os.getegid()

    def set_hook(self, phase: str, action: ActionOrActions) -> SectionT:
        """Do something in a phase of the instance's life.

        :param phase: One of `phases`. Source: ``hook-asap`` and all other ``hook-`` options.
        :param action: One of `actions`, or a list of them.
        """
        return self._set({f"hook-{phase}": as_list(action)})

    def set_hook_touch(self, fpath: Path, action: ActionOrActions) -> SectionT:
        """Do something when a file is touched.

        :param fpath: The file. Source: ``hook-touch``.
        :param action: One of `actions`, or a list of them.
        :raises ConfigurationError: There is a blank in the path.
        """
        file = first_word(fpath, "MainProcess.set_hook_touch: `fpath`")
        return self._set({"hook-touch": [f"{file} {as_text(item)}" for item in as_list(action)]})

    def set_hook_after_request(self, func: str) -> SectionT:
        """Call a C function after each request.

        :param func: Its name. Source: ``after-request-hook``.
        """
        return self._set({"after-request-hook": func})

    def set_on_exit_params(self, *, skip_hooks: bool | None = None, skip_teardown: bool | None = None) -> SectionT:
        """Set how processes other than the master end.

        :param skip_hooks: Do not run the hooks of the phase `EXIT`. Source: ``skip-atexit``.
        :param skip_teardown: Do not take the interpreters of Perl and Python down. Source: ``skip-atexit-teardown``.
        """
        return self._set({"skip-atexit": skip_hooks, "skip-atexit-teardown": skip_teardown})

    def run_command_on_event(self, command: str, *, phase: str = "asap") -> SectionT:
        """Run a command in a phase of the instance's life.

        :param command: The command line. Source: ``exec-asap`` and all other ``exec-`` options.
        :param phase: One of `phases` up to `APP_LOAD_POST`, `VASSAL_START_IN` or `VASSAL_START_POST`.
        """
        return self._set({f"exec-{phase}": command})

    def run_command_on_touch(self, command: str, *, target: Path) -> SectionT:
        """Run a command when a file is touched.

        :param command: The command line.
        :param target: The file. Source: ``touch-exec``.
        :raises ConfigurationError: There is a blank in the path.
        """
        return self._set(
            {"touch-exec": f"{first_word(target, 'MainProcess.run_command_on_touch: `target`')} {command}"}
        )

    def set_pid_file(self, fpath: Path, *, before_priv_drop: bool = True, safe: bool = False) -> SectionT:
        """Write the process number of the instance into a file.

        :param fpath: The file. Source: ``pidfile``.
        :param before_priv_drop: Do so with all privileges; `vacuum` may then not be able to remove the file.
            Otherwise: ``pidfile2``.
        :param safe: Do so only after applications are loaded, so that an instance that fails to load does not
            overwrite the number of one that runs. Source: ``safe-pidfile``, ``safe-pidfile2``.
        """
        name = "pidfile" if before_priv_drop else "pidfile2"
        return self._set({f"safe-{name}" if safe else name: fpath})

    def set_naming_params(
        self,
        *,
        autonaming: bool | None = None,
        prefix: str | None = None,
        suffix: str | None = None,
        name: str | None = None,
    ) -> SectionT:
        """Set the names that processes have in `ps`.

        :param autonaming: Name them by what they do. Source: ``auto-procname``.
        :param prefix: Put before all names. Source: ``procname-prefix``.
        :param suffix: Put after all names. Source: ``procname-append``.
        :param name: Give them all this name. Source: ``procname``.
        """
        return self._set(
            {
                "auto-procname": autonaming,
                "procname-prefix": prefix,
                "procname-append": suffix,
                "procname": name,
            }
        )
