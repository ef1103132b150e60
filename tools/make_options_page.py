"""Write docs/options.md from the table of options: `python tools/make_options_page.py`."""

from __future__ import annotations

from pathlib import Path

from imperator.cli.options import INSTEAD, OPTIONS, Option, Topic
from imperator.cli.unsupported import NOTED, REFUSED

PAGE = Path(__file__).parents[1] / "docs" / "options.md"

HEAD = """\
# Options

<!-- Written by tools/make_options_page.py from src/imperator/cli/options.py: change it there. -->

Every Emperor option of uWSGI stands here, those of the unreleased 2.1-dev included: the options that work, then [those
that do not](#not-supported) and why, then [those that are not needed](#not-needed). Each works under its own name, as a
flag (`--emperor-freq 30`, `--emperor-freq=30`), in the Emperor's configuration file (`emperor-freq = 30`) and in a
Python module (a method of `Section.empire`, or `Section.set_option` for uWSGI's own). What cannot be right is refused,
all of it at once, each fault with its file and line; nothing is ignored in silence. How files, flags and targets go
together is told under [the command](command.md).
"""

REFUSED_HEAD = """
## Not supported

Refused by name, with the reason and the way around.

| Option | Refused, for it is | Instead |
|---|---|---|
"""

NOTED_HEAD = """
## Not needed

Files of uWSGI's Emperor often carry these. They are accepted, and the log says why they do nothing.

| Option | Why it is not needed |
|---|---|
"""

INSTEAD_HEAD = """
## Something else instead

Refused, because they are about uWSGI's own processes; the error names the option that is probably meant.

| Option | Use |
|---|---|
"""

TAIL = """
All other options of uWSGI belong to vassals and are refused in the Emperor's own file.
"""


def page() -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for topic in Topic:
        parts.append(f"\n## {topic.value}\n\n| Option | Value | What it does |\n|---|---|---|\n")
        parts += [_row(option) for option in OPTIONS if option.topic is topic]
    parts += [
        REFUSED_HEAD,
        *(f"| `{name}` | {why} | {instead} |\n" for name, (why, instead) in sorted(REFUSED.items())),
    ]
    parts += [NOTED_HEAD, *(f"| `{name}` | {why} |\n" for name, why in sorted(NOTED.items()))]
    parts += [INSTEAD_HEAD, *(f"| `{name}` | `{other}` |\n" for name, other in sorted(INSTEAD.items()))]
    return "".join([*parts, TAIL])


def _row(option: Option) -> str:
    names = [f"`{name}`" for name in option.names] + ([f"`-{option.short}`"] if option.short else [])
    more = " Repeatable." if option.repeats else ""
    ours = " uWSGI has no such option." if option.is_ours else ""
    return f"| {', '.join(names)} | {option.takes.wanted} | {option.help}{more}{ours} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
