"""Claims about processes that tell each other things: mules, farms, signals, rpc."""

from __future__ import annotations

import pytest

from tests.claims import seen
from tests.claims.table import World, claim, step
from uwsgiconf import uwsgi
from uwsgiconf.runtime.mules import Farm, Mule, mule_offload, register_message_handler
from uwsgiconf.runtime.rpc import get_rpc_list, make_rpc_call, register_rpc
from uwsgiconf.runtime.signals import REGISTERED_SIGNALS, Signal, get_available_num, get_last_received

WORKERS = {"worker1", "worker2", "worker3", "worker4"}
MULES = {"mule1", "mule2", "mule3"}
PAIR = {"mule2", "mule3"}

#: Where a signal is handled: of a target, the processes, and whether all of them do.
TARGETS: dict[str, tuple[set[str], bool]] = {
    "worker": (WORKERS, False),
    "worker2": ({"worker2"}, True),
    "workers": (WORKERS, True),
    "active-workers": (WORKERS, True),
    "mule": (MULES, False),
    "mule2": ({"mule2"}, True),
    "mules": (MULES, True),
    "spooler": ({"spooler"}, True),
    "farm_pair": (PAIR, False),
    "farm2": (PAIR, False),
}


@mule_offload(Mule(2))
def offloaded(*args: object, **kwargs: object) -> None:
    """Write down what came, in mule 2."""
    seen.write("offloaded", f"{seen.whoami()} {args} {kwargs}")


@claim("mules", check=lambda: seen.read("offloaded") == "mule2 (1, 'ä') {'deep': [{}]}")
def a_call_is_made_by_a_mule(world: World) -> None:
    """An offloaded call returns at once that it was handed over, and the mule makes it, with all arguments."""
    assert offloaded(1, "ä", deep=[{}]) is True


@mule_offload("pair")
def offloaded_to_farm() -> None:
    """Count, in a mule of the farm."""
    assert Farm("pair").is_mine
    assert not Farm("solo").is_mine
    seen.note("offloaded-to-farm")


def _farm_did_ten() -> bool:
    return seen.count("offloaded-to-farm") == 10 and seen.by("offloaded-to-farm") <= PAIR


@claim("mules", check=_farm_did_ten)
def a_farm_shares_calls(world: World) -> None:
    """Ten calls are made by the mules of the farm, each once."""
    assert [offloaded_to_farm() for _ in range(10)] == [True] * 10


@mule_offload()
def offloaded_by_default() -> None:
    """Count, in mule 1."""
    seen.note("offloaded-by-default")


@claim("mules", check=lambda: seen.by("offloaded-by-default") == {"mule1"})
def mule_one_by_default(world: World) -> None:
    """Where no mule is named, the first one makes the calls."""
    offloaded_by_default()


@register_message_handler()
def keep_message(message: bytes) -> None:
    """Write down a message that is no call."""
    seen.write("message", f"{seen.whoami()} {message!r}")


@claim("mules", check=lambda: seen.read("message") == "mule3 b'plain'")
def messages_reach_a_mule(world: World) -> None:
    """A message that is no call goes to the handlers of messages."""
    assert Mule(3).send("plain")


@claim("mules")
def nobody_there(world: World) -> None:
    """Mules and farms that are not there are refused, and so is a message that would arrive cut off."""
    with pytest.raises(ValueError, match="mule 9: wanted a mule that is configured, found mules 1 to 3"):
        Mule(9).send("x")
    with pytest.raises(ValueError, match="unknown farm"):
        Farm("nowhere").send("x")
    with pytest.raises(ValueError, match="wanted at most 65536 bytes, found 65537 bytes"):
        Mule(1).send("x" * 65537)
    with pytest.raises(ValueError, match="in a mule"):
        Mule.get_message(timeout=0)
    assert Mule.get_current() is None
    assert Mule.get_current_id() == 0


@claim("mules")
def farms_are_listed(world: World) -> None:
    """All farms are listed, with their mules."""
    assert [(farm.name, farm.mules) for farm in Farm.get_farms()] == [
        ("solo", (Mule(1),)),
        ("pair", (Mule(2), Mule(3))),
    ]


def _handle(target: str) -> Signal:
    signal = Signal()
    signal.register_handler(target=target, callback=lambda: seen.note(f"signal-{target}"))
    return signal


SIGNALS = {target: _handle(target) for target in TARGETS}


def _reached(target: str) -> bool:
    processes, all_of_them = TARGETS[target]
    there = seen.by(f"signal-{target}")
    if all_of_them:
        return there == processes and seen.count(f"signal-{target}") == len(processes)
    return there <= processes and seen.count(f"signal-{target}") == 1


def _claim_target(target: str) -> None:
    def do(world: World) -> None:
        assert SIGNALS[target].registered
        SIGNALS[target].send()

    do.__doc__ = f"A signal for `{target}` is handled there, once in each process."
    do.__name__ = f"target_{target}"
    claim("signals", check=lambda: _reached(target))(do)


for _target in TARGETS:
    _claim_target(_target)

OBJECTS = Signal()


@OBJECTS.register_handler(target=Mule(3))
def on_object() -> None:
    """Count."""
    seen.note("signal-for-object")


@claim("signals", check=lambda: seen.by("signal-for-object") == {"mule3"})
def objects_are_targets(world: World) -> None:
    """A `Mule` is a target as its name is."""
    assert REGISTERED_SIGNALS[OBJECTS.num].target == "mule3"
    OBJECTS.send()


@claim("signals")
def numbers_of_signals(world: World) -> None:
    """Numbers beyond a byte are refused, free ones are found, and targets that are none are refused."""
    for number in (256, -1):
        with pytest.raises(ValueError, match=f"wanted 0 to 255, found {number}"):
            Signal(number)
    first, second = Signal(), Signal()
    assert first != second
    free = get_available_num()
    assert free not in {first.num, second.num}
    assert not Signal(free).registered
    assert free not in REGISTERED_SIGNALS
    for target in ("nowhere", "farm", "workers2", "mule" + "1" * 60, "farm_" + "x" * 60):
        with pytest.raises(ValueError, match="target of a signal: wanted workers, workerN"):
            Signal(free).register_handler(target=target)


WAITED_FOR = Signal()


@WAITED_FOR.register_handler(target="workers")
def on_waited_for() -> None:
    """Count."""
    seen.note("waited-for")


@claim("signals", check=lambda: seen.by("waited-for") == WORKERS)
def signals_are_waited_for(world: World) -> None:
    """Waiting for a signal ends with it, and its handler is called."""
    WAITED_FOR.send()
    WAITED_FOR.wait()
    assert get_last_received() == WAITED_FOR
    assert seen.whoami() in seen.by("waited-for")


@claim("signals", check=lambda: seen.count("signal-remote") == 1)
def signals_reach_other_instances(world: World) -> None:
    """A signal can be sent to another instance by its address; one that nobody takes is told."""
    REMOTE.send(remote=world.address)
    if not world.is_real:
        uwsgi.signal(REMOTE.num)  # what the other instance does with it
    with pytest.raises(OSError, match=f"unable to deliver signal {REMOTE.num}"):
        REMOTE.send(remote="127.0.0.1:1")


REMOTE = Signal()


@REMOTE
def on_remote() -> None:
    """Count."""
    seen.note("signal-remote")


@register_rpc()
def joined(*args: bytes) -> bytes:
    """Join what came."""
    return b"+".join(args)


@register_rpc("named")
def as_text() -> str:
    """Return a text."""
    return "täxt"


@register_rpc()
def nothing() -> None:
    """Return nothing."""


@claim("rpc")
def functions_are_called(world: World) -> None:
    """Functions are called by their names, with texts or bytes, and may return bytes, text or nothing."""
    assert make_rpc_call("joined", ["a", b"b"]) == "a+b"
    assert make_rpc_call("named") == "täxt"
    assert make_rpc_call("nothing") is None
    assert make_rpc_call("not-there") is None
    assert {"joined", "named", "nothing"} <= set(get_rpc_list())


@claim("rpc")
def functions_of_other_instances_are_called(world: World) -> None:
    """Functions of another instance are called by its address; nobody there is None."""
    assert make_rpc_call("joined", args=["x", "y"], remote=world.address) == "x+y"
    assert make_rpc_call("joined", args=["x"], remote="127.0.0.1:1") is None


@claim("rpc")
def more_than_a_call_takes(world: World) -> None:
    """Arguments that uWSGI would read wrong are refused, with what it takes."""
    with pytest.raises(ValueError, match="at most 254 arguments of at most 65535 bytes, found 255, the longest of 1"):
        make_rpc_call("joined", ["x"] * 255)
    with pytest.raises(ValueError, match="found 1, the longest of 65536 bytes"):
        make_rpc_call("joined", ["x" * 65536])
    assert make_rpc_call("joined", ["x"] * 254) == "+".join("x" * 254)
    with pytest.raises(ValueError, match="unable to register rpc function"):
        register_rpc("n" * 256)(nothing)


@step
def whoami() -> str:
    """Tell who answers."""
    return seen.whoami()
