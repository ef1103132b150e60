"""Routers for jails: terminals and networks."""

from __future__ import annotations

from typing import Self

from ..values import Path
from .routing_routers_base import Address, RouterBase, RouterWithForwarders


class RouterForkPty(RouterWithForwarders):
    """Gives everybody who connects a terminal within the jail of the instance, with a shell; needs the plugin `pty`.

    :param on: Where to listen. Source: ``forkptyrouter``.
    :param undeferred: Accept connections at once, instead of when data came. Source: ``forkptyurouter``.
    """

    alias = "forkptyrouter"
    plugin = "forkptyrouter"

    def __init__(self, on: Address | None = None, *, undeferred: bool = False) -> None:
        super().__init__(on)
        self._undeferred = bool(undeferred)

    def start_option(self, address: str) -> dict[str, str]:
        """The option that starts the router.

        :param address: Where it listens, as options write addresses.
        """
        return {"forkptyurouter" if self._undeferred else "forkptyrouter": address}

    def set_basic_params(
        self,
        *,
        workers: int | None = None,
        zerg_server: str | None = None,
        fallback_node: str | None = None,
        concurrent_events: int | None = None,
        cheap_mode: bool | None = None,
        stats_server: str | None = None,
        run_command: str | None = None,
    ) -> Self:
        """Set how the router works.

        :param workers: Its processes. Source: ``forkptyrouter-workers``.
        :param zerg_server: Zerg server to get sockets from. Source: ``forkptyrouter-zerg``.
        :param fallback_node: Node for connections whose node failed. Source: ``forkptyrouter-fallback``.
        :param concurrent_events: Events it handles at a time. Source: ``forkptyrouter-events``.
        :param cheap_mode: Accept connections only while there is a node. Source: ``forkptyrouter-cheap``.
        :param stats_server: Address to serve statistics at. Source: ``forkptyrouter-stats-server``.
        :param run_command: What to run. Default: `/bin/sh`. Source: ``forkptyrouter-command``.
        """
        self._set_common(
            workers=workers,
            zerg_server=zerg_server,
            fallback_node=fallback_node,
            concurrent_events=concurrent_events,
            cheap_mode=cheap_mode,
            stats_server=stats_server,
        )
        return self._set({"command": run_command})

    def set_connections_params(self, *, harakiri: int | None = None, timeout_socket: int | None = None) -> Self:
        """Set how long things may take.

        :param harakiri: Seconds before the router kills itself when it hangs. Source: ``forkptyrouter-harakiri``.
        :param timeout_socket: Seconds a connection may be silent. Default: 60. Source: ``forkptyrouter-timeout``.
        """
        return self._set({"harakiri": harakiri, "timeout": timeout_socket})

    def set_window_params(self, cols: int | None = None, rows: int | None = None) -> Self:
        """Set the size of the terminal.

        :param cols: Columns. Source: ``forkptyrouter-cols``.
        :param rows: Rows. Source: ``forkptyrouter-rows``.
        """
        return self._set({"cols": cols, "rows": rows})


class RouterTunTap(RouterBase):
    """Connects jails to a network of their own, through a device of the host; UNIX sockets lead from jail to router.

    The router usually runs in the Emperor, and vassals connect to it, see `device_connect`.

    :param on: UNIX socket to listen at. Source: ``tuntap-router``.
    :param device: Name of the device. Default: `uwsgidev`.
    :param stats_server: Address to serve statistics at.
    :param gateway: Address of the gateway.
    """

    alias = "tuntap"
    plugin = "tuntap"

    def __init__(
        self,
        on: str | None = None,
        *,
        device: str | None = None,
        stats_server: str | None = None,
        gateway: str | None = None,
    ) -> None:
        super().__init__(on)
        self._device = device or "uwsgidev"
        self._further = [item for item in (stats_server, gateway) if item]

    def start_option(self, address: str) -> dict[str, str]:
        """The option that starts the router, with its device.

        :param address: Where it listens.
        """
        return {"tuntap-router": " ".join([self._device, address, *self._further])}

    def set_basic_params(self, *, use_credentials: str | bool | None = None, stats_server: str | None = None) -> Self:
        """Set how the router works.

        :param use_credentials: Check who connects: True, or the way to do it. Source: ``tuntap-use-credentials``.
        :param stats_server: Address to serve statistics at. Source: ``tuntap-router-stats``.
        """
        return self._set({"use-credentials": use_credentials, "router-stats": stats_server})

    def register_route(self, src: str, dst: str, *, gateway: str) -> Self:
        """Add a route.

        :param src: Network it is for: `10.0.0.0/8`. Source: ``tuntap-router-route``.
        :param dst: Network it leads to.
        :param gateway: Address of the gateway.
        """
        return self._set({"router-route": f"{src} {dst} {gateway}"})

    def device_connect(self, socket: Path, *, device_name: str) -> Self:
        """In a vassal: add a device that leads to the router.

        :param socket: UNIX socket of the router, such as `/run/tuntap_router.socket`. Source: ``tuntap-device``.
        :param device_name: Name of the device, such as `uwsgi0`.
        """
        return self._set({"device": f"{device_name} {socket}"})

    def device_add_rule(self, *, direction: str, action: str, src: str, dst: str, target: str | None = None) -> Self:
        """In a vassal: say what happens to packets of its device.

        :param direction: `in` or `out`. Source: ``tuntap-device-rule``.
        :param action: `allow`, `deny`, `route` or `gateway`.
        :param src: Network they come from: `10.0.0.0/8`.
        :param dst: Network they go to.
        :param target: Address and port to send them to, for `route` and `gateway`.
        """
        rule = [direction, src, dst, action, *([target] if target else [])]
        return self._set({"device-rule": " ".join(rule)})

    def add_firewall_rule(self, *, direction: str, action: str, src: str | None = None, dst: str | None = None) -> Self:
        """Say what the router lets pass; the first rule that applies counts, and what none applies to passes.

        :param direction: `in` or `out`. Source: ``tuntap-router-firewall-in``, ``tuntap-router-firewall-out``.
        :param action: `allow` or `deny`.
        :param src: Network packets come from: `10.0.0.0/8`. Default: all.
        :param dst: Network they go to. Default: all.
        """
        rule = [action] if src is None and dst is None else [action, src or "0.0.0.0", dst or "0.0.0.0"]  # noqa: S104
        return self._set({f"router-firewall-{direction}": " ".join(rule)})
