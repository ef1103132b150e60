"""A section: the options of one uWSGI instance."""

from __future__ import annotations

import os
from time import strftime
from typing import TYPE_CHECKING, Any

from . import catalogue
from .base import keyword_parameters, named, unknown_parameter
from .contradictions import INVOLVED, refuse_contradictions
from .entries import Entries, Written
from .exceptions import ConfigurationError
from .options.groups import NAMES as GROUP_NAMES
from .options.groups import Groups
from .values import as_list
from .variables import PluginPresets, Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from .base import OptionsGroup
    from .config import Configuration
    from .values import OptionValue, Path, Strings

# How uWSGI is told to read a file, by the file's extension.
_READERS = {
    ".ini": "ini",
    ".json": "json",
    ".js": "json",
    ".xml": "xml",
    ".yaml": "yaml",
    ".yml": "yaml",
}


class Section(Groups):
    """A section of a configuration: the options of one uWSGI instance.

    Options are set by the methods of the section's groups, such as `section.workers`; each returns the section, so
    calls can be chained. The basic parameters of a group can be set in three ways::

        section.workers.set_basic_params(count=3)
        section.workers(count=3)
        Section(params_workers={"count": 3})

    :param name: Name of the section. Default: `uwsgi`, which uWSGI reads unless told otherwise.
    :param runtime_dir: Directory for files of a running instance: sockets, pidfiles, FIFOs. See `get_runtime_dir`.
    :param project_name: Short name of the project, for `{project_name}` in values. See `replace_placeholders`.
    :param strict_config: End uWSGI when a configuration has options it does not know. Source: ``strict``.
    :param style_prints: Colour what `print_out` prints.
    :param embedded_plugins: Plugins that uWSGI has built in and that no line has to load: a list, or a function that
        returns one, see `embedded_plugins_presets`.
    :param uwsgi_version: The uWSGI to write for: `2.0`, the newest release, or `2.1-dev`.
    :param kwargs: Basic parameters of groups, each a dict: `params_workers={"count": 3}`.
    :raises ConfigurationError: There is no such version, group or parameter.
    """

    #: Plugins to give as `embedded_plugins`.
    embedded_plugins_presets = PluginPresets

    #: Variables to use in values.
    vars = Variables

    def __init__(
        self,
        name: str | None = None,
        *,
        runtime_dir: Path | None = None,
        project_name: str | None = None,
        strict_config: bool | None = None,
        style_prints: bool = False,
        embedded_plugins: Callable[[], list[str]] | list[str] | None = None,
        uwsgi_version: str = catalogue.NEWEST_RELEASE,
        **kwargs: Any,
    ) -> None:
        self.name = _checked_name(name or "uwsgi")
        self.style_prints = style_prints
        self.uwsgi_version = _known_version(uwsgi_version)
        #: The options, in the order they were set.
        self.entries = Entries(self.uwsgi_version)
        self._runtime_dir = os.fspath(runtime_dir) if runtime_dir else ""
        self._project_name = project_name or ""
        self._embedded_plugins = _listed_plugins(embedded_plugins)
        self._included: list[Section] = []
        #: What groups have to know later and uWSGI has no option for.
        self.remembered: dict[str, str] = {}
        self.set_basic_params(strict_config=strict_config, **kwargs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}: {len(self.entries)} options>"

    @property
    def project_name(self) -> str:
        """Short name of the project, empty if it has none. See `replace_placeholders`."""
        return self._project_name

    @project_name.setter
    def project_name(self, value: str) -> None:
        self._project_name = value or ""

    @property
    def included_sections(self) -> list[Section]:
        """The sections that `include` and `set_fallback` were given, which a configuration has to contain too."""
        return list(self._included)

    def set_basic_params(self, *, strict_config: bool | None = None, **kwargs: Any) -> Self:
        """Set the strictness of the section, and basic parameters of its groups.

        :param strict_config: End uWSGI when a configuration has options it does not know. Source: ``strict``.
        :param kwargs: Basic parameters of groups, each a dict: `params_workers={"count": 3}`.
        :raises ConfigurationError: There is no such group or parameter.
        """
        self._set({"strict": strict_config}, "set_basic_params")
        for parameter, values in kwargs.items():
            self._call_group(parameter, values)
        return self

    def _call_group(self, parameter: str, values: Any) -> None:
        group_name = parameter.removeprefix("params_")
        if group_name == parameter or group_name not in GROUP_NAMES:
            taken = ["name", *keyword_parameters(type(self)), *(f"params_{group}" for group in GROUP_NAMES)]
            raise unknown_parameter(type(self).__name__, parameter, taken)
        if not isinstance(values, dict):
            raise ConfigurationError(
                f"{type(self).__name__}: `{parameter}`",
                wanted="a dict of basic parameters",
                found=f"{values!r} ({type(values).__name__})",
                remedy=f"Write {parameter}=dict(...), with the parameters of section.{group_name}.set_basic_params.",
            )
        group: OptionsGroup[Any] = getattr(self, group_name)
        group(**values)

    def set_option(self, name: str, value: OptionValue) -> Self:
        """Set any option by the name uWSGI gives it, also one that no group covers.

        :param name: The name, for example `socket-timeout`.
        :param value: What the option takes: True or False for switches, a number, text, a path, or a list for options
            that may be given several times. None leaves it alone, False takes back what was set.
        :raises ConfigurationError: uWSGI has no such option, or it does not take such a value.
        """
        return self._set({name: value}, "set_option")

    def adopt(self, entries: Entries) -> Self:
        """Set what a router, an algorithm or a logger brings along.

        :param entries: Its options.
        :raises ConfigurationError: The uWSGI that the section is for does not have one of them.
        """
        try:
            self.entries.extend(entries)
        except ConfigurationError as fault:
            raise named(fault, type(self).__name__, "adopt") from fault
        return self

    def replace_placeholders(self, value: Any) -> Any:
        """Replace what stands for the project in a text or a list of texts; every value that is set goes through here.

        - `{project_runtime_dir}` is the runtime directory, with the name of the project: `/run/myproject`;
        - `{project_name}` is the name of the project;
        - `{runtime_dir}` is the runtime directory: `/run`.

        :param value: A text, a list of texts, or None.
        """
        if isinstance(value, list | tuple):
            return [self.replace_placeholders(item) for item in value]
        if isinstance(value, Written):
            value = str(value)
        elif not isinstance(value, str | int) and isinstance(value, os.PathLike):
            value = os.fspath(value)
        if type(value) is not str or "{" not in value:
            return value
        runtime_dir = self.get_runtime_dir().rstrip("/")
        return (
            value.replace("{project_runtime_dir}", f"{runtime_dir}/{self.project_name}".rstrip("/"))
            .replace("{project_name}", self.project_name)
            .replace("{runtime_dir}", runtime_dir)
        )

    def get_runtime_dir(self, *, default: bool = True) -> str:
        """The directory for files of a running instance: sockets, pidfiles, FIFOs.

        :param default: Whether to return the system's directory where none was set: `/run` for root, the user's own
            below `/run/user` otherwise. If not, an empty text is returned.
        """
        if self._runtime_dir or not default:
            return self._runtime_dir
        user_id = os.geteuid()
        return os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{user_id}" if user_id else "/run"

    def set_runtime_dir(self, value: Path) -> Self:
        """Set the directory for files of a running instance.

        :param value: A directory. Values that were set before keep the former one.
        """
        self._runtime_dir = os.fspath(value) if value else ""
        return self

    def as_configuration(self, **kwargs: Any) -> Configuration:
        """A configuration of this section alone, and of the sections it includes.

        :param kwargs: Further parameters of `Configuration`.
        """
        from .config import Configuration  # it is made of sections

        return Configuration([self], **kwargs)

    def print_plugins(self) -> Self:
        """Print the plugins of uWSGI at its start. Source: ``plugin-list``."""
        return self._set({"plugin-list": True}, "print_plugins")

    def print_stamp(self) -> Self:
        """Print at uWSGI's start what wrote this configuration, and when."""
        written = strftime("%Y-%m-%dT%H:%M:%S%z")
        for line in ("This configuration was written by uwsgiconf", f"on {written}"):
            self.print_out(line, format_options="red")
        return self

    def print_out(
        self,
        value: object,
        *,
        indent: str | None = None,
        format_options: dict[str, str] | str | None = None,
        asap: bool = False,
    ) -> Self:
        """Print something at uWSGI's start.

        :param value: What to print; variables in it are replaced.
        :param indent: Before the text. Default: three spaces.
        :param format_options: Colour of the text, or `color_fg` and `color_bg`; used with `style_prints` only.
        :param asap: Print before anything else is done. Source: ``iprint``, otherwise ``print``.
        """
        text = f">{'   ' if indent is None else indent}{value}"
        if self.style_prints and format_options:
            from .formatters import format_print_text

            colors = {"color_fg": format_options} if isinstance(format_options, str) else format_options
            text = format_print_text(text, **colors)
        return self._set({"iprint" if asap else "print": text}, "print_out")

    def print_variables(self) -> Self:
        """Print the variables that values can have, and what they stand for on this machine."""
        self.print_out("Variables of uWSGI", format_options="green")
        for variable, description in self.vars.get_descriptions().items():
            if not variable.startswith(self.vars.FORMAT_ESCAPE):
                self.print_out(f"%{variable} = {variable} - {description}", indent="      ")
        return self

    def set_plugins_params(
        self,
        *,
        plugins: Strings | OptionsGroup[Any] | list[OptionsGroup[Any]] | None = None,
        search_dirs: Strings | None = None,
        autoload: bool | None = None,
        required: bool = False,
    ) -> Self:
        """Load plugins, except those that are built in according to `embedded_plugins`.

        :param plugins: Names of plugins, or groups that need one. Source: ``plugin``.
        :param search_dirs: Where to look for plugins first. Source: ``plugins-dir``.
        :param autoload: Load a plugin by itself when an unknown option has its name. Source: ``autoload``.
        :param required: End uWSGI when a plugin cannot be loaded. Source: ``need-plugin``.
        """
        key = "need-plugin" if required else "plugin"
        missing = [name for name in map(_plugin_name, as_list(plugins)) if not self._has_plugin(name)]
        return self._set({"plugins-dir": search_dirs, "autoload": autoload, key: missing or None}, "set_plugins_params")

    def _has_plugin(self, name: str) -> bool:
        if name in self._embedded_plugins or name in self.entries.texts("plugin") + self.entries.texts("need-plugin"):
            return True
        # Builds call the plugin `python`, distributions that have several call it after its version.
        return name.startswith("python") and "python" in self._embedded_plugins

    def set_fallback(self, target: Path | Section) -> Self:
        """Start uWSGI again with another configuration when it ends with exit code 1.

        :param target: A file, or a section. Source: ``fallback-config``.
        """
        if isinstance(target, Section):
            # A new uWSGI reads it: only the path of this file leads there, and only a name with this end tells the
            # format of what it names. So a section of such a name leads to the one meant.
            alias = Section(f"{target.name}.ini").include(target)
            self._included.append(alias)
            return self._set({"fallback-config": f"%p:{alias.name}"}, "set_fallback")
        return self._set({"fallback-config": os.fspath(target)}, "set_fallback")

    def set_placeholder(self, key: str, value: object) -> Self:
        """Define a variable of your own: values below can use it as `%(key)`, the application finds it in `uwsgi.opt`.

        :param key: Its name.
        :param value: What it stands for. Source: ``set-placeholder``.
        """
        return self._set({"set-placeholder": f"{key}={value}"}, "set_placeholder")

    def env(
        self,
        key: str,
        value: object = None,
        *,
        unset: bool = False,
        asap: bool = False,
        update_local: bool = False,
    ) -> Self:
        """Set or remove an environment variable.

        :param key: Its name.
        :param value: Its value. Default: what it is in the environment of this process. Source: ``env``.
        :param unset: Remove it instead. Source: ``unenv``.
        :param asap: Set it before anything else is read; only 2.1-dev can. Source: ``ienv``.
        :param update_local: Change the environment of this process too.
        :raises ConfigurationError: There is no value, and this process has none either.
        """
        if unset:
            if update_local:
                os.environ.pop(key, None)
            return self._set({"unenv": key}, "env")
        text = os.environ.get(key) if value is None else str(value)
        if text is None:
            raise ConfigurationError(
                f"{type(self).__name__}.env: `{key}`",
                wanted="a value, or a variable of that name in the environment",
                found="neither",
                remedy=f"Give a value, or unset=True to remove {key}.",
            )
        if update_local:
            os.environ[key] = text
        written = text.replace("%", "%%") if value is None else text  # what is taken over has no variables of uWSGI
        return self._set({"ienv" if asap else "env": f"{key}={written}"}, "env")

    def include(self, target: Path | Section | list[Section] | list[str]) -> Self:
        """Read the options of another section or file at this place.

        :param target: A section, a file, or a list of them. A section becomes part of the configuration.
            Source: ``ini``, or ``yaml``, ``json``, ``xml`` by the extension of the file.
        """
        for item in as_list(target):
            if isinstance(item, Section):
                self._included.append(item)
                self._set({"ini": f":{item.name}"}, "include")
            else:
                file = os.fspath(item)
                self._set({_option_to_read(file): file}, "include")
        return self

    @classmethod
    def derive_from(cls, section: Section, *, name: str | None = None) -> Self:
        """A new section with everything another one has so far; both can then be changed apart.

        :param section: The section to start from.
        :param name: Name of the new section. Default: the name of the other.
        """
        derived = cls.__new__(cls)
        derived.__dict__.update({key: value for key, value in vars(section).items() if key not in GROUP_NAMES})
        derived.name = _checked_name(name or section.name)
        derived.entries = section.entries.copy()
        derived._embedded_plugins = list(section._embedded_plugins)
        derived._included = list(section._included)
        derived.remembered = dict(section.remembered)
        return derived

    @classmethod
    def bootstrap(cls, dsn: Strings, *, allow_shared_sockets: bool | None = None, **init_kwargs: Any) -> Self:
        """A section that listens at an address.

        :param dsn: One or more addresses: `http://127.0.0.1:8000`, `https://:443?cert=/my.crt&key=/my.key`; the
            schemes are `fastcgi`, `http`, `https`, `raw`, `scgi`, `shared`, `udp`, `uwsgi`, `suwsgi` and `zeromq`.
        :param allow_shared_sockets: Bind to ports below 1024 before privileges are dropped. Default: unless root.
        :param init_kwargs: Parameters of the section itself.
        :raises ConfigurationError: An address has no known scheme, or lacks what its scheme needs.
        """
        section = cls(**init_kwargs)
        from_dsn = section.networking.sockets.from_dsn
        sockets = [from_dsn(str(item), allow_shared_sockets=allow_shared_sockets) for item in as_list(dsn)]
        section.networking.register_socket(sockets)
        return section

    def _set(self, values: Mapping[str, object], method: str) -> Self:
        try:
            self._update(values)
        except ConfigurationError as fault:
            raise named(fault, type(self).__name__, method) from fault
        return self

    def _update(self, values: Mapping[str, object], plugin: str | None = None) -> None:
        """Set options, all or none of them, after loading the plugin they need if anything is set."""
        replaced = {name: self.replace_placeholders(value) for name, value in values.items() if value is not None}
        changes = self.entries.prepared(replaced)
        if plugin and any(change.texts for change in changes):
            self.set_plugins_params(plugins=plugin)
        if INVOLVED.isdisjoint(replaced):
            self.entries.apply(changes)
            return
        tried = self.entries.copy()
        tried.apply(changes)
        refuse_contradictions(tried)
        self.entries = tried


def _known_version(version: str) -> str:
    if version not in catalogue.VERSIONS:
        raise ConfigurationError(
            "Section: `uwsgi_version`",
            wanted=" or ".join(repr(known) for known in catalogue.VERSIONS),
            found=repr(version),
            remedy=f"Use {catalogue.NEWEST_RELEASE!r} for every released uWSGI 2.0.x.",
        )
    return version


def _checked_name(name: str) -> str:
    if set(name) & set("[]:\n"):
        raise ConfigurationError(
            "Section: `name`",
            wanted="a name without brackets, colons and line breaks, which uWSGI could not find again",
            found=repr(name),
            remedy="Use letters, digits, dots, dashes and underscores.",
        )
    return name


def _listed_plugins(plugins: Callable[[], list[str]] | list[str] | None) -> list[str]:
    listed = plugins() if callable(plugins) else plugins or []
    if not isinstance(listed, list | tuple | set | frozenset):
        raise ConfigurationError(
            "Section: `embedded_plugins`",
            wanted="a list of names of plugins, or a function that returns one",
            found=f"{listed!r} ({type(listed).__name__})",
            remedy="Use Section.embedded_plugins_presets.BASIC for those that uWSGI's default build has.",
        )
    return list(listed)


def _plugin_name(plugin: object) -> str:
    name = plugin if isinstance(plugin, str) else getattr(plugin, "plugin", None)
    if isinstance(name, str) and name:
        return name
    raise ConfigurationError(
        "Section.set_plugins_params: `plugins`",
        wanted="names of plugins, or groups of options that need one",
        found=repr(plugin),
        remedy="Give the name that uWSGI calls the plugin by, such as 'python3'.",
    )


def _option_to_read(file: str) -> str:
    extension = os.path.splitext(file.rpartition(":")[0] or file)[1] or os.path.splitext(file)[1]
    return _READERS.get(extension, "ini")
