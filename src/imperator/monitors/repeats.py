"""Messages that a broker sends once more, since it never heard that they were taken."""

from __future__ import annotations

import hashlib
import json
from collections import deque

from imperator.monitors.amqp_link import Message
from imperator.monitors.announcements import HEADERS

__all__ = ["Repeats"]

_MOST_REMEMBERED = 1000
_TELLING_BYTES = 1 << 16
"""No configuration is longer: what is can be as long as it likes without costing more."""


class Repeats:
    """Tells what was taken already on the connection before.

    A broker repeats in order, beginning with the oldest message whose acknowledgement did not reach it. So what is
    repeated is told by where it stands in the order, and not by its looks alone: two equal messages are two reloads.
    """

    def __init__(self) -> None:
        self._taken: deque[bytes] = deque(maxlen=_MOST_REMEMBERED)
        self._expected: deque[bytes] | None = None

    def begin(self) -> None:
        """A new connection begins."""
        self._expected = None

    def is_repeat(self, message: Message) -> bool:
        """Tell whether a message was taken before; one that was not counts as taken from now on."""
        mark = _mark(message)
        if self._expected is None:
            self._expected = self._since(mark) if message.again else deque()
        if message.again and self._expected and self._expected[0] == mark:
            self._expected.popleft()
            return True
        self._expected.clear()
        self._taken.append(mark)
        return False

    def _since(self, mark: bytes) -> deque[bytes]:
        """Return what was taken from the newest message of this mark on: rather a reload too many than one too few."""
        taken = list(self._taken)
        place = next((place for place in reversed(range(len(taken))) if taken[place] == mark), len(taken))
        return deque(taken[place:])


def _mark(message: Message) -> bytes:
    # The other headers may be the broker's own, which counts in one how often it has sent the message.
    headers = [message.headers.get(name) for name in HEADERS]
    told = json.dumps([message.routing_key, len(message.body), headers], default=repr)
    return hashlib.blake2b(told.encode() + message.body[:_TELLING_BYTES], digest_size=16).digest()
