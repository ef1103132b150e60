"""The tutorial's application: a page, and the same facts as JSON. Plain WSGI, nothing to install."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from string import Template
from typing import Any

PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
STARTED_AT = time.time()

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def facts() -> dict[str, Any]:
    """Tell which process answers: another pid after each reload."""
    return {"pid": os.getpid(), "up_seconds": round(time.time() - STARTED_AT, 1)}


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the page, with JSON, or with 404. No Content-Length: only such responses does the router compress."""
    path = environ["PATH_INFO"]
    if path == "/":
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [PAGE.substitute(facts()).encode()]
    if path == "/facts.json":
        start_response("200 OK", [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
        return [json.dumps(facts()).encode()]
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"There is / and /facts.json, and what lies in static/.\n"]
