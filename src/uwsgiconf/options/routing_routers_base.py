"""What all routers have in common."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeAlias

from ..entries import Entries
from ..values import Strings
from .networking_sockets import SocketShared
from .routing_forwarders import (
    Forwarder,
    ForwarderCache,
    ForwarderCode,
    ForwarderPath,
    ForwarderSocket,
    ForwarderSubscriptionServer,
)

Address: TypeAlias = "str | SocketShared"
ForwardTo: TypeAlias = "Forwarder | Strings"


class RouterBase:
    """A router: it is described first, and started by `Routing.use_router`.

    :param on: Where to listen.
    """

    #: How the names of its options begin.
    alias: ClassVar[str | None] = None
    #: The option that starts it, where that is not the alias.
    on_command: ClassVar[str | None] = None
    #: The plugin it comes from.
    plugin: ClassVar[str | None] = None

    def __init__(self, on: Address | None = None) -> None:
        self.on = on
        #: Its options, except the one that starts it.
        self.entries = Entries()

    def start_option(self, address: str) -> dict[str, str]:
        """The option that starts the router.

        :param address: Where it listens, as options write addresses.
        """
        return {self.on_command or self.alias or "": address}

    def _set(self, values: dict[str, Any]) -> Self:
        """Set options, named without the alias of the router."""
        self.entries.update({f"{self.alias}-{name}": value for name, value in values.items()})
        return self


class RouterWithForwarders(RouterBase):
    """A router that passes requests on to nodes.

    :param on: Where to listen.
    :param forward_to: Names of nodes, or a way to find them, see `forwarders`.
    """

    class forwarders:  # noqa: N801 - as the other groups of names
        """Ways to find the node for a request, for `forward_to`."""

        cache = ForwarderCache
        code = ForwarderCode
        path = ForwarderPath
        socket = ForwarderSocket
        subscription_server = ForwarderSubscriptionServer

    def __init__(self, on: Address | None = None, *, forward_to: ForwardTo | None = None) -> None:
        super().__init__(on)
        self._forward(forward_to)

    def _forward(self, forward_to: ForwardTo | None) -> None:
        if isinstance(forward_to, Forwarder):
            # Without a name, the cache or the socket is the first one.
            self._set({forward_to.written_name: forward_to if forward_to.args else True})
        else:
            self._set({"to": forward_to})

    def _set_common(
        self,
        *,
        workers: int | None = None,
        zerg_server: str | None = None,
        fallback_node: str | None = None,
        concurrent_events: int | None = None,
        cheap_mode: bool | None = None,
        stats_server: str | None = None,
        quiet: bool | None = None,
        buffer_size: int | None = None,
    ) -> Self:
        return self._set(
            {
                "workers": workers,
                "zerg": zerg_server,
                "fallback": fallback_node,
                "events": concurrent_events,
                "cheap": cheap_mode,
                "stats-server": stats_server,
                "quiet": quiet,
                "buffer-size": buffer_size,
            }
        )
