"""A module made of a file compiles back to the options of that file."""

import os
from pathlib import Path
from typing import Any

import pytest

from uwsgiconf import catalogue
from uwsgiconf.dialects import DialectError, Host, evaluate, read
from uwsgiconf.exceptions import ConfigurationError
from uwsgiconf.importer import python_module

from ..dialects import cases

HOST_FACTS = {"HOME": "/root", "NAME": "name", "FILE": "file.txt", "INI": "b.ini"}


def compiled(source: str) -> str:
    """The ini that a module compiles to."""
    namespace: dict[str, Any] = {"__name__": "uwsgicfg"}
    exec(compile(source, "uwsgicfg.py", "exec"), namespace)
    (configuration,) = namespace["configuration"]
    return str(configuration.format(stamp=False))


def options(target: str, host: Host, text: str) -> list[tuple[str, str]]:
    """What uWSGI would act on, spelt alike; names it does not know configure nothing."""
    said = []
    for entry in evaluate(target, host=host, text=text.encode("latin-1")):
        option = catalogue.find(entry.name)
        if option is not None:
            is_on = option.value == "bool" and entry.value.lower() in ("", "1", "on", "yes", "true")
            said.append((entry.name, "true" if is_on else entry.value))
    return said


#: What no module can say, and why.
CANNOT_BE_SAID = {
    "carriage returns": "a carriage return in a value ends up in a line of its own",
    "zero bytes end a line": "names that are cut are no names",
    "equals signs": "a placeholder needs a name",
    "bytes that are no UTF-8": "a module is text",
    "a whitelist": "it would have to allow set-placeholder",
    "escapes": "an ini file has no line break in a value",
}

APPLICATION = """\
; The shop
[uwsgi]
master
processes = 4
enable-threads = 1
http-socket = :8080
socket = /run/%n.sock
# where it lives
base = /srv/shop
chdir = %(base)
module = shop.wsgi:application
env = DJANGO_SETTINGS_MODULE=shop.settings
if-env = HOME
processes = 1
endif =
ini = :logs
vacuum = true
die-on-term = false
static-map = /s=%(base)/static
harakiri = 30
harakiri = 60
buffer-size = 0032768
procname-prefix = {project_name}
route = ^/x break:403
for = a b
mount = /%(_)=%(_).py
endfor =
[logs]
logto = /var/log/shop.log
log-format = %(addr) %(uri)
"""

REAL = {
    "an application": ("main.ini", APPLICATION),
    "an application in yaml": ("main.yaml", "uwsgi:\n  master: true # yes\n  chdir: %d\n  workers: 4\n  env: A=1\n"),
    "an application in json": ("main.json", '{"uwsgi": {"master": true, "env": ["A=1", "B=2"], "workers": 4}}'),
    "an application in xml": ("main.xml", "<uwsgi><master/><env>A=1</env><workers>4</workers></uwsgi>"),
    "an option of 2.1-dev": ("main.ini", "[uwsgi]\nmaster = 1\nienv = A=1\n"),
    "a section called as a keyword": ("main.ini:class", "[class]\nmaster = 1\nini = :import\n[import]\nworkers = 2\n"),
    "two sections that become one variable": ("main.ini:a-b", "[a-b]\nini = :a.b\n[a.b]\nworkers = 2\n"),
    "what has to be given again": ("main.ini", "[uwsgi]\nworkers = 2\nx = %(workers)\nworkers = 3\nthreads = %(x)\n"),
}

TABLE = [
    *(pytest.param(*case, id=title) for title, case in REAL.items()),
    *(
        pytest.param(f"main.{suffix}", content, id=f"{suffix}: {title}")
        for suffix, table in (("ini", cases.INI), ("yaml", cases.YAML), ("json", cases.JSON), ("xml", cases.XML))
        for title, content in table.items()
        if title not in CANNOT_BE_SAID
    ),
]


@pytest.mark.parametrize(("target", "text"), TABLE)
def test_compiles_back_to_the_same_options(tmp_path: Path, target: str, text: str) -> None:
    """uWSGI acts on the same options in the same order, whether it reads the file or what its module compiles to."""
    (tmp_path / "dir").mkdir()
    for name, content in cases.BESIDE.items():
        (tmp_path / name).write_text(content)
    host = Host(environ=HOST_FACTS, cwd=os.fspath(tmp_path))
    try:
        before = options(target, host, text)
    except DialectError:
        return  # uWSGI refuses the file itself
    section = target.partition(":")[2]

    source = python_module(read(target, text=text.encode("latin-1")))

    compiled_target = f"main.ini:{section}" if section else "main.ini"
    assert options(compiled_target, host, compiled(source)) == before


def test_the_module_reads_as_one_would_write_it() -> None:
    """Groups set what they can, neighbours of a method are one call, comments stay where they were."""
    text = "; The shop\n[uwsgi]\nmaster = true\nworkers = 4\n# where\nhttp-socket = :8080\nvacuum = true\nq = 1\n"

    assert python_module(read("shop.ini", text=text.encode())) == (
        '"""uWSGI as shop.ini described it."""\n'
        "\n"
        "from uwsgiconf.config import Section, configure_uwsgi\n"
        "\n"
        "\n"
        "def get_configuration() -> Section:\n"
        "    section = Section()\n"
        "    # The shop\n"
        "    section.master_process.set_basic_params(enable=True)\n"
        "    section.workers.set_basic_params(count=4)\n"
        "    # where\n"
        '    section.networking.register_socket(Section.networking.sockets.http(":8080"))\n'
        "    section.main_process.set_basic_params(vacuum=True)\n"
        '    section.set_placeholder("q", "1")\n'
        "\n"
        "    return section\n"
        "\n"
        "\n"
        "configure_uwsgi(get_configuration)\n"
    )


def test_a_line_break_in_a_value_is_refused() -> None:
    """What JSON can say and ini cannot is refused with its line."""
    with pytest.raises(ConfigurationError) as caught:
        python_module(read("app.json", text=b'{"uwsgi": {\n"print": "a\\nb"}}'))

    error = caught.value
    assert (error.thing, error.found) == ("app.json:2", "print = 'a\\nb'")
    assert error.wanted == "an option that can be written into one line of an ini file"
    assert error.remedy == "Remove it, and write it into the module by hand."


def test_sections_in_a_circle_are_refused() -> None:
    """Sections that include each other are told with the line that closes the circle."""
    text = b"[uwsgi]\nini = :a\n[a]\nini = :uwsgi\n"

    with pytest.raises(ConfigurationError) as caught:
        python_module(read("app.ini", text=text))

    assert (caught.value.thing, caught.value.found) == ("app.ini:4", "ini = :uwsgi, which leads back to itself")


def test_a_loop_over_what_is_taken_once_is_refused() -> None:
    """A loop that sets an option again with its variable cannot be said, and the error says where and what to do."""
    text = b"[uwsgi]\nworkers = 1\nfor = 2 3\nworkers = %(_)\nendfor =\n"

    with pytest.raises(ConfigurationError) as caught:
        python_module(read("app.ini", text=text))

    error = caught.value
    assert (error.thing, error.wanted) == ("app.ini:4", "workers once, or without %(_)")
    assert (error.found, error.remedy) == ("workers = %(_)", "Write this condition by hand: Python has better ones.")
