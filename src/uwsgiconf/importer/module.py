"""The text of the Python module that says what a file says."""

from __future__ import annotations

import os
from textwrap import indent
from typing import TYPE_CHECKING

from uwsgiconf import catalogue

from .calls import Call, literal
from .sections import Part, Parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uwsgiconf.dialects import Document


def python_module(document: Document) -> str:
    """The Python module that describes what a configuration file does.

    Magic variables such as `%d` stay: they mean the file that the module is compiled into. Placeholders are set with
    `set_placeholder`, declared options become what they stand for, comments stay where they were.

    :param document: The file, see `uwsgiconf.dialects.read`.
    :raises ConfigurationError: when something in it cannot be said in Python.
    """
    parts = Parts(document)
    body = "\n\n".join("\n".join(_lines(part)) for part in parts.all)
    verbatim = "from uwsgiconf.entries import Verbatim\n" if "Verbatim(" in body else ""
    name = os.path.basename(document.path).replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'"""uWSGI as {name} described it."""\n\n'
        f"from uwsgiconf.config import Section, configure_uwsgi\n{verbatim}\n\n"
        f"def get_configuration() -> Section:\n{indent(body, '    ')}\n\n    return {parts.main.variable}\n\n\n"
        "configure_uwsgi(get_configuration)\n"
    )


def _lines(part: Part) -> Iterator[str]:
    arguments = [] if part.name == "uwsgi" else [literal(part.name)]
    if part.version != catalogue.NEWEST_RELEASE:
        arguments.append(f"uwsgi_version={literal(part.version)}")
    yield f"{part.variable} = Section({', '.join(arguments)})"
    for step in part.steps:
        if isinstance(step, Part):
            yield f"{part.variable}.include({step.variable})"
        elif isinstance(step, Call):
            yield step.source(part.variable)
        else:
            yield f"# {step}".rstrip()
