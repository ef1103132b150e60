"""The names and signatures that programs rely on, as `tests/data/surface.json` lists them."""

import inspect
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

SURFACE = json.loads((Path(__file__).parents[1] / "data" / "surface.json").read_text())

ITEMS = [(module, name) for module in sorted(SURFACE) for name in SURFACE[module]]
MEMBERS = [(module, name, member) for module, name in ITEMS for member in SURFACE[module][name].get("members", {})]

#: Values that the listing tells only the types of, for members of classes.
TYPES_OF_MEMBERS = {"Options", "_TaskRegisterer", "_tuplegetter", "member_descriptor"}

#: Former names, which warn.
pytestmark = pytest.mark.filterwarnings("ignore:`registry_signals`:DeprecationWarning")


def _parameters(function: Any) -> list[str]:
    """A signature as the listing writes it: `name`, `name=default`, `kw:name=default`, `*args`, `**kwargs`."""
    written = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in {"self", "cls"}:
            continue
        text = parameter.name
        if parameter.kind is parameter.VAR_POSITIONAL:
            text = f"*{text}"
        elif parameter.kind is parameter.VAR_KEYWORD:
            text = f"**{text}"
        elif parameter.kind is parameter.KEYWORD_ONLY:
            text = f"kw:{text}"
        written.append(text if parameter.default is parameter.empty else f"{text}={parameter.default!r}")
    return written


def _is_compatible(ours: list[str], theirs: list[str]) -> bool:
    """Whether every call that fits their signature fits ours: what we have more is optional, and by keyword."""
    swallows = any(parameter.startswith("**") for parameter in ours)
    keywords = {parameter.removeprefix("kw:").partition("=")[0]: parameter for parameter in ours}
    for parameter in theirs:
        name, _, default = parameter.removeprefix("kw:").partition("=")
        mine = keywords.get(name)
        if mine is None:
            if name.startswith("*") or swallows:
                continue
            return False
        if mine.partition("=")[2] != default:
            return False
    positional = [p.partition("=")[0] for p in theirs if not p.startswith(("kw:", "*"))]
    ours_positional = [p.partition("=")[0] for p in ours if not p.startswith(("kw:", "*"))]
    known = {parameter.removeprefix("kw:").partition("=")[0] for parameter in theirs}
    extra_required = [p for p in ours if "=" not in p and not p.startswith("*") and p.removeprefix("kw:") not in known]
    return ours_positional[: len(positional)] == positional and not extra_required


@pytest.mark.parametrize(("module", "name"), ITEMS)
def test_name_is_there(module: str, name: str) -> None:
    """Every name of the listing can be imported, with the value and the signature it has there."""
    listed = SURFACE[module][name]
    thing = getattr(import_module(module), name)
    if "init" in listed:
        assert _is_compatible(_parameters(thing.__init__), listed["init"]), _parameters(thing.__init__)
    if "call" in listed:
        assert _is_compatible(_parameters(thing), listed["call"]), _parameters(thing)
    if ("value" in listed and not isinstance(listed["value"], str)) or ("value" in listed and isinstance(thing, str)):
        assert thing == listed["value"]
    elif "value" in listed:
        assert type(thing).__name__ == listed["value"]


@pytest.mark.parametrize(("module", "name", "member"), MEMBERS)
def test_member_is_there(module: str, name: str, member: str) -> None:
    """Every member of a class of the listing is there, with its kind, value, names and signature."""
    listed = SURFACE[module][name]["members"][member]
    owner = getattr(import_module(module), name)
    raw = inspect.getattr_static(owner, member, None)
    value = getattr(owner, member) if raw is not None else None
    kind = listed["kind"]
    if kind == "property":
        assert isinstance(raw, property)
    elif kind == "classmethod":
        assert isinstance(raw, classmethod)
    elif kind == "class":
        assert inspect.isclass(value)
        assert [inner for inner in listed.get("names", []) if not hasattr(value, inner)] == []
    elif kind == "method":
        assert callable(value)
    elif member == "alias" and raw is None:
        assert hasattr(owner, "alias")
    elif listed.get("value") in TYPES_OF_MEMBERS:
        assert type(raw).__name__ == listed["value"]
    elif "value" in listed:
        assert value == listed["value"]
    else:
        assert hasattr(owner, member)
    if "call" in listed:
        assert _is_compatible(_parameters(value), listed["call"]), _parameters(value)


@pytest.mark.parametrize(
    ("ours", "theirs", "fits"),
    [
        (["a", "kw:b=None"], ["a", "kw:b=None"], True),
        (["a", "kw:b=None", "kw:c=1"], ["a", "kw:b=None"], True),
        (["a", "b=None"], ["a", "kw:b=None"], True),
        (["a", "kw:b=None"], ["a", "b=None"], False),
        (["a"], ["a", "kw:b=None"], False),
        (["a", "kw:b=1"], ["a", "kw:b=2"], False),
        (["a", "kw:b"], ["a"], False),
        (["b", "a"], ["a", "b"], False),
    ],
)
def test_comparison_of_signatures(ours: list[str], theirs: list[str], fits: bool) -> None:
    """The comparison used here notices what breaks a call, and only that."""
    assert _is_compatible(ours, theirs) is fits
