"""Hooks as text."""

from __future__ import annotations

import sys

import pytest

import imperator.process.stage
from imperator.process.hooks import ACTIONS, read_hook


def test_every_action_that_is_taken_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """What options accept is just what hooks can do: the two lists live in different processes."""
    monkeypatch.setitem(sys.modules, "stage", imperator.process.stage)
    from imperator.process import actions

    assert actions.ACTIONS == ACTIONS


@pytest.mark.parametrize(
    ("text", "hook"),
    [
        ("exec:a:b c", ("exec", "a:b c", False)),
        ("!exec:a", ("exec", "a", True)),
        ("appendn:/f", ("appendn", "/f", False)),
        ("exit:", ("exit", "", False)),
    ],
)
def test_hook_is_taken_apart(text: str, hook: tuple[str, str, bool]) -> None:
    """The first colon ends the action; an exclamation mark keeps the hook out of the log."""
    assert read_hook(text) == hook


@pytest.mark.parametrize("text", ["", "exec", "exec a", "call:f", "callint:f 1", ":x", "!", "EXEC:x", " exec:x"])
def test_what_is_no_hook_is_refused(text: str) -> None:
    """An action that there is not, or none at all."""
    with pytest.raises(ValueError, match=r".*"):
        read_hook(text)
