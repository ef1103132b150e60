"""What the emulator raises where the real thing would hang or kill."""

from __future__ import annotations

from ..exceptions import ConfigurationError


class EmulatorError(ConfigurationError):
    """Something that the emulator cannot do, or that a test asked for the wrong way round."""


#: After so many at a time, what is delivered is taken for something that brings itself about.
_PATIENCE = 10_000


def check_end(what: str, count: int) -> None:
    """See that what is delivered comes to an end.

    :param what: What is delivered.
    :param count: How many were, at one moment of the emulator's clock.
    :raises EmulatorError: It does not.
    """
    if count > _PATIENCE:
        raise EmulatorError(
            what,
            wanted="an end of them",
            found=f"{count}, and more waiting",
            remedy="See that what handles them does not send another one each time, or let time pass between them.",
        )


class WouldWaitForeverError(EmulatorError):
    """In uWSGI this call would wait, and nothing in the test could end that."""


class Harakiri(BaseException):
    """The process would have been killed: a limit set with `harakiri_imposed` passed.

    No `except Exception` stops it, as none stops the real one.
    """
