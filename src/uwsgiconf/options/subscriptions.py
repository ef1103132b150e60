"""Subscriptions: instances telling routers what they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base import OptionsGroup, SectionT
from ..values import Account, Path, Paths, key_values, verbatim
from .subscriptions_algos import (
    BalancingAlgorithm,
    BalancingAlgorithmWithBackup,
    IpHash,
    LeastReferenceCount,
    WeightedLeastReferenceCount,
    WeightedRoundRobin,
)

if TYPE_CHECKING:
    from .routing_modifiers import Modifier


class Subscriptions(OptionsGroup[SectionT]):
    """Instances tell a subscription server what they serve, and it sends them requests until they fall silent.

    Routers can be subscription servers, see `Routing.routers`. Instances need a master. Who can send to a server can
    subscribe, unless signatures are checked.

    Numbers can be given as text too, with variables that uWSGI replaces.
    """

    class algorithms:  # noqa: N801 - the documented name
        """How requests are shared among the nodes of a key, for `subscribe`."""

        ip_hash = IpHash
        least_reference_count = LeastReferenceCount
        weighted_least_reference_count = WeightedLeastReferenceCount
        weighted_round_robin = WeightedRoundRobin

    def set_server_params(
        self,
        *,
        client_notify_address: str | None = None,
        mountpoints_depth: int | str | None = None,
        require_vassal: bool | None = None,
        tolerance: int | str | None = None,
        tolerance_inactive: int | str | None = None,
        key_dot_split: bool | None = None,
    ) -> SectionT:
        """Set how subscriptions are taken.

        :param client_notify_address: UNIX socket or UDP address at which an instance hears that its subscription was
            accepted. Source: ``subscription-notify-socket``.
        :param mountpoints_depth: Parts of the path that keys may have behind the name; not in released uWSGI.
            Source: ``subscription-mountpoint``.
        :param require_vassal: Take only subscriptions that name a vassal; not in released uWSGI.
            Source: ``subscription-vassal-required``.
        :param tolerance: Seconds after which a node that fell silent is dropped. Default: 17.
            Source: ``subscription-tolerance``.
        :param tolerance_inactive: Seconds after which one that nobody asked for is dropped; not in released uWSGI.
            Source: ``subscription-tolerance-inactive``.
        :param key_dot_split: Try the key without its first part too: `example.com` for `www.example.com`.
            Source: ``subscription-dotsplit``.
        """
        return self._set(
            {
                "subscription-notify-socket": client_notify_address,
                "subscription-mountpoint": verbatim(mountpoints_depth),
                "subscription-vassal-required": _truth(require_vassal),
                "subscription-tolerance": verbatim(tolerance),
                "subscription-tolerance-inactive": verbatim(tolerance_inactive),
                "subscription-dotsplit": _truth(key_dot_split),
            }
        )

    def set_server_verification_params(
        self,
        *,
        digest_algo: str | None = None,
        dir_cert: Path | None = None,
        tolerance: int | str | None = None,
        no_check_uid: Account | list[Account] | None = None,
        dir_credentials: Paths | None = None,
        pass_unix_credentials: bool | None = None,
    ) -> SectionT:
        """Set how subscriptions are checked.

        :param digest_algo: How they are signed, for example `SHA1`; needs `dir_cert`. Source:
            ``subscriptions-sign-check``.
        :param dir_cert: Directory with the certificates to check by; needs `digest_algo`.
        :param tolerance: Seconds that clocks may differ. Default: 86400. Source:
            ``subscriptions-sign-check-tolerance``.
        :param no_check_uid: Users whose signatures are not checked, on UNIX sockets. Source:
            ``subscriptions-sign-skip-uid``.
        :param dir_credentials: Directories with files named after keys, whose owners may subscribe to them.
            Source: ``subscriptions-credentials-check``.
        :param pass_unix_credentials: Let UNIX sockets tell who subscribes. Source: ``subscriptions-use-credentials``.
        """
        check = f"{digest_algo}:{dir_cert}" if digest_algo and dir_cert else None
        return self._set(
            {
                "subscriptions-sign-check": check,
                "subscriptions-sign-check-tolerance": verbatim(tolerance),
                "subscriptions-sign-skip-uid": no_check_uid,
                "subscriptions-credentials-check": dir_credentials,
                "subscriptions-use-credentials": _truth(pass_unix_credentials),
            }
        )

    def set_client_params(
        self,
        *,
        start_unsubscribed: bool | None = None,
        clear_on_exit: bool | None = None,
        unsubscribe_on_reload: bool | None = None,
        announce_interval: int | str | None = None,
    ) -> SectionT:
        """Set when an instance subscribes.

        :param start_unsubscribed: Only when the master's FIFO says so. Source: ``start-unsubscribed``.
        :param clear_on_exit: Forget subscriptions at the end without saying so; not in released uWSGI.
            Source: ``subscription-clear-on-shutdown``.
        :param unsubscribe_on_reload: Unsubscribe during graceful reloads too. Source:
            ``unsubscribe-on-graceful-reload``.
        :param announce_interval: Cycles of the master, usually seconds, between two announcements. Default: 10.
            Source: ``subscribe-freq``.
        """
        return self._set(
            {
                "start-unsubscribed": _truth(start_unsubscribed),
                "subscription-clear-on-shutdown": _truth(clear_on_exit),
                "unsubscribe-on-graceful-reload": _truth(unsubscribe_on_reload),
                "subscribe-freq": verbatim(announce_interval),
            }
        )

    def subscribe(
        self,
        server: str | None = None,
        *,
        key: str | None = None,
        address: str | int | None = None,
        address_vassal: str | None = None,
        balancing_weight: int | None = None,
        balancing_algo: BalancingAlgorithm | str | None = None,
        modifier: Modifier | None = None,
        signing: list[str] | tuple[str, str] | None = None,
        check_file: Path | None = None,
        protocol: str | None = None,
        sni_cert: Path | None = None,
        sni_key: Path | None = None,
        sni_client_ca: Path | None = None,
    ) -> SectionT:
        """Subscribe to a server. Source: ``subscribe2``.

        :param server: Its address, UDP or a UNIX socket, such as `127.0.0.1:7171`.
        :param key: What to serve: a domain, with a part of the path if wanted, such as `mydomain.it/foo`.
        :param address: Where requests are to be sent: an address, or the number of one of the instance's own sockets,
            from 0. Default: the first of these.
        :param address_vassal: Name of the vassal that serves.
        :param balancing_weight: How many requests to get, compared with others. Default: 1.
        :param balancing_algo: How requests are shared, see `algorithms`; 2.1-dev reads it.
        :param modifier: Which plugin answers requests, see `Routing.modifiers`.
        :param signing: How to sign and with which key: `("SHA1", "my.key")`.
        :param check_file: Subscribe only while this file exists.
        :param protocol: Protocol to be asked in; 2.1-dev reads it. Default: `uwsgi`.
        :param sni_cert: File with the certificate of the domain, for routers that speak TLS.
        :param sni_key: File with its private key.
        :param sni_client_ca: File with the authority that clients need a certificate of.
        """
        backup = balancing_algo.backup_level if isinstance(balancing_algo, BalancingAlgorithmWithBackup) else None
        subscription = {
            "socket" if isinstance(address, int) else "addr": address,
            "vassal": address_vassal,
            "backup": backup,
            "algo": balancing_algo,
            "weight": balancing_weight,
            "check": check_file,
            "key": key,
            "modifier1": modifier.code if modifier is not None else None,
            "modifier2": modifier.submod if modifier is not None else None,
            "proto": protocol,
            "server": server,
            "sign": ":".join(signing) if signing is not None else None,
            "sni_crt": sni_cert,
            "sni_ca": sni_client_ca,
            "sni_key": sni_key,
        }
        return self._set({"subscribe2": key_values(subscription)})


def _truth(value: object | None) -> bool | None:
    """On for whatever counts as true: these parameters never asked for a bool."""
    return None if value is None else bool(value)
