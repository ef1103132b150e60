"""Looking at vassals again though nothing happens: waits, heartbeats and curses run out by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from imperator.deeds import Vassal
from imperator.policy.decide import due_at
from imperator.policy.discipline import Rules

__all__ = ["Timers"]


class Timers:
    """One timer a vassal at most.

    :param govern: Looks at a vassal.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, govern: Callable[[Vassal], None]) -> None:
        self._loop = loop
        self._govern = govern

    def set(self, vassal: Vassal, rules: Rules) -> None:
        """Have a vassal looked at when the mere passing of time may change what is to be done about it."""
        moment = due_at(vassal.wanted, vassal.state, rules)
        timer = vassal.timer
        if timer is not None:
            if moment is not None and timer.when() <= moment:
                return  # it looks again then: a heartbeat does not cost a timer each
            timer.cancel()
        vassal.timer = None if moment is None else self._loop.call_at(moment, partial(self._ring, vassal))

    def _ring(self, vassal: Vassal) -> None:
        vassal.timer = None
        self._govern(vassal)
