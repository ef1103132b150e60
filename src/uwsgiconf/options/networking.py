"""Networking: the sockets of an instance, and how they behave."""

from __future__ import annotations

from os import fspath, geteuid
from typing import Any

from .. import catalogue
from ..base import OptionsGroup, SectionT, check_kind
from ..exceptions import ConfigurationError
from ..values import Path, as_list, three_digits, verbatim
from .networking_sockets import (
    Socket,
    SocketDefault,
    SocketFastcgi,
    SocketHttp,
    SocketHttps,
    SocketRaw,
    SocketScgi,
    SocketShared,
    SocketUdp,
    SocketUwsgi,
    SocketUwsgis,
    SocketZeromq,
)

__all__ = ["Networking", "geteuid"]

# How uWSGI adds a socket to the list that `map-socket` counts.
_SOCKET_SETTERS = frozenset({"add_socket", "add_ssl_socket", "add_socket_no_defer", "add_lazy_socket"})


def __getattr__(name: str) -> Any:
    """Programs may take `urlsplit` from here; importing it takes longer than this module."""
    if name == "urlsplit":
        from urllib.parse import urlsplit

        return urlsplit
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Networking(OptionsGroup[SectionT]):
    """The sockets of an instance, and how they behave."""

    class sockets:  # noqa: N801 - the documented name
        """Sockets for `register_socket`, one per protocol."""

        default = SocketDefault
        fastcgi = SocketFastcgi
        http = SocketHttp
        https = SocketHttps
        raw = SocketRaw
        scgi = SocketScgi
        shared = SocketShared
        udp = SocketUdp
        uwsgi = SocketUwsgi
        uwsgis = SocketUwsgis
        zeromq = SocketZeromq

        @classmethod
        def from_dsn(cls, dsn: str, *, allow_shared_sockets: bool | None = None) -> Socket:
            """The socket that a line of text describes.

            :param dsn: `http://127.0.0.1:8000`, `https://:443?cert=/my.crt&key=/my.key`, `uwsgi:///tmp/my.sock`; the
                schemes are `fastcgi`, `http`, `https`, `raw`, `scgi`, `shared`, `udp`, `uwsgi`, `suwsgi` and `zeromq`.
            :param allow_shared_sockets: Bind to ports below 1024 before privileges are dropped. Default: unless root.
            :raises ConfigurationError: There is no such scheme or parameter, or one is missing.
            """
            from .networking_dsn import socket_from_dsn  # what it parses addresses with is slow to import

            return socket_from_dsn(dsn, allow_shared_sockets=allow_shared_sockets)

    def set_basic_params(
        self,
        *,
        queue_size: int | None = None,
        freebind: bool | None = None,
        default_socket_type: str | None = None,
        buffer_size: int | None = None,
        buffer_post_size: int | None = None,
        buffer_post_chunk: int | None = None,
    ) -> SectionT:
        """Set what concerns all sockets.

        :param queue_size: Connections that may wait for a worker; the kernel has a limit too. Default: 100.
            Source: ``listen``.
        :param freebind: Bind to addresses that do not exist yet, on Linux. Source: ``freebind``.
        :param default_socket_type: Protocol of sockets that do not say: `uwsgi`, `http`, `fastcgi`, `scgi`.
            Default: `uwsgi`. Source: ``socket-protocol``.
        :param buffer_size: Bytes for the headers of a request, up to 65535. Default: 4096. Source: ``buffer-size``.
        :param buffer_post_size: Bytes of a request's body above which it is kept on disk. Source: ``post-buffering``.
        :param buffer_post_chunk: Bytes of such a body to read at a time. Source: ``post-buffering-bufsize``.
        """
        return self._set(
            {
                "listen": queue_size,
                "freebind": freebind,
                "socket-protocol": default_socket_type,
                "buffer-size": buffer_size,
                "post-buffering": buffer_post_size,
                "post-buffering-bufsize": buffer_post_chunk,
            }
        )

    def set_socket_params(
        self,
        *,
        timeout: int | None = None,
        send_timeout: int | None = None,
        keep_alive: bool | None = None,
        no_defer_accept: bool | None = None,
        buffer_send: int | None = None,
        buffer_receive: int | None = None,
    ) -> SectionT:
        """Set how sockets behave.

        :param timeout: Seconds that reading or writing may take. Default: 4. Source: ``socket-timeout``.
        :param send_timeout: Seconds the kernel lets a write take. Source: ``so-send-timeout``.
        :param keep_alive: Let TCP notice that a client is gone. Source: ``so-keepalive``.
        :param no_defer_accept: Accept connections at once, instead of when data came. Source: ``no-defer-accept``.
        :param buffer_send: Bytes of the kernel's buffer for sending. Source: ``socket-sndbuf``.
        :param buffer_receive: Bytes of the kernel's buffer for receiving. Source: ``socket-rcvbuf``.
        """
        return self._set(
            {
                "socket-timeout": timeout,
                "so-send-timeout": send_timeout,
                "so-keepalive": keep_alive,
                "no-defer-accept": no_defer_accept,
                "socket-sndbuf": buffer_send,
                "socket-rcvbuf": buffer_receive,
            }
        )

    def set_unix_socket_params(
        self,
        *,
        abstract: bool | None = None,
        permissions: str | None = None,
        owner: str | None = None,
        umask: str | None = None,
    ) -> SectionT:
        """Set what concerns UNIX sockets.

        :param abstract: Take names of files as names in the abstract namespace, on Linux. Source:
            ``abstract-socket``.
        :param permissions: Mode of the sockets, three octal digits. Source: ``chmod-socket``.
        :param owner: Owner of the sockets, as `user:group`. Source: ``chown-socket``.
        :param umask: Mode they do not get, in octal digits. Source: ``umask``.
        """
        return self._set(
            {
                "abstract-socket": abstract,
                "chmod-socket": three_digits(permissions),
                "chown-socket": owner,
                "umask": umask,
            }
        )

    def set_bsd_socket_params(self, *, port_reuse: bool | None = None) -> SectionT:
        """Set what concerns sockets of the BSDs.

        :param port_reuse: Let several instances bind to the same address. Source: ``reuse-port``.
        """
        return self._set({"reuse-port": port_reuse})

    def register_socket(self, socket: Socket | list[Socket] | list[SocketShared]) -> SectionT:
        """Listen at sockets; a shared socket that another one uses is opened by itself.

        :param socket: One of `sockets`, or a list of them. Source: ``socket``, ``http-socket`` and all other
            ``-socket`` options, ``map-socket``.
        :raises ConfigurationError: The kind of socket cannot have a modifier.
        """
        for item in as_list(socket):
            remedy = "Make one: section.networking.sockets.http('127.0.0.1:8000')."
            check_kind(item, Socket, "Networking.register_socket", wanted="a socket", remedy=remedy)
            self._register(item)
        return self._section

    def _register(self, socket: Socket) -> None:
        written = socket.written(self.written_address(socket.address))
        number = self._count_like(socket)
        self._set({socket.option: written})
        if socket.bound_workers:
            self._set({"map-socket": f"{number}:{','.join(socket.bound_workers)}"})
        if socket.modifier is not None:
            self._set_modifier(socket)

    def written_address(self, address: str | Socket) -> str:
        """How options write an address: as it is, or `=0` for the first shared socket, which is opened if needed.

        :param address: The address, or a shared socket.
        """
        if not isinstance(address, SocketShared):
            return str(address)
        known = self._shared_addresses()
        if str(address) not in known:
            self._register(address)
            known = self._shared_addresses()
        return f"={known.index(str(address))}"

    def _shared_addresses(self) -> list[str]:
        names = {"shared-socket", "undeferred-shared-socket"}
        return [entry.text for entry in self._section.entries if entry.name in names]

    def _count_like(self, socket: Socket) -> int:
        """How many sockets there are in the list that uWSGI will add this one to."""
        if isinstance(socket, SocketShared):
            return len(self._shared_addresses())
        if isinstance(socket, SocketUdp):
            return len(self._section.entries.texts(socket.option))
        options = (catalogue.find(entry.name) for entry in self._section.entries)
        return sum(1 for option in options if option is not None and option.setter in _SOCKET_SETTERS)

    def _set_modifier(self, socket: Socket) -> None:
        modifier = socket.modifier
        if not socket.modifier_prefix or modifier is None:
            raise ConfigurationError(
                f"Networking.register_socket: `{socket.name}`",
                wanted="a socket that uWSGI can set a modifier for: http, https, fastcgi, scgi or raw",
                found=f"a modifier for `{socket.name}`",
                remedy="Leave the modifier out: on such a socket the request itself names one.",
            )
        self._set(
            {
                f"{socket.modifier_prefix}-modifier1": modifier.code,
                f"{socket.modifier_prefix}-modifier2": modifier.submod,
            }
        )

    def set_ssl_params(
        self,
        *,
        verbose_errors: bool | None = None,
        sessions_cache: str | bool | None = None,
        sessions_timeout: int | None = None,
        session_context: str | None = None,
        raw_options: int | list[int] | None = None,
        dir_tmp: Path | None = None,
        client_cert_var: str | bool | None = None,
    ) -> SectionT:
        """Set what concerns TLS.

        :param verbose_errors: Log errors at length. Source: ``ssl-verbose``.
        :param sessions_cache: Keep sessions in a cache, which has to be added before: its name, or True for the first
            one. Source: ``ssl-sessions-use-cache``.
        :param sessions_timeout: Seconds they are kept. Default: 300. Source: ``ssl-sessions-timeout``.
        :param session_context: What tells the sessions of this site from others. Default: made of the address.
            Source: ``https-session-context``.
        :param raw_options: Options of OpenSSL, by their numbers. Source: ``ssl-option``.
        :param dir_tmp: Directory for temporary files. Source: ``ssl-tmp-dir``.
        :param client_cert_var: Give the application the client's certificate as HTTPS_CC.
            Source: ``https-export-cert``.
        """
        export = client_cert_var if isinstance(client_cert_var, bool) else verbatim(client_cert_var)
        self._set(
            {
                "ssl-verbose": verbose_errors,
                "ssl-sessions-use-cache": sessions_cache,
                "ssl-sessions-timeout": sessions_timeout,
                "ssl-option": raw_options,
                "ssl-tmp-dir": dir_tmp,
            }
        )
        return self._set({"https-session-context": session_context, "https-export-cert": export}, plugin="http")

    def set_sni_params(
        self,
        name: str,
        *,
        cert: Path,
        key: Path,
        ciphers: str | None = None,
        client_ca: Path | None = None,
        wildcard: bool = False,
    ) -> SectionT:
        """Use a certificate of its own for one name of the site.

        :param name: The name. Source: ``sni``.
        :param cert: File with the certificate.
        :param key: File with its private key.
        :param ciphers: Ciphers, as OpenSSL names them: `HIGH`, `DEFAULT`.
        :param client_ca: File with the authority that clients need a certificate of.
        :param wildcard: The name is a regular expression. Source: ``sni-regexp``.
        """
        files = [fspath(cert), fspath(key)]
        if ciphers or client_ca:
            # The place of the ciphers stays, where there is an authority only. OpenSSL takes colons for commas.
            files.append((ciphers or "").replace(",", ":"))
        if client_ca:
            files.append(fspath(client_ca))
        return self._set({"sni-regexp" if wildcard else "sni": f"{name} {','.join(files)}"})

    def set_sni_dir_params(self, dir: Path, ciphers: str | None = None) -> SectionT:  # noqa: A002
        """Look for the certificate of a name in a directory when it is asked for.

        :param dir: The directory, with `NAME.crt`, `NAME.key` and, for clients' certificates, `NAME.ca`.
            Source: ``sni-dir``.
        :param ciphers: Ciphers, as OpenSSL names them: `HIGH`, `DEFAULT`. Source: ``sni-dir-ciphers``.
        """
        return self._set({"sni-dir": dir, "sni-dir-ciphers": ciphers})
