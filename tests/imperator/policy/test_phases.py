"""The table of legal transitions."""

from __future__ import annotations

import pytest

from imperator.policy.phases import TRANSITIONS, Event, IllegalTransitionError, Phase, next_phase

RUNS = {Phase.STARTING, Phase.RUNNING, Phase.RELOADING, Phase.STOPPING, Phase.CURSED, Phase.DOOMED}
DEATHS = {Event.DIED_AS_ASKED, Event.DIED_LOYAL, Event.DIED_DISLOYAL, Event.DIED_EXILED}


def test_every_move_outside_the_table_is_refused_loudly() -> None:
    """What the table does not allow is an error that names the vassal, its phase and the event."""
    refused = [(phase, event) for phase in Phase for event in Event if (phase, event) not in TRANSITIONS]
    assert refused
    for phase, event in refused:
        with pytest.raises(IllegalTransitionError) as caught:
            next_phase("app.ini", phase, event)
        assert str(caught.value) == (
            f"vassal 'app.ini' is {phase.value}: it cannot be one that {event.value}; please report this"
        )
        assert (caught.value.name, caught.value.phase, caught.value.event) == ("app.ini", phase, event)


@pytest.mark.parametrize("phase", list(Phase))
def test_only_what_runs_dies_and_only_what_does_not_is_launched(phase: Phase) -> None:
    """A phase with a process knows all four deaths and no launch; one without knows no death."""
    deaths = {event for event in DEATHS if (phase, event) in TRANSITIONS}
    assert deaths == (DEATHS if phase in RUNS else set())
    assert ((phase, Event.LAUNCHED) in TRANSITIONS) == (phase not in RUNS and phase is not Phase.GONE)


def test_nothing_follows_gone() -> None:
    """A vassal that is gone makes no move any more, and every other phase can get there."""
    assert not [event for phase, event in TRANSITIONS if phase is Phase.GONE]
    reach = {Phase.GONE}
    while True:
        more = {phase for (phase, _), after in TRANSITIONS.items() if after in reach} - reach
        if not more:
            break
        reach |= more
    assert reach == set(Phase)


def test_every_phase_and_event_is_used() -> None:
    """Nothing in the vocabulary is idle: every phase is entered or the first, every event moves something."""
    assert {event for _, event in TRANSITIONS} == set(Event)
    assert set(TRANSITIONS.values()) | {Phase.WAITING} == set(Phase)
