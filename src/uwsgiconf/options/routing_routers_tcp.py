"""Routers that pass connections on as they are."""

from __future__ import annotations

from typing import Self

from ..values import Path, key_values
from .routing_routers_base import Address, ForwardTo, RouterWithForwarders


class RouterRaw(RouterWithForwarders):
    """Passes TCP connections on, in front of several HTTPS routers for example.

    :param on: Where to listen. Source: ``rawrouter``.
    :param forward_to: Names of nodes, or a way to find them. Source: ``rawrouter-to``, ``rawrouter-use-cache`` and
        others.
    """

    alias = "rawrouter"
    plugin = "rawrouter"

    def set_basic_params(
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
        """Set how the router works.

        :param workers: Its processes. Source: ``rawrouter-workers``, ``sslrouter-workers``.
        :param zerg_server: Zerg server to get sockets from. Source: ``rawrouter-zerg``, ``sslrouter-zerg``.
        :param fallback_node: Node for connections whose node failed. Source: ``rawrouter-fallback``,
            ``sslrouter-fallback``.
        :param concurrent_events: Events it handles at a time. Source: ``rawrouter-events``, ``sslrouter-events``.
        :param cheap_mode: Accept connections only while there is a node. Source: ``rawrouter-cheap``,
            ``sslrouter-cheap``.
        :param stats_server: Address to serve statistics at. Source: ``rawrouter-stats-server``,
            ``sslrouter-stats-server``.
        :param quiet: Do not log that nodes cannot be reached. Source: ``rawrouter-quiet``, ``sslrouter-quiet``.
        :param buffer_size: Bytes of its buffers. Default: a page. Source: ``rawrouter-buffer-size``,
            ``sslrouter-buffer-size``.
        """
        return self._set_common(
            workers=workers,
            zerg_server=zerg_server,
            fallback_node=fallback_node,
            concurrent_events=concurrent_events,
            cheap_mode=cheap_mode,
            stats_server=stats_server,
            quiet=quiet,
            buffer_size=buffer_size,
        )

    def set_connections_params(
        self,
        harakiri: int | None = None,
        timeout_socket: int | None = None,
        retry_delay: int | None = None,
        retry_max: int | None = None,
        use_xclient: bool | None = None,
    ) -> Self:
        """Set how long things may take.

        :param harakiri: Seconds before the router kills itself when it hangs. Source: ``rawrouter-harakiri``.
        :param timeout_socket: Seconds a node may be silent. Default: 60. Source: ``rawrouter-timeout``.
        :param retry_delay: Seconds before a node that was dead is tried again. Default: 30.
            Source: ``rawrouter-gracetime``.
        :param retry_max: Nodes to try for one connection. Default: 3. Source: ``rawrouter-max-retries``.
        :param use_xclient: Tell mail servers who the client is by XCLIENT. Source: ``rawrouter-xclient``.
        """
        self._set_limits(harakiri, timeout_socket, retry_delay, retry_max)
        return self._set({"xclient": use_xclient})

    def _set_limits(
        self, harakiri: int | None, timeout_socket: int | None, retry_delay: int | None, retry_max: int | None
    ) -> Self:
        return self._set(
            {
                "harakiri": harakiri,
                "timeout": timeout_socket,
                "gracetime": retry_delay,
                "max-retries": retry_max,
            }
        )


class RouterSsl(RouterRaw):
    """As `RouterRaw`, for TLS connections, which end here; the name asked for can choose the node.

    :param on: Where to listen. Source: ``sslrouter2``.
    :param forward_to: Names of nodes, or a way to find them. Source: ``sslrouter-to``, ``sslrouter-use-cache`` and
        others.
    :param cert: File with the certificate.
    :param key: File with its private key.
    :param ciphers: Ciphers, as OpenSSL names them: `HIGH`, `DEFAULT`.
    :param client_ca: File with the authority that clients need a certificate of.
    :param session_context: What tells the sessions of this site from others. Default: made of the address.
        Source: ``sslrouter-session-context``.
    :param use_sni: Choose the node by the name that the client asks for. Source: ``sslrouter-sni``.
    """

    alias = "sslrouter"
    plugin = "sslrouter"
    on_command = "sslrouter2"

    def __init__(
        self,
        on: Address,
        forward_to: ForwardTo | None = None,
        *,
        cert: Path,
        key: Path,
        ciphers: str | None = None,
        client_ca: Path | None = None,
        session_context: str | None = None,
        use_sni: bool | None = None,
    ) -> None:
        super().__init__(on, forward_to=forward_to)
        self._certificate = {
            "cert": cert,
            "ciphers": ciphers,
            "client_ca": client_ca,
            "forward_to": forward_to if isinstance(forward_to, str) else None,
            "key": key,
        }
        self._set({"session-context": session_context, "sni": use_sni})

    def start_option(self, address: str) -> dict[str, str]:
        """The option that starts the router, with its certificate.

        :param address: Where it listens, as options write addresses.
        """
        return {"sslrouter2": key_values({**self._certificate, "addr": address})}

    def set_connections_params(  # type: ignore[override]  # what it has in common with the raw one has other names
        self,
        *,
        harakiri: int | None = None,
        timeout_socket: int | None = None,
        retry_delay: int | None = None,
        retry_max: int | None = None,
    ) -> Self:
        """Set how long things may take.

        :param harakiri: Seconds before the router kills itself when it hangs. Source: ``sslrouter-harakiri``.
        :param timeout_socket: Seconds a node may be silent. Default: 60. Source: ``sslrouter-timeout``.
        :param retry_delay: Seconds before a node that was dead is tried again. Default: 30.
            Source: ``sslrouter-gracetime``.
        :param retry_max: Nodes to try for one connection. Default: 3. Source: ``sslrouter-max-retries``.
        """
        return self._set_limits(harakiri, timeout_socket, retry_delay, retry_max)
