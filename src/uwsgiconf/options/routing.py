"""Routing: changing requests and responses on their way, and passing them on."""

from __future__ import annotations

from typing import Any

from ..base import OptionsGroup, SectionT, check_kind
from ..exceptions import ConfigurationError
from ..values import Path, as_list
from .routing_modifiers import (
    RANGE_255,
    ModifierCache,
    ModifierCgi,
    ModifierClusterNode,
    ModifierConfigFromNode,
    ModifierCorerouterSignal,
    ModifierEcho,
    ModifierEval,
    ModifierExample,
    ModifierFastfunc,
    ModifierGccgo,
    ModifierGlusterfs,
    ModifierGridfs,
    ModifierJvm,
    ModifierLegionMsg,
    ModifierLua,
    ModifierManage,
    ModifierManagePathInfo,
    ModifierMessage,
    ModifierMessageArray,
    ModifierMessageMarshal,
    ModifierMono,
    ModifierMulticast,
    ModifierMulticastAnnounce,
    ModifierPersistentClose,
    ModifierPhp,
    ModifierPing,
    ModifierPsgi,
    ModifierRack,
    ModifierRados,
    ModifierRaw,
    ModifierReload,
    ModifierReloadBrutal,
    ModifierRemoteLogging,
    ModifierResponse,
    ModifierRpc,
    ModifierSignal,
    ModifierSnmp,
    ModifierSpooler,
    ModifierSsi,
    ModifierSubscription,
    ModifierSymcall,
    ModifierV8,
    ModifierWebdav,
    ModifierWsgi,
    ModifierXslt,
)
from .routing_routers import (
    ForwStrlist,
    RouterBase,
    RouterFast,
    RouterForkPty,
    RouterHttp,
    RouterHttps,
    RouterRaw,
    RouterSsl,
    RouterTunTap,
)
from .routing_rules import RouteRule

__all__ = ["RANGE_255", "ForwStrlist", "RouteRule", "Routing"]

# The statuses that uWSGI can send a page of yours for.
_PAGED_STATUSES = (403, 404, 500)


class Routing(OptionsGroup[SectionT]):
    """Changing requests and responses on their way by rules, and passing requests on by routers."""

    #: A routing rule, for `register_route`.
    route_rule = RouteRule

    class routers:  # noqa: N801 - the documented name
        """Routers, for `use_router`."""

        fast = RouterFast
        forkpty = RouterForkPty
        http = RouterHttp
        https = RouterHttps
        raw = RouterRaw
        ssl = RouterSsl
        tuntap = RouterTunTap

    class modifiers:  # noqa: N801 - the documented name
        """Modifiers, which say which plugin a request is for."""

        cache = ModifierCache
        cgi = ModifierCgi
        cluster_node = ModifierClusterNode
        config_from_node = ModifierConfigFromNode
        corerouter_signal = ModifierCorerouterSignal
        echo = ModifierEcho
        eval = ModifierEval
        example = ModifierExample
        fastfunc = ModifierFastfunc
        gccgo = ModifierGccgo
        glusterfs = ModifierGlusterfs
        gridfs = ModifierGridfs
        jvm = ModifierJvm
        legion_msg = ModifierLegionMsg
        lua = ModifierLua
        manage = ModifierManage
        manage_path_info = ModifierManagePathInfo
        message = ModifierMessage
        message_array = ModifierMessageArray
        message_marshal = ModifierMessageMarshal
        mono = ModifierMono
        multicast = ModifierMulticast
        multicast_announce = ModifierMulticastAnnounce
        persistent_close = ModifierPersistentClose
        php = ModifierPhp
        ping = ModifierPing
        psgi = ModifierPsgi
        rack = ModifierRack
        rados = ModifierRados
        raw = ModifierRaw
        reload = ModifierReload
        reload_brutal = ModifierReloadBrutal
        remote_logging = ModifierRemoteLogging
        response = ModifierResponse
        rpc = ModifierRpc
        signal = ModifierSignal
        snmp = ModifierSnmp
        spooler = ModifierSpooler
        ssi = ModifierSsi
        subscription = ModifierSubscription
        symcall = ModifierSymcall
        v8 = ModifierV8
        webdav = ModifierWebdav
        wsgi = ModifierWsgi
        xslt = ModifierXslt

    def use_router(self, router: RouterBase, *, force: bool | None = None) -> SectionT:
        """Start a router with the instance.

        :param router: One of `routers`.
        :param force: Start it although there is no master. Source: ``force-gateway``.
        """
        remedy = "Make one: section.routing.routers.http('127.0.0.1:8000')."
        check_kind(router, RouterBase, "Routing.use_router", wanted="a router", remedy=remedy)
        section = self._section
        if router.on is not None:
            self._set(router.start_option(section.networking.written_address(router.on)))
        section.adopt(router.entries)
        return self._set({"force-gateway": force})

    def register_route(self, route_rules: RouteRule | list[RouteRule], *, label: str | None = None) -> SectionT:
        """Add routing rules; they are applied in the order they were added.

        :param route_rules: Rules, made by `route_rule`. Source: ``route``, ``route-if``, ``route-run`` and all others.
        :param label: A name for the place of the first rule, which the action `do_goto` can go on at.
            Source: ``route-label``.
        :raises ConfigurationError: The stage has no rules with such a subject.
        """
        rules: list[Any] = as_list(route_rules)
        remedy = "Make one: section.routing.route_rule(section.routing.route_rule.actions.log('x'))."
        for rule in rules:
            check_kind(rule, RouteRule, "Routing.register_route", wanted="a rule", remedy=remedy)
        if label and rules:
            self._set({rules[0].label_option: label})
        for rule in rules:
            self._set({rule.option: str(rule)}, plugin=rule.action.plugin)
        return self._section

    def print_routing_rules(self) -> SectionT:
        """Print the actions and transformations that uWSGI knows at its start. Source: ``routers-list``."""
        return self._set({"routers-list": True})

    def set_error_page(self, status: int, html_fpath: Path) -> SectionT:
        """Send a page of yours with an error.

        :param status: HTTP status: 403, 404 or 500. Source: ``error-page-403``, ``error-page-404``,
            ``error-page-500``.
        :param html_fpath: File of the page.
        :raises ConfigurationError: uWSGI has no pages for that status.
        """
        if status not in _PAGED_STATUSES:
            raise ConfigurationError(
                "Routing.set_error_page: `status`",
                wanted="403, 404 or 500, which uWSGI can send a page for",
                found=repr(status),
                remedy="Use a routing rule of the stage ERROR for other statuses.",
            )
        return self._set({f"error-page-{status}": html_fpath})

    def set_error_pages(self, codes_map: dict[int, str] | None = None, *, common_prefix: str | None = None) -> SectionT:
        """Send pages of yours with errors.

        :param codes_map: Files of the pages by HTTP status. Default: `403.html`, `404.html` and `500.html`.
        :param common_prefix: Directory of the files.
        """
        pages = codes_map or {status: f"{status}.html" for status in _PAGED_STATUSES}
        for status, page in pages.items():
            self.set_error_page(status, f"{common_prefix.rstrip('/')}/{page}" if common_prefix else page)
        return self._section

    def set_geoip_params(self, *, db_country: Path | None = None, db_city: Path | None = None) -> SectionT:
        """Set where the databases of places are.

        :param db_country: Database of countries. Source: ``geoip-country``.
        :param db_city: Database of cities, such as `GeoLiteCity.dat`. Source: ``geoip-city``.
        """
        return self._set({"geoip-country": db_country, "geoip-city": db_city}, plugin="geoip")

    def header_add(self, name: str, value: str) -> SectionT:
        """Add a header to all responses.

        :param name: Its name.
        :param value: Its value. Source: ``add-header``.
        """
        return self._set({"add-header": f"{name}: {value}"})

    def header_remove(self, value: str) -> SectionT:
        """Remove a header from all responses.

        :param value: Its name. Source: ``del-header``.
        """
        return self._set({"del-header": value})

    def header_collect(self, name: str, target_var: str, *, pull: bool = False) -> SectionT:
        """Keep a header of responses in a variable of the request.

        :param name: Its name. Source: ``collect-header``.
        :param target_var: The variable.
        :param pull: Remove it from the response. Source: ``pull-header``.
        """
        return self._set({"pull-header" if pull else "collect-header": f"{name} {target_var}"})
