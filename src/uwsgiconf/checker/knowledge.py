"""What a uWSGI knows: its options and the plugins built into it, from the catalogue or from a binary."""

import re
import subprocess
from collections.abc import Iterable

from uwsgiconf import catalogue
from uwsgiconf.catalogue import Option
from uwsgiconf.dialects.host import EMBEDDED_PLUGINS
from uwsgiconf.exceptions import ConfigurationError

#: A binary that only prints its options takes milliseconds.
_PATIENCE_SECONDS = 20

_HELP_LINE = re.compile(r"^ +(?:-\w\|)?--(\S+)(?: +(.*))?$")


class Knowledge:
    """The uWSGI that configurations are checked for.

    :param version: The series, one of `uwsgiconf.catalogue.VERSIONS`.
    :param plugins: The plugins built into it; by default those of a default build, which the wheels of PyPI are.
    """

    def __init__(self, version: str = catalogue.NEWEST_RELEASE, *, plugins: Iterable[str] = EMBEDDED_PLUGINS) -> None:
        self.version = version
        self.plugins = frozenset(plugins)
        #: What its binary says about each option; empty without one.
        self.help_lines: dict[str, str] = {}
        # Comparing with every name takes milliseconds, and the same mistake is often made in many files.
        self._nearest: dict[str, list[str]] = {}

    @classmethod
    def of_binary(cls, binary: str) -> "Knowledge":
        """Ask a binary what it knows.

        :param binary: Its path, or its name if it is on the path.
        :raises ConfigurationError: when it cannot be run, or does not answer as a uWSGI does.
        """
        from uwsgiconf.probing import probe_plugins  # it starts a process, which few need

        plugins = probe_plugins(binary)
        version = "2.1-dev" if _ask(binary, "--version").startswith("2.1") else catalogue.NEWEST_RELEASE
        knowledge = cls(version, plugins=[*plugins.generic, *plugins.request])
        knowledge.help_lines = read_help(binary)
        return knowledge

    @property
    def is_of_binary(self) -> bool:
        """Whether a binary was asked."""
        return bool(self.help_lines)

    def has(self, name: str) -> bool:
        """Whether the binary that was asked has the option, without a plugin being loaded."""
        return name in self.help_lines

    def find(self, name: str) -> Option | None:
        """What the catalogue says about an option, None if it has none of that name."""
        return catalogue.find(name)

    def nearest(self, name: str) -> list[str]:
        """Names that may have been meant."""
        if name not in self._nearest:
            self._nearest[name] = catalogue.nearest(name, 3)
        return self._nearest[name]


def read_help(binary: str) -> dict[str, str]:
    """What a uWSGI says about each of its options.

    :param binary: Its path or name.
    :raises ConfigurationError: when it cannot be run, or says nothing that looks like options.
    """
    answer = _ask(binary, "--help")
    lines = {match[1]: match[2] or "" for match in map(_HELP_LINE.match, answer.splitlines()) if match}
    if not lines:
        raise _no_answer(binary, "--help", answer.strip()[-200:] or "no output")
    return lines


def _ask(binary: str, flag: str) -> str:
    try:
        done = subprocess.run(
            [binary, flag],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _no_answer(binary, flag, str(error)) from error
    return done.stdout


def _no_answer(binary: str, flag: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        f"binary {binary!r}",
        wanted=f"a uWSGI that answers {flag}",
        found=found,
        remedy="Name the path of a uWSGI, or leave it out to use the catalogue.",
    )
