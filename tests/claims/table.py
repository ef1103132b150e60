"""The table of claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

__all__ = ["CLAIMS", "STEPS", "Claim", "World", "claim", "step"]


class World(Protocol):
    """Where a claim runs."""

    #: Whether it is a real uWSGI.
    is_real: bool
    #: Where the instance listens with the protocol uwsgi.
    address: str

    def ask(self, name: str) -> str:
        """Take a step in another worker, and return what it returns."""

    def pass_time(self, seconds: float) -> None:
        """Do nothing for a while."""

    def fork(self) -> None:
        """Have all processes been forked."""

    def touch(self, path: str) -> None:
        """Change a file."""

    def remember(self, path: str) -> None:
        """Note a task that stays when its claim is over."""

    def wait_for_log(self, text: str) -> None:
        """Wait until a text is in uWSGI's log."""

    def wait_for_alarm(self, name: str, message: str) -> None:
        """Wait until an alarm was told where it is configured to be."""


class Claim(NamedTuple):
    """A claim."""

    module: str
    name: str
    text: str
    do: Callable[[World], object]
    check: Callable[[], object] | None

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


CLAIMS: dict[str, Claim] = {}

STEPS: dict[str, Callable[[], object]] = {}


def claim(module: str, check: Callable[[], object] | None = None) -> Callable[[Callable[[World], object]], Claim]:
    """Decorate a function that does, and asserts, what a runtime module promises.

    :param module: The runtime module.
    :param check: What becomes true after it, without the function waiting for it.
    """

    def add(function: Callable[[World], object]) -> Claim:
        text = (function.__doc__ or "").strip()
        assert text, f"{function.__name__} claims nothing"
        made = Claim(module, function.__name__, text, function, check)
        assert str(made) not in CLAIMS
        CLAIMS[str(made)] = made
        return made

    return add


def step(function: Callable[[], object]) -> Callable[[], object]:
    """Decorate what claims ask another worker for."""
    STEPS[function.__name__] = function
    return function
