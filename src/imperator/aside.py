"""Looking at files without keeping the loop from everything else, however long a file system takes to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Generic, TypeVar

from imperator.monitors.threads import run_in_thread
from imperator.policy.vassal import VassalKey, VassalSpec

__all__ = ["Aside"]

_AT_ONCE = 100
"""How many are looked at before the loop is told: the first need not wait for the last."""

R = TypeVar("R")


@dataclass(slots=True)
class _Lane:
    """What there is to do for one source.

    :param waiting: What comes next.
    :param at_work: What a thread looks at now; who is not wanted any more is taken out.
    """

    waiting: dict[VassalKey, VassalSpec] = field(default_factory=dict)
    at_work: dict[VassalKey, VassalSpec] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class _Bug:
    """What the work raised in the place of a result."""

    exception: Exception


class Aside(Mapping[VassalKey, VassalSpec], Generic[R]):
    """Does something for specs in threads, one a source: a source that does not answer holds up itself alone.

    It is a mapping of what is not done yet.

    :param work: Called in a thread with each spec.
    :param done: Called on the loop with the spec and what came of it, unless it was dropped or replaced meanwhile.
    """

    def __init__(self, work: Callable[[VassalSpec], R], done: Callable[[VassalSpec, R], None]) -> None:
        self._work = work
        self._done = done
        self._lanes: dict[str, _Lane] = {}

    def __getitem__(self, key: VassalKey) -> VassalSpec:
        """Return the spec that waits or is looked at for a vassal: the newest."""
        lane = self._lanes[key[0]]
        return lane.waiting[key] if key in lane.waiting else lane.at_work[key]

    def __contains__(self, key: object) -> bool:
        return any(key in lane.waiting or key in lane.at_work for lane in self._lanes.values())

    def __iter__(self) -> Iterator[VassalKey]:
        for lane in self._lanes.values():
            yield from lane.waiting
            yield from lane.at_work

    def __len__(self) -> int:
        return sum(len(lane.waiting) + len(lane.at_work) for lane in self._lanes.values())

    def put(self, spec: VassalSpec) -> None:
        """Do it for a spec, in the place of an older one of the same vassal."""
        lane = self._lanes.setdefault(spec.source, _Lane())
        lane.at_work.pop(spec.key, None)
        lane.waiting[spec.key] = spec
        if lane.task is None:
            lane.task = asyncio.create_task(self._empty(spec.source, lane))

    def drop(self, key: VassalKey) -> None:
        """Forget a vassal."""
        lane = self._lanes.get(key[0])
        if lane is not None:
            lane.waiting.pop(key, None)
            lane.at_work.pop(key, None)

    def stop(self) -> None:
        """Tell nothing any more."""
        for lane in self._lanes.values():
            if lane.task is not None:
                lane.task.cancel()
        self._lanes.clear()

    async def _empty(self, source: str, lane: _Lane) -> None:
        try:
            while lane.waiting:
                lane.at_work = dict(islice(lane.waiting.items(), _AT_ONCE))
                for key in lane.at_work:
                    del lane.waiting[key]
                specs = tuple(lane.at_work.values())
                for spec, result in zip(specs, await run_in_thread(partial(self._work_on, specs)), strict=True):
                    if lane.at_work.pop(spec.key, None) is not None:
                        self._tell(spec, result)
        finally:
            if self._lanes.get(source) is lane:
                del self._lanes[source]

    # A bug met with one vassal must not keep the others waiting for ever.

    def _tell(self, spec: VassalSpec, result: R | _Bug) -> None:
        try:
            if isinstance(result, _Bug):
                raise result.exception
            self._done(spec, result)
        except Exception as bug:  # noqa: BLE001
            what = {"message": f"what was found out about {spec.name} was not handled", "exception": bug}
            asyncio.get_running_loop().call_exception_handler(what)

    def _work_on(self, specs: tuple[VassalSpec, ...]) -> list[R | _Bug]:
        return [self._attempt(spec) for spec in specs]

    def _attempt(self, spec: VassalSpec) -> R | _Bug:
        try:
            return self._work(spec)
        except Exception as bug:  # noqa: BLE001
            return _Bug(bug)
