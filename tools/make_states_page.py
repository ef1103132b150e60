"""Write docs/states.md from the table of transitions, so that the manual cannot say anything else.

python tools/make_states_page.py           write it
python tools/make_states_page.py --check   fail if it is not current
"""

from __future__ import annotations

import ast
import inspect
import sys
from itertools import groupby
from pathlib import Path

from imperator.policy import phases
from imperator.policy.phases import TRANSITIONS, Event, Phase

__all__ = ["main", "render"]

PAGE = Path(__file__).parents[1] / "docs" / "states.md"

INTRODUCTION = """\
# States of a vassal

<!-- Written by tools/make_states_page.py from src/imperator/policy/phases.py: edit those. -->

At each moment a vassal is in one phase. Something happens to it, and the table below says where that takes it. There is
no other way from phase to phase: what the table does not allow is refused with an error that names the vassal, its
phase and what happened. That would be a bug of the Emperor's, never of the vassal's.

## The usual life

```text
{life}
```

## Phases

{phases}

## Transitions

A row is a phase, and what may happen to a vassal in it. Rows that lead to the phase they started from are messages that
change nothing but are expected.

{transitions}
"""

LIFE = (
    ((Phase.WAITING, None), (Phase.STARTING, Event.LAUNCHED), (Phase.RUNNING, Event.SPAWNED)),
    ((Phase.RUNNING, None), (Phase.RELOADING, Event.TOLD_TO_RELOAD), (Phase.RUNNING, Event.SPAWNED)),
    ((Phase.RUNNING, None), (Phase.STOPPING, Event.TOLD_TO_STOP), (Phase.WAITING, Event.DIED_AS_ASKED)),
    ((Phase.RUNNING, None), (Phase.WAITING, Event.DIED_LOYAL), (Phase.STARTING, Event.LAUNCHED)),
    ((Phase.WAITING, None), (Phase.HELD, Event.HELD_DOWN), (Phase.STARTING, Event.LAUNCHED)),
    ((Phase.STARTING, None), (Phase.THROTTLED, Event.DIED_DISLOYAL), (Phase.STARTING, Event.LAUNCHED)),
)
"""The ways worth drawing: each a start, then events with the phase they lead to. Checked against the table."""


def draw_life() -> str:
    """Draw the usual ways, one a line.

    :raises KeyError: A way that is drawn is not in the table.
    """
    ways = [draw_way(way) for way in LIFE]
    widths = [max(len(piece) for piece in column) for column in zip(*ways, strict=True)]
    padded = [" ".join(piece.ljust(width) for piece, width in zip(way, widths, strict=True)) for way in ways]
    return "\n".join(line.rstrip() for line in padded)


def draw_way(way: tuple[tuple[Phase, Event | None], ...]) -> list[str]:
    """Return phases and arrows in turn."""
    before = way[0][0]
    drawing = [before.value]
    for after, event in way[1:]:
        assert event is not None
        if TRANSITIONS[before, event] is not after:
            raise KeyError(f"{before.value} --{event.value}--> {after.value} is drawn, but the table says otherwise")
        drawing += [f"── {event.value} ─▶", after.value]
        before = after
    return drawing


def meanings() -> dict[str, str]:
    """Return what stands below each phase in the source: its explanation."""
    body = ast.parse(inspect.getsource(phases)).body
    enum = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == "Phase")
    found: dict[str, str] = {}
    for assignment, text in zip(enum.body, enum.body[1:], strict=False):
        if (
            isinstance(assignment, ast.Assign)
            and isinstance(assignment.targets[0], ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[assignment.targets[0].id] = " ".join(str(text.value.value).split())
    return found


def phase_table() -> str:
    explained = meanings()
    rows = [f"| `{phase.value}` | {explained[phase.name]} |" for phase in Phase]
    return "\n".join(["| phase | what it means |", "|---|---|", *rows])


def transition_table() -> str:
    """Return one line for each move, in the order of phases and events, the phase named once."""
    phases_in_order, events_in_order = list(Phase), list(Event)
    moves = sorted(
        TRANSITIONS.items(), key=lambda move: (phases_in_order.index(move[0][0]), events_in_order.index(move[0][1]))
    )
    rows = ["| phase | a vassal that | is then |", "|---|---|---|"]
    for phase, group in groupby(moves, key=lambda move: move[0][0]):
        shown = f"**`{phase.value}`**"
        for (_, event), after in group:
            rows.append(f"| {shown} | {event.value} | `{after.value}` |")
            shown = ""
    return "\n".join(rows)


def render() -> str:
    """Return the whole page."""
    return INTRODUCTION.format(life=draw_life(), phases=phase_table(), transitions=transition_table())


def main(arguments: list[str]) -> int:
    """Return 0, or 1 if the page was to be checked and is not current."""
    if arguments == ["--check"]:
        if PAGE.read_text(encoding="utf-8") == render():
            return 0
        sys.stderr.write(f"{PAGE} is not what the table of transitions says; run: python tools/make_states_page.py\n")
        return 1
    PAGE.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
