"""Spoolers: work that is done later, outside of requests."""

from __future__ import annotations

import os

from ..base import OptionsGroup, SectionT
from ..values import Path, Paths, as_list, verbatim


class Spooler(OptionsGroup[SectionT]):
    """Spoolers take work that requests leave in a directory, and do it one after the other, in their own processes.

    Perl, Python and Ruby applications can use them.
    """

    def set_basic_params(
        self,
        *,
        touch_reload: Paths | None = None,
        quiet: bool | None = None,
        process_count: int | None = None,
        max_tasks: int | None = None,
        order_tasks: int | bool | None = None,
        harakiri: int | None = None,
        change_dir: Path | None = None,
        poll_interval: int | None = None,
        signal_as_task: bool | None = None,
        cheap: bool | None = None,
        base_dir: Path | None = None,
    ) -> SectionT:
        """Set how spoolers work.

        :param touch_reload: Reload spoolers when one of these is touched. Source: ``touch-spoolers-reload``.
        :param quiet: Do not log what they do. Source: ``spooler-quiet``.
        :param process_count: Processes for each spooler. Default: 1. Source: ``spooler-processes``.
        :param max_tasks: Tasks after which a process is replaced, against leaks. Source: ``spooler-max-tasks``.
        :param order_tasks: Do tasks in the order of their names. Source: ``spooler-ordered``.
        :param harakiri: Seconds a task may take. Source: ``spooler-harakiri``.
        :param change_dir: Working directory of tasks. Source: ``spooler-chdir``.
        :param poll_interval: Seconds between two looks for tasks. Default: 30. Source: ``spooler-frequency``.
        :param signal_as_task: Count signals as tasks, for `max_tasks`; not in released uWSGI.
            Source: ``spooler-signal-as-task``.
        :param cheap: Run processes only while there are tasks; not in released uWSGI. Source: ``spooler-cheap``.
        :param base_dir: Directory that names given to `add` are in.
        """
        if base_dir is not None:
            self._section.remembered["spooler_base_dir"] = os.fspath(base_dir)
        ordered = order_tasks if isinstance(order_tasks, bool) else verbatim(order_tasks)
        return self._set(
            {
                "touch-spoolers-reload": touch_reload,
                "spooler-quiet": quiet,
                "spooler-processes": process_count,
                "spooler-max-tasks": max_tasks,
                "spooler-ordered": ordered,
                "spooler-harakiri": harakiri,
                "spooler-chdir": change_dir,
                "spooler-frequency": poll_interval,
                "spooler-signal-as-task": signal_as_task,
                "spooler-cheap": cheap,
            }
        )

    def add(self, work_dir: Paths, *, external: bool = False) -> SectionT:
        """Run a spooler for a directory.

        :param work_dir: The directory, which has to exist, or several; with the basic parameter `base_dir`, names in
            that. Paths may have placeholders: `{project_runtime_dir}/spool/`. Source: ``spooler``.
        :param external: Another instance does the tasks, this one only leaves them there.
            Source: ``spooler-external``.
        """
        base_dir = self._section.remembered.get("spooler_base_dir", "")
        directories = [os.path.join(base_dir, os.fspath(directory)) for directory in as_list(work_dir)]
        return self._set({"spooler-external" if external else "spooler": directories})
