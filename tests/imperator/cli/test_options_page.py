"""The manual's page of options."""

from __future__ import annotations

from tools.make_options_page import PAGE, page


def test_page_is_current() -> None:
    """docs/options.md says what the table of options says; `python tools/make_options_page.py` writes it anew."""
    assert PAGE.read_text() == page()
