"""The stand-in of uWSGI's module: it can be imported and called everywhere, and is what the real one is."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

from uwsgiconf import uwsgi, uwsgi_stub

RUNTIME = [
    "alarms",
    "asynced",
    "caching",
    "control",
    "locking",
    "logging",
    "monitoring",
    "mules",
    "platform",
    "request",
    "rpc",
    "scheduling",
    "signals",
    "spooler",
    "websockets",
]

FUNCTIONS = sorted(
    name
    for name, value in vars(uwsgi_stub).items()
    if inspect.isfunction(value) and value.__module__.startswith("uwsgiconf.uwsgi_stub.") and name != "note"
)

#: Arguments by the names of parameters without a default.
ARGUMENTS = {"signal": 1, "number": 1, "period": 1, "fd": 0, "func": print, "func_name": b"x", "address": None}
NUMBERS = {
    "minute",
    "hour",
    "day",
    "month",
    "weekday",
    "num",
    "seconds",
    "timeout",
    "value",
    "fd_or_data",
    "fd_or_name",
}


def run(program: str) -> str:
    """What a fresh Python prints."""
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


def test_outside_it_is_the_stand_in() -> None:
    """Outside uWSGI, `uwsgiconf.uwsgi` is the stand-in, which says so."""
    assert uwsgi is uwsgi_stub
    assert uwsgi.is_stub is True


def test_inside_it_is_the_real_module() -> None:
    """Where there is a module `uwsgi`, `uwsgiconf.uwsgi` is that module, marked as the real one."""
    program = """
import sys, types
sys.modules['uwsgi'] = real = types.ModuleType('uwsgi')
from uwsgiconf import uwsgi
print(uwsgi is real, uwsgi.is_stub, 'uwsgiconf.uwsgi_stub' in sys.modules)
"""
    assert run(program).split() == ["True", "False", "False"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_can_be_called(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each function takes its arguments and does nothing, and says what it would do."""
    monkeypatch.setattr("uwsgiconf.uwsgi_stub._registrations.made", [])
    function = getattr(uwsgi_stub, name)
    wanted = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    function(*(ARGUMENTS.get(parameter, 1 if parameter in NUMBERS else "x") for parameter in wanted))
    assert inspect.getdoc(function)


@pytest.mark.parametrize(
    ("hook", "owner"),
    [
        ("post_fork_hook", "_PostForkHooks.run"),
        ("spooler", "Spooler._process_message_raw"),
        ("mule_msg_hook", "_receive"),
    ],
)
def test_hooks_are_those_of_the_runtime(hook: str, owner: str) -> None:
    """The hooks that uWSGI calls are there at once, put there by the modules that own them."""
    assert run(f"from uwsgiconf import uwsgi_stub; print(uwsgi_stub.{hook}.__qualname__)").strip() == owner


def test_former_hooks_are_kept() -> None:
    """What an application had put into the hooks of uWSGI is still called for what is its own."""
    program = """
from uwsgiconf import uwsgi
uwsgi.post_fork_hook = lambda: print('forked')
uwsgi.mule_msg_hook = lambda message: print('message', message.decode())
uwsgi.spooler = lambda envelope: print('task') or -2
import uwsgiconf.runtime.platform, uwsgiconf.runtime.mules, uwsgiconf.runtime.spooler
uwsgi.post_fork_hook()
uwsgi.mule_msg_hook(b'own')
print(uwsgi.spooler({'spooler_task_name': b'x', b'own': b'task'}))
"""
    assert run(program).splitlines() == ["forked", "message own", "task", "-2"]


@pytest.mark.parametrize("module", RUNTIME)
def test_modules_can_be_imported_alone(module: str) -> None:
    """Each runtime module can be imported without any other, and brings no configuration library with it."""
    program = f"import sys, uwsgiconf.runtime.{module}; print(*[m for m in sys.modules if m.startswith('uwsgiconf')])"
    brought = set(run(program).split())
    assert not [name for name in brought if name.startswith(("uwsgiconf.options", "uwsgiconf.config", "uwsgiconf.emu"))]


@pytest.mark.parametrize("module", RUNTIME)
def test_public_names_are_documented(module: str) -> None:
    """Every public function, class and method of a runtime module says what it does."""
    found = import_module(f"uwsgiconf.runtime.{module}")
    assert found.__doc__
    silent = [name for name, thing in _public(found) if not inspect.getdoc(thing)]
    assert silent == []


def _public(module: ModuleType) -> list[tuple[str, object]]:
    things: list[tuple[str, object]] = []
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", "") != module.__name__:
            continue
        things.append((name, thing))
        if inspect.isclass(thing):
            things += [(f"{name}.{member}", it) for member, it in vars(thing).items() if not member.startswith("_")]
    return [(name, thing) for name, thing in things if callable(thing) or isinstance(thing, property)]


def test_an_unknown_name_is_none_of_uwsgi() -> None:
    """A name that uWSGI does not have is an `AttributeError` on the stand-in too."""
    with pytest.raises(AttributeError, match="has no attribute 'nothing_such'"):
        assert uwsgi_stub.nothing_such  # type: ignore[attr-defined]


def test_former_name_of_the_registry() -> None:
    """`registry_signals` still works, as a list, and says what the name of today is."""
    signals = import_module("uwsgiconf.runtime.signals")
    with pytest.warns(DeprecationWarning, match="`registry_signals` is now `REGISTERED_SIGNALS`"):
        assert signals.registry_signals == list(signals.REGISTERED_SIGNALS.values())
    with pytest.raises(AttributeError):
        assert signals.nothing_such
