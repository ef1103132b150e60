"""Sockets an instance can listen at, one class per protocol."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from ..values import ParametrizedValue, Path, as_list

if TYPE_CHECKING:
    from .routing_modifiers import Modifier

Address: TypeAlias = "str | SocketShared"
WorkerNumbers: TypeAlias = "str | int | list[int] | list[str]"


class Socket(ParametrizedValue):
    """A socket to listen at.

    :param address: Host and port, such as `127.0.0.1:8000` or `:8000`, a file, or a shared socket.
    :param bound_workers: Numbers of the workers that serve it, from 1. Default: all. Source: ``map-socket``.
    :param modifier: Which plugin answers its requests, see `Routing.modifiers`. Source: ``http-socket-modifier1`` and
        the like.
    """

    opt_key: ClassVar[str] = ""
    args_joiner = ","

    #: Start of the names of the options that set its modifiers, empty if there are none.
    modifier_prefix: ClassVar[str] = ""

    def __init__(
        self,
        address: Address,
        *,
        bound_workers: WorkerNumbers | None = None,
        modifier: Modifier | None = None,
    ) -> None:
        super().__init__(address)
        self.address = address
        self.bound_workers = [str(number) for number in as_list(bound_workers)]
        self.modifier = modifier

    @property
    def option(self) -> str:
        """The option that sets it."""
        return self.name

    def written(self, address: str) -> str:
        """What the option is set to.

        :param address: The address, or the number of the shared socket.
        """
        return self.args_joiner.join([address, *(str(arg) for arg in self.args[1:])])

    def __str__(self) -> str:
        return self.written(str(self.address))


class SocketDefault(Socket):
    """Speaks uwsgi, or the protocol that the basic parameter `default_socket_type` names."""

    name = "socket"


class SocketHttp(Socket):
    """Speaks HTTP.

    :param address: Host and port, a file, or a shared socket.
    :param http11: Keep connections open as the headers ask for. It does not parse responses: the application has to
        send the right headers.
    :param bound_workers: Numbers of the workers that serve it, from 1. Default: all.
    :param modifier: Which plugin answers its requests, see `Routing.modifiers`.
    """

    name = "http-socket"
    modifier_prefix = "http-socket"

    def __init__(
        self,
        address: Address,
        *,
        http11: bool = False,
        bound_workers: WorkerNumbers | None = None,
        modifier: Modifier | None = None,
    ) -> None:
        super().__init__(address, bound_workers=bound_workers, modifier=modifier)
        self._option = "http11-socket" if http11 else self.name

    @property
    def option(self) -> str:
        """`http-socket` or `http11-socket`."""
        return self._option


class SocketHttps(Socket):
    """Speaks HTTPS.

    :param address: Host and port, a file, or a shared socket.
    :param cert: File with the certificate.
    :param key: File with its private key.
    :param ciphers: Ciphers, as OpenSSL names them: `HIGH`, `DEFAULT`. uWSGI starts only if `client_ca` is given too.
    :param client_ca: File with the authority that clients need a certificate of.
    :param bound_workers: Numbers of the workers that serve it, from 1. Default: all.
    :param modifier: Which plugin answers its requests, see `Routing.modifiers`.
    """

    name = "https-socket"
    modifier_prefix = "https-socket"

    def __init__(
        self,
        address: Address,
        *,
        cert: Path,
        key: Path,
        ciphers: str | None = None,
        client_ca: Path | None = None,
        bound_workers: WorkerNumbers | None = None,
        modifier: Modifier | None = None,
    ) -> None:
        super().__init__(address, bound_workers=bound_workers, modifier=modifier)
        self.args += [os.fspath(cert), os.fspath(key)]
        if ciphers or client_ca:
            # uWSGI splits at commas; OpenSSL takes colons as well.
            self.args += [(ciphers or "").replace(",", ":"), os.fspath(client_ca or "")]

    @classmethod
    def get_certbot_paths(cls, domain: str) -> tuple[str, str]:
        """Where Certbot keeps the certificate chain and the private key of a domain; empty texts if it does not.

        :param domain: The domain.
        """
        live = f"/etc/letsencrypt/live/{domain}"
        chain, key = f"{live}/fullchain.pem", f"{live}/privkey.pem"
        return (chain, key) if os.path.exists(chain) and os.path.exists(key) else ("", "")


class SocketUwsgi(Socket):
    """Speaks uwsgi, the protocol of routers and web servers.

    :param address: Host and port, a file, or a shared socket.
    :param persistent: Keep connections open.
    :param bound_workers: Numbers of the workers that serve it, from 1. Default: all.
    :param modifier: uWSGI cannot set one for this socket.
    """

    name = "uwsgi-socket"

    def __init__(
        self,
        address: Address,
        *,
        persistent: bool = False,
        bound_workers: WorkerNumbers | None = None,
        modifier: Modifier | None = None,
    ) -> None:
        super().__init__(address, bound_workers=bound_workers, modifier=modifier)
        self._option = "puwsgi-socket" if persistent else self.name

    @property
    def option(self) -> str:
        """`uwsgi-socket` or `puwsgi-socket`."""
        return self._option


class SocketUwsgis(SocketHttps):
    """Speaks uwsgi over TLS."""

    name = "suwsgi-socket"
    modifier_prefix = ""


class SocketUdp(Socket):
    """Receives UDP, for shared logging and SNMP."""

    name = "udp"


class SocketFastcgi(Socket):
    """Speaks FastCGI.

    :param address: Host and port, a file, or a shared socket.
    :param nph: Send the response with the whole HTTP header, for servers that pass it on as it is.
    :param bound_workers: Numbers of the workers that serve it, from 1. Default: all.
    :param modifier: Which plugin answers its requests, see `Routing.modifiers`.
    """

    name = "fastcgi-socket"
    modifier_prefix = "fastcgi"

    def __init__(
        self,
        address: Address,
        *,
        nph: bool = False,
        bound_workers: WorkerNumbers | None = None,
        modifier: Modifier | None = None,
    ) -> None:
        super().__init__(address, bound_workers=bound_workers, modifier=modifier)
        self._option = self.name.replace("-socket", "-nph-socket") if nph else self.name

    @property
    def option(self) -> str:
        """The option of the protocol, or that of its form `nph`."""
        return self._option


class SocketScgi(SocketFastcgi):
    """Speaks SCGI."""

    name = "scgi-socket"
    modifier_prefix = "scgi"

    def __init__(
        self,
        address: Address,
        *,
        nph: bool = False,
        bound_workers: WorkerNumbers | None = None,
        modifier: Modifier | None = None,
    ) -> None:
        super().__init__(address, nph=nph, bound_workers=bound_workers, modifier=modifier)


class SocketRaw(Socket):
    """Gives the application the file descriptor of each connection, and nothing else. Requests are not logged."""

    name = "raw-socket"
    modifier_prefix = "raw"


class SocketShared(Socket):
    """Is opened before privileges are dropped and jails are entered, for other sockets and routers to use.

    :param address: Host and port, or a file.
    :param undeferred: Accept connections at once, instead of when data came.
    :param bound_workers: Numbers of the workers that serve it, from 1. Default: all.
    :param modifier: uWSGI cannot set one for this socket.
    """

    name = "shared-socket"

    def __init__(
        self,
        address: str,
        *,
        undeferred: bool = False,
        bound_workers: WorkerNumbers | None = None,
        modifier: Modifier | None = None,
    ) -> None:
        super().__init__(address, bound_workers=bound_workers, modifier=modifier)
        self._option = "undeferred-shared-socket" if undeferred else self.name

    @property
    def option(self) -> str:
        """`shared-socket` or `undeferred-shared-socket`."""
        return self._option


class SocketZeromq(Socket):
    """Receives requests by ZeroMQ, as Mongrel2 sends them."""

    name = "zeromq-socket"
