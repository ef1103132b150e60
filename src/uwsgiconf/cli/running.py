"""`uwsgiconf run`: become uWSGI."""

from __future__ import annotations

import click

from uwsgiconf.modules import USUAL_MODULE, load_configurations

from .choosing import chosen, only_option


@click.command("run")
@click.argument("module", default=USUAL_MODULE, metavar="[MODULE]")
@click.option("--binary", metavar="UWSGI", help="The uWSGI to become; by default the one beside this Python.")
@only_option
def command(module: str, *, binary: str | None, only: str | None) -> None:
    """Become uWSGI, with the configuration of a module; MODULE is uwsgicfg.py if not named.

    The process keeps its id. Of several configurations the first becomes this process; the others are started beside
    it, on their own: stop each of them yourself.
    """
    from uwsgiconf.running import become

    become(chosen(load_configurations(module), only, module), module, binary)
