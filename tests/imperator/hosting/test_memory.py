"""What is kept out of memory."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("lean(); import asyncio; print('ssl' in sys.modules, asyncio.run(asyncio.sleep(0, 7)))", "False 7"),
        ("lean(); import ssl; print(ssl.create_default_context().check_hostname)", "True"),
        ("import ssl; lean(); import asyncio; print(asyncio.sslproto.ssl is ssl)", "True"),
        ("import asyncio; lean(); print('ssl' in sys.modules)", "True"),
    ],
)
def test_asyncio_without_tls(code: str, told: str) -> None:
    """asyncio works without ssl, ssl can be imported afterwards, and what is imported already stays as it is."""
    head = "import sys; from imperator.hosting.memory import import_asyncio_without_tls as lean; "
    done = subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == told, done.stderr
