"""What an application registers when it is loaded, so that an emulator made later has it, as forked processes would."""

from __future__ import annotations

from typing import Any

#: Names of functions of uWSGI and their arguments, in the order of the calls.
made: list[tuple[str, tuple[Any, ...]]] = []


def note(function: str, *args: Any) -> None:
    """Remember a call.

    :param function: The function's name.
    :param args: Its arguments.
    """
    made.append((function, args))
