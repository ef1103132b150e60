"""Write `uwsgiconf/catalogue.json`: every option uWSGI has, read off the tables in uWSGI's own source.

Run it when uWSGI has a new release::

    python tools/make_catalogue.py ~/uwsgi-2.0.31

What a released uWSGI takes is read from its source tree: `core/uwsgi.c` and the tables of all plugins, those behind
`#ifdef` included, as a build without, say, SSL is a fact about that build and not about uWSGI. What only the unreleased
2.1-dev takes comes from `options_2_1_dev.json` beside this file: 2.1-dev has no source archive to read, so its options
are kept as data until it is released. Only facts are taken: names, kinds and flags, none of uWSGI's help sentences.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CATALOGUE = HERE.parent / "src" / "uwsgiconf" / "catalogue.json"
UNRELEASED = HERE / "options_2_1_dev.json"

SOURCE_SUFFIXES = (".c", ".cc", ".m")

# Tokens of C that matter inside a table: comments are skipped, strings are kept whole.
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|[{},;]|[^{},;"\'/]+|/', re.DOTALL)
TABLE = re.compile(r"struct\s+uwsgi_option\s+\w+\s*\[\s*\]\s*=\s*\{")
PREPROCESSOR = re.compile(r"^\s*#.*$", re.MULTILINE)
CAST = re.compile(r"\(\s*char\s*\*\s*\)\s*")

ARGUMENTS = {"no_argument": "no", "required_argument": "required", "optional_argument": "optional"}

VALUE_KINDS = {
    "true": "bool",
    "set_int": "int",
    "set_rawint": "int",
    "set_16bit": "int",
    "set_64bit": "int",
    "set_megabytes": "int",
    "set_str": "str",
    "set_str_spaced": "str",
    "add_dyn_dict": "dict",
    "add_regexp_dyn_dict": "dict",
    "add_cron": "list",
    "add_cron2": "list",
    "add_daemon": "list",
    "add_lazy_socket": "list",
    "add_regexp_custom_list": "list",
    "add_regexp_list": "list",
    "add_route": "list",
    "add_shared_socket": "list",
    "add_socket": "list",
    "add_ssl_socket": "list",
    "add_string_list": "list",
    "add_string_list_custom": "list",
    "check_static": "list",
    "legion_hook": "list",
    "load_plugin": "list",
    "set_env": "list",
    "set_logger": "list",
    "set_placeholder": "list",
    "set_req_logger": "list",
    "static_map": "list",
    "unset_env": "list",
}

# Setters of the kind "custom" that add to what was given before, so that giving their option twice means both.
REPEATABLE_PREFIXES = ("add_", "legion", "load")
REPEATABLE_SETTERS = frozenset(
    {
        "binary_append_data",
        "config_py",
        "connect_and_read",
        "corerouter",
        "corerouter_ss",
        "corerouter_zerg",
        "early_exec",
        "early_python_import",
        "envdir",
        "forkpty_urouter",
        "http_to_https",
        "https",
        "https2",
        "logic",
        "noop",
        "print",
        "print_sym",
        "pythonpath",
        "resolve",
        "safe_fd",
        "set_unshare",
        "set_worker_logger",
        "signal",
        "sni",
        "sslrouter",
        "sslrouter2",
        "tuntap_opt_firewall",
        "tuntap_opt_route",
        "undeferred_corerouter",
    }
)

# Setters are C functions: `uwsgi_opt_set_int` is known here as `set_int`.
SETTER_PREFIX = re.compile(r"^(?:uwsgi_opt_|uwsgi_)")

Row = dict[str, object]


class TableError(Exception):
    """A table of uWSGI's source has a shape this reader does not know."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an option table, still as C spells it."""

    name: str
    argument: str
    shortcut: str
    function: str
    flags: tuple[str, ...]


def read_source_tree(root: Path) -> Iterator[tuple[str, Entry]]:
    """Yield (plugin, entry) for every option of every table under `root`, the core first."""
    yield from (("core", entry) for entry in read_tables(root / "core" / "uwsgi.c"))
    for plugin in sorted(path for path in (root / "plugins").iterdir() if path.is_dir()):
        for source in sorted(path for path in plugin.rglob("*") if path.suffix in SOURCE_SUFFIXES):
            yield from ((plugin.name, entry) for entry in read_tables(source))


def read_tables(source: Path) -> Iterator[Entry]:
    """Yield the entries of every option table in one C file."""
    text = source.read_text(encoding="utf-8", errors="replace")
    for table in TABLE.finditer(text):
        for fields in _split_rows(PREPROCESSOR.sub("", text[table.end() :])):
            entry = _parse_row(fields, source)
            if entry is not None:
                yield entry


def _split_rows(text: str) -> Iterator[list[str]]:
    """Yield the fields of each `{...}` of a table, up to the brace that closes the table."""
    fields: list[str] | None = None
    for lexeme in TOKEN.findall(text):
        if lexeme.startswith(("//", "/*")):
            continue
        if fields is None:
            if lexeme == "}":
                return
            if lexeme == "{":
                fields = [""]
        elif lexeme == "}":
            yield [CAST.sub("", field).strip() for field in fields]
            fields = None
        elif lexeme == ",":
            fields.append("")
        else:
            fields[-1] += lexeme


def _parse_row(fields: list[str], source: Path) -> Entry | None:
    name = fields[0].strip('"')
    if name in {"", "NULL", "0"}:  # the row of zeroes that ends a table
        return None
    if len(fields) < 6 or fields[1] not in ARGUMENTS:
        raise TableError(f"{source}: an option table has a row of an unknown shape: {fields}")
    flags = fields[6] if len(fields) > 6 else "0"
    return Entry(
        name=name,
        argument=ARGUMENTS[fields[1]],
        shortcut=fields[2].strip("'") if fields[2].startswith("'") else "",
        function=fields[4],
        flags=tuple(sorted(re.findall(r"UWSGI_OPT_(\w+)", flags))),
    )


def describe(plugin: str, entry: Entry) -> Row:
    """What the catalogue keeps of one option."""
    setter = SETTER_PREFIX.sub("", entry.function)
    return {
        "name": entry.name,
        "plugin": plugin,
        "argument": entry.argument,
        "value": VALUE_KINDS.get(setter, "custom"),
        "setter": setter,
        "since": "2.0",
        "short": entry.shortcut,
        "flags": entry.flags,
    }


def collect(root: Path) -> dict[str, Row]:
    """Every option by name: the released ones of the source tree, then those 2.1-dev adds."""
    options: dict[str, Row] = {}
    for plugin, entry in read_source_tree(root):
        options.setdefault(entry.name, describe(plugin, entry))
    for row in json.loads(UNRELEASED.read_text(encoding="utf-8"))["options"]:
        options.setdefault(row["name"], {"since": "2.1-dev", "short": "", "flags": (), **row})
    return options


def compact(row: Row) -> str:
    """One option as the words of one short string, which a reader splits only when it is asked for that option."""
    repeats = row["value"] in {"list", "dict"} or _adds(str(row["setter"]))
    words = [row["plugin"], row["argument"], row["value"], row["since"], row["setter"], "many" if repeats else "once"]
    words.append(row["short"] or "-")
    words.extend(row["flags"])  # type: ignore[arg-type]
    return " ".join(str(word) for word in words)


def _adds(setter: str) -> bool:
    return setter in REPEATABLE_SETTERS or setter.startswith(REPEATABLE_PREFIXES)


def read_version(root: Path) -> str:
    """The release the tree is of, as its packaging metadata says."""
    found = re.search(r"^Version: (\S+)$", (root / "PKG-INFO").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise TableError(f"{root / 'PKG-INFO'}: no Version line")
    return found.group(1)


def render(root: Path) -> str:
    """The text of the catalogue."""
    options = collect(root)
    catalogue = {
        "about": "name: plugin argument value since setter once|many short flags... By tools/make_catalogue.py.",
        "release": read_version(root),
        "options": {name: compact(options[name]) for name in sorted(options)},
    }
    return json.dumps(catalogue, indent=0, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the catalogue of the uWSGI source tree named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("source", type=Path, help="the unpacked source tree of a uWSGI release")
    parser.add_argument("--output", type=Path, default=CATALOGUE)
    arguments = parser.parse_args()
    text = render(arguments.source)
    arguments.output.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{arguments.output}: {len(json.loads(text)['options'])} options\n")


if __name__ == "__main__":
    main()
