"""A fixture of pytest: `uwsgi`, an emulated instance for each test that asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .config import Section
    from .emulator import Emulator


@pytest.fixture
def uwsgi_section() -> Section | None:
    """Return the section that emulated instances are made of; override it to return the one of your application."""
    return None


@pytest.fixture
def uwsgi(uwsgi_section: Section | None) -> Iterator[Emulator]:
    """Return an emulated instance of uWSGI, which `uwsgiconf.runtime` works with until the test's end."""
    from .emulator import Emulator

    with Emulator(uwsgi_section) as emulator:
        yield emulator
