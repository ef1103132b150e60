"""`uwsgiconf sysinit`: let the system start uWSGI."""

import os

import click

from uwsgiconf.modules import USUAL_MODULE, load_configurations
from uwsgiconf.sysinit import TYPE_SYSTEMD, TYPES, get_config

from .choosing import chosen, only_option


@click.command("sysinit")
@click.argument("systype", type=click.Choice(TYPES), default=TYPE_SYSTEMD, metavar=f"[{'|'.join(TYPES)}]")
@click.argument("module", default=USUAL_MODULE, metavar="[MODULE]")
@click.option("--project", metavar="NAME", help="The name of the service; by default that of the project.")
@only_option
def command(systype: str, module: str, *, project: str | None, only: str | None) -> None:
    """Print a unit that starts `uwsgiconf run MODULE` with the system.

    \b
        uwsgiconf sysinit --project myapp > myapp.service
    """
    configuration = chosen(load_configurations(module), only, module)[0]
    section = configuration.sections[0]
    click.echo(get_config(systype, conf=section, conf_path=os.path.abspath(module), project_name=project), nl=False)
