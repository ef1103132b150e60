"""Which messages a broker sends once more."""

from __future__ import annotations

import pytest

from imperator.monitors.amqp_link import Message
from imperator.monitors.repeats import Repeats

BEFORE_AND_AFTER = [
    ("abc", "bcd", "d"),  # acknowledgements from b on were lost
    ("abc", "abc", ""),
    ("abc", "cde", "de"),
    ("abc", "de", "de"),  # all were heard
    ("aaa", "aab", "ab"),  # as many as there may have been are taken: rather one reload too many
    ("abab", "abx", "x"),
    ("abc", "bxc", "xc"),  # not in the order of the last time: from there on all are new
    ("", "ab", "ab"),
]


@pytest.mark.parametrize(("before", "after", "taken"), BEFORE_AND_AFTER)
def test_what_was_taken_is_not_taken_again(before: str, after: str, taken: str) -> None:
    """On a new connection, messages that stand where they stood on the last one are repeats."""
    repeats = Repeats()
    repeats.begin()
    assert [name for name in before if repeats.is_repeat(message(name, again=False))] == []
    repeats.begin()
    assert "".join(name for name in after if not repeats.is_repeat(message(name, again=True))) == taken


def test_message_that_is_published_twice_is_no_repeat() -> None:
    """Equal messages that the broker does not call repeated are two, on the same connection and on the next."""
    repeats = Repeats()
    for _ in range(2):
        repeats.begin()
        assert [repeats.is_repeat(message("a", again=False)) for _ in range(2)] == [False, False]


def test_what_the_broker_notes_in_a_message_does_not_make_it_another() -> None:
    """A quorum queue counts in a header how often it has sent a message; what the publisher says still counts."""
    repeats = Repeats()
    repeats.begin()
    repeats.is_repeat(Message("a.ini", b"text", {"uid": 1, "x-delivery-count": 0}, again=False, tag=1))
    for uid, is_repeat in ((1, True), (2, False)):
        repeats.begin()
        message = Message("a.ini", b"text", {"uid": uid, "x-delivery-count": 1}, again=True, tag=1)
        assert repeats.is_repeat(message) == is_repeat


def test_long_bodies_are_told_apart_by_their_length() -> None:
    """Bodies far beyond a configuration's size differ if their sizes do, and cost no more."""
    repeats = Repeats()
    repeats.begin()
    repeats.is_repeat(Message("", b"x" * 100_000, {}, again=False, tag=1))
    repeats.begin()
    assert not repeats.is_repeat(Message("", b"x" * 100_001, {}, again=True, tag=1))


def message(name: str, *, again: bool) -> Message:
    return Message(name, b"text", {"uid": 1}, again, 1)
