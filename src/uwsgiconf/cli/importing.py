"""`uwsgiconf import`: from a configuration file to Python."""

import click

from uwsgiconf.dialects import read
from uwsgiconf.importer import python_module


@click.command("import")
@click.argument("file")
def command(file: str) -> None:
    """Write the Python module that says what FILE says; FILE is an ini, yaml, json or xml file, or FILE:SECTION.

    \b
        uwsgiconf import app.ini > uwsgicfg.py
    """
    click.echo(python_module(read(file)), nl=False)
