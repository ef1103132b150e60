"""`uwsgiconf compile`: the ini that a module describes."""

from __future__ import annotations

import shlex

import click

from uwsgiconf.formatters import FORMATTERS
from uwsgiconf.modules import USUAL_MODULE, load_configurations

from .choosing import chosen, only_option


@click.command("compile")
@click.argument("module", default=USUAL_MODULE, metavar="[MODULE]")
@click.option("--formatter", type=click.Choice(sorted(FORMATTERS)), default="ini", show_default=True, help="The form.")
@click.option("--stamp/--no-stamp", default=True, help="Let uWSGI print at its start what wrote the configuration.")
@only_option
def command(module: str, *, formatter: str, stamp: bool, only: str | None) -> None:
    """Print the ini that a configuration module describes; MODULE is uwsgicfg.py if not named.

    \b
        uwsgiconf compile > app.ini
    """
    for configuration in chosen(load_configurations(module), only, module):
        formatted = configuration.format(stamp=stamp, formatter=formatter)
        click.echo(formatted if isinstance(formatted, str) else shlex.join(formatted))
