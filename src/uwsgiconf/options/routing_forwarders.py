"""Where a router finds the node for a request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..values import ParametrizedValue, Path

if TYPE_CHECKING:
    from .routing_modifiers import Modifier


class Forwarder(ParametrizedValue):
    """How a router finds the node for a request, by its key, which is the domain.

    :param args: Arguments of the way.
    """

    #: The name of its option begins with that of the router.
    opt_key = True
    args_joiner = " "

    def __str__(self) -> str:
        return self.args_joiner.join(str(arg) for arg in self.args)


class ForwarderPath(Forwarder):
    """Takes the UNIX socket that is named after the key.

    :param sockets_dir: Directory of the sockets, or a path with `%s` in the place of the key.
    """

    name = "use-base"

    def __init__(self, sockets_dir: Path) -> None:
        super().__init__(os.fspath(sockets_dir))

    @property
    def written_name(self) -> str:
        """`use-base` or `use-pattern`."""
        return "use-pattern" if "%s" in str(self) else self.name


class ForwarderCode(Forwarder):
    """Asks a function, which takes the key. It must not wait for anything: the router waits with it.

    :param script: Module or file that has the function.
    :param func: Name of the function.
    :param modifier: Which plugin runs it, see `Routing.modifiers`. Default: Python.
    """

    name = "use-code-string"
    args_joiner = ":"

    def __init__(self, script: str, func: str, *, modifier: Modifier | None = None) -> None:
        super().__init__(modifier.code if modifier is not None else 0, script, func)


class ForwarderCache(Forwarder):
    """Takes what a cache has under the key.

    :param cache_name: The cache. Default: the first.
    """

    name = "use-cache"

    def __init__(self, cache_name: str | None = None) -> None:
        super().__init__(cache_name)


class ForwarderSocket(Forwarder):
    """Takes a socket of this instance.

    :param socket: Its number, from 0.
    """

    name = "use-socket"

    def __init__(self, socket: str | int) -> None:
        super().__init__(socket)


class ForwarderSubscriptionServer(Forwarder):
    """Takes nodes that subscribed, see `Subscriptions.subscribe`.

    :param address: Address to take subscriptions at.
    """

    name = "subscription-server"

    def __init__(self, address: str) -> None:
        super().__init__(address)
