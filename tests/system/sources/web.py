"""A web server whose every answer the test decides."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["WebPage", "WebServer", "serve"]


@dataclass
class WebPage:
    """:param is_open: Answered only once this is set."""

    text: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    is_open: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.is_open.set()


class WebServer:
    """Pages by path; what is none is answered with 404.

    :ivar asked: The paths that were asked for, in their order.
    """

    def __init__(self, port: int) -> None:
        self.pages: dict[str, WebPage] = {}
        self.asked: list[str] = []
        self.port = port

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def put(self, path: str, text: str, status: int = 200, **headers: str) -> None:
        self.pages[path] = WebPage(text.encode(), status, headers)


@contextmanager
def serve(port: int) -> Iterator[WebServer]:
    """Serve on a port of 127.0.0.1."""
    server = WebServer(port)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            page = server.pages.get(self.path, WebPage(b"", 404))
            page.is_open.wait(30)
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page.text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            return

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as listener:
        listener.daemon_threads = True
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
