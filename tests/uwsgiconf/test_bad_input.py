"""What a user gets wrong is refused at the call, and the error says what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from uwsgiconf.config import Configuration, Section, configure_uwsgi
from uwsgiconf.exceptions import ConfigurationError, RuntimeConfigurationError, UwsgiconfException
from uwsgiconf.formatters import format_print_text
from uwsgiconf.presets.nice import PythonSection
from uwsgiconf.probing import probe_plugins

Call = Callable[[], object]


def _both_names() -> dict[str, Any]:
    return {"trucate_on_statup": True, "truncate_on_startup": True}


def _with_workers(count: int) -> Section:
    return Section().workers(count=count)


#: A call, and the four parts of its error: which thing, what it takes, what it was given, what to do.
FAULTS: dict[str, tuple[Call, str, str, str, str]] = {
    "wrong kind": (
        lambda: Section().workers.set_basic_params(count="many"),  # type: ignore[arg-type]
        "Workers.set_basic_params: option `workers`",
        "a whole number, 0 or more",
        "'many' (str)",
        "Give a whole number, 0 or more, or None to leave the option alone.",
    ),
    "no number but a truth": (
        lambda: Section().workers(count=True),
        "Workers.set_basic_params: option `workers`",
        "a whole number",
        "True (bool)",
        "Give a whole number, or None to leave the option alone.",
    ),
    "fraction": (
        lambda: Section().set_option("harakiri", 1.5),  # type: ignore[arg-type]
        "Section.set_option: option `harakiri`",
        "a whole number, 0 or more",
        "1.5 (float)",
        "Give a whole number, 0 or more, or None to leave the option alone.",
    ),
    "negative": (
        lambda: Section().networking(queue_size=-1),
        "Networking.set_basic_params: option `listen`",
        "a whole number, 0 or more",
        "-1 (int)",
        "Give a whole number, 0 or more, or None to leave the option alone.",
    ),
    "more than it holds": (
        lambda: Section().workers.set_harakiri_params(timeout=2**31),
        "Workers.set_harakiri_params: option `harakiri`",
        "a whole number of at most 2147483647",
        "2147483648 (int)",
        "Give a whole number of at most 2147483647, or None to leave the option alone.",
    ),
    "digits that uWSGI does not read": (
        lambda: Section().workers.set_harakiri_params(timeout="\u0663"),  # type: ignore[arg-type]
        "Workers.set_harakiri_params: option `harakiri`",
        "a whole number, 0 or more",
        "'\u0663' (str)",
        "Give a whole number, 0 or more, or None to leave the option alone.",
    ),
    "interval that ends before it begins": (
        lambda: Section().master_process.add_cron_task("x", hour="22-4"),
        "MasterProcess.add_cron_task",
        "an interval that ends after it begins",
        "'22-4'",
        "Write two: 22-23,0-4.",
    ),
    "class for an object": (
        lambda: Section().logging.add_logger_encoder(Section.logging.encoders.gzip),  # type: ignore[arg-type]
        "a value within another one",
        "text, a number, a path, or an object that stands for one",
        "EncoderGzip",
        "If it is a class, make an object of it, with parentheses.",
    ),
    "no action": (
        lambda: Section.routing.route_rule("log:x"),  # type: ignore[arg-type]
        "RouteRule: `action`",
        "an action or transformation",
        "'log:x' (str)",
        "Make one: section.routing.route_rule.actions.log('x').",
    ),
    "touched file with a blank": (
        lambda: Section().main_process.run_command_on_touch("true", target="/my file"),
        "MainProcess.run_command_on_touch: `target`",
        "one word, as uWSGI ends it at a blank",
        "'/my file'",
        "Use another name; to a file, a link without blanks will do.",
    ),
    "alarm with a blank": (
        lambda: Section.alarms.alarm_types.log("my alarm"),
        "AlarmLog: `alias`",
        "one word, as uWSGI ends it at a blank",
        "'my alarm'",
        "Use another name",
    ),
    "logger with a blank": (
        lambda: Section.logging.loggers.stdio(alias="my log"),
        "LoggerStdIO: `alias`",
        "one word, as uWSGI ends it at a blank",
        "'my log'",
        "Use another name",
    ),
    "check with a blank": (
        lambda: str(Section.routing.route_rule.subjects.custom("${A}").eq("a b")),
        "RouteRule: `subject`",
        "a check without blanks, at which uWSGI would end it",
        "'eq:${A};a b'",
        r"Use .matches(), where \x20 stands for a blank.",
    ),
    "no router": (
        lambda: Section().routing.use_router(Section.routing.routers.http),  # type: ignore[arg-type]
        "Routing.use_router",
        "a router",
        "RouterHttp",
        "Make one: section.routing.routers.http('127.0.0.1:8000').",
    ),
    "no switch": (
        lambda: Section().master_process(enable="yes"),
        "MasterProcess.set_basic_params: option `master`",
        "True or False",
        "'yes' (str)",
        "Give True or False, or None to leave the option alone.",
    ),
    "no text": (
        lambda: Section().main_process.change_dir(object()),  # type: ignore[arg-type]
        "MainProcess.change_dir: option `chdir`",
        "text, a number or a path",
        "(object)",
        "Give text, a number or a path, or None to leave the option alone.",
    ),
    "truth for a list": (
        lambda: Section().set_option("socket", True),
        "Section.set_option: option `socket`",
        "text, or a list of texts",
        "True (bool)",
        "Give text, or a list of texts, or None to leave the option alone.",
    ),
    "several for one": (
        lambda: Section().set_option("chdir", ["/a", "/b"]),
        "Section.set_option: option `chdir`",
        "one value, as uWSGI keeps only the last one",
        "2 values: ['/a', '/b']",
        "Give one value instead of a list.",
    ),
    "line break": (
        lambda: Section().routing.header_add("X", "1\nexec-asap = rm"),
        "Routing.header_add: option `add-header`",
        "text of one line",
        "'X: 1\\nexec-asap = rm'",
        "Remove the line break: uWSGI would read what follows it as another option.",
    ),
    "unknown option": (
        lambda: Section().set_option("procesess", 2),
        "Section.set_option: option `procesess`",
        "an option of uWSGI 2.0",
        "a name that no version of uWSGI knows",
        "Did you mean `processes`?",
    ),
    "unknown option that resembles none": (
        lambda: Section().set_option("qqqqqq", 2),
        "Section.set_option: option `qqqqqq`",
        "an option of uWSGI 2.0",
        "a name that no version of uWSGI knows",
        "Look the name up in the catalogue: `uwsgiconf explain WORD` searches it.",
    ),
    "unreleased": (
        lambda: Section().workers.set_reload_params(max_pss=3),
        "Workers.set_reload_params: option `reload-on-pss`",
        "an option that uWSGI 2.0 has",
        "an option that came with 2.1-dev, which is not released",
        'Leave it out, or build for that uWSGI: Section(uwsgi_version="2.1-dev").',
    ),
    "unknown version": (
        lambda: Section(uwsgi_version="3.0"),
        "Section: `uwsgi_version`",
        "'2.0' or '2.1-dev'",
        "'3.0'",
        "Use '2.0' for every released uWSGI 2.0.x.",
    ),
    "name that cannot be found": (
        lambda: Section("a:b"),
        "Section: `name`",
        "a name without brackets, colons and line breaks, which uWSGI could not find again",
        "'a:b'",
        "Use letters, digits, dots, dashes and underscores.",
    ),
    "no list of plugins": (
        lambda: Section(embedded_plugins="http"),  # type: ignore[arg-type]
        "Section: `embedded_plugins`",
        "a list of names of plugins, or a function that returns one",
        "'http' (str)",
        "Use Section.embedded_plugins_presets.BASIC for those that uWSGI's default build has.",
    ),
    "cheaper without enough workers": (
        lambda: _with_workers(3).cheapening(workers_min=3),
        "Cheapening.set_basic_params: option `cheaper`",
        "a number below 3, which `workers` is",
        "3",
        "Lower `cheaper` or raise `workers`: uWSGI ends at its start otherwise.",
    ),
    "too few workers for cheaper": (
        lambda: _with_workers(4).cheapening(workers_min=2).workers(count=2),
        "Workers.set_basic_params: option `cheaper`",
        "a number below 2, which `workers` is",
        "2",
        "Lower `cheaper` or raise `workers`: uWSGI ends at its start otherwise.",
    ),
    "socket of a worker that is not there": (
        lambda: _with_workers(2).networking.register_socket(
            Section.networking.sockets.http(":8000", bound_workers=[1, 3])
        ),
        "Networking.register_socket: option `map-socket`",
        "numbers of workers up to 2, which `workers` is",
        "3",
        "Bind the socket to other workers or raise `workers`: uWSGI ends otherwise.",
    ),
    "lifetimes": (
        lambda: Section().workers.set_reload_params(min_lifetime=60, max_lifetime=30),
        "Workers.set_reload_params: option `min-worker-lifetime`",
        "a number below 30, which `max-worker-lifetime` is",
        "60",
        "Lower `min-worker-lifetime` or raise `max-worker-lifetime`: uWSGI ends at its start otherwise.",
    ),
    "unknown basic parameter": (
        lambda: Section().workers(cuont=3),
        "Workers.set_basic_params",
        "one of the parameters count, touch_reload",
        "`cuont`",
        "Did you mean `count`?",
    ),
    "unknown basic parameter in the section": (
        lambda: Section(params_workers={"cuont": 3}),
        "Workers.set_basic_params",
        "one of the parameters count, touch_reload",
        "`cuont`",
        "Did you mean `count`?",
    ),
    "unknown group": (
        lambda: PythonSection(params_worker={"count": 3}),
        "PythonSection",
        "one of the parameters name, params_python, wsgi_module",
        "`params_worker`",
        "Did you mean `params_workers`?",
    ),
    "no dict": (
        lambda: Section(params_workers=3),
        "Section: `params_workers`",
        "a dict of basic parameters",
        "3 (int)",
        "Write params_workers=dict(...), with the parameters of section.workers.set_basic_params.",
    ),
    "unknown scheme": (
        lambda: Section.bootstrap("htp://127.0.0.1:8000"),
        "socket `htp://127.0.0.1:8000`",
        "one of the schemes fastcgi, http, https, raw, scgi, shared, suwsgi, udp, uwsgi, zeromq",
        "`htp`",
        "Did you mean `http`?",
    ),
    "no address": (
        lambda: Section.bootstrap("http://"),
        "socket `http://`",
        "an address after the scheme",
        "none",
        "Write http://127.0.0.1:8000, http://:8000 or http:///tmp/my.sock.",
    ),
    "port out of range": (
        lambda: Section.bootstrap("http://127.0.0.1:99999", allow_shared_sockets=False),
        "socket `http://127.0.0.1:99999`",
        "a port from 0 to 65535",
        "127.0.0.1:99999",
        "Correct the port.",
    ),
    "no truth in an address": (
        lambda: Section.bootstrap("uwsgi://:3031?persistent=maybe"),
        "socket `uwsgi://:3031?persistent=maybe`",
        "`persistent` as one of 1, true, yes, on, 0, false, no, off",
        "'maybe'",
        "Correct it.",
    ),
    "misspelt parameter of a preset": (
        lambda: PythonSection(thread=3),
        "PythonSection",
        "params_python, wsgi_module, wsgi_callable, embedded_plugins, require_app, threads, touch_reload",
        "`thread`",
        "Did you mean `threads`?",
    ),
    "application without a name": (
        lambda: PythonSection(wsgi_callable=lambda environ, start_response: []),
        "PythonSection: `wsgi_callable`",
        "a function that a module has under its name",
        "<lambda>",
        "Give the name of the application instead, and its module as `wsgi_module`.",
    ),
    "unknown parameter of an address": (
        lambda: Section.bootstrap("https://:443?crt=a&key=b"),
        "socket `https://:443?crt=a&key=b`",
        "one of the parameters cert, key, ciphers, client_ca, bound_workers",
        "`crt`",
        "Did you mean `cert`?",
    ),
    "missing parameter of an address": (
        lambda: Section.bootstrap("https://:443?key=b"),
        "socket `https://:443?key=b`",
        "`cert` and `key`",
        "no `cert`",
        "Add cert=... behind a question mark.",
    ),
    "no socket": (
        lambda: Section().networking.register_socket("127.0.0.1:80"),  # type: ignore[arg-type]
        "Networking.register_socket",
        "a socket",
        "'127.0.0.1:80' (str)",
        "Make one: section.networking.sockets.http('127.0.0.1:8000').",
    ),
    "modifier of a uwsgi socket": (
        lambda: Section().networking.register_socket(
            Section.networking.sockets.uwsgi(":1", modifier=Section.routing.modifiers.wsgi())
        ),
        "Networking.register_socket: `uwsgi-socket`",
        "a socket that uWSGI can set a modifier for: http, https, fastcgi, scgi or raw",
        "a modifier for `uwsgi-socket`",
        "Leave the modifier out: on such a socket the request itself names one.",
    ),
    "unknown second modifier": (
        lambda: Section.routing.modifiers.ping(7),
        "ModifierPing: `submod`",
        "one of 0, 1",
        "7",
        "Leave it out, or use one of the names that begin with SUB_.",
    ),
    "error page": (
        lambda: Section().routing.set_error_page(418, "teapot.html"),
        "Routing.set_error_page: `status`",
        "403, 404 or 500, which uWSGI can send a page for",
        "418",
        "Use a routing rule of the stage ERROR for other statuses.",
    ),
    "status before there is one": (
        lambda: Section().routing.register_route(
            Section.routing.route_rule(
                Section.routing.route_rule.actions.log("x"), Section.routing.route_rule.subjects.status("404")
            )
        ),
        "Routing.register_route: option `route-status`",
        "an option of uWSGI 2.0",
        "a name that no version of uWSGI knows",
        "Did you mean",
    ),
    "unknown phase": (
        lambda: Section().main_process.set_hook("as-rot", "exec:true"),
        "MainProcess.set_hook: option `hook-as-rot`",
        "an option of uWSGI 2.0",
        "a name that no version of uWSGI knows",
        "Did you mean `hook-as-root`",
    ),
    "unknown moment": (
        lambda: Section().main_process.set_owner_params(uid="me", drop_after="lunch"),
        "MainProcess.set_owner_params: `drop_after`",
        "'init' or 'apps'",
        "'lunch'",
        "Leave it out to drop privileges before plugins are ready.",
    ),
    "background without pidfile": (
        lambda: Section().master_process.attach_process_classic("memcached", background=True),
        "MasterProcess.attach_process_classic: `background`",
        "a pidfile, by which the master knows a program in the background",
        "a command line that does not begin with a path ending in .pid",
        "Put the path of its pidfile before the command, or say background=False.",
    ),
    "control with pidfile": (
        lambda: Section().master_process.attach_process_classic("/a.pid b", background=False, control=True),
        "MasterProcess.attach_process_classic: `control`",
        "a program without pidfile that is not for a legion",
        "a pidfile",
        "Leave `control` out, or use attach_process(..., control=True).",
    ),
    "process for a legion": (
        lambda: Section().master_process.attach_process("memcached", for_legion=True),
        "MasterProcess.attach_process: `for_legion`",
        "a program for this instance alone, as no uWSGI has `attach-daemon2` for legions",
        "for_legion=True",
        "Use attach_process_classic(..., for_legion=True).",
    ),
    "variable without value": (
        lambda: Section().env("UWSGICONF_NO_SUCH_VARIABLE"),
        "Section.env: `UWSGICONF_NO_SUCH_VARIABLE`",
        "a value, or a variable of that name in the environment",
        "neither",
        "Give a value, or unset=True to remove UWSGICONF_NO_SUCH_VARIABLE.",
    ),
    "no plugin": (
        lambda: Section().set_plugins_params(plugins=Section().workers),
        "Section.set_plugins_params: `plugins`",
        "names of plugins, or groups of options that need one",
        "Workers",
        "Give the name that uWSGI calls the plugin by, such as 'python3'.",
    ),
    "both names": (
        lambda: Section().logging.set_file_params(**_both_names()),
        "Logging.set_file_params",
        "`truncate_on_startup` once",
        "`truncate_on_startup` and its former name `trucate_on_statup`",
        "Remove `trucate_on_statup`.",
    ),
    "same name twice": (
        lambda: Configuration([Section("a"), Section("a")]),
        "Configuration",
        "sections with different names",
        "two sections named `a`",
        "Name them: Section('another'), or Section.derive_from(section, name='another').",
    ),
    "no section": (
        lambda: Configuration(["a"]),  # type: ignore[list-item]
        "Configuration",
        "sections",
        "'a' (str)",
        "Give a list of Section objects.",
    ),
    "unknown formatter": (
        lambda: Section().as_configuration().format(formatter="inni"),
        "Configuration.format: `formatter`",
        "one of the formatters args, ini",
        "`inni`",
        "Did you mean `ini`?",
    ),
    "nothing described": (
        lambda: configure_uwsgi(lambda: None),
        "configure_uwsgi",
        "a function that returns a Section, a Configuration, or a list of them",
        "None (NoneType)",
        "Return the section at the end of the function.",
    ),
    "nothing in the list": (
        lambda: configure_uwsgi(list),
        "configure_uwsgi",
        "a function that returns a Section, a Configuration, or a list of them",
        "[] (list)",
        "Return the section at the end of the function.",
    ),
    "unknown colour": (
        lambda: format_print_text("x", color_fg="mauve"),
        "format_print_text",
        "a colour of black, red, green, yellow, blue, magenta, cyan, white",
        "'mauve'",
        "Use one of these.",
    ),
    "no page": (
        lambda: PythonSection.get_bundled_static_path("418.html"),
        "Section.get_bundled_static_path",
        "403.html or 404.html or 500.html or 503.html",
        "'418.html'",
        "Use one of these, or the path of a page of your own.",
    ),
    "relative maintenance page": (
        lambda: PythonSection().configure_maintenance_mode("/tmp/on", "503.html"),
        "Section.configure_maintenance_mode: `response`",
        "the full path of a file, a URL, `app` or `app::module:function`",
        "'503.html'",
        "Give the full path: the working directory may be another when uWSGI runs.",
    ),
    "no binary": (
        lambda: probe_plugins("no-such-uwsgi"),
        "uWSGI binary `no-such-uwsgi`",
        "a program beside this Python or on the path",
        "none",
        "Install one, `pip install pyuwsgi` brings it, or name another binary.",
    ),
    "binary that is no uWSGI": (
        lambda: probe_plugins("false"),
        "--plugins-list`",
        "the list of built-in plugins",
        "no output",
        "Run it by hand to see what is wrong, or name the plugins yourself.",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str) -> None:
    """Each mistake is refused at the call, with an error of four parts that its text tells too."""
    call, thing, wanted, found, remedy = FAULTS[name]
    with pytest.raises(ConfigurationError) as caught:
        call()
    fault = caught.value
    parts: list[tuple[str, str]] = [
        (fault.thing, thing),
        (fault.wanted, wanted),
        (fault.found, found),
        (fault.remedy, remedy),
    ]
    for part, expected in parts:
        assert expected in part
        assert part in str(fault)


def test_text_of_an_error() -> None:
    """The text is one line for what is wrong, and one for what to do."""
    fault = ConfigurationError("option `x`", wanted="a number", found="'y'", remedy="Give a number.")
    assert str(fault) == "option `x`: wanted a number, found 'y'\n  Give a number."
    assert str(ConfigurationError("something broke")) == "something broke"


def test_errors_are_of_one_family() -> None:
    """Whoever wants to catch all errors of this package can, by one class."""
    assert issubclass(ConfigurationError, UwsgiconfException)
    assert issubclass(RuntimeConfigurationError, ConfigurationError)


def test_the_cause_is_kept() -> None:
    """An error that names the call keeps the error about the option as its cause."""
    with pytest.raises(ConfigurationError) as caught:
        Section().workers(count=-1)
    assert isinstance(caught.value.__cause__, ConfigurationError)


def test_unwritable_file(tmp_path: Path) -> None:
    """What the system refuses is told in its own words."""
    with pytest.raises(OSError, match="No such file"):
        Section().as_configuration().tofile(tmp_path / "no" / "such.ini")


def test_a_function_that_raises_is_not_hidden() -> None:
    """What goes wrong in a function that describes uWSGI reaches its author as it is."""

    def broken() -> Any:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        configure_uwsgi(broken)
