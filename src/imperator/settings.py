"""What the Emperor was told, by topic. Frozen: whoever holds one may rely on it.

Each field names the uWSGI option it is set by. How flags and files become these is `imperator.cli.options`' matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from imperator.policy.discipline import Rules

__all__ = ["Control", "Hooks", "Hosting", "Launching", "Logging", "OnDemand", "Settings", "Sockets", "Watching"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """How monitors look.

    :param rescan_seconds: Seconds between the safety rescans of files and the polls of sources that tell nothing by
        themselves. None: the monitor chooses (60 s where the kernel reports changes, 3 s where it does not).
        Source: ``emperor-freq``.
    :param follow_links: Whether a link's target counts or the link itself. Source: ``emperor-nofollow``.
    :param owner_of_links: The owner of a link counts in Tyrant mode, not that of its target. Source:
        ``emperor-tyrant-nofollow``.
    :param extra_extensions: File endings that are configurations besides uWSGI's own. Source:
        ``emperor-extra-extension``.
    """

    rescan_seconds: float | None = None
    follow_links: bool = True
    owner_of_links: bool = False
    extra_extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDemand:
    """Which files' vassals wait for a connection, and the sockets the Emperor listens on for them.

    :param extension: A file of the vassal's name plus this holds the address. Source: ``emperor-on-demand-extension``.
    :param directory: The address is ``DIRECTORY/NAME.socket``, without the extension of the name. Source:
        ``emperor-on-demand-directory``.
    :param command: Shell command that prints the address; gets the vassal's name. Source: ``emperor-on-demand-exec``.
    """

    extension: str | None = None
    directory: str | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sockets:
    """The sockets that the Emperor makes, for vassals and for stats.

    :param mode: Permissions of UNIX sockets. Source: ``chmod-socket``.
    :param backlog: How many connections may wait. Source: ``listen``.
    """

    mode: int = 0o600
    backlog: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Launching:
    """How a vassal's process is made.

    :param binary: Path of the uWSGI binary. None: the `uwsgi` beside our Python, else the first on PATH. Source:
        ``binary-path``.
    :param wrapper: What is run in the binary's place, with the same arguments. Source: ``emperor-wrapper``.
    :param wrapper_overrides: Programs to try before wrapper or binary: the first that can be executed is run. Source:
        ``emperor-wrapper-override``.
    :param wrapper_fallbacks: Programs to try where none of the others can be executed. Source:
        ``emperor-wrapper-fallback``.
    :param inherits_before: Templates read before the vassal's file. Source: ``vassals-inherit-before``.
    :param includes_before: The same, evaluated at once. Source: ``vassals-include-before``.
    :param placeholders: ``key=value`` pairs every vassal's file may refer to. Source: ``vassal-set``.
    :param inherits: Templates read after the vassal's file. Source: ``vassals-inherit``.
    :param includes: The same, evaluated at once. Source: ``vassals-include``.
    :param magic_exec: Run executable configuration files and take their output. Source: ``emperor-magic-exec``.
    :param tyrant: Vassals run as the owner of their configuration. Source: ``emperor-tyrant``.
    :param initgroups: They get all groups of that user; else the configuration's group only. Source:
        ``emperor-tyrant-initgroups``.
    :param namespaces: Kernel namespaces each vassal has for itself: ``CLONE_NEW...`` flags. Source:
        ``emperor-use-clone``.
    :param capabilities: Numbers of the capabilities that programs of vassals can have at most. None: what the kernel
        gives. Source: ``emperor-cap``.
    :param attributes: What is collected of the section ``[emperor]`` of vassals' files, and of their sources. Source:
        ``emperor-collect-attribute``.
    :param wrapper_attribute: The attribute that names what is run in the place of binary or wrapper. Source:
        ``emperor-wrapper-attr``.
    :param directory_attribute: The attribute that names the directory to start in. Source: ``emperor-chdir-attr``.
    :param config_pipe: Send each vassal the text of its file instead of the file's name. Source:
        ``emperor-force-config-pipe``.
    """

    binary: str | None = None
    wrapper: str | None = None
    wrapper_overrides: tuple[str, ...] = ()
    wrapper_fallbacks: tuple[str, ...] = ()
    inherits_before: tuple[str, ...] = ()
    includes_before: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    inherits: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    magic_exec: bool = False
    tyrant: bool = False
    initgroups: bool = False
    namespaces: int = 0
    capabilities: tuple[int, ...] | None = None
    attributes: tuple[str, ...] = ()
    wrapper_attribute: str | None = None
    directory_attribute: str | None = None
    config_pipe: bool = False

    @property
    def collected_attributes(self) -> frozenset[str]:
        """All attributes that anything here needs or shows."""
        used = (self.wrapper_attribute, self.directory_attribute)
        return frozenset(self.attributes).union(name for name in used if name is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What is run around vassals: ``ACTION:ARGUMENTS`` where nothing else is said.

    :param vassals_start: Program that each vassal's process runs first, with the vassal's name. Source:
        ``vassals-start-hook``.
    :param vassals_stop: The same, run by the Emperor after the process has ended. Source: ``vassals-stop-hook``.
    :param as_vassal_before_drop: Run by a vassal's process before it drops privileges. Source:
        ``hook-as-vassal-before-drop``.
    :param as_vassal: Run by a vassal's process before its program. Source: ``hook-as-vassal``.
    :param mount_as_vassal: ``TYPE SOURCE DIRECTORY [FLAGS [DATA]]``. Source: ``mount-as-vassal``.
    :param umount_as_vassal: ``DIRECTORY [FLAGS]``. Source: ``umount-as-vassal``.
    :param exec_as_vassal: Shell commands. Source: ``exec-as-vassal``.
    :param as_emperor_before_vassal: Run before a vassal's process is made. Source: ``hook-as-emperor-before-vassal``.
    :param as_emperor: Run once a vassal's process is made. Source: ``hook-as-emperor``.
    :param mount_as_emperor: Source: ``mount-as-emperor``.
    :param umount_as_emperor: Source: ``umount-as-emperor``.
    :param exec_as_emperor: Shell commands. Source: ``exec-as-emperor``.
    :param emperor_start: Run before everything else; what fails ends the Emperor. Source: ``hook-emperor-start``.
    :param as_on_demand_vassal: Run as a vassal whenever it begins to wait for a connection. Source:
        ``hook-as-on-demand-vassal``.
    :param as_on_config_vassal: The same, whenever the configuration of one that waits has changed. Source:
        ``hook-as-on-config-vassal``.
    :param as_emperor_setns: Run in a vassal's namespaces once it has them. Source: ``hook-as-emperor-setns``.
    :param emperor_stop: Run when our own Emperor tells us to stop. Source: ``hook-emperor-stop``.
    :param emperor_reload: Run when it tells us to reload. Source: ``hook-emperor-reload``.
    :param emperor_lost: Run when it is gone. Source: ``hook-emperor-lost``.
    :param limit_seconds: How long the hooks of one occasion may take, 1 to 86,400. Source: ``hook-timeout``.
    """

    vassals_start: str | None = None
    vassals_stop: str | None = None
    as_vassal_before_drop: tuple[str, ...] = ()
    as_vassal: tuple[str, ...] = ()
    mount_as_vassal: tuple[str, ...] = ()
    umount_as_vassal: tuple[str, ...] = ()
    exec_as_vassal: tuple[str, ...] = ()
    as_emperor_before_vassal: tuple[str, ...] = ()
    as_emperor: tuple[str, ...] = ()
    mount_as_emperor: tuple[str, ...] = ()
    umount_as_emperor: tuple[str, ...] = ()
    exec_as_emperor: tuple[str, ...] = ()
    emperor_start: tuple[str, ...] = ()
    as_on_demand_vassal: tuple[str, ...] = ()
    as_on_config_vassal: tuple[str, ...] = ()
    as_emperor_setns: tuple[str, ...] = ()
    emperor_stop: tuple[str, ...] = ()
    emperor_reload: tuple[str, ...] = ()
    emperor_lost: tuple[str, ...] = ()
    limit_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """Where the Emperor's own lines go.

    :param path: File that standard output and error of the Emperor and its vassals go to. None: where they are.
        Source: ``logto``.
    :param as_json: One JSON object a line instead of uWSGI's wording. Source: ``--log-json``.
    :param lists_monitors: Begin with a line for each kind of source. Source: ``imperial-monitor-list``.
    :param level: Least level that is written: ``debug``, ``info``, ``warning`` or ``error``. Source: ``--log-level``.
    """

    path: str | None = None
    as_json: bool = False
    level: str = "info"
    lists_monitors: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """The Emperor as a process of its own; nothing here matters when it lives inside another program.

    :param pidfile: File that holds our pid while we run. Source: ``emperor-pidfile``.
    :param subreaper: Adopt what our vassals' dead processes leave behind, and bury it. Source:
        ``emperor-subreaper``.
    :param procname: Name shown by `ps`. Source: ``emperor-procname``.
    :param uid: User we become before anything is watched or run: a name or a number. Source: ``uid``.
    :param gid: Group we become: a name or a number. Source: ``gid``.
    :param capabilities: Numbers of the capabilities that we keep, and no others. None: those that come with our user.
        Source: ``cap``.
    :param directory: Where we go first. Source: ``chdir``.
    :param daemonize: Log file of a daemon detached from the terminal. None: stay in the foreground. Source:
        ``daemonize``.
    """

    pidfile: str | None = None
    procname: str | None = None
    uid: str | None = None
    gid: str | None = None
    directory: str | None = None
    daemonize: str | None = None
    subreaper: bool = False
    capabilities: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """How people and programs speak to the Emperor while it runs. Addresses are ``host:port`` or a UNIX socket's path.

    :param commands: Where datagrams command single vassals. Source: ``emperor-command-socket``.
    :param trigger: Where each connection makes the Emperor look at its sources now. Source: ``emperor-trigger-socket``.
    :param stats_http: The stats server speaks HTTP. Source: ``stats-http``.
    """

    commands: str | None = None
    trigger: str | None = None
    stats_http: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything one Emperor was told.

    :param targets: Where vassals come from: directories, globs, ``scheme://`` URLs. Source: ``emperor``.
    :param stats: Address of the stats server: ``host:port`` or the path of a UNIX socket. Source: ``emperor-stats``.
    """

    targets: tuple[str, ...]
    rules: Rules = field(default_factory=Rules)
    watching: Watching = field(default_factory=Watching)
    on_demand: OnDemand = field(default_factory=OnDemand)
    sockets: Sockets = field(default_factory=Sockets)
    launching: Launching = field(default_factory=Launching)
    hooks: Hooks = field(default_factory=Hooks)
    logging: Logging = field(default_factory=Logging)
    hosting: Hosting = field(default_factory=Hosting)
    control: Control = field(default_factory=Control)
    stats: str | None = None
