"""Whatever a file holds, the checker comes back with faults, not with an exception."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uwsgiconf import catalogue
from uwsgiconf.checker import Knowledge, check_text
from uwsgiconf.dialects import Host

KNOWLEDGE = Knowledge()
HOST = Host(environ={"HOME": "/root"})

NAMES = st.sampled_from([*sorted(option.name for option in catalogue.all_options()), "no-such-option", ""])
VALUES = st.text(string.printable, max_size=20) | st.sampled_from(
    [
        "%(a)",
        "$(HOME)",
        "@(/etc/hostname)",
        "9" * 5000,
        "-" + "9" * 5000,
        "²",
        "%",
        "/",
        ":",
        "x:y",
        "a=b=c",
        "(",
        "\x1b",
    ]
)


@pytest.mark.parametrize("suffix", ["ini", "yaml", "json", "xml"])
@given(data=st.data())
def test_bytes_of_any_kind_are_checked(suffix: str, data: st.DataObject) -> None:
    """Bytes that are no configuration at all give faults, or none."""
    text = data.draw(st.binary(max_size=200))

    for fault in check_text(text, f"a.{suffix}", knowledge=KNOWLEDGE, host=HOST):
        assert fault.file == f"a.{suffix}"
        assert fault.remedy.endswith((".", "?"))


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_options_of_any_kind_are_checked(options: list[tuple[str, str]]) -> None:
    """Every option with any value gives faults, or none."""
    text = "[uwsgi]\n" + "".join(f"{name} = {value}\n" for name, value in options)

    for fault in check_text(text.encode(), "a.ini", knowledge=KNOWLEDGE, host=HOST):
        assert fault.wanted
        assert fault.found
