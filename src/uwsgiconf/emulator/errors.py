"""What the emulator raises where the real thing would hang or kill."""

from __future__ import annotations

from ..exceptions import ConfigurationError


class EmulatorError(ConfigurationError):
    """Something that the emulator cannot do, or that a test asked for the wrong way round."""


class WouldWaitForeverError(EmulatorError):
    """In uWSGI this call would wait, and nothing in the test could end that."""


class Harakiri(BaseException):
    """The process would have been killed: a limit set with `harakiri_imposed` passed.

    No `except Exception` stops it, as none stops the real one.
    """
