"""The catalogue of uWSGI's options, and the script that makes it from uWSGI's source."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tools import make_catalogue

from uwsgiconf import catalogue

UWSGI = Path(sys.executable).with_name("uwsgi")

SOURCE = """
static struct uwsgi_option demo_options[] = {
    {"demo", required_argument, 'd', "say, {once}; and \\"again\\"", uwsgi_opt_add_string_list, &d.list,
     UWSGI_OPT_MASTER|UWSGI_OPT_THREADS},
    /* {"commented-out", no_argument, 0, "", uwsgi_opt_true, &d.no, 0}, */
#ifdef UWSGI_SSL
    {(char *) "demo-ssl", optional_argument, 0, (char *) "needs ssl", uwsgi_opt_set_int, &d.ssl, 0},
#endif
    {"demo-scheme", no_argument, 0, "http://not.a/comment", uwsgi_opt_true, &d.scheme},
    {NULL, 0, 0, NULL, NULL, NULL, 0},
};
static int other[] = { 1, 2 };
"""


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("socket", ("core", "required", "list", "2.0", True, "s", ())),
        ("master", ("core", "no", "bool", "2.0", False, "M", ())),
        ("http-socket", ("core", "required", "list", "2.0", True, "", ())),
        ("cheaper", ("core", "required", "int", "2.0", False, "", ("CHEAPER", "MASTER"))),
        ("uid", ("core", "required", "custom", "2.0", False, "", ())),
        ("wsgi-env-behaviour", ("python", "required", "str", "2.0", False, "", ())),
        ("spooler", ("core", "required", "custom", "2.0", True, "Q", ("MASTER",))),
        ("http", ("http", "required", "custom", "2.0", True, "", ())),
        ("fork-server", ("core", "required", "str", "2.1-dev", False, "", ())),
    ],
)
def test_facts_of_an_option(name: str, facts: tuple[object, ...]) -> None:
    """An option is found by its name, with the plugin, kinds, version, letter and side effects uWSGI declares."""
    option = catalogue.find(name)
    assert option is not None
    found = (
        option.plugin,
        option.argument,
        option.value,
        option.since,
        option.repeatable,
        option.short,
        option.flags,
    )
    assert found == facts


def test_unknown_names_are_not_found() -> None:
    """A name uWSGI does not have is no option."""
    assert catalogue.find("no-such-option") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("procesess", "processes"),
        ("max_requests", "max-requests"),
        ("--Thunder_Lock", "thunder-lock"),
        ("touchreload", "touch-reload"),
    ],
)
def test_nearest_names(typed: str, meant: str) -> None:
    """A slip of the keyboard is answered with the name that was meant, first."""
    assert catalogue.nearest(typed)[0] == meant


def test_nearest_knows_when_nothing_is_near() -> None:
    """A name that resembles no option has no suggestions."""
    assert catalogue.nearest("qqqqqqqqqq") == []


def test_versions_order() -> None:
    """An option is in its first version and in every later one."""
    released, unreleased = catalogue.find("master"), catalogue.find("fork-server")
    assert released is not None
    assert unreleased is not None
    assert [released.is_in(version) for version in catalogue.VERSIONS] == [True, True]
    assert [unreleased.is_in(version) for version in catalogue.VERSIONS] == [False, True]


def test_every_option_of_a_real_binary_is_known() -> None:
    """Whatever a real uWSGI prints in its own help is in the catalogue as a released option."""
    text = subprocess.run([UWSGI, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    printed = set(re.findall(r"^ {4}(?:-\w\|)?--([\w-]+)", text, re.MULTILINE))
    assert len(printed) > 900
    unknown = {name for name in printed if (option := catalogue.find(name)) is None or not option.is_in("2.0")}
    assert unknown == set()


def test_generator_reads_a_table(tmp_path: Path) -> None:
    """Comments, casts, conditions, commas and braces inside strings do not confuse the reader of C tables."""
    source = tmp_path / "demo.c"
    source.write_text(SOURCE)
    rows = [make_catalogue.compact(make_catalogue.describe("demo", e)) for e in make_catalogue.read_tables(source)]
    assert rows == [
        "demo required list 2.0 add_string_list many d MASTER THREADS",
        "demo optional int 2.0 set_int once -",
        "demo no bool 2.0 true once -",
    ]


def test_generator_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    """A row of an unknown shape stops the generator: an option silently dropped would be refused to users."""
    source = tmp_path / "demo.c"
    source.write_text('static struct uwsgi_option o[] = {{"demo", some_argument, 0, "", f, 0, 0},};')
    with pytest.raises(make_catalogue.TableError, match="unknown shape"):
        list(make_catalogue.read_tables(source))


def test_unreleased_options_are_marked(tmp_path: Path) -> None:
    """What the release does not have and the data file does is since 2.1-dev; what a release has stays released."""
    (tmp_path / "core").mkdir()
    (tmp_path / "plugins").mkdir()
    row = '{"fork-server", no_argument, 0, "", uwsgi_opt_true, 0, 0},'
    (tmp_path / "core" / "uwsgi.c").write_text(f"static struct uwsgi_option o[] = {{{row}}};")
    options = make_catalogue.collect(tmp_path)
    assert options["fork-server"]["since"] == "2.0"
    assert options["emperor-command-socket"]["since"] == "2.1-dev"
