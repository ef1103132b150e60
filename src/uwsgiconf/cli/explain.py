"""`uwsgiconf explain`: what an option takes, and what sets it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from uwsgiconf import catalogue
from uwsgiconf.exceptions import ConfigurationError

if TYPE_CHECKING:
    from uwsgiconf.catalogue import Option

_KINDS = {
    "bool": "a switch: true or false",
    "int": "a whole number",
    "str": "text",
    "list": "text; given again, it adds to what was given",
    "dict": "name=value; given again, it adds to what was given",
    "custom": "text that only this option reads",
}

_ARGUMENTS = {"no": "none needed", "required": "required", "optional": "may be left out"}

_MOST_MATCHES = 20


@click.command("explain")
@click.argument("option")
@click.option("--binary", metavar="UWSGI", help="Ask this uWSGI for its own words; by default the one at hand.")
def command(option: str, *, binary: str | None) -> None:
    """Tell what OPTION takes, since when, from which plugin, and what sets it.

    OPTION is the name of an option, or a word to look for in all names and in what uWSGI says about them.
    """
    help_lines = _help_lines(binary)
    name = option.lstrip("-")
    known = catalogue.find(name)
    if known is not None:
        _print_option(known, help_lines.get(name, ""))
        return
    matches = _matches(name, help_lines)
    if not matches:
        click.echo(f"No option is called {name}, or like it.", err=True)
        sys.exit(1)
    click.echo(f"No option is called {name}. Like it:")
    for match in matches[:_MOST_MATCHES]:
        click.echo(f"  {match:<34} {help_lines.get(match, '')}".rstrip())
    if len(matches) > _MOST_MATCHES:
        click.echo(f"  and {len(matches) - _MOST_MATCHES} more: use a longer word")


def _help_lines(binary: str | None) -> dict[str, str]:
    """What the uWSGI at hand says about its options; nothing if there is none and none was named."""
    from uwsgiconf.checker.knowledge import read_help
    from uwsgiconf.probing import find_binary

    try:
        return read_help(find_binary(binary))
    except ConfigurationError:
        if binary is not None:
            raise
        return {}


def _print_option(option: Option, help_line: str) -> None:
    from uwsgiconf.setters import setters_of

    click.echo(f"{option.name}{f', -{option.short}' if option.short else ''}")
    if help_line:
        click.echo(f"  uWSGI says   {help_line}")
    taken = "a whole number, also below zero" if option.may_be_negative else _KINDS[option.value]
    facts = {
        "takes": taken,
        "a value is": _ARGUMENTS[option.argument],
        "comes with": "uWSGI itself" if option.plugin == "core" else f"the plugin {option.plugin}",
        "since": option.since + (", which is not released" if option.since != catalogue.NEWEST_RELEASE else ""),
        "switches on": ", ".join(flag.lower().replace("_", " ") for flag in option.flags if flag != "IMMEDIATE"),
        "acted upon": "when it is read, before references are replaced" if "IMMEDIATE" in option.flags else "",
    }
    for title, fact in facts.items():
        if fact:
            click.echo(f"  {title:<12} {fact}")
    for position, setter in enumerate(setters_of(option.name)):
        click.echo(f"  {'' if position else 'set by':<12} {setter}")
    if not setters_of(option.name):
        click.echo(f"  {'set by':<12} section.set_option({option.name!r}, ...)")


def _matches(word: str, help_lines: dict[str, str]) -> list[str]:
    """Names that may have been meant, then those that have the word, then those uWSGI describes with it."""
    lowered = word.lower()
    names = [option.name for option in catalogue.all_options()]
    found = catalogue.nearest(word, 5)
    found += [name for name in names if lowered in name]
    found += [name for name, line in help_lines.items() if lowered in line.lower()]
    return list(dict.fromkeys(found))
