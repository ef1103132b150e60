"""Sections and configurations: order, chaining, deriving, including, placeholders, plugins, versions."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_type

import pytest

from uwsgiconf.config import Configuration, Section, configure_uwsgi
from uwsgiconf.exceptions import ConfigurationError
from uwsgiconf.options.groups import NAMES
from uwsgiconf.presets.nice import PythonSection
from uwsgiconf.values import OptionValue


def lines(section: Section) -> list[str]:
    """The options of a section, one line each."""
    return [f"{entry.name} = {entry.text}" for entry in section.entries]


def test_options_keep_the_order_they_were_set_in() -> None:
    """Rules of different kinds are one table in uWSGI, so their order is that of the calls."""
    section = Section()
    rule = section.routing.route_rule
    log = rule.actions.log
    section.routing.register_route(
        [
            rule(log("1"), "^/a"),
            rule(log("2"), rule.subjects.custom("x").exists()),
            rule(log("3"), "^/b"),
            rule(log("4")),
        ],
        label="start",
    )
    assert lines(section) == [
        "route-label = start",
        "route = ^/a log:1",
        "route-if = exists:x log:2",
        "route = ^/b log:3",
        "route-run = log:4",
    ]


def test_a_label_is_in_the_table_of_its_rules() -> None:
    """A label of rules of another stage is in the table of that stage, where `goto` looks for it."""
    section = Section()
    rule = section.routing.route_rule
    section.routing.register_route(rule(rule.actions.log("x"), stage=rule.stages.ERROR), label="oops")
    assert lines(section) == ["error-route-label = oops", "error-route-run = log:x"]


def test_an_option_taken_once_is_replaced_where_it_stands() -> None:
    """Setting again what uWSGI takes once changes it in its place; what it takes several times is added."""
    section = Section()
    section.master_process(enable=True).workers(count=2).main_process(touch_reload="a")
    section.workers(count=4).main_process(touch_reload="b")
    assert lines(section) == ["master = true", "workers = 4", "touch-reload = a", "touch-reload = b"]


def test_false_takes_back() -> None:
    """A switch that was on can be switched off again; None leaves it alone."""
    section = Section().master_process(enable=True)
    section.master_process(enable=None)
    assert lines(section) == ["master = true"]
    section.master_process(enable=False)
    assert lines(section) == []


def test_every_group_is_reached_from_class_and_instance() -> None:
    """Groups are one object per section, of the class that the section class has."""
    section = Section()
    for name in NAMES:
        group = getattr(section, name)
        assert isinstance(group, getattr(Section, name))
        assert getattr(section, name) is group
    assert Section().workers is not section.workers


def test_chaining_keeps_the_class_and_the_section() -> None:
    """Every method of a group returns the section it belongs to."""
    section = PythonSection()
    assert_type(section.workers(count=2), PythonSection)
    assert_type(section.alarms.print_alarms().networking.set_basic_params(), PythonSection)
    assert section.alarms.print_alarms().locks(count=2).queue.enable(10) is section


def test_a_group_by_itself_has_a_section() -> None:
    """A group made without a section makes one."""
    from uwsgiconf.options.workers import Workers

    section: Section = Workers(count=5).set_basic_params()
    assert lines(section) == ["workers = 5"]


def test_derived_sections_are_apart() -> None:
    """What is set on a derived section is not set on the other, nor the other way round."""
    base = PythonSection(name="base", workers=2)
    derived = PythonSection.derive_from(base, name="derived")
    derived.workers(count=8)
    base.caching.add_cache("later", 10)
    assert (base.name, derived.name) == ("base", "derived")
    assert base.entries.last("workers") == "2"
    assert derived.entries.last("workers") == "8"
    assert derived.entries.last("cache2") is None
    assert type(derived) is PythonSection


def test_deriving_keeps_what_no_option_tells() -> None:
    """Directories of spoolers and embedded plugins are known to derived sections too."""
    base = Section(embedded_plugins=["python"]).spooler(base_dir="/var/spool/my")
    derived = Section.derive_from(base)
    derived.spooler.add("mail").python.set_wsgi_params(module="app")
    assert lines(derived) == ["spooler = /var/spool/my/mail", "workers = %k", "wsgi = app"]


def test_included_sections_become_part_of_the_configuration() -> None:
    """A section that includes another one brings it along."""
    common = Section("common").master_process(enable=True)
    section = Section().include(common).include(["more.yaml", "base.ini", "a.json", "b.xml", "c.ini:part"])
    assert str(section.as_configuration().format(stamp=False)) == (
        "[uwsgi]\nini = :common\nyaml = more.yaml\nini = base.ini\njson = a.json\nxml = b.xml\nini = c.ini:part\n"
        "\n[common]\nmaster = true\n"
    )


def test_sections_can_be_included_by_themselves() -> None:
    """All other sections are included into the first one, once, when asked for."""
    one, two = Section("one"), Section("two")
    main = Section().include(one)
    configuration = Configuration([main, one, two], autoinclude_sections=True)
    assert lines(main) == ["ini = :one", "ini = :two"]
    assert [section.name for section in configuration.sections] == ["uwsgi", "one", "two"]


def test_fallback_to_a_section() -> None:
    """A section to fall back to is found by a name that a new uWSGI takes for that of an ini file."""
    assert lines(Section().set_fallback(Section("safe")).set_fallback("/etc/safe.ini")) == [
        "fallback-config = /etc/safe.ini"
    ]
    section = Section().set_fallback(Section("safe").master_process(enable=True))
    assert str(section.as_configuration().format(stamp=False)) == (
        "[uwsgi]\nfallback-config = %p:safe.ini\n\n[safe.ini]\nini = :safe\n\n[safe]\nmaster = true\n"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{project_runtime_dir}.fifo", "/run/x/shop.fifo"),
        ("{project_runtime_dir}/spool/", "/run/x/shop/spool/"),
        ("{runtime_dir}/{project_name}.pid", "/run/x/shop.pid"),
        ("no placeholders {here}", "no placeholders {here}"),
        (["{project_name}", "b"], ["shop", "b"]),
        (None, None),
    ],
)
def test_placeholders(value: Any, expected: Any) -> None:
    """Placeholders for the project are replaced in texts and lists of texts."""
    section = Section(runtime_dir="/run/x/", project_name="shop")
    assert section.replace_placeholders(value) == expected


def test_placeholders_are_replaced_in_every_value() -> None:
    """Whatever is set, placeholders in it are replaced."""
    section = Section(runtime_dir="/run/x", project_name="shop")
    section.master_process(fifo_file=["{project_runtime_dir}.fifo"])
    section.main_process.set_pid_file(Path("{project_name}.pid"))
    section.logging.add_logger(section.logging.loggers.file("{runtime_dir}/log"))
    assert lines(section) == [
        "master-fifo = /run/x/shop.fifo",
        "pidfile = shop.pid",
        "plugin = logfile",
        "logger = file:/run/x/log",
    ]


def test_runtime_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime directory is the one that was set, else the system's for the user."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert Section().get_runtime_dir() == "/run"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert Section().get_runtime_dir() == "/run/user/1000"
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/mine")
    assert Section().get_runtime_dir() == "/run/mine"
    assert Section().get_runtime_dir(default=False) == ""
    assert Section().set_runtime_dir("/r").get_runtime_dir(default=False) == "/r"


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables are set, taken over, removed, and changed here too when asked for."""
    monkeypatch.setenv("UWSGICONF_TEST_A", "here")
    section = Section().env("A", 1).env("UWSGICONF_TEST_A").env("B", unset=True)
    section.env("UWSGICONF_TEST_C", "c", update_local=True)
    assert lines(section) == ["env = A=1", "env = UWSGICONF_TEST_A=here", "unenv = B", "env = UWSGICONF_TEST_C=c"]
    assert os.environ["UWSGICONF_TEST_C"] == "c"
    section.env("UWSGICONF_TEST_C", unset=True, update_local=True)
    assert "UWSGICONF_TEST_C" not in os.environ


def test_plugins_are_loaded_once_and_only_if_they_are_missing() -> None:
    """A plugin that is built in, or loaded already, is not loaded again."""
    section = Section(embedded_plugins=lambda: ["http"])
    section.set_plugins_params(plugins=["http", "psgi"]).set_plugins_params(plugins="psgi", search_dirs="/p")
    section.set_plugins_params(plugins="lua", required=True, autoload=True)
    assert lines(section) == ["plugin = psgi", "plugins-dir = /p", "autoload = true", "need-plugin = lua"]


def test_printing() -> None:
    """What is printed can be indented, coloured where that is wanted, and printed first."""
    section = (
        Section(style_prints=True).print_out("hello", format_options="red").print_out("now", indent=" ", asap=True)
    )
    assert lines(section) == ["print = %[[31m>   hello%[[0m", "iprint = > now"]
    assert lines(Section().print_out("hello", format_options="red").print_plugins()) == [
        "print = >   hello",
        "plugin-list = true",
    ]


def test_printing_variables_covers_all_but_formats() -> None:
    """Every variable that stands for something is printed."""
    printed = " ".join(lines(Section().print_variables()))
    values = {value for name, value in vars(Section.vars).items() if name.isupper()}
    assert {value for value in values if not value.startswith("%[")} == {
        value for value in values if f"= {value} -" in printed
    }


def test_the_stamp_is_no_part_of_the_section() -> None:
    """The stamp is in what is formatted, and not in the section."""
    section = Section()
    assert "written by uwsgiconf" in str(section.as_configuration().format())
    assert lines(section) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("socket-timeout", 7, ["socket-timeout = 7"]),
        ("socket-timeout", "7", ["socket-timeout = 7"]),
        ("socket-timeout", "%(my)", ["socket-timeout = %(my)"]),
        ("master", True, ["master = true"]),
        ("master", False, []),
        ("master", None, []),
        ("master", "$(MASTER)", ["master = $(MASTER)"]),
        ("socket", ["a", "b"], ["socket = a", "socket = b"]),
        ("socket", (Path("/a"),), ["socket = /a"]),
        ("prio", -5, ["prio = -5"]),
        ("ksm", True, ["ksm = 1"]),
        ("snmp", True, ["snmp = true"]),
        ("static-expires-type", {"image/png": 60}, ["static-expires-type = image/png=60"]),
        ("static-expires", {"\\.js$": 60, "x": 1}, ["static-expires = \\.js$ 60", "static-expires = x 1"]),
        ("lua", "app.lua", ["lua = app.lua"]),
    ],
)
def test_any_option_by_its_name(name: str, value: OptionValue, expected: list[str]) -> None:
    """Every option of uWSGI can be set by its name, with the kinds of values it takes."""
    assert lines(Section().set_option(name, value)) == expected


@pytest.mark.parametrize(
    ("call", "former", "today"),
    [
        (lambda s: s.logging.set_file_params(trucate_on_statup=True), "trucate_on_statup", "truncate_on_startup"),
        (lambda s: s.cheapening.print_alorithms(), "print_alorithms", "print_algorithms"),
    ],
)
def test_former_names_work_and_warn(call: Callable[[Section], Section], former: str, today: str) -> None:
    """Misspelt names of the documentation do what the right ones do, and say what these are."""
    section = Section()
    with pytest.warns(DeprecationWarning, match=f"`{former}`.*`{today}`") as caught:
        call(section)
    assert caught[0].filename == __file__
    assert lines(section) in (["log-truncate = true"], ["cheaper-algos-list = true"])


def test_files(tmp_path: Path) -> None:
    """A configuration is written to the file named, into a directory under its alias, or into a temporary file."""
    configuration = Section().master_process(enable=True).as_configuration(alias="shop")
    for target, written in ((tmp_path / "a.ini", tmp_path / "a.ini"), (tmp_path, tmp_path / "shop.ini")):
        assert configuration.tofile(target) == str(written)
        assert written.read_text().startswith("[uwsgi]\nmaster = true\n")
    temporary = Path(configuration.tofile())
    assert temporary.name.startswith("shop-")
    temporary.unlink()


def test_printing_a_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    """A configuration can be printed, and is returned as well."""
    printed = Section().print_out("x").as_configuration().print_ini()
    assert capsys.readouterr().out == f"{printed}\n"


def test_arguments() -> None:
    """As arguments, switches have no value, others are joined to theirs, and included sections stand in their place."""
    common = Section("common").set_option("alarm-cheap", True).networking.set_socket_params(send_timeout=5)
    section = Section().master_process(enable=True).include(common).workers(count=2)
    assert section.as_configuration().format(formatter="args", stamp=False) == [
        "--master",
        "--alarm-cheap=true",
        "--set=so-send-timeout=5",
        "--workers=2",
    ]


def test_variables_in_arguments() -> None:
    """uWSGI replaces no variables in its arguments, so those whose values are known here are replaced."""
    section = Section().workers().print_out("%u %g %h 100%% %x", indent="")
    assert section.as_configuration().format(formatter="args", stamp=False) == [
        f"--workers={os.cpu_count()}",
        f"--print=>{os.getuid()} {os.getgid()} {os.uname().nodename} 100% %x",
    ]


def test_percents_for_dates_are_kept_from_uwsgi() -> None:
    """What a date format means by `%d` is not the directory that uWSGI would put there."""
    section = Section().logging(prefix_date="%Y-%m-%d").logging(apply_strftime=True)
    assert lines(section) == ["log-date = %%Y-%%m-%%d", "log-format-strftime = true"]
    assert lines(Section().logging(prefix_date="%%H")) == ["log-date = %%H"]
    assert lines(Section().logging(prefix_date=True)) == ["log-date = true"]


def test_a_module_says_what_it_configures() -> None:
    """What `configure_uwsgi` is given becomes an attribute of the calling module, one configuration per instance."""
    configurations = configure_uwsgi(lambda: [Section(), Configuration([Section("a"), Section("b")])])
    assert configurations is globals()["configuration"]
    assert configurations is not None
    assert [[section.name for section in one.sections] for one in configurations] == [["uwsgi"], ["a", "b"]]


def test_inside_uwsgi_nothing_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where uWSGI loads the module for its application, the function is not even called."""
    monkeypatch.setitem(sys.modules, "uwsgi", sys)
    assert configure_uwsgi(lambda: pytest.fail("called")) is None


def test_importing_is_cheap() -> None:
    """Importing the library loads neither groups nor the slow parts of the standard library."""
    loaded = _modules_after("import uwsgiconf.config")
    slow = {"inspect", "dataclasses", "logging", "subprocess", "tempfile", "urllib.parse", "difflib", "yaml", "click"}
    assert slow & (loaded - _modules_after("pass")) == set()
    assert {name for name in loaded if name.startswith("uwsgiconf.options.")} == {"uwsgiconf.options.groups"}


def _modules_after(code: str) -> set[str]:
    """The modules that a fresh Python has loaded after some code."""
    command = [sys.executable, "-I", "-c", f"{code}; import sys; print(' '.join(sys.modules))"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split())


def test_a_wrong_argument_of_a_group_changes_nothing() -> None:
    """When one of several values is refused, none of them is set."""
    section = Section().workers(count=4)
    before = lines(section)
    with pytest.raises(ConfigurationError):
        section.workers(limit_addr_space=5, limit_count="x")
    with pytest.raises(ConfigurationError):
        section.cheapening(workers_startup=3, workers_min=9)
    with pytest.raises(ConfigurationError):
        section.python(optimization_level=-1)
    assert lines(section) == before
