"""Choosing one of the configurations that a module describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from uwsgiconf.exceptions import ConfigurationError

if TYPE_CHECKING:
    from uwsgiconf.config import Configuration

only_option = click.option("--only", metavar="ALIAS", help="Only the configuration with this alias.")


def chosen(configurations: list[Configuration], alias: str | None, module: str) -> list[Configuration]:
    """The configurations of that alias, all of them if it is None.

    :raises ConfigurationError: when none is called like that.
    """
    found = [configuration for configuration in configurations if alias in (None, configuration.alias)]
    if not found:
        raise ConfigurationError(
            f"{module}: --only {alias}",
            wanted=f"one of the aliases {', '.join(configuration.alias for configuration in configurations)}",
            found=repr(alias),
            remedy="Use one of these, or set the alias: Configuration([...], alias=...).",
        )
    return found
