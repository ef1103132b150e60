"""The manual's page of states says what the code does."""

from __future__ import annotations

import pytest
from tools import make_states_page

from imperator.policy.phases import TRANSITIONS, Event, Phase


def test_the_page_is_current() -> None:
    """docs/states.md is what the table of transitions makes it; if not: python tools/make_states_page.py."""
    assert make_states_page.PAGE.read_text(encoding="utf-8") == make_states_page.render()


def test_every_phase_is_explained() -> None:
    """Each phase has a sentence below it in the source, and the page shows it."""
    explained = make_states_page.meanings()
    assert set(explained) == {phase.name for phase in Phase}
    assert all(text in make_states_page.render() for text in explained.values())


def test_every_move_is_a_line() -> None:
    """The page has as many lines of transitions as the table has moves."""
    assert len(make_states_page.transition_table().splitlines()) == len(TRANSITIONS) + 2


def test_a_drawing_that_is_not_in_the_table_is_refused() -> None:
    """A way that the table does not allow cannot be drawn: the page is not written."""
    with pytest.raises(KeyError, match="waiting --got a process--> running is drawn"):
        make_states_page.draw_way(((Phase.WAITING, None), (Phase.RUNNING, Event.LAUNCHED)))


def test_check_tells_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` on a page that is not current fails and names the command that writes it."""
    monkeypatch.setattr(make_states_page, "render", lambda: "something else")
    assert make_states_page.main(["--check"]) == 1
    assert "run: python tools/make_states_page.py" in capsys.readouterr().err
