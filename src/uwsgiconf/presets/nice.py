"""Sections with defaults that serve most sites well."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..config import Section as _Section
from ..exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from ..values import Path, Paths

#: Environment variable with the path of the file that turns maintenance on, for code that runs in the instance.
ENV_MAINTENANCE = "UWSGICONF_MAINTENANCE"

#: Environment variable that is set while the maintenance application takes the place of the real one.
ENV_MAINTENANCE_INPLACE = "UWSGICONF_MAINTENANCE_INPLACE"

_MAINTENANCE_APP = "uwsgiconf.maintenance:app_maintenance"

# What says which application is loaded: all of it is left out during maintenance.
_APPLICATION_OPTIONS = ("wsgi", "wsgi-file", "callable", "eval", "mount", "worker-mount")


class Section(_Section):
    """A section with a master, names for processes, readable logs, and files removed at the end.

    :param name: Name of the section. Default: `uwsgi`.
    :param touch_reload: Reload the instance when one of these is touched.
    :param workers: How many workers. Default: one per processor core.
    :param threads: Threads of each worker that answer requests, or True to let the application start its own.
    :param mules: How many mules.
    :param owner: User to run as, or `user:group`. Default: as it is started.
    :param log_into: File or UDP address to log to.
    :param log_dedicated: Let a thread of the master write all logs.
    :param process_prefix: Put before the names of processes.
    :param ignore_write_errors: Neither log nor raise that a client went away while it was written to.
    :param kwargs: Parameters of `uwsgiconf.config.Section`; `strict_config` is True unless they say otherwise.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        touch_reload: Paths | None = None,
        workers: int | None = None,
        threads: int | bool | None = None,
        mules: int | None = None,
        owner: str | None = None,
        log_into: str | None = None,
        log_dedicated: bool | None = None,
        process_prefix: str | None = None,
        ignore_write_errors: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, **{"strict_config": True, **kwargs})
        self.master_process.set_basic_params(enable=True, no_orphans=True)
        self.master_process.set_exit_events(sig_term=True)
        self.main_process.set_basic_params(touch_reload=touch_reload, vacuum=True)
        self.main_process.set_naming_params(autonaming=True)
        self.set_option("procname-prefix-spaced", process_prefix)
        self._set_processes(workers, threads, mules)
        self._set_logging(log_into, log_dedicated)
        if owner:
            self.configure_owner(owner)
        if ignore_write_errors:
            self.logging.set_filters(write_errors=False, sigpipe=False)
            self.master_process.set_exception_handling_params(no_write_exception=True)

    def _set_processes(self, workers: int | None, threads: int | bool | None, mules: int | None) -> None:
        if workers:
            self.workers.set_basic_params(count=workers)
        elif self.entries.last("workers") is None:
            self.workers.set_count_auto()
        if isinstance(threads, bool):
            self.workers.set_thread_params(enable=threads)
        elif threads:
            self.workers.set_thread_params(enable=True, count=threads)
        if mules:
            self.workers.set_mules_params(mules=mules)

    def _set_logging(self, log_into: str | None, log_dedicated: bool | None) -> None:
        if self.entries.last("log-format") is None:
            self.logging.set_basic_params(template=self.get_log_format_default())
        if log_into:
            self.logging.log_into(log_into, before_priv_drop=False)
        if log_dedicated:
            self.logging.set_master_logging_params(enable=True, dedicate_thread=True)

    def get_log_format_default(self) -> str:
        """The line that is logged about each request, unless `params_logging` brings another."""
        found = self.logging.vars
        return (
            f"{found.WORKER_PID}-{found.WORKER_ID} [{found.REQ_START_HUMAN}] {found.REQ_REMOTE_ADDR} "
            f"{found.REQ_METHOD} {found.REQ_URI} {found.REQ_SERVER_PROTOCOL} -> {found.RESP_STATUS}, "
            f"{found.RESP_SIZE} bytes in {found.RESP_TIME_MS} ms, "
            f'"{found.REQ_REFERER}" "{found.REQ_USER_AGENT}"'
        )

    @classmethod
    def get_bundled_static_path(cls, filename: str) -> str:
        """The path of a page that comes with this package: `403.html`, `404.html`, `500.html` or `503.html`.

        :param filename: Its name.
        :raises ConfigurationError: There is no such page.
        """
        directory = os.path.join(os.path.dirname(os.path.dirname(__file__)), "static")
        path = os.path.join(directory, filename)
        if not os.path.isfile(path):
            raise ConfigurationError(
                "Section.get_bundled_static_path",
                wanted=" or ".join(sorted(os.listdir(directory))),
                found=repr(filename),
                remedy="Use one of these, or the path of a page of your own.",
            )
        return path

    def configure_owner(self, owner: str = "www-data", *, drop_after: str = "") -> Self:
        """Run as a user and a group.

        :param owner: The user, whose name the group has too, `user:group`, or `:group`. Source: ``uid``, ``gid``.
        :param drop_after: Change later than usual: `init`, after plugins are ready, or `apps`, after applications are
            loaded.
        """
        user, _, group = owner.partition(":")
        return self.main_process.set_owner_params(uid=user or None, gid=group or user or None, drop_after=drop_after)

    def configure_maintenance_mode(self, trigger: Path, response: str) -> Self:
        """Answer every request in the same way while a file exists.

        :param trigger: The file. It may be removed and made again at any time.
        :param response: What to answer: the path of a file, a URL that begins with `http` to redirect to, `app` for
            an application that comes with this package and takes the place of the real one, or
            `app::module:function` for one of yours. The application has to be set before.
        :raises ConfigurationError: The file to answer with is not named by its full path.
        """
        path = os.fspath(trigger)
        if response == "app" or response.startswith("app::"):
            return self._replace_application(path, response.removeprefix("app").removeprefix("::") or _MAINTENANCE_APP)
        rule = self.routing.route_rule
        if response.startswith("http"):
            action: Any = rule.actions.redirect(response)
        elif os.path.isabs(response):
            action = rule.actions.serve_static(response)
        else:
            raise ConfigurationError(
                "Section.configure_maintenance_mode: `response`",
                wanted="the full path of a file, a URL, `app` or `app::module:function`",
                found=repr(response),
                remedy="Give the full path: the working directory may be another when uWSGI runs.",
            )
        return self.routing.register_route(rule(action, rule.subjects.custom(path).exists()))

    def _replace_application(self, trigger: str, application: str) -> Self:
        """Load another application while the file exists; uWSGI reloads when it appears and when it is removed."""
        self.env(ENV_MAINTENANCE, trigger)
        self.main_process.set_basic_params(touch_reload=trigger)
        real = [entry for entry in self.entries if entry.name in _APPLICATION_OPTIONS]
        for option in _APPLICATION_OPTIONS:
            self.entries.remove(option)
        self.entries.add("if-exists", trigger)
        self.entries.add("env", f"{ENV_MAINTENANCE_INPLACE}=1")
        self.entries.add("wsgi", application)
        self.entries.add("endif", "")
        self.entries.add("if-not-exists", trigger)
        for entry in real:
            self.entries.add(entry.name, entry.text)
        self.entries.add("endif", "")
        return self

    def configure_https_redirect(self) -> Self:
        """Redirect HTTP to HTTPS, except what Certbot's server asks for."""
        rule = self.routing.route_rule
        is_http = ~rule.subjects.custom("${HTTPS}").eq("on")
        target = "https://${HTTP_HOST}${REQUEST_URI}"
        return self.routing.register_route(
            [
                rule(rule.actions.do_continue(), rule.subjects.path_info("^/\\.well-known/acme-challenge/")),
                rule(rule.actions.redirect(target, permanent=True), is_http),
            ]
        )

    def configure_certbot_https(
        self,
        domain: str,
        webroot: Path,
        *,
        address: str | None = None,
        allow_shared_sockets: bool | None = None,
        http_redirect: bool = False,
    ) -> Self:
        """Speak HTTPS with certificates that Certbot got: `certbot certonly --webroot -w WEBROOT -d DOMAIN`.

        Before there are any, only the files by which Certbot proves who you are get served.

        :param domain: The domain, as told Certbot by `-d`.
        :param webroot: The directory, as told Certbot by `-w`.
        :param address: Where to listen. Default: `:443`.
        :param allow_shared_sockets: Bind to ports below 1024 before privileges are dropped. Default: unless root.
        :param http_redirect: Redirect HTTP to HTTPS as soon as there are certificates.
        """
        challenges = os.path.join(os.fspath(webroot), ".well-known/")
        self.statics.register_static_map("/.well-known/", challenges)
        sockets = self.networking.sockets
        chain, key = sockets.https.get_certbot_paths(domain)
        if not chain:
            return self
        https = sockets.from_dsn(
            f"https://{address or ':443'}?cert={chain}&key={key}", allow_shared_sockets=allow_shared_sockets
        )
        self.networking.register_socket(https)
        self.main_process.set_basic_params(touch_reload=chain)
        return self.configure_https_redirect() if http_redirect else self

    def configure_logging_json(self, *, tpl_msg: str = "", tpl_ctx: dict[str, str] | None = None) -> Self:
        """Log one JSON object per line.

        :param tpl_msg: The message about a request, with `logging.vars`. Default: `get_log_format_default`.
        :param tpl_ctx: Further members of all objects, by their names; values can have `logging.encoders.json.vars`.
        """
        if tpl_msg:
            self.logging.set_basic_params(template=tpl_msg)
        encoders = self.logging.encoders
        found = encoders.json.vars
        context = "".join(f", {_as_json(name)}: {_as_json(value)}" for name, value in (tpl_ctx or {}).items())
        for source, requests_only in (("uwsgi.out", False), ("uwsgi.req", True)):
            members = f'"dt": "{found.TIME_FORMAT("iso")}", "src": "{source}"{context}, "msg": "{found.MESSAGE}"'
            self.logging.add_logger_encoder(
                [encoders.json(f"{{{members}}}"), encoders.newline()], requests_only=requests_only
            )
        return self


class PythonSection(Section):
    """As `Section`, for a Python application.

    :param name: Name of the section. Default: `uwsgi`.
    :param params_python: Basic parameters of `python`.
    :param wsgi_module: Module of the application, as `package.module` or `package.module:callable`, or its file.
    :param wsgi_callable: Name of the application in it, or a function that is the application. Default:
        `application`.
    :param embedded_plugins: Whether uWSGI has the usual plugins and Python built in, as the one on PyPI has; or a list
        of those it has.
    :param require_app: End uWSGI when the application cannot be loaded.
    :param threads: Threads of each worker that answer requests, or True to let the application start its own.
    :param kwargs: Parameters of `Section`.
    :raises ConfigurationError: The application is no function that a module has under its name.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        params_python: dict[str, Any] | None = None,
        wsgi_module: Path | None = None,
        wsgi_callable: str | Callable[..., Any] | None = None,
        embedded_plugins: bool | list[str] | Callable[[], list[str]] | None = True,
        require_app: bool = True,
        threads: bool | int = True,
        **kwargs: Any,
    ) -> None:
        plugins: Any = embedded_plugins
        if isinstance(embedded_plugins, bool):
            plugins = [*self.embedded_plugins_presets.BASIC, "python"] if embedded_plugins else []
        super().__init__(name, embedded_plugins=plugins, threads=threads, **kwargs)
        self.python.set_basic_params(**(params_python or {}))
        if callable(wsgi_callable):
            wsgi_module, wsgi_callable = _found_by(wsgi_callable)
        self.python.set_wsgi_params(module=wsgi_module, callable_name=wsgi_callable)
        self.applications.set_basic_params(exit_if_none=require_app)


def _found_by(application: Callable[..., Any]) -> tuple[str, str]:
    """The module and the name that uWSGI finds a function by."""
    name = getattr(application, "__qualname__", "")
    if not name.isidentifier():
        raise ConfigurationError(
            "PythonSection: `wsgi_callable`",
            wanted="a function that a module has under its name",
            found=repr(application),
            remedy="Give the name of the application instead, and its module as `wsgi_module`.",
        )
    return application.__module__, name


def _as_json(text: str) -> str:
    from json import dumps  # slow to import

    return dumps(text, ensure_ascii=False)
