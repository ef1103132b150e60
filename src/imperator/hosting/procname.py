"""The name that `ps` shows."""

from __future__ import annotations

__all__ = ["set_process_name"]


def set_process_name(name: str) -> None:
    """Show `name` instead of the command line we were started with.

    :param name: What `ps` and `top` shall show.
    """
    from setproctitle import setproctitle  # only who asks for a name pays for it

    setproctitle(name)
