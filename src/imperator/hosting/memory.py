"""Keep what is never used out of memory: a small Emperor leaves more to its vassals."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import cast

__all__ = ["import_asyncio_without_tls"]


def import_asyncio_without_tls() -> None:
    """Import `asyncio` without OpenSSL, which costs 4 MiB: for a process that never speaks TLS through it.

    `asyncio` imports `ssl` if it is there and does without it if not. `ssl` itself can be imported afterwards as
    always; only `asyncio`'s own TLS connections stay out of reach. Does nothing where one of them is imported already.
    """
    if "asyncio" in sys.modules or "ssl" in sys.modules:
        return
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    modules["ssl"] = None  # documented: makes `import ssl` raise ModuleNotFoundError
    try:
        import asyncio  # noqa: F401
    finally:
        del modules["ssl"]
