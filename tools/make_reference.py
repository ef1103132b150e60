"""Write the reference of the configuration library, from its docstrings.

Run it when a docstring changed; a test tells when that was forgotten::

    python tools/make_reference.py
"""

import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from uwsgiconf import config, emulator
from uwsgiconf.options.groups import NAMES as GROUPS
from uwsgiconf.presets import empire, nice
from uwsgiconf.runtime import platform, request

DIRECTORY = Path(__file__).parent.parent / "docs" / "uwsgiconf" / "reference"

PARAMETER = re.compile(r":param (\w+):\s*(.*?)(?=\n:|\Z)", re.DOTALL)
RAISES = re.compile(r":raises (\w+):\s*(.*?)(?=\n:|\Z)", re.DOTALL)
RETURN = re.compile(r":return:\s*(.*?)(?=\n:|\Z)", re.DOTALL)
FIELDS = re.compile(r"^:(?:param \w+|raises \w+|return):", re.MULTILINE)

#: Modules for code inside uWSGI.
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
    "rpc",
    "scheduling",
    "signals",
    "spooler",
    "websockets",
]

#: Objects that are documented as their classes.
OBJECTS = {
    "platform": {
        "uwsgi": platform._Platform,
        "uwsgi.postfork_hooks": platform._PostForkHooks,
        "uwsgi.request": request._Request,
    }
}

#: Types that every method of a group returns; what is said of all is said once.
CHAINED = {"SectionT", "Self"}

NOTE = "<!-- Written by tools/make_reference.py from the docstrings: change these, and run it again. -->\n"


def pages() -> dict[str, str]:
    """The text of every page, by its file name."""
    written = {f"{group}.md": group_page(group) for group in GROUPS}
    written["section.md"] = classes_page(
        "Sections and configurations", [config.Section, config.Configuration, config.configure_uwsgi]
    )
    written["presets.md"] = classes_page("Presets", [nice.Section, nice.PythonSection, empire.Broodlord])
    written["runtime.md"] = runtime_page()
    written["emulator.md"] = classes_page("Emulator", [emulator.Emulator, emulator.Remote, emulator.Websocket])
    written["index.md"] = index_page()
    return written


def index_page() -> str:
    """The page that leads to all others."""
    lines = [NOTE, "# Reference", ""]
    lines += ["- [Sections and configurations](section.md)", "- [Presets](presets.md)", "", "## Groups of options", ""]
    for group in GROUPS:
        summary = _paragraphs(getattr(config.Section, group))[0].partition("\n")[0]
        lines.append(f"- [`section.{group}`]({group}.md): {summary}")
    lines += ["", "## Inside uWSGI", "", "- [`uwsgiconf.runtime`](runtime.md)", "- [Emulator](emulator.md)"]
    return "\n".join(lines) + "\n"


def runtime_page() -> str:
    """The page about modules for code inside uWSGI."""
    lines = [NOTE, "# uwsgiconf.runtime", ""]
    for name in RUNTIME:
        module = import_module(f"uwsgiconf.runtime.{name}")
        lines += ["", f"## {name}", "", *_description(module)]
        for shown, thing in OBJECTS.get(name, {}).items():
            lines += ["", f"### {shown}", "", *_object(shown, thing)]
        for shown, thing in _public(module):
            path = f"{module.__name__}.{shown}"
            lines += ["", f"### {shown}", ""]
            lines += _class(path, thing, "####") if inspect.isclass(thing) else _function(path, thing)
    return _tidy(lines)


def group_page(group: str) -> str:
    """The page of one group of options."""
    group_class = getattr(config.Section, group)
    lines = [NOTE, f"# section.{group}", "", *_description(group_class)]
    lines += ["Methods that set something return the section.", ""]
    for name, method in _methods(group_class):
        lines += ["", f"## {name}", "", *_function(f"section.{group}.{name}", method)]
    for name, names in _namespaces(group_class):
        lines += ["", f"## {name}", "", *_namespace(f"section.{group}.{name}", names)]
    return _tidy(lines)


def classes_page(title: str, things: list[Any]) -> str:
    """A page about a few classes and functions."""
    lines = [NOTE, f"# {title}", ""]
    for thing in things:
        path = f"{thing.__module__.replace('.section', '.config')}.{thing.__name__}"
        lines += ["", f"## {thing.__name__}", ""]
        if not inspect.isclass(thing):
            lines += _function(path, thing)
            continue
        lines += _class(path, thing, "###")
    return _tidy(lines)


def _class(path: str, thing: Any, level: str) -> Iterator[str]:
    """A class: how to make one, what it is, and what it has."""
    yield from _signature(path, thing.__init__)
    yield from _description(thing)
    yield from _properties(thing)
    for name, method in _methods(thing):
        yield from ["", f"{level} {thing.__name__}.{name}", "", *_function(name, method)]


def _object(path: str, thing: Any) -> Iterator[str]:
    """An object that is there already."""
    yield from _description(thing)
    yield from _properties(thing)
    for name, method in _methods(thing):
        yield from ["", f"#### {path}.{name}", "", *_function(f"{path}.{name}", method)]


def _properties(owner: Any) -> Iterator[str]:
    for name, value in vars(owner).items():
        if isinstance(value, property) and not name.startswith("_"):
            yield f"- `{name}`: {_in_line(_paragraphs(value)[0])}"
    yield ""


def _public(module: Any) -> Iterator[tuple[str, Any]]:
    """The functions and classes that a module is for, in the order in which it has them."""
    shown = getattr(module, "__all__", None)
    for name, thing in vars(module).items():
        if name.startswith("_") or not (inspect.isfunction(thing) or inspect.isclass(thing)):
            continue
        own = thing.__module__ == module.__name__ and thing.__name__ == name
        if name in shown if shown else own:
            yield name, thing


def _methods(owner: Any) -> Iterator[tuple[str, Any]]:
    """The public methods of a class, those of its public bases that it does not have itself left out."""
    for name, raw in vars(owner).items():
        method = raw.__func__ if isinstance(raw, classmethod | staticmethod) else raw
        if inspect.isfunction(method) and not name.startswith("_"):
            yield name, method


def _namespaces(owner: Any) -> Iterator[tuple[str, Any]]:
    for name, value in vars(owner).items():
        if inspect.isclass(value) and not name.startswith("_"):
            yield name, value


def _namespace(path: str, names: Any) -> Iterator[str]:
    """A class of names: constants, or classes to make values of."""
    if hasattr(names, "__init__") and "__init__" in vars(names):
        yield from _signature(path, names.__init__)
    yield from _description(names)
    comments = _comments(names)
    for name, value in vars(names).items():
        if name.startswith("_"):
            continue
        if isinstance(value, str | int):
            yield _constant(name, value, comments)
        elif inspect.isclass(value) and "__init__" not in vars(names):
            yield from ["", f"### {name}", "", *_value_class(f"{path}.{name}", value)]
        elif inspect.isclass(value):
            yield from ["", f"### {name}", "", *_namespace(f"{path}.{name}", value)]


def _comments(owner: Any) -> dict[str, str]:
    """What the comments above the attributes of a class say of them."""
    found = re.findall(r"((?:^ *#: .*\n)+) *(\w+)\b", inspect.getsource(owner), re.MULTILINE)
    return {name: " ".join(re.findall(r"#: (.*)", comment)) for comment, name in found}


def _constant(name: str, value: object, comments: dict[str, str]) -> str:
    return f"- `{name}` = `{value}`" + (f": {comments[name]}" if name in comments else "")


def _value_class(path: str, value: Any) -> Iterator[str]:
    yield from _signature(path, value.__init__)
    yield from _description(value)
    comments = _comments(value)
    for name, constant in vars(value).items():
        if name.isupper() and isinstance(constant, str | int):
            yield _constant(name, constant, comments)
    for name, method in _methods(value):
        if name not in {"written", "start_option"}:
            yield from ["", f"#### {name}", "", *_function(f".{name}", method)]


def _function(path: str, function: Any) -> Iterator[str]:
    yield from _signature(path, function)
    yield from _description(function)


def _signature(path: str, function: Any) -> Iterator[str]:
    signature = inspect.signature(function)
    parts: list[str] = []
    has_star = False
    for parameter in signature.parameters.values():
        if parameter.name in {"self", "cls"}:
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not has_star:
            parts.append("*")
        has_star = has_star or parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL}
        parts.append(_parameter(parameter))
    returned = signature.return_annotation
    tail = "" if returned in {inspect.Signature.empty, "None", *CHAINED} else f" -> {returned}"
    one_line = f"{path}({', '.join(parts)}){tail}"
    if len(one_line) > 90:
        one_line = f"{path}(\n    " + ",\n    ".join(parts) + f",\n){tail}"
    yield from ["```python", one_line, "```", ""]


def _parameter(parameter: inspect.Parameter) -> str:
    stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
    stars = "**" if parameter.kind is parameter.VAR_KEYWORD else stars
    typed = f": {parameter.annotation}" if parameter.annotation is not parameter.empty else ""
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    return f"{stars}{parameter.name}{typed}{default}"


def _description(thing: Any) -> Iterator[str]:
    """A docstring, with its fields as lists."""
    text = inspect.cleandoc(thing.__doc__ or "")
    fields = FIELDS.search(text)
    prose = (text[: fields.start()] if fields else text).strip()
    prose = re.sub(r"^::\n\n", "", prose, flags=re.MULTILINE)
    yield from [prose.replace("::\n\n", ":\n\n"), ""]
    for name, meaning in PARAMETER.findall(text):
        yield f"- **{name}**: {_in_line(meaning)}"
    for meaning in RETURN.findall(text):
        yield from ["", f"Returns: {_in_line(meaning)}"]
    for name, when in RAISES.findall(text):
        yield from ["", f"Raises `{name}`: {_in_line(when)}"]
    yield ""


def _in_line(text: str) -> str:
    return re.sub(r"``([^`]+)``", r"`\1`", " ".join(text.split()))


def _paragraphs(thing: Any) -> list[str]:
    return inspect.cleandoc(thing.__doc__ or "").split("\n\n")


def _tidy(lines: list[str]) -> str:
    text = re.sub(r"``([^`\n]+)``", r"`\1`", "\n".join(lines))
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def main() -> None:
    """Write all pages."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (DIRECTORY / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{DIRECTORY}: {len(pages())} pages\n")


if __name__ == "__main__":
    main()
