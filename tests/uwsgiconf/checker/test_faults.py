"""Every kind of fault is found, with its line, what was wanted and found, and what to do."""

from pathlib import Path

import pytest

from uwsgiconf import catalogue
from uwsgiconf.checker import Fault, Knowledge, check_file, check_text
from uwsgiconf.dialects import Host

KNOWLEDGE = Knowledge()
HOST = Host(environ={"HOME": "/root"}, hostname="host")


def check(text: str, name: str = "app.ini", *, knowledge: Knowledge = KNOWLEDGE) -> list[Fault]:
    """The faults of a text."""
    return check_text(text.encode(), name, knowledge=knowledge, host=HOST)


def ini(*lines: str) -> str:
    """An ini file whose first option stands on line 2."""
    return "[uwsgi]\n" + "".join(f"{line}\n" for line in lines)


FAULTS = {
    "a misspelt option": (
        ini("procesess = 4"),
        "unknown-option",
        "app.ini:2: wanted an option of uWSGI 2.0, found 'procesess', which it does not know. Did you mean processes?",
    ),
    "an option like no other": (
        ini("q0w9 = 4"),
        "unknown-option",
        (
            "app.ini:2: wanted an option of uWSGI 2.0, found 'q0w9', which it does not know. "
            "Remove it, or define it with set-placeholder = q0w9=... if your application reads it."
        ),
    ),
    "a misspelt option where a condition skips it": (
        ini("if-env = NOPE", "procesess = 4", "endif ="),
        "unknown-option",
        "app.ini:3: wanted an option of uWSGI 2.0, found 'procesess', which it does not know. Did you mean processes?",
    ),
    "a placeholder where strict forbids it": (
        ini("strict = true", "q0w9 = 4", "processes = %(q0w9)"),
        "unknown-option",
        (
            "app.ini:3: wanted an option of uWSGI 2.0, found 'q0w9', which it does not know. "
            "Define it with set-placeholder = q0w9=...: strict refuses placeholders that look like options."
        ),
    ),
    "an option of 2.1-dev": (
        ini("ienv = A=1"),
        "unreleased-option",
        "app.ini:2: wanted an option of uWSGI 2.0, found 'ienv', which only the unreleased 2.1-dev has. Remove it.",
    ),
    "an option of a plugin": (
        ini("php-ini = /etc/php.ini"),
        "missing-plugin",
        (
            "app.ini:2: wanted the plugin php, which has the option 'php-ini', found that it is neither built in nor "
            "loaded. Put plugin = php above this line."
        ),
    ),
    "a switch that is none": (
        ini("master = maybe"),
        "wrong-kind",
        "app.ini:2: wanted true or false, found master = maybe. Give master true or false.",
    ),
    "a number with a unit": (
        ini("harakiri = 30s"),
        "wrong-kind",
        "app.ini:2: wanted a whole number, 0 or more, found harakiri = 30s. Give harakiri a whole number, 0 or more.",
    ),
    "a negative number": (
        ini("processes = -1"),
        "wrong-kind",
        "app.ini:2: wanted a whole number, 0 or more, found processes = -1. Give processes a whole number, 0 or more.",
    ),
    "a number that is a placeholder": (
        ini("n = many", "processes = %(n)"),
        "wrong-kind",
        (
            "app.ini:3: wanted a whole number, 0 or more, found processes = many. "
            "Give processes a whole number, 0 or more."
        ),
    ),
    "no value": (
        ini("socket"),
        "wrong-kind",
        "app.ini:2: wanted a value, found socket without a value. Give socket a value.",
    ),
    "permissions that are none": (
        ini("chmod-socket = 0660"),
        "wrong-kind",
        (
            "app.ini:2: wanted three octal digits, such as 660, found chmod-socket = 0660. "
            "Give chmod-socket three octal digits, such as 660."
        ),
    ),
    "half a pair": (
        ini("static-expires = x"),
        "wrong-kind",
        (
            "app.ini:2: wanted a pattern, a blank and a value, found static-expires = x. "
            "Give static-expires a pattern, a blank and a value."
        ),
    ),
    "an option given again": (
        ini("processes = 4", "processes = 2"),
        "given-again",
        (
            "app.ini:3: wanted processes once, found processes = 2 after processes = 4 on line 2. "
            "Remove the line that is not meant: uWSGI takes the last one, '2'."
        ),
    ),
    "a placeholder that is not there": (
        ini("chdir = %(base)"),
        "undefined-placeholder",
        (
            "app.ini:2: wanted an option or placeholder 'base' for %(base), found none. "
            "Define it with set-placeholder = base=..., or correct the name."
        ),
    ),
    "a placeholder that is not there, in a calculation": (
        ini("processes = %(cores * 2)"),
        "undefined-placeholder",
        (
            "app.ini:2: wanted an option or placeholder 'cores' for %(cores), found none. "
            "Define it with set-placeholder = cores=..., or correct the name."
        ),
    ),
    "a loop variable outside of a loop": (
        ini("chdir = %(_)"),
        "undefined-placeholder",
        (
            "app.ini:2: wanted %(_) under a condition or in a loop, found none. "
            "Put if-... or for... above it, and its end below."
        ),
    ),
    "an include that is not there": (
        ini("ini = /nope/x.ini"),
        "refused",
        (
            "app.ini:2: wanted a configuration file that can be read, found /nope/x.ini: no such file or directory. "
            "Check the path, and that this user may read it and enter every directory above it."
        ),
    ),
    "a reference where none is replaced": (
        ini("n = 100", "listen = %(n)"),
        "passed-over",
        (
            "app.ini:3: wanted a value without references, as uWSGI acts on this option before it replaces any, "
            "found listen = %(n). Write out what it stands for, or use a magic variable."
        ),
    ),
    "a condition that never holds": (
        ini("if-hostname-match = ^web", "vacuum = true", "endif ="),
        "passed-over",
        (
            "app.ini:2: wanted a condition that works, found if-hostname-match = ^web, which never finds a match since "
            "uWSGI is built with PCRE2. Use if-hostname with the whole name, or if-env."
        ),
    ),
    "no section": (
        "[other]\nmaster = true\n",
        "passed-over",
        (
            "app.ini: wanted a section 'uwsgi', found the sections other. "
            "Name the section after the file, as in file:other, or add this one."
        ),
    ),
    "fewest workers that are not fewer than the one there is": (
        ini("cheaper = 1"),
        "contradiction",
        (
            "app.ini:2: wanted a number below 1, which `workers` is, found 1. "
            "Lower `cheaper` or raise `workers`: uWSGI ends at its start otherwise."
        ),
    ),
    "a life that ends before it may": (
        ini("max-worker-lifetime = 7"),
        "contradiction",
        (
            "app.ini:2: wanted a number below 7, which `max-worker-lifetime` is, found 10. "
            "Lower `min-worker-lifetime` or raise `max-worker-lifetime`: uWSGI ends at its start otherwise."
        ),
    ),
    "numbers that contradict each other": (
        ini("processes = 2", "cheaper = 4"),
        "contradiction",
        (
            "app.ini:3: wanted a number below 2, which `processes` is, found 4. "
            "Lower `cheaper` or raise `processes`: uWSGI ends at its start otherwise."
        ),
    ),
}


@pytest.mark.parametrize(("text", "kind", "told"), [pytest.param(*case, id=title) for title, case in FAULTS.items()])
def test_is_a_fault(text: str, kind: str, told: str) -> None:
    """The fault is the only one found, is of its kind, and says what is wrong and what to do."""
    assert [(fault.kind, str(fault)) for fault in check(text)] == [(kind, told)]


NO_FAULTS = {
    "a placeholder that is used": ini("base = /srv", "chdir = %(base)/app"),
    "a placeholder used only under a condition": ini("base = /srv", "if-env = NOPE", "chdir = %(base)", "endif ="),
    "a placeholder a condition asks for": ini("debug = 1", "if-opt = debug=1", "processes = 1", "endif ="),
    "a placeholder for the application": ini("set-placeholder = my-app-mode=x"),
    "a placeholder under strict": ini("strict = true", "set-ph = base=/srv", "chdir = %(base)"),
    "a declared option": ini("declare-option = twice=processes=$1;threads=$1", "twice = 2"),
    "variables of a log format": ini("log-format = %(addr) %(uri)"),
    "an option overridden under a condition": ini("processes = 4", "if-env = NOPE", "processes = 1", "endif ="),
    "an option that may be given often": ini("env = A=1", "env = B=2"),
    "an option of a plugin that is loaded": ini("plugin = php", "php-ini = x"),
    "an option of a plugin with a version": ini("plugin = lua51", "lua = x"),
    "an option of a plugin that may load itself": ini("autoload = true", "php-ini = x"),
    "Emperor options of 2.1-dev": ini("emperor = /etc/vassals", "emperor-command-socket = /run/e.sock"),
    "switches in every spelling": ini("master", "lazy-apps = 1", "vacuum = on", "thunder-lock = yes", "cheap = False"),
    "fewer workers than a variable says": ini("processes = %k", "cheaper = 1"),
    "fewer workers than a condition may bring": ini("if-env = NOPE", "workers = 4", "endif =", "cheaper = 2"),
    "magic in numbers": ini("processes = %k", "uid = %u"),
    "an environment variable that is not set here": ini("chdir = $(NOPE)"),
    "a number in the environment": ini("processes = $(NOPE)"),
    "a loop": ini("for = a b", "env = %(_)=1", "endfor ="),
}


@pytest.mark.parametrize("text", NO_FAULTS.values(), ids=NO_FAULTS)
def test_is_no_fault(text: str) -> None:
    """What uWSGI takes as it is meant is no fault."""
    assert check(text) == []


def test_all_faults_are_told_at_once() -> None:
    """One look at a file tells everything that is wrong with it, in the order of its lines."""
    text = ini(
        "strict = maybe", "procesess = 4", "ini = /nope.ini", "php-ini = x", "chdir = %(b)", "ienv = A=1", "socket"
    )

    assert [(fault.line, fault.kind) for fault in check(text)] == [
        (2, "wrong-kind"),
        (3, "unknown-option"),
        (4, "refused"),
        (5, "missing-plugin"),
        (6, "undefined-placeholder"),
        (7, "unreleased-option"),
        (8, "wrong-kind"),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.yaml", "uwsgi:\n  master: true\n  procesess: 4\n"),
        ("app.json", '{"uwsgi": {\n"master": true,\n"procesess": 4}}'),
        ("app.xml", "<uwsgi>\n<master/>\n<procesess>4</procesess></uwsgi>"),
    ],
)
def test_every_dialect_is_checked(name: str, text: str) -> None:
    """A misspelt option is found on its line in every dialect."""
    assert [(fault.file, fault.line, fault.option) for fault in check(text, name)] == [(name, 3, "procesess")]


def test_a_file_that_cannot_be_parsed_is_one_fault() -> None:
    """Broken JSON is told with its line, and nothing else."""
    faults = check('{"uwsgi": {\n"master": true,\n}}', "app.json")

    assert [(fault.line, fault.kind, fault.wanted) for fault in faults] == [
        (3, "refused", "another value after the comma")
    ]


def test_a_name_without_a_dialect_is_a_fault() -> None:
    """A file whose name says no dialect is told as such."""
    assert [fault.kind for fault in check("", "app.conf")] == ["unreadable"]


def test_faults_of_included_files_name_these(tmp_path: Path) -> None:
    """A fault in an included file is told with that file and its line; overriding what it sets is no fault."""
    (tmp_path / "base.ini").write_text(ini("processes = 4", "procesess = 4"))
    (tmp_path / "app.ini").write_text(ini(f"ini = {tmp_path}/base.ini", "processes = 2"))

    faults = check_file(tmp_path / "app.ini", knowledge=KNOWLEDGE, host=HOST)

    assert [(fault.file, fault.line, fault.option) for fault in faults] == [(f"{tmp_path}/base.ini", 3, "procesess")]


def test_options_of_2_1_dev_are_known_to_it() -> None:
    """Checked for 2.1-dev, its options are no faults."""
    assert check(ini("ienv = A=1"), knowledge=Knowledge(catalogue.VERSIONS[-1])) == []


@pytest.mark.parametrize("option", [option for option in catalogue.all_options() if option.argument == "required"])
def test_no_option_is_a_fault_by_its_name(option: catalogue.Option) -> None:
    """Every option that the catalogue has is known to whoever has its plugin and its version."""
    knowledge = Knowledge(catalogue.VERSIONS[-1], plugins=[option.plugin])

    kinds = {fault.kind for fault in check(ini(f"{option.name} = 1"), knowledge=knowledge)}

    assert kinds.isdisjoint({"unknown-option", "missing-plugin", "unreleased-option"})
