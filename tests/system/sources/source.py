"""What the tests do with a source, whatever it is."""

from __future__ import annotations

from typing import Protocol

from tests.system.empire import Empire
from tests.system.waiting import wait_for

__all__ = ["PIPE", "Source", "config", "wait_for_configs"]

PIPE = "emperor://"
"""What uWSGI is told a vassal's name by whose configuration comes through the pipe."""


class Source(Protocol):
    """A real source, seen from whoever fills it."""

    target: str
    keeps_a_list: bool
    """Whether what it was told is still known to an Emperor that starts later."""

    def holds(self, name: str) -> bool:
        """Tell whether an entry can be called that at all."""
        ...

    def put(self, name: str, config: str, *, socket: str = "", uid: str = "0") -> None:
        """Add a vassal or change its configuration."""
        ...

    def put_all(self, configs: dict[str, str]) -> None:
        """Add many at once."""
        ...

    def touch(self, name: str) -> None:
        """Ask for a reload without changing anything else."""
        ...

    def remove(self, name: str) -> None: ...


def config(text: str = "") -> str:
    """Return the configuration of a fake vassal that behaves well."""
    return f"[uwsgi]\n# {text}\n"


def wait_for_configs(emperor: Empire, configs: dict[str, str]) -> None:
    """Return once exactly these vassals run, each with this configuration, and each has said so to the Emperor."""
    emperor.wait_for_running({PIPE + name: text for name, text in configs.items()})


def wait_for_heard(emperor: Empire, name: str, heard: list[int]) -> None:
    """Return once a vassal has got exactly these bytes."""
    wait_for(
        lambda: emperor.journal.heard(PIPE + name) == heard,
        f"{name} hears {heard}",
        otherwise=lambda: f"heard: {emperor.journal.heard(PIPE + name)}\n{emperor.log()}",
    )
