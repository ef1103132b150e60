"""`uwsgiconf run`: become uWSGI."""

from __future__ import annotations

import os

import click

from uwsgiconf.modules import USUAL_MODULE, load_configurations

from .choosing import chosen, only_option


@click.command("run", context_settings={"ignore_unknown_options": True})
@click.argument("module", default=USUAL_MODULE, metavar="[MODULE]")
@click.option("--binary", metavar="UWSGI", help="The uWSGI to become; by default the one beside this Python.")
@only_option
def command(module: str, *, binary: str | None, only: str | None) -> None:
    """Become uWSGI, with the configuration of a module; MODULE is uwsgicfg.py if not named.

    The process keeps its id. Of several configurations the first becomes this process; the others are started beside
    it, on their own: stop each of them yourself.
    """
    from uwsgiconf.running import command_line, write_for_run

    first, *others = chosen(load_configurations(module), only, module)
    here, *beside = [
        command_line(write_for_run(configuration, module), configuration.sections[0].name, binary)
        for configuration in (first, *others)
    ]
    for arguments in beside:
        os.posix_spawn(arguments[0], arguments, os.environ)
    os.execv(here[0], here)  # noqa: S606 - becoming uWSGI is what this command is for
