"""TLS for servers of the tests."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["make_certificate", "tls_in_front_of"]


def make_certificate(directory: Path) -> Path:
    """Write a certificate for this machine that signs itself, and ``key.pem`` beside it; return the certificate."""
    certificate = directory / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(directory / "key.pem"), "-out", str(certificate), "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate


@contextmanager
def tls_in_front_of(port: int, certificate: Path) -> Iterator[int]:
    """Return the port of a server that speaks TLS and passes everything on to the one on another port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    connections: list[socket.socket] = []

    class PassOn(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connections.append(self.request.dup())  # wrapping takes the descriptor away
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as client,
                socket.create_connection(("127.0.0.1", port)) as server,
            ):
                connections.append(server.dup())
                pass_on(client, server)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), PassOn) as front:
        serving = threading.Thread(target=front.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield int(front.server_address[1])
        finally:
            front.shutdown()
            serving.join()
            for connection in connections:  # whoever still reads from it is done
                with connection, suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def pass_on(client: ssl.SSLSocket, server: socket.socket) -> None:
    """Pass on what either says, until one of them has ended."""
    while True:
        ready = [client] if client.pending() else select.select([client, server], [], [])[0]
        for one in ready:
            data = one.recv(65_536)
            if not data:
                return
            (server if one is client else client).sendall(data)
