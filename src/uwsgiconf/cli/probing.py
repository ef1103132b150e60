"""`uwsgiconf probe-plugins`: what a uWSGI has built in."""

import click

from uwsgiconf.probing import probe_plugins


@click.command("probe-plugins")
@click.option("--binary", metavar="UWSGI", help="The uWSGI to ask; by default the one that `run` would start.")
def command(*, binary: str | None) -> None:
    """Print the plugins a uWSGI has built in: those that answer requests, and all others."""
    plugins = probe_plugins(binary)
    for title, names in (("Answering requests", plugins.request), ("Others", plugins.generic)):
        click.echo(f"{title}:")
        for name in sorted(names):
            click.echo(f"  {name}")
