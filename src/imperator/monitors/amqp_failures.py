"""What goes wrong with a broker, in words: what failed and what to do."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from aio_pika.exceptions import AMQPError
from pamqp.exceptions import PAMQPException

from imperator.monitors.amqp_target import AMQPTarget

__all__ = ["CONNECTING_SECONDS", "FAILURES", "LinkLostError", "UndecodableError", "describe", "driver_failures"]

CONNECTING_SECONDS = 10.0
"""For connecting, and for each answer afterwards."""


class LinkLostError(Exception):
    """The connection is lost, or the broker consumes for us no longer."""


class UndecodableError(Exception):
    """A message came that the driver cannot read, and the connection with it is lost."""


FAILURES = (AMQPError, OSError, TimeoutError, LinkLostError, UnicodeError)
"""What a broker and the way to it may do to us; the last is of impossible host names."""


@contextmanager
def driver_failures() -> Iterator[None]:
    """Turn what the driver raises of its own state into a lost connection.

    A connection that is lost cancels whoever waits for it: only our own task knows whether it was asked to end instead.
    """
    try:
        yield
    except asyncio.CancelledError as failure:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise LinkLostError("it broke") from failure
    except (RuntimeError, PAMQPException) as failure:
        raise LinkLostError(str(failure) or type(failure).__name__) from failure


_PLACE_IN_MEMORY = re.compile(r" at 0x[0-9a-f]+")

_REFUSALS = (
    # RabbitMQ says ACCESS_REFUSED of an exclusive consumer, too: what tells more comes first.
    ("exclusive", "gives the queue {queue} to another consumer ({text}): give each Emperor a state file of its own"),
    ("RESOURCE_LOCKED", "has given the queue {queue} to another connection ({text}): name another one with queue="),
    ("ACCESS_REFUSED - Login", "refuses user {user} ({text}): correct user and password"),
    (
        "ACCESS_REFUSED",
        "refuses user {user} something ({text}): allow it to read {exchange}, and to configure, write and read {queue}",
    ),
    # The driver keeps the broker's words to itself here; there is nothing else that opening could fail of.
    (
        "Connection.OpenOk",
        "does not open vhost {vhost} to user {user}: create it, and give that user permissions there",
    ),
    ("PRECONDITION_FAILED", "has queue or exchange in another form ({text}): remove that, or correct the target"),
)
"""What a broker's answer holds, which begins with the protocol's name for it, and what that means."""


def describe(failure: BaseException, target: AMQPTarget, queue: str) -> str:
    """Say what failed and what to do."""
    text = _text(failure)
    if isinstance(failure, TimeoutError):
        return f"does not answer within {CONNECTING_SECONDS:g} s: see whether it hangs"
    certificate_fault = failure.__cause__ or failure
    if isinstance(certificate_fault, ssl.SSLCertVerificationError):
        reason = certificate_fault.verify_message
        return f"shows a certificate that is not trusted ({reason}): name who signed it with cafile="
    for mark, meaning in _REFUSALS:
        if isinstance(failure, AMQPError) and mark in text:
            return meaning.format(
                text=text, user=target.user, vhost=target.vhost, exchange=target.exchange, queue=queue
            )
    return f"cannot be reached ({text}): see that it runs, and that host, port and TLS are right"


def _text(failure: BaseException) -> str:
    cause = failure.__cause__ if isinstance(failure.__cause__, OSError) else failure
    if isinstance(cause, ConnectionError) and cause.errno:
        return os.strerror(cause.errno)  # asyncio has words of its own for it
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    words = [str(argument) for argument in failure.args if isinstance(argument, str) and argument]
    # What is different each time would be told each time.
    return _PLACE_IN_MEMORY.sub("", " ".join(words) or str(failure) or type(failure).__name__)
