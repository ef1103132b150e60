"""What the Emperor decides about one vassal, and that deciding settles it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imperator.policy.chronicle import EXILE_CODE, Chronicle
from imperator.policy.decide import (
    CloseSocket,
    Decision,
    Forget,
    Hold,
    Kill,
    Launch,
    Listen,
    Presume,
    Reload,
    Stop,
    TakeNote,
    decide,
    due_at,
)
from imperator.policy.discipline import Rules
from imperator.policy.phases import Event, Phase
from imperator.policy.vassal import ProcessState, VassalSpec, VassalState

RULES = Rules(throttle_seconds=1, max_throttle_seconds=3, curse_seconds=30, heartbeat_seconds=10, silence_seconds=5)


def spec(version: int = 1, socket: str | None = None, directory: str = "/srv/vassals") -> VassalSpec:
    """Return what is wanted of the one vassal of these tests."""
    return VassalSpec("app.ini", "/srv/vassals", version, modified=0.0, directory=directory, socket=socket)


@dataclass
class Life:
    """One vassal's life: a state, the clock, and the carrying out of decisions as the Emperor does it."""

    wanted: VassalSpec | None = field(default_factory=spec)
    rules: Rules = RULES
    now: float = 100.0
    moves: list[tuple[Phase, Event]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = VassalState(spec().key)
        self.chronicle = Chronicle(self.rules, lambda state, before, event: self.moves.append((before, event)))

    def phase(self) -> Phase:
        """Return where the vassal stands."""
        return self.state.phase

    def told_version(self) -> object:
        """Return the version its process was started with, or was last told to reload for."""
        return self.process.version

    @property
    def process(self) -> ProcessState:
        """Return the process, which there has to be."""
        assert self.state.process is not None
        return self.state.process

    def decide(self) -> Decision | None:
        """Ask what is to be done now."""
        return decide(self.wanted, self.state, self.now, self.rules)

    def obey(self, *, launch_works: bool = True) -> Decision | None:  # noqa: C901  one branch a decision
        """Ask, and do it."""
        decision = self.decide()
        match decision:
            case Launch():
                self._launch(launch_works)
            case Listen():
                self._listen(launch_works)
            case CloseSocket():
                self.chronicle.socket_closed(self.state)
            case TakeNote():
                assert self.wanted is not None
                self.chronicle.updated_at_rest(self.state, self.wanted)
            case Reload():
                assert self.wanted is not None
                self.chronicle.told_to_reload(self.state, self.wanted, self.process, self.now)
            case Presume():
                self.chronicle.presumed_reloaded(self.state, self.process)
            case Stop():
                self.chronicle.told_to_stop(self.state, self.process, self.now)
            case Kill():
                self.chronicle.killed(self.state, self.process, self.now)
            case Hold():
                assert self.wanted is not None
                self.chronicle.held_down(self.state, self.wanted)
            case Forget():
                self.chronicle.forgotten(self.state)
        return decision

    def _launch(self, works: bool) -> None:
        assert self.wanted is not None
        if works:
            self.chronicle.launched(self.state, self.wanted, 4711, self.now)
        else:
            self.chronicle.launch_failed(self.state, self.wanted, self.now)

    def _listen(self, works: bool) -> None:
        assert self.wanted is not None
        if works:
            self.chronicle.socket_bound(self.state, self.wanted)
        else:
            self.chronicle.socket_refused(self.state, self.wanted, self.now)

    def die(self, exit_code: int | None = 1) -> None:
        """Let the process die by itself."""
        self.chronicle.died(self.state, self.process, "died", exit_code, self.now)


@pytest.fixture
def running() -> Life:
    """Return a vassal that runs and accepts, but is not loyal yet."""
    life = Life()
    life.obey()
    life.chronicle.spawned(life.state, life.process, life.now)
    life.chronicle.accepting(life.state, life.process, life.now)
    return life


@pytest.fixture
def loyal(running: Life) -> Life:
    """Return a vassal that runs and has served a request."""
    running.chronicle.loyal(running.state, running.process, running.now)
    return running


def test_new_vassal_is_launched_at_once() -> None:
    """What is wanted and does not run is started."""
    assert Life().decide() == Launch()


def test_vassal_in_line_is_left_alone(running: Life) -> None:
    """Nothing is done about a vassal that runs what is wanted, and no timer is needed for it."""
    assert running.decide() is None
    assert due_at(running.wanted, running.state, running.rules) is None


@pytest.mark.parametrize("version", [2, 0, -1], ids=["newer", "older", "much older"])
def test_any_other_version_is_a_reload(running: Life, version: int) -> None:
    """A roll-back counts like any change: versions are only ever compared for equality."""
    running.wanted = spec(version)
    assert running.obey() == Reload()
    assert running.phase() is Phase.RELOADING


def test_changes_during_a_reload_become_one_more_reload(running: Life) -> None:
    """Ten changes while the vassal reloads cost one byte more, not ten, and the last of them is not lost."""
    for version in range(2, 12):
        running.wanted = spec(version)
        running.obey()
    assert running.told_version() == 2
    running.chronicle.accepting(running.state, running.process, running.now)
    assert running.obey() == Reload()
    assert running.told_version() == 11
    running.chronicle.accepting(running.state, running.process, running.now)
    assert running.decide() is None


def test_reload_that_is_never_answered_holds_nothing_back_for_long(running: Life) -> None:
    """A vassal without workers never answers a reload: after a while the next change is sent all the same."""
    running.wanted = spec(2)
    running.obey()
    running.wanted = spec(3)
    assert running.decide() is None
    running.now = due_at(running.wanted, running.state, running.rules) or 0.0
    assert running.now == 105.0
    assert running.obey() == Presume()
    assert running.obey() == Reload()


def test_vassal_that_never_answers_is_not_waited_for_long() -> None:
    """One that has never said that it accepts requests has no workers that could answer: its reloads are quick."""
    life = Life()
    life.obey()
    life.chronicle.spawned(life.state, life.process, life.now)
    life.wanted = spec(2)
    assert life.obey() == Reload()
    assert due_at(life.wanted, life.state, life.rules) == life.now + RULES.mute_seconds
    life.now += RULES.mute_seconds
    assert life.obey() == Presume()


def test_vassal_that_is_gone_is_stopped_and_then_forgotten(loyal: Life) -> None:
    """Only what is gone is stopped, and it leaves nothing behind."""
    loyal.wanted = None
    assert loyal.obey() == Stop(graceful=False)
    assert loyal.decide() is None
    loyal.die(0)
    assert loyal.obey() == Forget()
    assert loyal.phase() is Phase.GONE


def test_graceful_shutdown_is_what_vassals_are_asked_for_when_wanted() -> None:
    """`emperor-graceful-shutdown` decides which of the two stop messages is sent."""
    life = Life(rules=Rules(graceful_stop=True))
    life.obey()
    life.wanted = None
    assert life.decide() == Stop(graceful=True)


def test_vassal_that_does_not_stop_is_killed_when_the_curse_ends(running: Life) -> None:
    """A vassal gets `emperor-curse-tolerance` seconds to stop, and not one more."""
    running.wanted = None
    running.obey()
    assert due_at(None, running.state, running.rules) == 130.0
    running.now = 129.9
    assert running.decide() is None
    running.now = 130.0
    assert isinstance(running.obey(), Kill)
    assert running.decide() is None
    assert due_at(None, running.state, running.rules) == 160.0


def test_stop_that_was_not_heard_is_repeated(running: Life) -> None:
    """uWSGI may drop the stop message while it reloads: when it is back in business it is asked once more."""
    running.wanted = None
    running.obey()
    running.now += 1
    running.chronicle.accepting(running.state, running.process, running.now)
    assert running.obey() == Stop(graceful=False)
    assert running.decide() is None
    assert due_at(None, running.state, running.rules) == 130.0, "the curse runs from the first time it was asked"


def test_vassal_that_comes_back_while_it_stops_is_started_again(loyal: Life) -> None:
    """A file removed and put back while its vassal stops gives a new process once the old one is dead."""
    loyal.wanted = None
    loyal.obey()
    loyal.wanted = spec(2)
    assert loyal.decide() is None
    loyal.die(0)
    assert loyal.obey() == Launch()
    assert loyal.state.offence is None


@pytest.mark.parametrize(
    ("deaths", "wait_seconds"),
    [(1, 1.0), (2, 2.0), (3, 3.0), (4, 3.0)],
    ids=["first", "second", "third", "never above the maximum"],
)
def test_disloyal_deaths_throttle(deaths: int, wait_seconds: float) -> None:
    """Each death before loyalty makes the next start wait longer, up to `emperor-max-throttle`."""
    life = Life()
    for _ in range(deaths):
        assert life.obey() == Launch()
        life.die()
        assert life.decide() is None
        died_at, life.now = life.now, due_at(life.wanted, life.state, life.rules) or 0.0
    assert life.now - died_at == wait_seconds
    assert life.decide() == Launch()


def test_change_is_tried_at_once_however_throttled_the_vassal_is() -> None:
    """Whoever mends a configuration does not wait for the throttle."""
    life = Life()
    life.obey()
    life.die()
    assert life.decide() is None
    life.wanted = spec(2)
    assert life.decide() == Launch()


def test_loyalty_takes_a_vassal_off_the_blacklist() -> None:
    """The first served request forgives everything, and a loyal vassal that dies starts again at once."""
    life = Life()
    life.obey()
    life.die()
    life.now += 1
    life.obey()
    life.chronicle.loyal(life.state, life.process, life.now)
    assert life.state.offence is None
    life.die()
    assert life.phase() is Phase.WAITING
    assert life.decide() == Launch()


def test_without_a_blacklist_nothing_waits() -> None:
    """`emperor-no-blacklist`: a vassal that dies is started again at once."""
    life = Life(rules=Rules(use_blacklist=False))
    life.obey()
    life.die()
    assert life.decide() == Launch()


def test_failed_launch_waits_even_without_a_blacklist() -> None:
    """A machine that cannot make processes is not asked for more of them in a tight loop."""
    life = Life(rules=Rules(use_blacklist=False))
    assert life.obey(launch_works=False) == Launch()
    assert life.phase() is Phase.THROTTLED
    assert life.decide() is None


def test_exiled_vassal_stays_down_until_it_changes(running: Life) -> None:
    """Exit code 26 means: do not start me again. A change, or being asked for by name, ends the exile."""
    running.die(EXILE_CODE)
    running.now += 1e6
    assert running.decide() is None
    assert due_at(running.wanted, running.state, running.rules) is None
    running.wanted = spec(2)
    assert running.decide() == Launch()
    running.wanted = spec(1)
    running.chronicle.summoned(running.state)
    assert running.decide() == Launch()


def test_summons_reload_what_runs_and_start_what_does_not(running: Life) -> None:
    """SIGHUP: whatever runs reloads, whatever waits for its throttle starts."""
    running.chronicle.summoned(running.state)
    assert running.obey() == Reload()
    running.die()
    assert running.decide() is None
    running.chronicle.summoned(running.state)
    assert running.obey() == Launch()


def stop_by_command(life: Life) -> None:
    """Command the vassal to stop, and let it."""
    life.chronicle.commanded_to_stop(life.state, life.wanted)
    assert life.obey() == Stop(graceful=False)
    life.die(0)
    assert life.obey() == Hold()
    assert life.phase() is Phase.HELD


def test_vassal_that_was_commanded_to_stop_stays_down(loyal: Life) -> None:
    """Neither time nor a reload of all brings it back."""
    stop_by_command(loyal)
    loyal.now += 1e6
    assert loyal.decide() is None
    assert due_at(loyal.wanted, loyal.state, loyal.rules) is None
    loyal.chronicle.summoned(loyal.state)
    assert loyal.decide() is None


def test_changed_configuration_overcomes_a_stop(loyal: Life) -> None:
    """Whoever mends the configuration of a stopped vassal wants to see it run, and it is an ordinary vassal again."""
    stop_by_command(loyal)
    loyal.wanted = spec(2)
    assert loyal.obey() == Launch()
    assert loyal.decide() is None


def test_spawn_overcomes_a_stop(loyal: Life) -> None:
    """A command to run starts what another one stopped."""
    stop_by_command(loyal)
    loyal.chronicle.commanded_to_run(loyal.state)
    assert loyal.obey() == Launch()
    assert loyal.decide() is None


@pytest.mark.parametrize("waits", [True, False], ids=["waiting for commands", "not waiting"])
def test_newest_command_counts_while_the_vassal_stops(waits: bool) -> None:
    """A command to run that comes while the vassal still stops starts it as soon as it is dead."""
    life = Life(rules=Rules(wait_for_command=waits))
    life.chronicle.commanded_to_run(life.state)
    life.obey()
    life.chronicle.commanded_to_stop(life.state, life.wanted)
    life.obey()
    life.chronicle.commanded_to_run(life.state)
    assert life.decide() is None
    life.die(0)
    assert life.obey() == Launch()
    assert life.decide() is None


def test_command_to_run_does_not_disturb_what_runs(running: Life) -> None:
    """Spawning a vassal that runs is no reload."""
    running.chronicle.commanded_to_run(running.state)
    assert running.decide() is None


@pytest.mark.parametrize("exit_code", [1, EXILE_CODE], ids=["throttled", "exiled"])
def test_commands_reach_a_vassal_that_is_down(exit_code: int) -> None:
    """A throttled or exiled vassal can be started now, or stopped so that it does not come back."""
    life = Life()
    life.obey()
    life.die(exit_code)
    life.chronicle.commanded_to_stop(life.state, life.wanted)
    assert life.obey() == Hold()
    assert due_at(life.wanted, life.state, life.rules) is None
    life.chronicle.commanded_to_run(life.state)
    assert life.obey() == Launch()


def test_cursed_vassal_that_is_stopped_by_command_stays_down(running: Life) -> None:
    """A vassal that has closed its channel is dying already: what was commanded holds after its death."""
    running.chronicle.channel_lost(running.state, running.process, running.now)
    running.chronicle.commanded_to_stop(running.state, running.wanted)
    assert running.obey() == Stop(graceful=False)
    assert running.decide() is None
    running.die(None)
    assert running.obey() == Hold()


WAITS = Rules(wait_for_command=True, never_wait=("other.ini",), throttle_seconds=1)


def test_vassal_waits_for_a_command() -> None:
    """`emperor-wait-for-command`: only a command starts it; changes before that are taken without starting it."""
    life = Life(rules=WAITS)
    assert life.obey() == Hold()
    life.wanted = spec(2)
    life.chronicle.summoned(life.state)
    life.chronicle.pardoned(life.state)
    assert life.decide() is None
    life.chronicle.commanded_to_run(life.state)
    assert life.obey() == Launch()
    assert life.told_version() == 2


def test_vassal_that_never_waits_starts_by_itself() -> None:
    """`emperor-wait-for-command-ignore` names those that are started as ever."""
    assert Life(rules=Rules(wait_for_command=True, never_wait=("app.ini",))).decide() == Launch()


def test_vassal_that_ran_by_command_is_started_again_when_it_dies() -> None:
    """Who commanded a vassal to run wants it to run, through reloads and deaths, throttled like any other."""
    life = Life(rules=WAITS)
    life.chronicle.commanded_to_run(life.state)
    life.obey()
    life.wanted = spec(2)
    assert life.obey() == Reload()
    life.die()
    assert life.phase() is Phase.THROTTLED
    life.now += 1
    assert life.decide() == Launch()


def test_vassal_that_is_done_waits_for_the_next_command() -> None:
    """Byte 22 under `emperor-wait-for-command`: it asked to stop, so its command is used up."""
    life = Life(rules=WAITS)
    life.chronicle.commanded_to_run(life.state)
    life.obey()
    life.chronicle.satisfied(life.state)
    life.chronicle.told_to_stop(life.state, life.process, life.now)
    life.die(0)
    assert life.obey() == Hold()


def test_vassal_that_ran_by_command_and_moved_is_started_anew() -> None:
    """A stop of our own making does not use up the command to run."""
    life = Life(rules=WAITS)
    life.chronicle.commanded_to_run(life.state)
    life.obey()
    life.wanted = spec(2, directory="/srv/other")
    assert life.obey() == Stop(graceful=False)
    life.die(0)
    assert life.obey() == Launch()


def test_change_does_not_overcome_a_stop_where_vassals_wait_for_commands() -> None:
    """Under `emperor-wait-for-command` only a command starts a vassal, also one that was stopped by another."""
    life = Life(rules=WAITS)
    life.chronicle.commanded_to_run(life.state)
    life.obey()
    stop_by_command(life)
    life.wanted = spec(2)
    assert life.decide() is None


def test_silence_after_a_heartbeat_is_death(loyal: Life) -> None:
    """One heartbeat is a promise of more: a vassal that breaks it is killed and started again."""
    loyal.chronicle.heartbeat(loyal.process, loyal.now)
    loyal.now += 9
    assert loyal.decide() is None
    loyal.chronicle.heartbeat(loyal.process, loyal.now)
    loyal.now += 10
    assert isinstance(loyal.obey(), Kill)
    loyal.die(None)
    assert loyal.decide() == Launch()


def test_lost_channel_is_a_curse(running: Life) -> None:
    """A vassal that closes its channel and lives on is killed when the curse ends, and punished."""
    running.chronicle.channel_lost(running.state, running.process, running.now)
    assert running.phase() is Phase.CURSED
    assert running.decide() is None
    running.now += 30
    assert isinstance(running.obey(), Kill)
    running.die(None)
    assert running.phase() is Phase.THROTTLED


@pytest.fixture
def listening() -> Life:
    """Return an on-demand vassal that waits for its first connection."""
    life = Life(wanted=spec(socket="/run/app"))
    assert life.obey() == Listen()
    return life


def test_on_demand_vassal_waits_for_a_connection(listening: Life) -> None:
    """The Emperor listens; the first connection starts the vassal, and not the second one again."""
    assert listening.phase() is Phase.LISTENING
    assert listening.decide() is None
    listening.chronicle.called(listening.state)
    assert listening.obey() == Launch()
    assert listening.decide() is None


def test_on_demand_vassal_that_is_done_waits_again(listening: Life) -> None:
    """Idle and done: it is back to waiting on the same socket, as often as one likes."""
    for _ in range(3):
        listening.chronicle.called(listening.state)
        listening.obey()
        listening.chronicle.told_to_stop(listening.state, listening.process, listening.now)
        listening.die(0)
        assert listening.obey() == Listen()
        assert listening.decide() is None


def test_change_while_waiting_is_noted_and_starts_nothing(listening: Life) -> None:
    """A new configuration and SIGHUP leave a waiting vassal waiting."""
    listening.wanted = spec(2, socket="/run/app")
    assert listening.obey() == TakeNote()
    listening.chronicle.summoned(listening.state)
    assert listening.decide() is None


def test_on_demand_vassal_that_crashes_is_throttled_before_it_waits_again(listening: Life) -> None:
    """A crash on each connection does not become a loop: the next try is not before the throttle ends."""
    listening.chronicle.called(listening.state)
    listening.obey()
    listening.die()
    assert listening.phase() is Phase.THROTTLED
    assert listening.decide() is None
    listening.now += 1
    assert listening.obey() == Listen()


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize("address", ["/run/other", None])
def test_moving_the_socket_is_a_new_start(listening: Life, running: bool, address: str | None) -> None:
    """Another socket, or none any more: what runs stops, the old socket is closed, and it goes on from there."""
    if running:
        listening.chronicle.called(listening.state)
        listening.obey()
    listening.wanted = spec(2, socket=address)
    if running:
        assert listening.obey() == Stop(graceful=False)
        listening.die(0)
    assert listening.obey() == CloseSocket()
    assert listening.obey() == (Launch() if address is None else Listen())


def test_vassal_that_becomes_on_demand_stops_first(running: Life) -> None:
    """A vassal that runs on its own sockets and is given one of the Emperor's makes room for it."""
    running.wanted = spec(2, socket="/run/app")
    assert running.obey() == Stop(graceful=False)
    running.die(0)
    assert running.obey() == Listen()


def test_socket_that_is_refused_is_tried_again_later() -> None:
    """An address in use is no reason to ask for it in a tight loop."""
    life = Life(wanted=spec(socket="/run/app"))
    assert life.obey(launch_works=False) == Listen()
    assert life.decide() is None
    life.now += 1
    assert life.obey() == Listen()


def test_vassal_whose_file_became_text_is_started_anew(running: Life) -> None:
    """A reload reads the file again or asks for the text again: one that is the other now is stopped and started."""
    running.wanted = replace(spec(2), config=b"[uwsgi]\n")
    assert running.obey() == Stop(graceful=False)
    running.die(0)
    assert running.obey() == Launch()


def test_vassal_whose_directory_moved_is_started_anew(running: Life) -> None:
    """A reload keeps the working directory: a vassal whose directory is another one now is stopped and started."""
    running.wanted = spec(directory="/srv/other")
    assert running.obey() == Stop(graceful=False)
    running.die(0)
    assert running.obey() == Launch()


def test_on_demand_vassal_that_is_stopped_by_command_has_no_socket(listening: Life) -> None:
    """Nobody waits for an answer of a vassal that is held down; a command has it listen again."""
    listening.chronicle.commanded_to_stop(listening.state, listening.wanted)
    assert listening.obey() == CloseSocket()
    assert listening.obey() == Hold()
    assert listening.decide() is None
    listening.chronicle.commanded_to_run(listening.state)
    assert listening.obey() == Listen()
    assert listening.decide() is None


def test_on_demand_vassal_that_is_done_needs_no_new_command() -> None:
    """Under `emperor-wait-for-command` one command has an on-demand vassal listen, as often as it is done."""
    life = Life(wanted=spec(socket="/run/app"), rules=WAITS)
    assert life.obey() == Hold()
    life.chronicle.commanded_to_run(life.state)
    for _ in range(2):
        assert life.obey() == Listen()
        life.chronicle.called(life.state)
        assert life.obey() == Launch()
        life.chronicle.satisfied(life.state)
        life.chronicle.told_to_stop(life.state, life.process, life.now)
        life.die(0)


def test_zerg_waits_for_no_command() -> None:
    """Zergs come and go with their vassal, whatever `emperor-wait-for-command` says."""
    zerg = spec().as_zerg(1)
    assert decide(zerg, VassalState(zerg.key), 0.0, WAITS) == Launch()


HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["want", "want on demand"]), st.integers(0, 3)),
        st.tuples(st.sampled_from(["unwant", "summon", "spawned", "accepting", "loyal", "heartbeat"]), st.just(0)),
        st.tuples(st.sampled_from(["lost", "done", "pardon", "call", "command run", "command stop"]), st.just(0)),
        st.tuples(st.just("die"), st.sampled_from([0, 1, EXILE_CODE])),
        st.tuples(st.just("wait"), st.integers(0, 40)),
        st.tuples(st.just("wait until due"), st.just(0)),
        st.tuples(st.just("refuse launches"), st.integers(0, 1)),
    ),
    max_size=40,
)


def _happen(life: Life, what: str, number: int) -> None:  # noqa: C901  one branch a happening
    state, process = life.state, life.state.process
    match what:
        case "want":
            life.wanted = spec(number)
        case "want on demand":
            life.wanted = spec(number, socket=f"/run/{number % 2}")
        case "call" if life.phase() is Phase.LISTENING:
            life.chronicle.called(state)
        case "unwant":
            life.wanted = None
        case "summon":
            life.chronicle.summoned(state)
        case "command run":
            life.chronicle.commanded_to_run(state)
        case "command stop":
            life.chronicle.commanded_to_stop(state, life.wanted)
        case "pardon":
            life.chronicle.pardoned(state)
        case "wait":
            life.now += number
        case "wait until due":
            life.now = max(life.now, due_at(life.wanted, state, life.rules) or 0.0)
        case _ if process is None:
            pass  # nobody is there to do it
        case "spawned":
            life.chronicle.spawned(state, process, life.now)
        case "accepting":
            life.chronicle.accepting(state, process, life.now)
        case "loyal":
            life.chronicle.loyal(state, process, life.now)
        case "heartbeat":
            life.chronicle.heartbeat(process, life.now)
        case "lost":
            life.chronicle.channel_lost(state, process, life.now)
        case "done" if not process.asked_to_stop:
            life.chronicle.satisfied(state)
            life.chronicle.told_to_stop(state, process, life.now)
        case "die":
            life.die(number)


@settings(max_examples=400, deadline=None)
@given(HAPPENINGS, st.booleans())
def test_carrying_out_a_decision_settles_it(happenings: list[tuple[str, int]], waits: bool) -> None:
    """Whatever happened, doing what was decided and asking again at the same moment gives nothing to do.

    A presumed reload and a closed socket clear the way for one decision more, and then there is none.
    """
    life, launch_works = Life(rules=replace(RULES, wait_for_command=waits)), True
    for what, number in happenings:
        if life.phase() is Phase.GONE:
            return
        if what == "refuse launches":
            launch_works = not number
        else:
            _happen(life, what, number)
        decision = life.obey(launch_works=launch_works)
        if decision in (Presume(), CloseSocket()):
            life.obey(launch_works=launch_works)
        assert life.phase() is Phase.GONE or life.decide() is None


@settings(max_examples=400, deadline=None)
@given(HAPPENINGS, st.booleans())
def test_time_alone_changes_nothing_before_it_is_due(happenings: list[tuple[str, int]], waits: bool) -> None:
    """Between now and `due_at` there is nothing to decide; at that moment there is."""
    life = Life(rules=replace(RULES, wait_for_command=waits))
    for what, number in [("wait", 0), *happenings]:
        if what != "refuse launches":
            _happen(life, what, number)
        while life.obey() is not None:
            if life.phase() is Phase.GONE:
                return
    moment = due_at(life.wanted, life.state, life.rules)
    if moment is None:
        assert decide(life.wanted, life.state, life.now + 1e9, life.rules) is None
    else:
        assert decide(life.wanted, life.state, moment - 0.001, life.rules) is None
        assert decide(life.wanted, life.state, moment, life.rules) is not None


def test_change_of_owner_stops_what_runs_as_the_old_one() -> None:
    """Where owners count, a process of another one is stopped, and the next is asked for; elsewhere nothing happens."""
    life = Life()
    assert life.wanted is not None
    for owner, decision in (
        (None, None),
        ((5, 6), None),
        ((5, 7), Stop(RULES.graceful_stop, "permissions of its configuration changed")),
    ):
        life = Life(wanted=replace(spec(), uid=5, gid=6))
        assert life.wanted is not None
        facts = life.chronicle.launched(life.state, life.wanted, 77, life.now, owner)
        life.chronicle.spawned(life.state, facts, life.now)
        assert life.decide() == decision


def test_refused_reload_is_not_tried_again_until_something_changes() -> None:
    """A vassal whose new configuration cannot be had goes on with the old one, and the next change is tried."""
    life = Life(wanted=spec(1))
    life.obey()
    life.wanted = spec(2)
    assert life.decide() == Reload()
    life.chronicle.reload_refused(life.state, life.wanted, life.process)
    assert life.decide() is None
    life.wanted = spec(3)
    assert life.decide() == Reload()
