"""The generated reference is what the docstrings say now."""

from tools import make_reference

from uwsgiconf.options.groups import NAMES


def test_the_reference_is_up_to_date() -> None:
    """Every page is what the script would write; if not, run `python tools/make_reference.py`."""
    written = {page.name: page.read_text(encoding="utf-8") for page in make_reference.DIRECTORY.glob("*.md")}
    assert written == make_reference.pages()


def test_every_group_has_a_page() -> None:
    """All groups are in the reference, and the index leads to them."""
    pages = make_reference.pages()
    for name in NAMES:
        assert f"({name}.md)" in pages["index.md"]
        assert f"section.{name}." in pages[f"{name}.md"]
