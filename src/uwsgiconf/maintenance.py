"""The application that answers while a site is being looked after."""

from __future__ import annotations

from os import path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PAGE = path.join(path.dirname(__file__), "static", "503.html")

#: When clients may try again.
_RETRY_SECONDS = 300


def app_maintenance(
    env: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer every request with status 503 and a page that asks to come back later.

    :param env: The request, which does not matter.
    :param start_response: Takes status and headers.
    """
    with open(_PAGE, "rb") as page:
        body = page.read()
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Retry-After", str(_RETRY_SECONDS)),
        ("Cache-Control", "no-store"),
    ]
    start_response("503 Service Unavailable", headers)
    return [] if env.get("REQUEST_METHOD") == "HEAD" else [body]
