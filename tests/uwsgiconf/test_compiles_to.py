"""What every call compiles to, as `tests/data/compiles-to.json` lists it."""

import json
from pathlib import Path

import pytest

from uwsgiconf import catalogue
from uwsgiconf.config import Section
from uwsgiconf.exceptions import ConfigurationError

CASES = json.loads((Path(__file__).parents[1] / "data" / "compiles-to.json").read_text())


def compiled(call: str, version: str) -> list[str]:
    """The lines that a call on a new section makes."""
    section = Section(uwsgi_version=version)
    eval(call, {"s": section, "Section": Section})
    text = section.as_configuration().format(stamp=False)
    assert isinstance(text, str)
    return text.splitlines()[1:]


@pytest.mark.parametrize("case", CASES, ids=[case["call"] for case in CASES])
def test_call_compiles_to_its_lines(case: dict[str, object]) -> None:
    """A call sets exactly the options listed for it, in that order, and all of them exist in the targeted uWSGI."""
    version = "2.1-dev" if "only_in_2_1_dev" in case else "2.0"
    lines = compiled(str(case["call"]), version)
    assert lines == case["ini"]
    for line in lines:
        option = catalogue.find(line.partition(" = ")[0])
        assert option is not None
        assert option.is_in(version)


UNRELEASED = [case for case in CASES if "only_in_2_1_dev" in case]


@pytest.mark.parametrize("case", UNRELEASED, ids=[case["call"] for case in UNRELEASED])
def test_unreleased_options_are_refused_unless_they_are_the_emperors(case: dict[str, object]) -> None:
    """For a released uWSGI, what only 2.1-dev has is refused by name; what configures the Emperor is not."""
    names = case["only_in_2_1_dev"]
    assert isinstance(names, list)
    options = [catalogue.find(name) for name in names]
    if all(option is not None and option.for_emperor for option in options):
        assert compiled(str(case["call"]), "2.0") == case["ini"]
        return
    with pytest.raises(ConfigurationError, match=r"2\.1-dev, which is not released"):
        compiled(str(case["call"]), "2.0")
