"""uWSGI for tests: caches, locks, mules, rpc, signals, timers, cron and spoolers in one process, at a test's word."""

from .emulator import Emulator
from .errors import EmulatorError, Harakiri, WouldWaitForeverError
from .rpc import Remote
from .websockets import Websocket

__all__ = ["Emulator", "EmulatorError", "Harakiri", "Remote", "Websocket", "WouldWaitForeverError"]
