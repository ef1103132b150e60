"""Routers: processes of an instance that pass requests on to others."""

from __future__ import annotations

from typing import Self

from ..values import Account, Path, Strings, account, key_values, switch
from .routing_forwarders import (
    Forwarder,
    ForwarderCache,
    ForwarderCode,
    ForwarderPath,
    ForwarderSocket,
    ForwarderSubscriptionServer,
)
from .routing_routers_base import Address, RouterBase, RouterWithForwarders
from .routing_routers_system import RouterForkPty, RouterTunTap
from .routing_routers_tcp import RouterRaw, RouterSsl

__all__ = [
    "Forwarder",
    "ForwarderCache",
    "ForwarderCode",
    "ForwarderPath",
    "ForwarderSocket",
    "ForwarderSubscriptionServer",
    "RouterBase",
    "RouterFast",
    "RouterForkPty",
    "RouterHttp",
    "RouterHttps",
    "RouterRaw",
    "RouterSsl",
    "RouterTunTap",
]

#: Either one or more names of nodes, or a way to find them.
ForwStrlist = str | list[str]


class RouterHttp(RouterWithForwarders):
    """Speaks HTTP: in front of the workers of the instance, or of other instances.

    :param on: Where to listen. Source: ``http``.
    :param forward_to: Names of nodes, or a way to find them. Source: ``http-to``, ``http-use-cache`` and others.
    """

    alias = "http"
    plugin = "http"

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
        keepalive: int | None = None,
        resubscribe_addresses: Strings | None = None,
    ) -> Self:
        """Set how the router works.

        :param workers: Its processes. Source: ``http-workers``.
        :param zerg_server: Zerg server to get sockets from. Source: ``http-zerg``.
        :param fallback_node: Node for requests whose node failed. Source: ``http-fallback``.
        :param concurrent_events: Events it handles at a time. Source: ``http-events``.
        :param cheap_mode: Accept connections only while there is a node. Source: ``http-cheap``.
        :param stats_server: Address to serve statistics at. Source: ``http-stats-server``.
        :param quiet: Do not log that nodes cannot be reached. Source: ``http-quiet``.
        :param buffer_size: Bytes of its buffers. Default: a page. Source: ``http-buffer-size``.
        :param keepalive: Seconds to keep connections open. Source: ``http-keepalive``.
        :param resubscribe_addresses: Subscription servers to pass subscriptions on to. Source: ``http-resubscribe``.
        """
        self._set_common(
            workers=workers,
            zerg_server=zerg_server,
            fallback_node=fallback_node,
            concurrent_events=concurrent_events,
            cheap_mode=cheap_mode,
            stats_server=stats_server,
            quiet=quiet,
            buffer_size=buffer_size,
        )
        return self._set({"keepalive": keepalive, "resubscribe": resubscribe_addresses})

    def set_connections_params(
        self,
        *,
        harakiri: int | None = None,
        timeout_socket: int | None = None,
        retry_delay: int | None = None,
        timeout_headers: int | None = None,
        timeout_backend: int | None = None,
    ) -> Self:
        """Set how long things may take.

        :param harakiri: Seconds before the router kills itself when it hangs. Source: ``http-harakiri``.
        :param timeout_socket: Seconds a node may be silent. Default: 60. Source: ``http-timeout``.
        :param retry_delay: Seconds before a node that was dead is tried again. Default: 30.
            Source: ``http-gracetime``.
        :param timeout_headers: Seconds headers may take to come. Default: as `timeout_socket`.
            Source: ``http-headers-timeout``.
        :param timeout_backend: Seconds connecting to a node may take. Default: as `timeout_socket`.
            Source: ``http-connect-timeout``.
        """
        return self._set(
            {
                "harakiri": harakiri,
                "timeout": timeout_socket,
                "gracetime": retry_delay,
                "headers-timeout": timeout_headers,
                "connect-timeout": timeout_backend,
            }
        )

    def set_manage_params(
        self,
        *,
        chunked_input: bool | None = None,
        chunked_output: bool | None = None,
        gzip: bool | None = None,
        websockets: bool | None = None,
        source_method: bool | None = None,
        rtsp: bool | None = None,
        proxy_protocol: bool | None = None,
    ) -> Self:
        """Set what the router does by itself.

        :param chunked_input: Pass requests in chunks on as they come. Source: ``http-chunked-input``.
        :param chunked_output: Send responses in chunks where a kept connection needs it. Source:
            ``http-auto-chunked``.
        :param gzip: Compress responses whose header uWSGI-Encoding is gzip, and that tell neither length nor
            encoding. Source: ``http-auto-gzip``.
        :param websockets: Pass websockets on. Source: ``http-websockets``.
        :param source_method: Pass requests with the method SOURCE on as they come, for Icecast.
            Source: ``http-manage-source``.
        :param rtsp: Pass RTSP on. Source: ``http-manage-rtsp``.
        :param proxy_protocol: Read who the client is from the PROXY protocol, of HAProxy and others.
            Source: ``http-enable-proxy-protocol``.
        """
        return self._set(
            {
                "chunked-input": chunked_input,
                "auto-chunked": chunked_output,
                "auto-gzip": gzip,
                "websockets": websockets,
                "manage-source": source_method,
                "manage-rtsp": rtsp,
                "enable-proxy-protocol": proxy_protocol,
            }
        )

    def set_owner_params(self, uid: Account | None = None, gid: Account | None = None) -> Self:
        """Set which user and group the router runs as.

        :param uid: The user. Source: ``http-uid``.
        :param gid: The group. Source: ``http-gid``.
        """
        return self._set({"uid": account(uid), "gid": account(gid)})


class RouterHttps(RouterHttp):
    """Speaks HTTPS: in front of the workers of the instance, or of other instances.

    :param on: Where to listen. Source: ``https2``.
    :param cert: File with the certificate.
    :param key: File with its private key.
    :param ciphers: Ciphers, as OpenSSL names them: `HIGH`, `DEFAULT`.
    :param client_ca: File with the authority that clients need a certificate of.
    :param session_context: What tells the sessions of this site from others. Default: made of the address.
        Source: ``https-session-context``.
    :param use_spdy: Speak SPDY too.
    :param export_cert_var: Give the application the client's certificate as HTTPS_CC. Source: ``https-export-cert``.
    """

    on_command = "https2"

    def __init__(
        self,
        on: Address,
        *,
        cert: Path,
        key: Path,
        ciphers: str | None = None,
        client_ca: Path | None = None,
        session_context: str | None = None,
        use_spdy: bool | None = None,
        export_cert_var: bool | None = None,
    ) -> None:
        super().__init__(on)
        self._certificate = {"cert": cert, "ciphers": ciphers, "client_ca": client_ca, "key": key}
        self._spdy = switch(use_spdy)
        self.entries.update({"https-session-context": session_context, "https-export-cert": export_cert_var})

    def start_option(self, address: str) -> dict[str, str]:
        """The option that starts the router, with its certificate.

        :param address: Where it listens, as options write addresses.
        """
        return {self.on_command: key_values({**self._certificate, "addr": address, "spdy": self._spdy})}


class RouterFast(RouterWithForwarders):
    """Speaks uwsgi: between a web server and instances.

    :param on: Where to listen. Source: ``fastrouter``.
    :param forward_to: Names of nodes, or a way to find them. Source: ``fastrouter-to``, ``fastrouter-use-cache`` and
        others.
    """

    alias = "fastrouter"
    plugin = "fastrouter"

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
        fallback_nokey: bool | None = None,
        subscription_key: str | None = None,
        emperor_command_socket: str | None = None,
    ) -> Self:
        """Set how the router works.

        :param workers: Its processes. Source: ``fastrouter-workers``.
        :param zerg_server: Zerg server to get sockets from. Source: ``fastrouter-zerg``.
        :param fallback_node: Node for requests whose node failed. Source: ``fastrouter-fallback``.
        :param concurrent_events: Events it handles at a time. Source: ``fastrouter-events``.
        :param cheap_mode: Accept connections only while there is a node. Source: ``fastrouter-cheap``.
        :param stats_server: Address to serve statistics at. Source: ``fastrouter-stats-server``.
        :param quiet: Do not log that nodes cannot be reached. Source: ``fastrouter-quiet``.
        :param buffer_size: Bytes of its buffers. Default: a page. Source: ``fastrouter-buffer-size``.
        :param fallback_nokey: Use the fallback node for unknown keys too. Source: ``fastrouter-fallback-on-no-key``.
        :param subscription_key: The key of all requests, which are not parsed then; not in released uWSGI.
            Source: ``fastrouter-force-key``.
        :param emperor_command_socket: Socket of an Emperor to tell which vassals are needed; not in released uWSGI.
            Source: ``fastrouter-emperor-socket``.
        """
        self._set_common(
            workers=workers,
            zerg_server=zerg_server,
            fallback_node=fallback_node,
            concurrent_events=concurrent_events,
            cheap_mode=cheap_mode,
            stats_server=stats_server,
            quiet=quiet,
            buffer_size=buffer_size,
        )
        return self._set(
            {
                "fallback-on-no-key": fallback_nokey,
                "force-key": subscription_key,
                "emperor-socket": emperor_command_socket,
            }
        )

    def set_resubscription_params(self, addresses: Strings | None = None, bind_to: str | None = None) -> Self:
        """Pass subscriptions on, with the router's own address.

        :param addresses: Subscription servers to pass them on to. Source: ``fastrouter-resubscribe``.
        :param bind_to: Address to send them from. Source: ``fastrouter-resubscribe-bind``.
        """
        return self._set({"resubscribe": addresses, "resubscribe-bind": bind_to})

    def set_connections_params(
        self,
        harakiri: int | None = None,
        timeout_socket: int | None = None,
        retry_delay: int | None = None,
        retry_max: int | None = None,
        defer: int | None = None,
    ) -> Self:
        """Set how long things may take.

        :param harakiri: Seconds before the router kills itself when it hangs. Source: ``fastrouter-harakiri``.
        :param timeout_socket: Seconds a node may be silent. Default: 60. Source: ``fastrouter-timeout``.
        :param retry_delay: Seconds before a node that was dead is tried again. Default: 30.
            Source: ``fastrouter-gracetime``.
        :param retry_max: Nodes to try for one request; not in released uWSGI. Default: 3.
            Source: ``fastrouter-max-retries``.
        :param defer: Seconds to wait for a node that is just starting; not in released uWSGI. Default: 5.
            Source: ``fastrouter-defer-connect-timeout``.
        """
        return self._set(
            {
                "harakiri": harakiri,
                "timeout": timeout_socket,
                "gracetime": retry_delay,
                "max-retries": retry_max,
                "defer-connect-timeout": defer,
            }
        )

    def set_postbuffering_params(self, size: int | None = None, store_dir: Path | None = None) -> Self:
        """Read the whole body of a request before it is passed on.

        :param size: Bytes above which it is kept on disk. Source: ``fastrouter-post-buffering``.
        :param store_dir: Directory for that. Default: TMPDIR. Source: ``fastrouter-post-buffering-dir``.
        """
        return self._set({"post-buffering": size, "post-buffering-dir": store_dir})

    def set_owner_params(self, uid: Account | None = None, gid: Account | None = None) -> Self:
        """Set which user and group the router runs as.

        :param uid: The user. Source: ``fastrouter-uid``.
        :param gid: The group. Source: ``fastrouter-gid``.
        """
        return self._set({"uid": account(uid), "gid": account(gid)})
