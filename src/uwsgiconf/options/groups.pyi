"""What `groups.py` means to type checkers: the group class on the class, a group of that section on an instance."""

from typing import Any, TypeVar, overload

from ..base import Options
from ..config import Section
from .alarms import Alarms
from .applications import Applications
from .caching import Caching
from .empire import Empire
from .locks import Locks
from .logging import Logging
from .main_process import MainProcess
from .master_process import MasterProcess
from .monitoring import Monitoring
from .networking import Networking
from .python import Python
from .queue import Queue
from .routing import Routing
from .spooler import Spooler
from .statics import Statics
from .subscriptions import Subscriptions
from .workers import Workers
from .workers_cheapening import Cheapening

_S = TypeVar("_S", bound=Section)

class _Alarms(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Alarms[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Alarms[_S]: ...

class _Applications(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Applications[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Applications[_S]: ...

class _Caching(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Caching[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Caching[_S]: ...

class _Cheapening(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Cheapening[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Cheapening[_S]: ...

class _Empire(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Empire[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Empire[_S]: ...

class _Locks(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Locks[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Locks[_S]: ...

class _Logging(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Logging[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Logging[_S]: ...

class _MainProcess(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[MainProcess[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> MainProcess[_S]: ...

class _MasterProcess(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[MasterProcess[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> MasterProcess[_S]: ...

class _Monitoring(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Monitoring[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Monitoring[_S]: ...

class _Networking(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Networking[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Networking[_S]: ...

class _Python(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Python[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Python[_S]: ...

class _Queue(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Queue[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Queue[_S]: ...

class _Routing(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Routing[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Routing[_S]: ...

class _Spooler(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Spooler[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Spooler[_S]: ...

class _Statics(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Statics[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Statics[_S]: ...

class _Subscriptions(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Subscriptions[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Subscriptions[_S]: ...

class _Workers(Options):
    @overload
    def __get__(self, section: None, owner: Any = None) -> type[Workers[Any]]: ...
    @overload
    def __get__(self, section: _S, owner: Any = None) -> Workers[_S]: ...

class Groups:
    alarms: _Alarms
    applications: _Applications
    caching: _Caching
    cheapening: _Cheapening
    empire: _Empire
    locks: _Locks
    logging: _Logging
    main_process: _MainProcess
    master_process: _MasterProcess
    monitoring: _Monitoring
    networking: _Networking
    python: _Python
    queue: _Queue
    routing: _Routing
    spooler: _Spooler
    statics: _Statics
    subscriptions: _Subscriptions
    workers: _Workers

NAMES: tuple[str, ...]
