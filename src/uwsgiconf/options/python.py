"""The Python plugin: interpreter, application, reloading."""

from __future__ import annotations

import os
import sys
from typing import Any

from ..base import OptionsGroup, SectionT
from ..values import Path, Strings

#: As `version`: the version of the Python that describes the configuration.
AUTO = -1

# Not `.wsgi`: shop.wsgi is a module far more often, and a file of that name can be given as ./shop.wsgi.
_FILE_EXTENSIONS = (".py", ".pyc")


class Python(OptionsGroup[SectionT]):
    """The Python plugin. Threads of the application do not run unless they are enabled, see `set_basic_params`."""

    #: Which plugin that is, depends on the version, see `set_basic_params`.
    plugin: str | bool | None = True

    def __init__(self, *args: Any, section: SectionT | None = None, **kwargs: Any) -> None:
        self._plugin = self.plugin = f"python{sys.version_info[0]}"
        super().__init__(section=section)
        self._section.workers  # noqa: B018 - Python is nothing without workers: this makes sure there are some
        if args or kwargs:
            self(*args, **kwargs)

    def set_basic_params(
        self,
        *,
        version: str | int = AUTO,
        python_home: Path | None = None,
        enable_threads: bool | None = None,
        search_path: Strings | None = None,
        python_binary: Path | None = None,
        tracebacker_path: Path | None = None,
        plugin_dir: Path | None = None,
        os_env_reload: bool | None = None,
        optimization_level: int | None = None,
    ) -> SectionT:
        """Set how Python runs.

        :param version: Version that the plugin is named after: 3 for `python3`, an empty text for `python`.
            Default: that of this Python.
        :param python_home: The Python installation or virtual environment to use. Source: ``pyhome``.
        :param enable_threads: Let threads of the application run. Source: ``enable-threads``.
        :param search_path: Directories, eggs or patterns to add to `sys.path`, up to 64. Source: ``pythonpath``.
        :param python_binary: What Python takes for its own program. Source: ``py-programname``.
        :param tracebacker_path: Start of the names of sockets that tell what each worker does.
            Source: ``py-tracebacker``.
        :param plugin_dir: Where to look for the plugin. Source: ``plugins-dir``.
        :param os_env_reload: Make `os.environ` anew for each request. Source: ``reload-os-env``.
        :param optimization_level: As `-O` of Python: 1 leaves asserts out, 2 docstrings too. Source: ``optimize``.
        """
        if version != AUTO:
            self._plugin = self.plugin = f"python{version}"
        if enable_threads is not None:
            self._section.workers.set_thread_params(enable=enable_threads)
        if plugin_dir is not None:
            self._section.set_plugins_params(search_dirs=os.fspath(plugin_dir))
        return self._set(
            {
                "pyhome": python_home,
                "pythonpath": search_path,
                "py-programname": python_binary,
                "py-tracebacker": tracebacker_path,
                "reload-os-env": os_env_reload,
                "optimize": optimization_level,
            },
            plugin=self._plugin,
        )

    def set_app_args(self, *args: object) -> SectionT:
        """Set `sys.argv` of the application.

        :param args: The arguments. Source: ``pyargv``.
        """
        return self._set({"pyargv": " ".join(str(arg) for arg in args) or None}, plugin=self._plugin)

    def set_wsgi_params(
        self,
        *,
        module: Path | None = None,
        callable_name: str | None = None,
        env_strategy: str | None = None,
    ) -> SectionT:
        """Set the WSGI application.

        :param module: Its module, as `package.module` or `package.module:callable`, or its file.
            Source: ``wsgi``, ``wsgi-file``.
        :param callable_name: Name of the application in it. Default: `application`. Source: ``callable``.
        :param env_strategy: How the dict of the request is made: `cheat` clears and uses the same one again, `holy`
            makes one for each request. Default: `cheat`, in 2.1-dev `holy`. Source: ``wsgi-env-behaviour``.
        """
        values: dict[str, object] = {}
        if module is not None:
            values["wsgi-file" if _is_file(module) else "wsgi"] = module
        values |= {"callable": callable_name, "wsgi-env-behaviour": env_strategy}
        return self._set(values, plugin=self._plugin)

    def eval_wsgi_entrypoint(self, code: str) -> SectionT:
        """Run Python code that defines the WSGI application.

        :param code: The code. Source: ``eval``.
        """
        return self._set({"eval": code}, plugin=self._plugin)

    def set_autoreload_params(
        self, *, scan_interval: int | None = None, ignore_modules: Strings | None = None
    ) -> SectionT:
        """Reload when a module of the application changes; for development.

        :param scan_interval: Seconds between two looks. Source: ``py-auto-reload``.
        :param ignore_modules: Modules that may change. Source: ``py-auto-reload-ignore``.
        """
        return self._set(
            {"py-auto-reload": scan_interval, "py-auto-reload-ignore": ignore_modules}, plugin=self._plugin
        )

    def register_module_alias(self, alias: str, module_path: Path, *, after_init: bool = False) -> SectionT:
        """Let a module be imported by another name.

        :param alias: That name.
        :param module_path: The module, or its file. Source: ``pymodule-alias``.
        :param after_init: Do so after the module `uwsgi` is ready. Source: ``post-pymodule-alias``.
        """
        option = "post-pymodule-alias" if after_init else "pymodule-alias"
        return self._set({option: f"{alias}={os.fspath(module_path)}"}, plugin=self._plugin)

    def import_module(self, modules: Strings, *, shared: bool = False, into_spooler: bool = False) -> SectionT:
        """Import modules, before requests are answered.

        :param modules: Their names, or files. Source: ``python-import``.
        :param shared: Import them once, in the master, instead of in each process. Source: ``shared-python-import``.
        :param into_spooler: Import them in spoolers. Source: ``spooler-python-import``.
        """
        where = "spooler-" if into_spooler else "shared-" if shared else ""
        return self._set({f"{where}python-import": modules}, plugin=self._plugin)

    def run_module(self, module: Path) -> SectionT:
        """Run a Python script with the module `uwsgi` at hand, and end.

        :param module: The script. Source: ``pyrun``.
        """
        return self._set({"pyrun": module}, plugin=self._plugin)


def _is_file(module: Path) -> bool:
    path = os.fspath(module)
    return "/" in path or path.endswith(_FILE_EXTENSIONS)
