"""The table that people read."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.results import Result

__all__ = ["as_markdown", "print_table", "shown"]

REACHED = {True: "yes", False: "NO", None: ""}
WIDTH = 160
"""Where output is no terminal: a table that is cut is worse than a wide one."""


def print_table(results: list[Result]) -> None:
    """Print one line for each result."""
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    table = Table(title="uWSGI's Emperor and ours, one machine, one run")
    for column in ("what", "unit"):
        table.add_column(column)
    for column in ("uWSGI", "ours", "ours / uWSGI"):
        table.add_column(column, justify="right")
    for column in ("goal", "reached", "note"):
        table.add_column(column)
    for result in results:
        table.add_row(
            result.what,
            result.unit,
            shown(result.uwsgi),
            shown(result.ours),
            shown(result.ratio),
            result.goal.text() if result.goal else "",
            REACHED[result.reached],
            result.note,
        )
    console.print(table)


def as_markdown(results: list[Result]) -> str:
    """Return the table as the manual shows it."""
    lines = ["| what | uWSGI | ours | goal | reached |", "|---|--:|--:|---|---|"]
    for result in results:
        goal = result.goal.text() if result.goal else ""
        values = f"{shown(result.uwsgi)} | {shown(result.ours)}"
        lines.append(f"| {result.what}, {result.unit} | {values} | {goal} | {REACHED[result.reached]} |")
    return "\n".join(lines) + "\n"


def shown(value: float | None) -> str:
    """Return three significant figures, thousands grouped; nothing for what was not measured."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
