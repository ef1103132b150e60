"""What `imperator --help` shows: friendly forms first, then every option by topic."""

from __future__ import annotations

from imperator.cli.options import OPTIONS, Option, Topic

__all__ = ["help_text"]

_FORMS = """\
Usage: imperator [OPTIONS] TARGET...

Keep vassals in line with their configuration: drop a file and it runs, touch it and it reloads, remove it and it stops.

  imperator /etc/uwsgi/vassals         every configuration in a directory
  imperator '*.ini'                    those that match a pattern; quote it, or the shell expands it
  imperator emperor.ini                as a file says: [uwsgi] emperor = /etc/uwsgi/vassals
  imperator --emperor DIR [OPTIONS]    as uWSGI's own Emperor is called
  imperator check emperor.ini          what becomes of an existing Emperor's file, and what is wrong with its vassals;
                                       it takes directories and options, too, and starts nothing
  imperator schema ldap|pg             what a server has to be told once before vassals can be kept there

A TARGET is a directory, a quoted glob, a scheme:// URL, or an Emperor's configuration (ini, yaml, json, xml, py).
Signals: INT, TERM, QUIT stop everything; HUP reloads all vassals; USR1 logs their states; URG clears the blacklist;
WINCH rescans. Exit codes: 0 ended as asked, 1 failed while running, 2 bad usage or configuration.
"""

_TAIL = """
Other forms
  --ini, --yaml, --json, --xml, --config FILE
      Read the Emperor's options from this file.
  --version   Show the version.
  -h, --help  Show this.
"""


def help_text() -> str:
    """Return the help page, wrapped for 120 columns."""
    parts = [_FORMS]
    for topic in Topic:
        parts.append(f"\n{topic.value}\n")
        parts += [_lines(option) for option in OPTIONS if option.topic is topic]
    return "".join([*parts, _TAIL])


def _lines(option: Option) -> str:
    flags = [f"-{option.short}"] if option.short else []
    flags += [f"--{name}" for name in option.names]
    value = f" {option.takes.metavar}" if option.takes.metavar else ""
    again = " Repeatable." if option.repeats else ""
    return f"  {', '.join(flags)}{value}\n      {option.help}{again}\n"
