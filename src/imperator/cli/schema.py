"""``imperator schema SCHEME``: print what a server has to be told once before a monitor can use it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import resources

__all__ = ["main"]

_FILES = {"ldap": "ldap.ldif", "pg": "postgres.sql"}

_USAGE = """\
Usage: imperator schema ldap|pg

Print what a server has to be told once before vassals can be kept there: the object class and its attributes for
OpenLDAP, the table and its trigger for PostgreSQL. Exit codes: 0 it is printed, 2 bad usage.

  imperator schema ldap | ldapadd -Y EXTERNAL -H ldapi:///
  imperator schema pg | psql emperor
"""


def main(words: Sequence[str]) -> int:
    """Print a schema.

    :param words: The words after ``schema``: one scheme.
    :returns: 0: it is printed. 2: there is none of that name.
    """
    if {"-h", "--help"} & set(words):
        sys.stdout.write(_USAGE)
        return 0
    if len(words) != 1 or words[0].removesuffix("://") not in _FILES:
        found = " ".join(words) or "nothing"
        sys.stderr.write(
            f"imperator: schema: wanted one of {', '.join(_FILES)}, found {found}. "
            "Write for example: imperator schema pg | psql emperor\n"
        )
        return 2
    file = resources.files("imperator.monitors") / _FILES[words[0].removesuffix("://")]
    sys.stdout.write(file.read_text(encoding="utf-8"))
    return 0
