"""The client of a MongoDB: what is left when it is left at any moment."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from imperator.monitors import mongodb_link
from imperator.monitors.mongodb_link import CollectionLostError, Identities, Link, SilenceError

LIMIT_SECONDS = 30


class Stream:
    """A change stream that tells what the test says; as the driver's, it moves its token on before that is seen."""

    alive = True

    def __init__(self, *changes: dict[str, Any] | None) -> None:
        self.resume_token = 0
        self._changes = list(changes)

    async def try_next(self) -> dict[str, Any] | None:
        await asyncio.sleep(0)
        if not self._changes:
            await asyncio.Event().wait()
        self.resume_token += 1
        return self._changes.pop(0)


def link_to(stream: Stream) -> Link:
    """Return a link that has begun to follow a stream, with no server behind it."""
    link = Link(cast(Any, None), cast(Any, None))
    link._stream = cast(Any, stream)
    link.resume_token = 0
    return link


def change(identity: int, operation: str = "update") -> dict[str, Any]:
    return {"operationType": operation, "documentKey": {"_id": identity}}


async def test_token_is_never_ahead_of_what_is_noted() -> None:
    """At no step of the loop does the token say that a change was heard which is not noted yet."""
    link, changed = link_to(Stream(*map(change, range(1, 6)))), Identities()
    link.hear(changed, asyncio.Event())
    async with asyncio.timeout(LIMIT_SECONDS):
        while link.resume_token < 5:
            await asyncio.sleep(0)
            assert len(changed) >= link.resume_token
    assert list(changed.values()) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("operation", ["drop", "rename", "dropDatabase", "invalidate", "what comes next"])
async def test_end_of_a_collection_ends_the_hearing(operation: str) -> None:
    """What is about the whole collection, or is not known, has everything read anew; whoever waits is woken."""
    link, woken = link_to(Stream(change(1, operation))), asyncio.Event()
    link.hear({}, woken)
    async with asyncio.timeout(LIMIT_SECONDS):
        await woken.wait()
    with pytest.raises(CollectionLostError):
        link.check()


async def test_call_that_will_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that asks the server again when it is cancelled is cancelled again, until nothing of it is left."""
    monkeypatch.setattr(mongodb_link, "_CANCELLING_SECONDS", 0.01)
    asked = []

    async def ask_again_and_again() -> None:
        for number in range(4):
            asked.append(number)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if number == 3:
                    raise

    async with asyncio.timeout(LIMIT_SECONDS):
        with pytest.raises(SilenceError) as raised:
            await mongodb_link._within(0.01, ask_again_and_again())
    assert asked == [0, 1, 2, 3]
    assert (raised.value.seconds, str(raised.value)) == (0.01, "no answer within 0.01 s")
    assert asyncio.all_tasks() == {asyncio.current_task()}
