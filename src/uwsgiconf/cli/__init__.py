"""The `uwsgiconf` command: one module per command, imported when that command is used."""

from importlib import import_module
from typing import Any, NoReturn

import click

from uwsgiconf.exceptions import ConfigurationError

#: Each command with the line about it in `--help`; the module is called like the command, unless it says otherwise.
_COMMANDS = {
    "check": "Tell everything that is wrong with configurations.",
    "compile": "Print the ini that a configuration module describes.",
    "explain": "Tell what an option takes, and what sets it.",
    "import": "Write the Python module that says what a configuration file says.",
    "probe-plugins": "Print the plugins a uWSGI has built in.",
    "run": "Become uWSGI, with the configuration of a module.",
    "sysinit": "Print a unit that starts uWSGI with the system.",
}

_MODULES = {"compile": "compiling", "import": "importing", "probe-plugins": "probing", "run": "running"}


class _Commands(click.Group):
    """Commands that are imported when they are used, so that `--help` and completion are quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"{__name__}.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            _end_with(error)


def _end_with(error: ConfigurationError) -> NoReturn:
    """Tell what is wrong without a traceback: it is the configuration that has to be mended, not the program."""
    click.echo(f"Error: {error}", err=True)
    raise SystemExit(1) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="imperator", prog_name="uwsgiconf", message="%(prog)s %(version)s")
def main() -> None:
    """Describe uWSGI in Python, and be right.

    Exit codes: 0 all is well, 1 a configuration is wrong, 2 the command line is.
    """
