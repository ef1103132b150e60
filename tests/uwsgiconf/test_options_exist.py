"""Every option the library can set exists in uWSGI, and every option its documentation names is one it sets."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import uwsgiconf
from uwsgiconf import catalogue
from uwsgiconf.config import Section
from uwsgiconf.options.groups import NAMES as GROUPS
from uwsgiconf.options.main_process_phases import Phases
from uwsgiconf.options.routing_rules import RouteRule

PACKAGE = Path(uwsgiconf.__file__).parent
SOURCES = sorted([*(PACKAGE / "options").glob("*.py"), *(PACKAGE / "presets").glob("*.py"), PACKAGE / "section.py"])

#: Calls whose mapping names options; a router's names lack its alias.
SETTERS = {"_set", "update", "set", "add", "remove", "texts", "last"}
ROUTERS = ("http", "fastrouter", "rawrouter", "sslrouter", "forkptyrouter", "tuntap")

#: Options whose names are put together when they are set, with all that they can come out as.
PUT_TOGETHER = [
    *(f"hook-{phase}" for name, phase in vars(Phases).items() if name.isupper()),
    *(f"{where}python-import" for where in ("", "shared-", "spooler-")),
    *(f"{kind}attach-daemon" for kind in ("", "smart-", "legion-", "legion-smart-")),
    *("smart-attach-daemon2", "legion-smart-attach-daemon2", "attach-control-daemon"),
    *(f"{prefix}{owner}" for prefix in ("", "immediate-") for owner in ("uid", "gid")),
    *(f"{name}{two}" for name in ("flock", "flock-wait", "pidfile", "safe-pidfile") for two in ("", "2")),
    *(f"error-page-{status}" for status in (403, 404, 500)),
    *(f"static-expires{of}{by}" for of in ("", "-type", "-path-info", "-uri") for by in ("", "-mtime")),
    *(f"{socket}-modifier{n}" for socket in ("http-socket", "https-socket", "fastcgi", "scgi", "raw") for n in (1, 2)),
    *("socket", "http-socket", "http11-socket", "https-socket", "uwsgi-socket", "puwsgi-socket", "suwsgi-socket"),
    *("udp", "fastcgi-socket", "fastcgi-nph-socket", "scgi-socket", "scgi-nph-socket", "raw-socket"),
    *("shared-socket", "undeferred-shared-socket", "zeromq-socket"),
    *(f"{stage}route-label" for stage in ("", "error-", "response-", "final-")),
]

COMMAND_PHASES = (
    Phases.ASAP,
    Phases.JAIL_PRE,
    Phases.JAIL_IN,
    Phases.JAIL_POST,
    Phases.PRIV_DROP_PRE,
    Phases.PRIV_DROP_POST,
    Phases.EXIT,
    Phases.APP_LOAD_PRE,
    Phases.APP_LOAD_POST,
    Phases.VASSAL_START_IN,
    Phases.VASSAL_START_POST,
)


def written_option_names(source: Path) -> Iterator[str]:
    """The option names written out in one module: keys of mappings, and texts, given to what sets options."""
    for node in ast.walk(ast.parse(source.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SETTERS):
            continue
        for argument in node.args:
            if isinstance(argument, ast.Dict):
                yield from (key.value for key in argument.keys if isinstance(key, ast.Constant))  # type: ignore[misc]
            elif isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument is node.args[0]:
                yield argument.value


WRITTEN = sorted({(source.name, name) for source in SOURCES for name in written_option_names(source)})


def test_the_walk_finds_the_options() -> None:
    """The walk over the sources finds options of every group, so that the check below means something."""
    assert len(WRITTEN) > 350
    names = {name for _, name in WRITTEN}
    assert {"alarm-freq", "cheaper", "log-format", "spooler-quiet", "subscribe2", "workers", "strict"} <= names


@pytest.mark.parametrize(("source", "name"), WRITTEN)
def test_written_options_exist(source: str, name: str) -> None:
    """Every option name written in the library is one that some uWSGI has; in routers, behind the router's alias."""
    names = [f"{router}-{name}" for router in ROUTERS] if source.startswith("routing_routers") else []
    assert any(catalogue.find(candidate) for candidate in [name, *names])


@pytest.mark.parametrize("name", PUT_TOGETHER)
def test_options_put_together_exist(name: str) -> None:
    """Every option name that is put together when it is set is one that some uWSGI has."""
    assert catalogue.find(name) is not None


@pytest.mark.parametrize("phase", COMMAND_PHASES)
def test_commands_can_be_run_in_the_documented_phases(phase: str) -> None:
    """`run_command_on_event` takes all phases its documentation promises."""
    section = Section()
    section.main_process.run_command_on_event("true", phase=phase)
    assert section.entries.last(f"exec-{phase}") == "true"


SUBJECTS = [value for name, value in vars(RouteRule.subjects).items() if not name.startswith("_")]
STAGES = [value for name, value in vars(RouteRule.stages).items() if name.isupper()]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_routing_options_exist(stage: str, subject: Any) -> None:
    """Every subject can be used in every stage, except the status before there is one."""
    rule = RouteRule(RouteRule.actions.log("x"), subject("x"), stage)
    is_too_early = subject is RouteRule.subjects.status and stage == RouteRule.stages.REQUEST
    assert (catalogue.find(rule.option) is None) is is_too_early


def _documented() -> Iterator[tuple[str, str]]:
    for group in GROUPS:
        for name, method in vars(getattr(Section, group)).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                for found in re.findall(r"``([\w-]+)``", method.__doc__ or ""):
                    yield f"{group}.{name}", found


@pytest.mark.parametrize(("method", "option"), sorted(set(_documented())))
def test_documented_sources_exist(method: str, option: str) -> None:
    """Every option that a method's documentation names as its source is one that uWSGI has."""
    known = catalogue.find(option)
    assert known is not None or option in {"hook-", "exec-", "-socket", "-mtime"}


def _methods() -> Iterator[tuple[str, str]]:
    for group in GROUPS:
        for name, method in vars(getattr(Section, group)).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                yield group, name


@pytest.mark.parametrize(("group", "name"), sorted(_methods()))
def test_every_parameter_is_documented(group: str, name: str) -> None:
    """Every public method says what it does, and what each of its parameters means."""
    method = getattr(getattr(Section, group), name)
    assert method.__doc__
    parameters = [parameter for parameter in inspect.signature(method).parameters if parameter != "self"]
    described = set(re.findall(r":param (\w+):", method.__doc__))
    assert [parameter for parameter in parameters if parameter not in described] == []
