"""`uwsgiconf check`: everything that is wrong with configurations, at once."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from uwsgiconf.catalogue import NEWEST_RELEASE, VERSIONS
from uwsgiconf.checker import Knowledge, check_file, check_text
from uwsgiconf.dialects import Host
from uwsgiconf.dialects.magic import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uwsgiconf.checker import Fault
    from uwsgiconf.config import Configuration, Section


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print the faults as a JSON array.")
@click.option("--binary", metavar="UWSGI", help="Ask this uWSGI what it knows, instead of the catalogue.")
@click.option("--uwsgi-version", type=click.Choice(VERSIONS), default=NEWEST_RELEASE, show_default=True)
def command(files: tuple[str, ...], *, as_json: bool, binary: str | None, uwsgi_version: str) -> None:
    """Tell everything that is wrong with configurations, with file and line.

    FILE is an ini, yaml, json or xml file, as FILE or FILE:SECTION, or a Python configuration module. The exit code is
    1 if anything is wrong.
    """
    knowledge = Knowledge.of_binary(binary) if binary else Knowledge(uwsgi_version)
    host = Host()
    faults = [fault for file in files for fault in _check(file, knowledge, host)]
    faults = list(dict.fromkeys(faults))  # files that include the same file tell of it once
    if as_json:
        click.echo(json.dumps([fault._asdict() for fault in faults], indent=2))
    else:
        for fault in faults:
            click.echo(_printable(str(fault)))
        click.echo(_summary(len(files), len(faults)), err=True)
    sys.exit(1 if faults else 0)


def _check(file: str, knowledge: Knowledge, host: Host) -> Iterator[Fault]:
    if file.endswith(".py"):
        yield from _check_module(file, knowledge, host)
    else:
        yield from check_file(file, knowledge=knowledge, host=host)


def _check_module(file: str, knowledge: Knowledge, host: Host) -> Iterator[Fault]:
    """The faults of a module, and of what it compiles to; those have the line of the compiled ini."""
    from uwsgiconf.checker import Fault
    from uwsgiconf.modules import ModuleError, load_configurations

    try:
        configurations = load_configurations(file)
    except ModuleError as error:
        yield Fault(error.file, error.line, "refused", "", error.wanted, error.found, error.remedy)
        return
    for configuration in configurations:
        text = encode(str(configuration.format(stamp=False)))
        for section in _sections_to_start_with(configuration):
            known = knowledge if knowledge.is_of_binary else Knowledge(section.uwsgi_version)
            name = f"{file}.{configuration.alias}.ini:{section.name}"
            for fault in check_text(text, name, knowledge=known, host=host):
                yield _of_module(fault, file)


def _sections_to_start_with(configuration: Configuration) -> list[Section]:
    """The main section, and those that are not read as a part of another one."""
    includes = {entry.text for section in configuration.sections for entry in section.entries if entry.name == "ini"}
    main, *others = configuration.sections
    return [main, *(section for section in others if f":{section.name}" not in includes)]


def _of_module(fault: Fault, file: str) -> Fault:
    """The fault at the module, which is where it can be mended."""
    found = f"{fault.found}, on line {fault.line} of what it compiles to" if fault.line else fault.found
    return fault._replace(file=file, line=0, found=found)


def _summary(files: int, faults: int) -> str:
    return f"{files} file{'s' * (files != 1)}, {faults or 'no'} fault{'s' * (faults != 1)}"


def _printable(text: str) -> str:
    """One line that any terminal can show: files may hold bytes that are no text."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
